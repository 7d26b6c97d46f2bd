/* Judgements: that what is unknown is shown; and at the end what `millrace verify` says of the
 * topics, and what the auditor does.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "cli/verify/verify.h"
#include "domain/placement.h"
#include "domain/uuid.h"
#include "generated/c/certificates_state.h"
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

/* --- What is unknown is shown. --- */

/* The newest state of a certificate; NULL: none. */
static const struct certificates_state_certificate_state *state_of(struct judging *judging,
                                                                   const struct uuid *id) {
    struct memory_log *log = kafka_log(judging->world->kafka);
    char key[UUID_CHARACTERS];
    uuid_to_text(id, key);
    const int32_t p = placement_partition((struct bytes){(const uint8_t *)key, sizeof key},
                                          judging->world->settings.partitions);
    const struct memory_topic *topic = memory_topic(log, "certificates.state");
    for (int64_t offset = memory_stable_end(log, topic, p); offset > 0; offset--) {
        const struct memory_entry *entry = &topic->partitions[p].entries[offset - 1];
        if (!memory_delivered(log, entry) || entry->record.key.length != sizeof key ||
            memcmp(entry->record.key.data, key, sizeof key) != 0) {
            continue;
        }
        const struct wire_input input = {.topic = topic->name, .value = entry->record.value};
        struct message message;
        struct wire_failure failure;
        const enum result result =
            wire_decode(judging->world->cache, &input, &judging->arena, 0, &message, &failure);
        assert(result == RESULT_OK);
        return message.body;
    }
    return NULL;
}

static void expect_suspended(void *context, const struct uuid *certificate_id,
                             const struct uuid *submission_id) {
    struct judging *judging = context;
    arena_reset(&judging->arena);
    const struct certificates_state_certificate_state *state = state_of(judging, certificate_id);
    if (state == NULL || state->model.suspension == NULL || state->work.current == NULL) {
        transcript_violation(&judging->world->transcript, "I6",
                             "%s is unknown, and its certificate %s is not suspended with it",
                             short_id(submission_id), short_id(certificate_id));
    }
}

void judge_unknown_is_shown(struct world *world) {
    struct judging judging = {.world = world};
    void *memory = aligned_alloc(16, ARENA_BYTES);
    assert(memory != NULL);
    arena_init(&judging.arena, memory, ARENA_BYTES);
    ledger_watch_each_unknown(world->watch, expect_suspended, &judging);
    free(memory);
}

/* --- The end. --- */

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
