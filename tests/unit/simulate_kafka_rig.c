#include "tests/unit/simulate_kafka_rig.h"

#include <criterion/criterion.h>
#include <string.h>

static void meanwhile(void *world, int64_t until_ms) {
    struct kafka_rig *rig = world;
    kafka_rig_pass(rig, until_ms - rig->timeline.now_ms);
}

static void died(void *world, struct sim_process *process) {
    struct kafka_rig *rig = world;
    kafka_process_died(rig->kafka, process);
}

static void begin_life(struct kafka_rig *rig, uint32_t which) {
    const uint32_t life = rig->processes[which].life;
    rig->processes[which] = (struct sim_process){
        .number = which,
        .life = life + 1,
        .timeline = &rig->timeline,
        .transcript = &rig->transcript,
        .meanwhile = meanwhile,
        .died = died,
        .world = rig,
    };
}

void kafka_rig_open(struct kafka_rig *rig, uint64_t seed) {
    toy_world_open(&rig->world);
    rig->transcript.timeline = &rig->timeline;
    const struct kafka_setup setup = {
        .timeline = &rig->timeline,
        .transcript = &rig->transcript,
        .options = &rig->world.options,
        .chance = chance_stream(seed, "kafka"),
        .partitions = TOY_PARTITIONS,
    };
    rig->kafka = kafka_open(&setup);
    rig->weather = kafka_weather(rig->kafka);
    rig->counts = kafka_counts(rig->kafka);
    rig->own = rig->world.log;
    rig->world.log = kafka_log(rig->kafka);
    for (uint32_t i = 0; i < KAFKA_RIG_PROCESSES; i++) {
        begin_life(rig, i);
    }
}

void kafka_rig_bury(struct kafka_rig *rig, uint32_t which) {
    if (rig->groups[which] != NULL) {
        group_close(rig->groups[which]);
        rig->groups[which] = NULL;
    }
    if (rig->joined[which]) {
        toy_member_close(&rig->members[which]);
        rig->joined[which] = false;
    }
    rig->ended[which] = false;
    begin_life(rig, which);
}

void kafka_rig_close(struct kafka_rig *rig) {
    for (uint32_t i = 0; i < KAFKA_RIG_PROCESSES; i++) {
        kafka_rig_bury(rig, i);
    }
    kafka_close(rig->kafka);
    timeline_deinit(&rig->timeline);
    rig->world.log = rig->own;
    toy_world_close(&rig->world);
}

void kafka_rig_join(struct kafka_rig *rig, uint32_t which, const char *instance) {
    struct toy_member *member = &rig->members[which];
    rig->world.log = rig->own;
    toy_member_open(member, &rig->world);
    toy_member_close(member); /* it is a member of another kind of group */
    rig->world.log = kafka_log(rig->kafka);
    member->log_group = kafka_join(rig->kafka, &rig->processes[which], &toy_topology, instance);
    member->setup.lanes.clock = process_clock(&rig->processes[which]);
    rig->joined[which] = true;
}

void kafka_rig_group(struct kafka_rig *rig, uint32_t which) {
    struct error error;
    cr_assert_eq(group_open(&rig->members[which].setup, &rig->groups[which], &error), RESULT_OK);
}

void kafka_rig_kill(struct kafka_rig *rig, uint32_t which) {
    rig->processes[which].dead = true;
    kafka_process_died(rig->kafka, &rig->processes[which]);
}

static void move(struct timeline *timeline, int64_t at_ms) {
    while (timeline_next_ms(timeline) < at_ms) {
        timeline_move(timeline, timeline_next_ms(timeline));
    }
    timeline_move(timeline, at_ms);
}

/* Steps every process that can; returns when the next one is due. */
static int64_t step_all(struct kafka_rig *rig) {
    int64_t due_ms = INT64_MAX;
    for (uint32_t i = 0; i < KAFKA_RIG_PROCESSES; i++) {
        const struct sim_process *process = &rig->processes[i];
        if (rig->groups[i] != NULL && !process->dead && !process->paused) {
            rig->ended[i] = !group_step(rig->groups[i], 0);
            const int64_t group_ms = group_due_ms(rig->groups[i]);
            due_ms = !rig->ended[i] && group_ms < due_ms ? group_ms : due_ms;
        }
    }
    return due_ms;
}

void kafka_rig_pass(struct kafka_rig *rig, int64_t duration_ms) {
    const int64_t end_ms = rig->timeline.now_ms + duration_ms;
    while (rig->timeline.now_ms < end_ms) {
        const uint64_t changes = kafka_changes(rig->kafka);
        int64_t next_ms = step_all(rig);
        const int64_t now_ms = rig->timeline.now_ms;
        const int64_t event_ms = timeline_next_ms(&rig->timeline);
        next_ms = event_ms < next_ms ? event_ms : next_ms;
        if (next_ms <= now_ms || kafka_changes(rig->kafka) != changes) {
            next_ms = now_ms + 1;
        }
        if (now_ms < end_ms) {
            move(&rig->timeline, next_ms < end_ms ? next_ms : end_ms);
        }
    }
}

/* --- Bare ports. --- */

struct log_group_event kafka_rig_event(struct kafka_rig *rig, uint32_t which, int64_t most_ms) {
    const struct log_group *group = &rig->members[which].log_group;
    const int64_t end_ms = rig->timeline.now_ms + most_ms;
    struct log_group_event event;
    struct error error;
    for (;;) {
        (void)group->poll(group->self, 0, &event, &error);
        if (event.kind != LOG_GROUP_NOTHING || rig->timeline.now_ms >= end_ms) {
            return event;
        }
        kafka_rig_pass(rig, 1);
    }
}

struct log kafka_rig_fence(struct kafka_rig *rig, uint32_t which, int32_t partition) {
    const struct log_group *group = &rig->members[which].log_group;
    struct log log;
    struct error error;
    cr_assert_eq(group->lane_open(group->self, partition, &log, &error), RESULT_OK);
    enum result result;
    while ((result = log.fence(log.self, 0, &error)) == RESULT_AGAIN) {
        kafka_rig_pass(rig, 1);
    }
    cr_assert_eq(result, RESULT_OK, "%s", error.text);
    return log;
}

struct log kafka_rig_lane(struct kafka_rig *rig, uint32_t which, int32_t partition) {
    struct log log = kafka_rig_fence(rig, which, partition);
    struct log_positions positions;
    struct error error;
    while (log.positions(log.self, 0, &positions, &error) == RESULT_AGAIN) {
        kafka_rig_pass(rig, 1);
    }
    int64_t next = positions.changelog_starts[0];
    while (next < positions.changelog_ends[0]) {
        struct log_batch batch;
        cr_assert_eq(log.restore(log.self, 0, next, 0, &batch, &next, &error), RESULT_OK);
        log.release(log.self, &batch);
        kafka_rig_pass(rig, 1);
    }
    cr_assert_eq(log.start(log.self, positions.inputs, 0, &error), RESULT_OK);
    return log;
}

enum result kafka_rig_begin(struct log *log, int32_t partition, const char *value, int64_t next,
                            struct error *error) {
    const char *key = toy_key(partition, 0);
    const struct bytes key_bytes = {(const uint8_t *)key, (uint32_t)strlen(key)};
    const struct bytes value_bytes = {(const uint8_t *)value, (uint32_t)strlen(value)};
    const struct log_staged records[] = {
        {.output = TOY_EVENTS, .key = key_bytes, .value = value_bytes},
        {.output = TOY_STATE, .key = key_bytes, .value = value_bytes},
    };
    const int64_t inputs[] = {0, next};
    return log->commit_begin(log->self, records, 2, inputs, error);
}

enum result kafka_rig_wait(struct kafka_rig *rig, struct log *log, struct error *error) {
    enum result result;
    while ((result = log->commit_wait(log->self, 0, error)) == RESULT_AGAIN) {
        kafka_rig_pass(rig, 1);
    }
    return result;
}

enum result kafka_rig_commit(struct kafka_rig *rig, struct log *log, int32_t partition,
                             const char *value, int64_t next, struct error *error) {
    const enum result result = kafka_rig_begin(log, partition, value, next, error);
    return result == RESULT_OK ? kafka_rig_wait(rig, log, error) : result;
}
