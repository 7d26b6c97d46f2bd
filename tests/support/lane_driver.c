#include "tests/support/lane_driver.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "domain/placement.h"
#include "outside/clock_os/clock_os.h"

enum { CALL_MS = 1000, PARTITIONS_MAX = 16 };

int64_t lane_driver_now_ms(void) {
    const struct clock clock = clock_os();
    return clock.monotonic_ms(clock.self);
}

static void check_deadline(int64_t begun_ms, const char *what) {
    cr_assert(lane_driver_now_ms() - begun_ms < LANE_DRIVER_DEADLINE_MS, "not in time: %s", what);
}

uint32_t lane_driver_await(const struct log_group *group, enum log_group_event_kind kind,
                           int32_t *partitions) {
    const int64_t begun_ms = lane_driver_now_ms();
    for (;;) {
        struct log_group_event event;
        struct error error = {.text = ""};
        const enum result result = group->poll(group->self, CALL_MS, &event, &error);
        cr_assert(result == RESULT_OK || event.kind == LOG_GROUP_FAILED, "%s", error.text);
        if (event.kind != LOG_GROUP_NOTHING) {
            cr_assert_eq(event.kind, kind, "event %d came instead of %d: %s", event.kind, kind,
                         error.text);
            cr_assert_leq(event.partitions_count, PARTITIONS_MAX);
            for (uint32_t i = 0; partitions != NULL && i < event.partitions_count; i++) {
                partitions[i] = event.partitions[i];
            }
            return event.partitions_count;
        }
        check_deadline(begun_ms, "an event of the group");
    }
}

struct log lane_driver_open(const struct log_group *group, int32_t partition,
                            struct log_positions *positions) {
    const int64_t begun_ms = lane_driver_now_ms();
    struct log_positions unused;
    struct error error;
    struct log log;
    cr_assert_eq(group->lane_open(group->self, partition, &log, &error), RESULT_OK, "%s",
                 error.text);
    enum result result;
    while ((result = log.fence(log.self, CALL_MS, &error)) == RESULT_AGAIN) {
        check_deadline(begun_ms, "the fence");
    }
    cr_assert_eq(result, RESULT_OK, "%s", error.text);
    while ((result = log.positions(log.self, CALL_MS, positions != NULL ? positions : &unused,
                                   &error)) == RESULT_AGAIN) {
        check_deadline(begun_ms, "the positions");
    }
    cr_assert_eq(result, RESULT_OK, "%s", error.text);
    return log;
}

void lane_driver_start(const struct log *log, const int64_t *inputs) {
    const int64_t begun_ms = lane_driver_now_ms();
    struct error error;
    enum result result;
    while ((result = log->start(log->self, inputs, CALL_MS, &error)) == RESULT_AGAIN) {
        check_deadline(begun_ms, "the start");
    }
    cr_assert_eq(result, RESULT_OK, "%s", error.text);
}

struct log_batch lane_driver_poll(const struct log *log, uint32_t input, uint32_t count_max) {
    const int64_t begun_ms = lane_driver_now_ms();
    for (;;) {
        struct log_batch batch;
        struct error error;
        cr_assert_eq(log->poll(log->self, input, count_max, &batch, &error), RESULT_OK, "%s",
                     error.text);
        if (batch.count > 0) {
            return batch;
        }
        log->release(log->self, &batch);
        check_deadline(begun_ms, "a record");
    }
}

struct log_staged lane_driver_record(uint32_t output, int32_t partition, int32_t partitions,
                                     const char *value) {
    static char keys[PARTITIONS_MAX][16];
    char *key = keys[partition];
    struct bytes bytes;
    uint32_t number = 0;
    do {
        const int length = snprintf(key, sizeof keys[0], "key-%u", number++);
        bytes = (struct bytes){.data = (const uint8_t *)key, .length = (uint32_t)length};
    } while (placement_partition(bytes, partitions) != partition);
    return (struct log_staged){
        .output = output,
        .key = bytes,
        .value = {.data = (const uint8_t *)value, .length = (uint32_t)strlen(value)},
    };
}

enum result lane_driver_wait(const struct log *log, struct error *error) {
    const int64_t begun_ms = lane_driver_now_ms();
    enum result result;
    while ((result = log->commit_wait(log->self, CALL_MS, error)) == RESULT_AGAIN) {
        check_deadline(begun_ms, "the end of a commit");
    }
    return result;
}

enum result lane_driver_commit(const struct log *log, const struct log_staged *records,
                               uint32_t count, const int64_t *inputs, struct error *error) {
    const enum result result = log->commit_begin(log->self, records, count, inputs, error);
    return result == RESULT_OK ? lane_driver_wait(log, error) : result;
}
