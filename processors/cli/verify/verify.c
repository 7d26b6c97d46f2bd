#include "cli/verify/verify.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/message_fields.h"
#include "cli/verify/state.h"
#include "domain/ids.h"
#include "domain/placement.h"
#include "domain/uuid.h"
#include "generated/c/certificates_state.h"
#include "generated/c/registry_state.h"

const char *const verify_topics[VERIFY_TOPICS_COUNT] = {
    [VERIFY_TOPIC_DEAD_LETTERS] = "dead-letters",
    [VERIFY_TOPIC_COMMANDS] = "certificates.commands",
    [VERIFY_TOPIC_OPERATIONS] = "certificates.operations",
    [VERIFY_TOPIC_REGISTRY_OPERATIONS] = "registry.operations",
    [VERIFY_TOPIC_EVIDENCE] = "registry.evidence",
    [VERIFY_TOPIC_LEDGER_STATES] = "registry.state",
    [VERIFY_TOPIC_REGISTRY_COMMANDS] = "registry.commands",
    [VERIFY_TOPIC_REGISTRY_EVENTS] = "registry.events",
    [VERIFY_TOPIC_STATES] = "certificates.state",
    [VERIFY_TOPIC_EVENTS] = "certificates.events",
    [VERIFY_TOPIC_ANSWERS] = "certificates.answers",
};

/* What each of them is given to; the dead letters were taken before. */
static void (*const takers[VERIFY_TOPICS_COUNT])(struct verify *, const struct verify_record *) = {
    [VERIFY_TOPIC_COMMANDS] = verify_commands_take,
    [VERIFY_TOPIC_OPERATIONS] = verify_operations_take,
    [VERIFY_TOPIC_REGISTRY_OPERATIONS] = verify_registry_operations_take,
    [VERIFY_TOPIC_EVIDENCE] = verify_evidence_take,
    [VERIFY_TOPIC_LEDGER_STATES] = verify_ledger_states_take,
    [VERIFY_TOPIC_REGISTRY_COMMANDS] = verify_submissions_take,
    [VERIFY_TOPIC_REGISTRY_EVENTS] = verify_outcomes_take,
    [VERIFY_TOPIC_STATES] = verify_states_take,
    [VERIFY_TOPIC_EVENTS] = verify_events_take,
    [VERIFY_TOPIC_ANSWERS] = verify_answers_take,
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
    verify->parents.item_size = sizeof(struct verify_parent);
    verify->evidence.item_size = sizeof(struct verify_evidence);
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

static struct verify_certificate *take_certificate(struct verify *verify, const struct uuid *id) {
    const uint32_t before = verify->certificates.items_count;
    struct verify_certificate *certificate = uuid_map_take(&verify->certificates, id);
    if (verify->certificates.items_count > before) {
        certificate->number = before;
    }
    return certificate;
}

struct verify_certificate *verify_certificate_of(struct verify *verify,
                                                 const struct verify_record *record) {
    struct uuid id;
    struct uuid said;
    const struct verify_place place = verify_place_of(record->record);
    const struct bytes key = record->record->key;
    const struct text text = {.data = (const char *)key.data, .length = key.length};
    if (record->record->key_null || !uuid_from_text(text, &id)) {
        verify_breach(verify, &place, "the key is no certificate's id");
        return NULL;
    }
    if (record->message != NULL &&
        message_id_field(record->message->type, record->message->body, "certificateId", &said) &&
        !uuid_equal(&id, &said)) {
        verify_breach(verify, &place, "the key is %.*s, and the message is about another one",
                      (int)text.length, text.data);
        return NULL;
    }
    const int32_t partitions = verify->positions.partitions;
    if (partitions > 0 && placement_partition(key, partitions) != verify->partition) {
        verify_breach(verify, &place, "the key %.*s belongs to partition %d", (int)text.length,
                      text.data, placement_partition(key, partitions));
    }
    struct verify_certificate *certificate = take_certificate(verify, &id);
    certificate->counted = true;
    return certificate;
}

const void *verify_body_of(struct verify *verify, const struct verify_record *record,
                           enum message_type type) {
    if (record->message == NULL || record->message->type != type) {
        const struct verify_place place = verify_place_of(record->record);
        verify_breach(verify, &place, "cannot be read, or is no message of this topic");
        return NULL;
    }
    return record->message->body;
}

struct verify_command *verify_submission_of(struct verify *verify, const struct uuid *submission_id,
                                            const struct uuid *certificate_id) {
    const uint32_t before = verify->commands.items_count;
    struct verify_command *command = uuid_map_take(&verify->commands, submission_id);
    if (verify->commands.items_count > before) {
        command->certificate = take_certificate(verify, certificate_id)->number;
    }
    return command;
}

struct verify_command *verify_command_of(struct verify *verify, const struct uuid *certificate_id,
                                         const struct uuid *command_id) {
    const struct uuid id = id_of_submission(certificate_id, command_id);
    struct verify_command *command = verify_submission_of(verify, &id, certificate_id);
    command->command_id = *command_id;
    return command;
}

const struct uuid *verify_certificate_id(const struct verify *verify,
                                         const struct verify_command *command) {
    const struct verify_certificate *certificate =
        uuid_map_item(&verify->certificates, command->certificate);
    return &certificate->id;
}

void verify_dead_letter(struct verify *verify, const struct verify_record *record) {
    assert(verify != NULL && record != NULL);
    arena_reset(&verify->scratch);
    verify->topic = VERIFY_TOPIC_DEAD_LETTERS;
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
    verify->topic = VERIFY_TOPIC_COMMANDS;
    verify_sets_begin(verify);
}

/* Go on to a topic. When registry.events were read the ledgers are done, and their memory is used
 * for the models. */
static void go_on(struct verify *verify, enum verify_topic topic) {
    if (verify->topic <= VERIFY_TOPIC_REGISTRY_EVENTS && topic > VERIFY_TOPIC_REGISTRY_EVENTS) {
        verify_ledgers_end(verify);
        verify_submissions_end(verify);
        verify_evidence_end(verify);
    }
    verify->topic = topic;
}

void verify_record(struct verify *verify, const struct verify_record *record) {
    assert(verify != NULL && record != NULL);
    assert(record->record->partition == verify->partition);
    enum verify_topic topic = verify->topic;
    while (strcmp(verify_topics[topic], record->record->topic) != 0) {
        topic++;
        assert(topic < VERIFY_TOPICS_COUNT); /* in the order of the list, and of it */
    }
    if (topic != verify->topic) {
        go_on(verify, topic);
    }
    arena_reset(&verify->scratch);
    verify->report.counts.records++;
    verify_sets_take(verify, record);
    takers[topic](verify, record);
}

static void forget_partition(struct verify *verify) {
    for (uint32_t i = 0; i < verify->certificates.items_count; i++) {
        struct verify_certificate *certificate = uuid_map_item(&verify->certificates, i);
        free(certificate->fold.folded.data);
        free(certificate->fold.state.data);
        free(certificate->under_way);
    }
    uuid_map_deinit(&verify->certificates);
    uuid_map_deinit(&verify->commands);
    uuid_map_deinit(&verify->parents);
    uuid_map_deinit(&verify->evidence);
}

void verify_end(struct verify *verify) {
    assert(verify != NULL);
    go_on(verify, VERIFY_TOPIC_ANSWERS);
    verify_models_end(verify);
    verify_commands_end(verify);
    verify_sets_end(verify);
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
