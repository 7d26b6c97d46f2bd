/* What a loop does with a log, call by call, for tests that look at the log itself: each call is
 * repeated while it says AGAIN, and must end within a deadline. */
#ifndef MILLRACE_TESTS_SUPPORT_LANE_DRIVER_H
#define MILLRACE_TESTS_SUPPORT_LANE_DRIVER_H

#include <stdint.h>

#include "ports/log.h"

enum { LANE_DRIVER_DEADLINE_MS = 60000 };

int64_t lane_driver_now_ms(void);

/* Polls until something happens to the group; it must be `kind`. Returns how many partitions, and
 * which in `partitions` (may be NULL; room for 16). */
uint32_t lane_driver_await(const struct log_group *group, enum log_group_event_kind kind,
                           int32_t *partitions);

/* A lane that is fenced in and knows its positions (may be NULL). */
struct log lane_driver_open(const struct log_group *group, int32_t partition,
                            struct log_positions *positions);
void lane_driver_start(const struct log *log, const int64_t *inputs);

/* The next batch of an input that is not empty. */
struct log_batch lane_driver_poll(const struct log *log, uint32_t input, uint32_t count_max);

/* One text record for an output, with a key that belongs to `partition` of `partitions`. */
struct log_staged lane_driver_record(uint32_t output, int32_t partition, int32_t partitions,
                                     const char *value);

/* A whole transaction; the result of its end. */
enum result lane_driver_commit(const struct log *log, const struct log_staged *records,
                               uint32_t count, const int64_t *inputs, struct error *error);
enum result lane_driver_wait(const struct log *log, struct error *error);

#endif
