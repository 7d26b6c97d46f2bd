#include "registry_connector/backoff_queue.h"

#include <assert.h>
#include <stddef.h>

static void stand_in_line(struct backoff_queue *queue, struct backoff_entry *entry, uint32_t line,
                          int64_t due_ms) {
    assert(line < BACKOFF_QUEUE_LINES);
    struct backoff_line *at = &queue->lines[line];
    entry->line = line;
    entry->due_ms = due_ms;
    entry->next = NULL;
    *(at->first == NULL ? &at->first : &at->last->next) = entry;
    at->last = entry;
}

static void wait_in_line(struct backoff_queue *queue, struct backoff_entry *entry, uint32_t line,
                         int64_t now_ms) {
    assert(line > 0);
    const int64_t pause_ms = (int64_t)BACKOFF_QUEUE_PAUSE_FIRST_MS << (line - 1);
    stand_in_line(queue, entry, line, now_ms + pause_ms);
}

void backoff_queue_add(struct backoff_queue *queue, struct backoff_entry *entry, int64_t now_ms) {
    stand_in_line(queue, entry, 0, now_ms);
}

void backoff_queue_add_last(struct backoff_queue *queue, struct backoff_entry *entry,
                            int64_t now_ms) {
    wait_in_line(queue, entry, BACKOFF_QUEUE_LINES - 1, now_ms);
}

void backoff_queue_add_again(struct backoff_queue *queue, struct backoff_entry *entry,
                             int64_t now_ms) {
    const uint32_t last = BACKOFF_QUEUE_LINES - 1;
    wait_in_line(queue, entry, entry->line < last ? entry->line + 1 : last, now_ms);
}

struct backoff_entry *backoff_queue_due(const struct backoff_queue *queue, int64_t now_ms) {
    for (uint32_t i = 0; i < BACKOFF_QUEUE_LINES; i++) {
        struct backoff_entry *first = queue->lines[i].first;
        if (first != NULL && first->due_ms <= now_ms) {
            return first;
        }
    }
    return NULL;
}

int64_t backoff_queue_next_ms(const struct backoff_queue *queue) {
    int64_t next_ms = INT64_MAX;
    for (uint32_t i = 0; i < BACKOFF_QUEUE_LINES; i++) {
        const struct backoff_entry *first = queue->lines[i].first;
        if (first != NULL && first->due_ms < next_ms) {
            next_ms = first->due_ms;
        }
    }
    return next_ms;
}

struct backoff_entry *backoff_queue_first(const struct backoff_queue *queue) {
    return backoff_queue_due(queue, INT64_MAX);
}

void backoff_queue_leave(struct backoff_queue *queue, struct backoff_entry *entry) {
    assert(entry->line < BACKOFF_QUEUE_LINES);
    struct backoff_line *at = &queue->lines[entry->line];
    assert(at->first == entry);
    at->first = entry->next;
    entry->next = NULL;
}
