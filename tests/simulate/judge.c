/* Judgements: that what is unknown is shown; and at the end what `millrace verify` says of the
 * topics, and what the auditor does.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "domain/placement.h"
#include "domain/uuid.h"
#include "generated/c/certificates_state.h"
#include "tests/simulate/feeding.h"
#include "tests/simulate/world.h"
#include "tests/support/memory_broker.h"
#include "wire/message.h"

enum { ARENA_BYTES = 4 << 20 };

/* Who looks at one state after the other. */
struct judging {
    struct world *world;
    struct arena arena; /* of the state that was read last */
};

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

static void give_topic(const struct feeding *feeding, enum verify_topic topic, int32_t partition) {
    struct memory_log *log = kafka_log(feeding->world->kafka);
    const int64_t end = memory_stable_end(log, memory_topic(log, verify_topics[topic]), partition);
    feeding_give(feeding, topic, partition, end, end);
}

static void ask_verify(struct world *world) {
    struct feeding feeding;
    feeding_open(&feeding, world);
    for (int32_t p = 0; p < world->settings.partitions; p++) {
        give_topic(&feeding, VERIFY_TOPIC_DEAD_LETTERS, p);
    }
    for (int32_t p = 0; p < world->settings.partitions; p++) {
        const struct verify_positions positions = feeding_positions(world, p);
        verify_begin(feeding.verify, p, &positions);
        for (uint32_t topic = VERIFY_TOPIC_COMMANDS; topic < VERIFY_TOPICS_COUNT; topic++) {
            give_topic(&feeding, (enum verify_topic)topic, p);
        }
        verify_end(feeding.verify);
    }
    feeding_finish(&feeding);
}

static struct auditor_setup auditor_of(struct world *world) {
    return (struct auditor_setup){
        .log = kafka_log(world->kafka),
        .registry = world->registry,
        .cache = world->cache,
        .partitions = world->settings.partitions,
        .transcript = &world->transcript,
        .readings = 1 + (uint32_t)world->figures.kinds[FAULT_OFFSETS_LOST],
    };
}

void judge_misaligned_is_read(struct world *world) {
    struct auditor_setup auditor = auditor_of(world);
    auditor.is_read = true;
    auditor_look(&auditor);
}

void judge_topics(struct world *world) {
    struct auditor_setup auditor = auditor_of(world);
    auditor.at_rest = true;
    ask_verify(world);
    if (!world->transcript.violated) {
        auditor_look(&auditor);
    }
}
