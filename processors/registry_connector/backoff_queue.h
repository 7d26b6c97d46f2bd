/* Who is to be tried, and tried again after a pause that doubles each time, up to a longest one.
 * Those that were tried equally often stand in one line: who comes later is due later, so whoever
 * is at the head of a line is due first. The entries are their owners', who find out by themselves
 * what an entry is for, and what a try is. */
#ifndef MILLRACE_REGISTRY_CONNECTOR_BACKOFF_QUEUE_H
#define MILLRACE_REGISTRY_CONNECTOR_BACKOFF_QUEUE_H

#include <stdint.h>

enum {
    BACKOFF_QUEUE_LINES = 8,             /* a pause before each: 0, 1 s, 2 s … 64 s */
    BACKOFF_QUEUE_PAUSE_FIRST_MS = 1000, /* between the first try and the second */
};

/* The first member of what stands in line. All zeroes stands in none yet. */
struct backoff_entry {
    uint32_t line;  /* in which it stands, or stood before it was tried */
    int64_t due_ms; /* monotonic; while it stands in line */
    struct backoff_entry *next;
};

struct backoff_line {
    struct backoff_entry *first; /* NULL: nobody */
    struct backoff_entry *last;
};

/* All zeroes is empty; it owns nothing. */
struct backoff_queue {
    struct backoff_line lines[BACKOFF_QUEUE_LINES];
};

/* It is due at once, if those before it are. */
void backoff_queue_add(struct backoff_queue *queue, struct backoff_entry *entry, int64_t now_ms);
/* It is due after the longest pause, the first time as well. */
void backoff_queue_add_last(struct backoff_queue *queue, struct backoff_entry *entry,
                            int64_t now_ms);
/* It left and was tried, in vain: it is due after a pause twice as long as the last. */
void backoff_queue_add_again(struct backoff_queue *queue, struct backoff_entry *entry,
                             int64_t now_ms);
/* Who was tried least often of those that are due. NULL: nobody is. */
struct backoff_entry *backoff_queue_due(const struct backoff_queue *queue, int64_t now_ms);
/* When somebody is due; monotonic, INT64_MAX: there is nobody. */
int64_t backoff_queue_next_ms(const struct backoff_queue *queue);
/* Anybody. NULL: there is nobody. */
struct backoff_entry *backoff_queue_first(const struct backoff_queue *queue);
/* Only who is the first of a line, as those are that are due. */
void backoff_queue_leave(struct backoff_queue *queue, struct backoff_entry *entry);

#endif
