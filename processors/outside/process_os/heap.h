/* The heap of a process that lives for months. */
#ifndef MILLRACE_OUTSIDE_PROCESS_OS_HEAP_H
#define MILLRACE_OUTSIDE_PROCESS_OS_HEAP_H

enum {
    HEAP_ARENAS = 2,
    HEAP_BLOCK_BYTES = 256 * 1024, /* whatever is larger is given back to the system when freed */
};

/* Before other threads start. All threads share HEAP_ARENAS arenas: glibc would give them eight a
 * core, and what one thread takes and another gives back, as librdkafka's and RocksDB's do, then
 * lies free in an arena in which nobody asks for it. Large blocks stay out of them: glibc would
 * take them in, once one of that size was freed (mallopt(3), M_ARENA_MAX and M_MMAP_THRESHOLD).
 * Without both a process under load grew by the hour. Does nothing where the C library is
 * another. */
void heap_keep_small(void);

#endif
