#include "cli/verify/verify.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/message_fields.h"
#include "cli/verify/state.h"
#include "domain/ids.h"
#include "domain/uuid.h"
#include "generated/c/certificates_state.h"
#include "generated/c/registry_state.h"

/* States come before what they are compared with, commands before what was made of them. */
const char *const verify_topics[VERIFY_TOPICS_COUNT] = {
    "dead-letters",       "certificates.commands", "certificates.operations", "registry.operations",
    "certificates.state", "registry.state",        "certificates.events",     "registry.commands",
    "registry.events",    "certificates.answers",
};

/* What each of them is given to, in the same order; the dead letters were taken before. */
static void (*const takers[VERIFY_TOPICS_COUNT])(struct verify *, const struct verify_record *) = {
    NULL,
    verify_commands_take,
    verify_operations_take,
    verify_operations_take,
    verify_certificate_states_take,
    verify_ledger_states_take,
    verify_certificate_events_take,
    verify_submissions_take,
    verify_ledger_events_take,
    verify_answers_take,
};

void verify_breach(struct verify *verify, const struct verify_place *place, const char *format,
                   ...) {
    struct verify_report *report = &verify->report;
    if (report->breaches_count++ >= VERIFY_BREACHES_MAX) {
        return;
    }
    char *text = report->breaches[report->breaches_count - 1];
    int used = snprintf(text, VERIFY_BREACH_BYTES_MAX, "%s[%d]@%lld: ", place->topic,
                        place->partition, (long long)place->offset);
    assert(used > 0 && used < VERIFY_BREACH_BYTES_MAX);
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text + used, (size_t)(VERIFY_BREACH_BYTES_MAX - used), format, arguments);
    va_end(arguments);
}

const char *verify_id(const struct uuid *id, char text[VERIFY_ID_SIZE]) {
    uuid_to_text(id, text);
    text[UUID_CHARACTERS] = '\0';
    return text;
}

struct verify *verify_open(void) {
    struct verify *verify = calloc(1, sizeof *verify);
    assert(verify != NULL);
    plan_open_own(&certificates_state_certificate_model_descriptor, &verify->model_plan);
    plan_open_own(&registry_state_ledger_model_descriptor, &verify->ledger_plan);
    verify->certificates.item_size = sizeof(struct verify_certificate);
    verify->commands.item_size = sizeof(struct verify_command);
    verify->events.item_size = sizeof(struct verify_event);
    verify->operations.item_size = sizeof(struct uuid);
    verify->letters.item_size = sizeof(struct verify_letter);
    verify->intents.item_size = sizeof(struct verify_intents);
    verify->witnesses.item_size = sizeof(struct verify_witness);
    verify->sets = verify_sets_open();
    return verify;
}

void verify_scratch_reserve(struct verify *verify, size_t bytes) {
    /* What an event brings along is bounded by the schemas: ten thousand slices of 170 bytes,
     * copied once. What a model takes is bounded by its bytes: an item of the smallest kind has 3
     * of them (an empty attribute) and 40 in a struct, and what changes is made anew. */
    enum { EVENT_BYTES_MAX = 4 * 1024 * 1024, EXPANSION_MAX = 32 };
    assert(verify->scratch.used == 0 && bytes <= (size_t)4 * VERIFY_MODEL_BYTES_MAX);
    size_t capacity = verify->scratch.capacity == 0 ? EVENT_BYTES_MAX : verify->scratch.capacity;
    while (capacity < EVENT_BYTES_MAX + bytes * EXPANSION_MAX) {
        capacity *= 2;
    }
    if (capacity > verify->scratch.capacity) {
        free(verify->scratch.base);
        void *memory = malloc(capacity);
        assert(memory != NULL);
        arena_init(&verify->scratch, memory, capacity);
    }
}

struct verify_certificate *verify_certificate_of(struct verify *verify,
                                                 const struct verify_record *record) {
    struct uuid id;
    const struct verify_place place = verify_place_of(record->record);
    const struct text key = {.data = (const char *)record->record->key.data,
                             .length = record->record->key.length};
    if (record->record->key_null || !uuid_from_text(key, &id)) {
        verify_breach(verify, &place, "the key is no certificate's id");
        return NULL;
    }
    return uuid_map_take(&verify->certificates, &id);
}

struct verify_command *verify_command_of(struct verify *verify, const struct uuid *certificate_id,
                                         const struct uuid *command_id) {
    const struct uuid id = id_of_submission(certificate_id, command_id);
    struct verify_command *command = uuid_map_take(&verify->commands, &id);
    command->certificate_id = *certificate_id;
    command->command_id = *command_id;
    return command;
}

void verify_dead_letter(struct verify *verify, const struct verify_record *record) {
    assert(verify != NULL && record != NULL);
    arena_reset(&verify->scratch);
    verify->report.counts.records++;
    verify_letters_take(verify, record);
    verify_sets_take(verify, record);
}

void verify_begin(struct verify *verify, int32_t partition,
                  const struct verify_positions *positions) {
    assert(verify != NULL && positions != NULL);
    assert(verify->certificates.items_count == 0 && verify->commands.items_count == 0);
    verify->partition = partition;
    verify->positions = *positions;
    verify_sets_begin(verify);
}

static void note_intent(struct verify *verify, const struct message *message) {
    struct uuid id;
    if (message == NULL || strcmp(message_types[message->type].topic, "registry.events") != 0 ||
        !message_id_field(message->type, message->body, "submissionId", &id)) {
        return;
    }
    struct verify_intents *intents = uuid_map_take(&verify->intents, &id);
    intents->count += message->type == MESSAGE_REGISTRY_EVENTS_SUBMISSION_INTENDED;
    intents->succeeded |= message->type == MESSAGE_REGISTRY_EVENTS_SUBMISSION_SUCCEEDED;
    intents->refused |= message->type == MESSAGE_REGISTRY_EVENTS_SUBMISSION_REFUSED;
}

void verify_record(struct verify *verify, const struct verify_record *record) {
    assert(verify != NULL && record != NULL);
    assert(record->record->partition == verify->partition);
    arena_reset(&verify->scratch);
    for (uint32_t i = 1; i < VERIFY_TOPICS_COUNT; i++) {
        if (strcmp(verify_topics[i], record->record->topic) == 0) {
            verify->report.counts.records++;
            verify_sets_take(verify, record);
            takers[i](verify, record);
            note_intent(verify, record->message);
            return;
        }
    }
    assert(false); /* the caller reads the topics of the list */
}

static void forget_partition(struct verify *verify) {
    for (uint32_t i = 0; i < verify->certificates.items_count; i++) {
        struct verify_certificate *certificate = verify->certificates.items[i];
        free(certificate->model.folded.data);
        free(certificate->model.state.data);
        free(certificate->ledger.folded.data);
        free(certificate->ledger.state.data);
        free(certificate->under_way);
    }
    uuid_map_deinit(&verify->certificates);
    uuid_map_deinit(&verify->commands);
    uuid_map_deinit(&verify->events);
    uuid_map_deinit(&verify->operations);
}

void verify_end(struct verify *verify) {
    assert(verify != NULL);
    verify_folds_end(verify);
    verify_submissions_end(verify);
    verify_commands_end(verify);
    verify->report.counts.certificates += verify->certificates.items_count;
    forget_partition(verify);
}

const struct verify_report *verify_finish(struct verify *verify) {
    assert(verify != NULL);
    verify_sets_finish(verify);
    verify_witnesses_finish(verify);
    return &verify->report;
}

void verify_close(struct verify *verify) {
    assert(verify != NULL);
    forget_partition(verify);
    uuid_map_deinit(&verify->letters);
    uuid_map_deinit(&verify->intents);
    uuid_map_deinit(&verify->witnesses);
    verify_sets_close(verify->sets);
    plan_close(&verify->model_plan);
    plan_close(&verify->ledger_plan);
    free(verify->scratch.base);
    free(verify);
}
