/* Evidence by a stranger: what an adapter that can ask for a status would write. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "generated/c/registry_events.h"
#include "generated/c/registry_evidence.h"
#include "tests/simulate/known_ids.h"
#include "tests/simulate/scenes/scene.h"
#include "tests/support/memory_broker.h"
#include "wire/message.h"

enum { ARENA_BYTES = 1 << 20, VALUE_BYTES = 4096 };

/* The intent of this attempt, read from the ledger into the arena. */
static const struct registry_events_submission_intended *intent_of(struct world *world,
                                                                   const struct uuid *submission_id,
                                                                   int32_t attempt,
                                                                   struct arena *arena) {
    struct memory_log *log = kafka_log(world->kafka);
    const uint32_t count = memory_log_visible(log, "registry.events", 0);
    for (uint32_t i = 0; i < count; i++) {
        const struct log_record *record = memory_log_read(log, "registry.events", 0, i);
        const struct wire_input input = {.topic = record->topic, .value = record->value};
        struct message message;
        struct wire_failure failure;
        arena_reset(arena);
        const enum result result = wire_decode(world->cache, &input, arena, 0, &message, &failure);
        assert(result == RESULT_OK);
        (void)result;
        if (message.type == MESSAGE_REGISTRY_EVENTS_SUBMISSION_INTENDED) {
            const struct registry_events_submission_intended *intent = message.body;
            if (uuid_equal(&intent->submission_id, submission_id) && intent->attempt == attempt) {
                return intent;
            }
        }
    }
    assert(false); /* nothing was intended that one could testify about */
    return NULL;
}

void scene_testify(struct scene *scene, const struct scene_command *command, int32_t attempt,
                   bool executed) {
    struct world *world = scene->world;
    struct arena arena;
    void *memory = aligned_alloc(16, ARENA_BYTES);
    assert(memory != NULL);
    arena_init(&arena, memory, ARENA_BYTES);
    const struct registry_events_submission_intended *intent =
        intent_of(world, &command->submission_id, attempt, &arena);
    const int64_t now_ms = world->timeline.now_ms + (int64_t)TIMELINE_WALL_OFFSET_S * 1000;
    const enum message_type type = MESSAGE_REGISTRY_EVIDENCE_EVIDENCE_FOUND;
    const struct registry_evidence_evidence_found evidence = {
        .metadata =
            {
                .id = known_message_id(&command->certificate_id, &intent->metadata.id,
                                       message_types[type].full_name, 0),
                .timestamp = now_ms,
                .source = {.name = text_of("a stranger"), .version = text_of("1")},
            },
        .submission_id = command->submission_id,
        .certificate_id = command->certificate_id,
        .incarnation = intent->incarnation,
        .transaction_id = intent->transaction_id,
        .kind = MILLRACE_EVIDENCE_KIND_STATUS,
        .has_executed = true,
        .executed = executed,
        .observed_at = now_ms,
        .observed_by = text_of("a stranger"),
    };
    uint8_t value[VALUE_BYTES];
    const size_t length = wire_encode(type, &evidence, world->deployment.emitter.schema_ids[type],
                                      value, sizeof value);
    assert(length <= sizeof value);
    char key[KNOWN_ID_CHARACTERS + 1];
    known_id_text(&command->certificate_id, key);
    (void)memory_log_append(kafka_log(world->kafka), "registry.evidence", 0,
                            &(struct memory_record){
                                .key = {(const uint8_t *)key, KNOWN_ID_CHARACTERS},
                                .value = {value, (uint32_t)length},
                            });
    free(memory);
}
