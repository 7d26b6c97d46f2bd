#include "outside/process_os/heap.h"

#include <stdlib.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

void heap_keep_small(void) {
#ifdef __GLIBC__
    (void)mallopt(M_ARENA_MAX, HEAP_ARENAS);
    (void)mallopt(M_MMAP_THRESHOLD, HEAP_BLOCK_BYTES);
#endif
}
