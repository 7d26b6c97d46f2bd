/* The judgement at the end: what `millrace verify` says of the topics, and what the auditor does.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "cli/verify/verify.h"
#include "tests/simulate/world.h"
#include "tests/support/memory_broker.h"
#include "wire/message.h"

enum { ARENA_BYTES = 4 << 20 };

struct judging {
    struct world *world;
    struct verify *verify;
    struct arena arena;
    bool letters;
};

static void feed(struct judging *judging, const struct log_record *record) {
    const struct wire_input input = {
        .topic = record->topic, .value_null = record->value_null, .value = record->value};
    struct message message;
    struct wire_failure failure;
    arena_reset(&judging->arena);
    const bool readable = !judging->letters && !record->value_null &&
                          wire_decode(judging->world->cache, &input, &judging->arena, 0, &message,
                                      &failure) == RESULT_OK;
    const struct verify_record fed = {.record = record, .message = readable ? &message : NULL};
    if (judging->letters) {
        verify_dead_letter(judging->verify, &fed);
    } else {
        verify_record(judging->verify, &fed);
    }
}

static void feed_topic(struct judging *judging, const char *name, int32_t partition) {
    struct memory_log *log = kafka_log(judging->world->kafka);
    const struct memory_topic *topic = memory_topic(log, name);
    const struct memory_partition *entries = &topic->partitions[partition];
    const int64_t end = memory_stable_end(log, topic, partition);
    for (int64_t offset = entries->start; offset < end; offset++) {
        if (memory_delivered(log, &entries->entries[offset])) {
            feed(judging, &entries->entries[offset].record);
        }
    }
}

static int64_t committed(struct world *world, const char *processor, const char *topic,
                         int32_t partition) {
    const int64_t next = memory_log_committed(kafka_log(world->kafka), processor, topic, partition);
    return next < 0 ? 0 : next;
}

static void feed_all(struct judging *judging) {
    struct world *world = judging->world;
    judging->letters = true;
    for (int32_t p = 0; p < world->settings.partitions; p++) {
        feed_topic(judging, verify_topics[0], p);
    }
    judging->letters = false;
    for (int32_t p = 0; p < world->settings.partitions; p++) {
        const struct verify_positions positions = {
            .certificates_commands = committed(world, "certificates", "certificates.commands", p),
            .registry_commands = committed(world, "registry-connector", "registry.commands", p),
            .registry_events = committed(world, "certificates", "registry.events", p),
            .partitions = world->settings.partitions,
        };
        verify_begin(judging->verify, p, &positions);
        for (uint32_t topic = 1; topic < VERIFY_TOPICS_COUNT; topic++) {
            feed_topic(judging, verify_topics[topic], p);
        }
        verify_end(judging->verify);
    }
}

static void ask_verify(struct world *world) {
    struct judging judging = {.world = world, .verify = verify_open()};
    void *memory = aligned_alloc(16, ARENA_BYTES);
    assert(memory != NULL);
    arena_init(&judging.arena, memory, ARENA_BYTES);
    feed_all(&judging);
    const struct verify_report *report = verify_finish(judging.verify);
    if (report->breaches_count > 0) {
        transcript_violation(&world->transcript, "verify", "%s", report->breaches[0]);
    }
    world->figures.commands = report->counts.commands;
    verify_close(judging.verify);
    free(judging.arena.base);
}

void judge_topics(struct world *world) {
    ask_verify(world);
    const struct auditor_setup auditor = {
        .log = kafka_log(world->kafka),
        .registry = world->registry,
        .cache = world->cache,
        .partitions = world->settings.partitions,
        .transcript = &world->transcript,
        .readings = 1 + (uint32_t)world->figures.kinds[FAULT_OFFSETS_LOST],
        .at_rest = true,
    };
    if (!world->transcript.violated) {
        auditor_look(&auditor);
    }
}
