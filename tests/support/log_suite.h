/* What every implementation of ports/log.h must do: called with a world around each of them. */
#ifndef MILLRACE_TESTS_SUPPORT_LOG_SUITE_H
#define MILLRACE_TESTS_SUPPORT_LOG_SUITE_H

#include <stdbool.h>
#include <stdint.h>

#include "ports/log.h"

/* A log as outsiders see it, with fresh, empty topics and a fresh group for each test. */
struct log_world {
    void *self;
    int32_t partitions;  /* of every topic, at least 2 */
    int32_t deadline_ms; /* how long any one thing may take until the test fails */

    /* A member of the group of log_suite_topology, the only one; it gets all partitions. */
    struct log_group (*join)(void *self);
    /* Write a record as an outsider; it is visible when this returns. */
    void (*append)(void *self, const char *topic, int32_t partition,
                   const struct log_record *record);
    /* How many records a reader of committed data sees in a partition from its beginning to its
     * present end; the first `records_max` are described in `records`, with memory of the world's
     * that lives as long as the world. */
    uint32_t (*read)(void *self, const char *topic, int32_t partition, struct log_record *records,
                     uint32_t records_max);
    /* Somebody else initialises the transactional id of this partition. */
    void (*usurp)(void *self, int32_t partition);
};

/* Two inputs, an output and a changelog. */
enum { LOG_SUITE_EVENTS = 0, LOG_SUITE_STATE = 1 }; /* the outputs */
extern const struct log_topology log_suite_topology;

void log_suite_begins_where_nothing_is(const struct log_world *world);
void log_suite_commits_records_and_offsets_together(const struct log_world *world);
void log_suite_shows_nothing_that_is_not_committed(const struct log_world *world);
void log_suite_restores_committed_records_to_the_end(const struct log_world *world);
void log_suite_delivers_what_was_written(const struct log_world *world);
void log_suite_tells_where_an_input_ends_now(const struct log_world *world);
void log_suite_delivers_in_order_as_many_as_asked(const struct log_world *world);
void log_suite_fences_the_older_owner(const struct log_world *world);
void log_suite_wakes_who_waits(const struct log_world *world);
void log_suite_places_by_key(const struct log_world *world);

#endif
