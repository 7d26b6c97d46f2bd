#include "tests/simulate/kafka.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "tests/simulate/kafka_inside.h"

struct kafka *kafka_open(const struct kafka_setup *setup) {
    struct kafka *kafka = calloc(1, sizeof *kafka);
    assert(kafka != NULL);
    kafka->timeline = setup->timeline;
    kafka->transcript = setup->transcript;
    kafka->options = setup->options;
    kafka->chance = setup->chance;
    kafka->clock = timeline_clock(setup->timeline);
    kafka->log = memory_log_open(setup->partitions, &kafka->clock);
    return kafka;
}

void kafka_close(struct kafka *kafka) {
    while (kafka->deliveries != NULL) {
        sim_delivery_free(kafka->deliveries);
    }
    while (kafka->lanes != NULL) {
        struct sim_lane *lane = kafka->lanes;
        assert(lane->closed);
        kafka->lanes = lane->following;
        free(lane);
    }
    while (kafka->members != NULL) {
        struct sim_member *member = kafka->members;
        assert(member->closed);
        kafka->members = member->following;
        free(member);
    }
    sim_evidence_free(kafka);
    while (kafka->plains != NULL) {
        struct sim_plain *plain = kafka->plains;
        assert(plain->closed);
        kafka->plains = plain->following;
        free(plain);
    }
    memory_log_close(kafka->log);
    free(kafka);
}

struct memory_log *kafka_log(struct kafka *kafka) {
    return kafka->log;
}

struct kafka_weather *kafka_weather(struct kafka *kafka) {
    return &kafka->weather;
}

const struct kafka_counts *kafka_counts(const struct kafka *kafka) {
    return &kafka->counts;
}

uint64_t kafka_changes(const struct kafka *kafka) {
    return kafka->changes + kafka->log->changes;
}

void kafka_process_died(struct kafka *kafka, const struct sim_process *process) {
    for (struct sim_member *member = kafka->members; member != NULL; member = member->following) {
        member->dead = member->dead || member->process == process;
    }
    for (struct sim_lane *lane = kafka->lanes; lane != NULL; lane = lane->following) {
        lane->dead = lane->dead || lane->process == process;
    }
    for (struct sim_plain *plain = kafka->plains; plain != NULL; plain = plain->following) {
        plain->dead = plain->dead || plain->process == process;
    }
}

void kafka_compact(struct kafka *kafka) {
    static const char suffix[] = ".state";
    for (uint32_t i = 0; i < kafka->log->topics_count; i++) {
        const char *name = kafka->log->topics[i].name;
        const size_t length = strlen(name);
        if (length >= sizeof suffix && strcmp(name + length - (sizeof suffix - 1), suffix) == 0) {
            kafka->counts.compacted += memory_log_compact(kafka->log, name);
        }
    }
}

/* --- The way. --- */

/* Each draw is made whatever the weather, so that a fault that is left out changes little else. */
int64_t sim_way_ms(struct kafka *kafka) {
    const struct kafka_weather *weather = &kafka->weather;
    const int64_t usual_ms = chance_between(&kafka->chance, 0, weather->way_most_ms);
    const int64_t slow_ms = chance_between(&kafka->chance, 0, weather->slow_most_ms);
    return chance_permille(&kafka->chance, weather->slow_permille) ? slow_ms : usual_ms;
}

int64_t sim_break_ms(struct kafka *kafka) {
    return kafka->timeline->now_ms +
           chance_between(&kafka->chance, SIM_BREAK_MS, SIM_REQUEST_TIMEOUT_MS);
}

bool sim_reaches(const struct kafka *kafka, const struct sim_process *process) {
    return !kafka->weather.away && !process->no_kafka;
}

void sim_later(struct kafka *kafka, int64_t delay_ms,
               void (*happen)(void *context, uint64_t argument), void *context, uint64_t argument) {
    if (delay_ms == 0) {
        happen(context, argument);
    } else {
        timeline_in(kafka->timeline, delay_ms, happen, context, argument);
    }
}

int64_t sim_process_ms(const struct sim_process *process) {
    return process->timeline->now_ms + process->monotonic_offset_ms;
}

enum result sim_gone(struct error *error) {
    return error_set(error, RESULT_FAILED, "this process has died");
}
