/* The inputs: evidence and submissions are from topics of our own and must be readable; operations
 * come from people and are dead-lettered where they cannot be worked on. */
#include <assert.h>
#include <inttypes.h>

#include "loop/arrival.h"
#include "registry_connector/lane.h"

enum { TRACEPARENT_MAX = 256 }; /* bytes, as the ledger keeps it */

/* A record that must be readable is not: the lane stops until a binary comes that can read it. */
static enum result stop(const struct log_record *record, struct error *error, const char *why) {
    return error_set(error, RESULT_INVALID,
                     "%s/%" PRId32 "/%" PRId64
                     ", key %.*s: %s; if a newer version wrote it, start that one again, else see "
                     "who may write to this topic",
                     record->topic, record->partition, record->offset,
                     (int)(record->key.length > 64 ? 64 : record->key.length),
                     (const char *)record->key.data, why);
}

/* A message of a topic of our own; `certificate_id` is set by the caller's reading of it. */
static enum result read_own(struct connector_lane *lane, const struct log_record *record,
                            struct turn *turn, struct message *message, struct error *error) {
    struct wire_failure failure;
    const enum result result = arrival_read(lane->cache, record, turn, message, &failure);
    if (result == RESULT_AGAIN) {
        return error_set(error, RESULT_AGAIN, "%s", failure.text);
    }
    return result == RESULT_OK ? RESULT_OK : stop(record, error, failure.text);
}

static enum result check_own_place(const struct connector_lane *lane,
                                   const struct log_record *record,
                                   const struct uuid *certificate_id, struct error *error) {
    struct misplacement misplacement;
    if (arrival_is_placed(record, certificate_id, lane->identity.partitions, &misplacement)) {
        return RESULT_OK;
    }
    return stop(record, error, misplacement.text);
}

enum result incoming_evidence(struct connector_lane *lane, const struct log_record *record,
                              struct turn *turn, struct error *error) {
    struct message message;
    enum result result = read_own(lane, record, turn, &message, error);
    if (result != RESULT_OK) {
        return result;
    }
    assert(message.type == MESSAGE_REGISTRY_EVIDENCE_EVIDENCE_FOUND);
    const struct registry_evidence_evidence_found *evidence = message.body;
    result = check_own_place(lane, record, &evidence->certificate_id, error);
    struct handling handling = {.lane = lane, .turn = turn, .trace = trace_of(record)};
    if (result == RESULT_OK) {
        result = ledger_load(&handling, &evidence->certificate_id, error);
    }
    if (result != RESULT_OK) {
        return result;
    }
    const struct submission_input input = {.kind = SUBMISSION_INPUT_EVIDENCE, .evidence = evidence};
    struct submission_decision decision;
    ledger_decide(&handling, &input, &decision);
    ledger_stage(&handling, &decision);
    for (uint32_t i = 0; i < decision.events_count; i++) {
        if (decision.events[i].type == MESSAGE_REGISTRY_EVENTS_EVIDENCE_CONTRADICTS) {
            logger_error(&lane->logger,
                         "evidence contradicts the ledger: an incident; `millrace trace` shows it",
                         LOGGER_FIELDS(logger_uuid("certificate_id", &evidence->certificate_id),
                                       logger_uuid("submission_id", &evidence->submission_id)));
        }
    }
    return RESULT_OK;
}

static const char *breach_text(enum submission_breach breach) {
    switch (breach) {
    case SUBMISSION_BREACH_SEQUENCE_REUSED:
        return "this sequence was used by another submission of the certificate";
    case SUBMISSION_BREACH_SEQUENCE_GAP:
        return "submissions before this one are missing";
    case SUBMISSION_BREACH_STILL_OPEN:
        return "the submission before this one is not settled";
    case SUBMISSION_BREACH_NOT_ONE_OPERATION:
        return "not exactly one operation that this version knows";
    case SUBMISSION_BREACH_NONE:
        break;
    }
    assert(false);
    return "";
}

/* Headers pass through many hands: what is no trace is not kept. */
static struct text kept_traceparent(struct text traceparent) {
    bool plain = traceparent.length <= TRACEPARENT_MAX;
    for (uint32_t i = 0; plain && i < traceparent.length; i++) {
        plain = traceparent.data[i] > ' ' && traceparent.data[i] < 0x7f;
    }
    return plain ? traceparent : (struct text){.data = NULL};
}

enum result incoming_command(struct connector_lane *lane, const struct log_record *record,
                             struct turn *turn, struct error *error) {
    struct message message;
    enum result result = read_own(lane, record, turn, &message, error);
    if (result != RESULT_OK) {
        return result;
    }
    assert(message.type == MESSAGE_REGISTRY_COMMANDS_SUBMIT_TRANSACTION);
    const struct registry_commands_submit_transaction *command = message.body;
    result = check_own_place(lane, record, &command->certificate_id, error);
    struct handling handling = {.lane = lane, .turn = turn, .trace = trace_of(record)};
    if (result == RESULT_OK) {
        result = ledger_load(&handling, &command->certificate_id, error);
    }
    if (result != RESULT_OK) {
        return result;
    }
    const struct submission_input input = {
        .kind = SUBMISSION_INPUT_SUBMIT,
        .submit = {.command = command, .traceparent = kept_traceparent(handling.trace.traceparent)},
    };
    struct submission_decision decision;
    ledger_decide(&handling, &input, &decision);
    if (decision.verdict == SUBMISSION_VERDICT_BROKEN) {
        return stop(record, error, breach_text(decision.breach));
    }
    if (decision.verdict != SUBMISSION_VERDICT_CHANGED) {
        return RESULT_OK;
    }
    if (memory_registry(lane, command->registry) == NULL) {
        /* Certificates refuse such commands before, so the two are configured differently. */
        return error_set(error, RESULT_INVALID,
                         "%s/%" PRId32 "/%" PRId64
                         ": registry \"%.*s\" is not configured here: "
                         "give the connector the same `registries` as certificates and start it "
                         "again",
                         record->topic, record->partition, record->offset,
                         (int)command->registry.length, command->registry.data);
    }
    ledger_stage(&handling, &decision);
    memory_line_up(lane, &handling.state);
    return RESULT_OK;
}

/* --- Operations. --- */

static void dead_letter_unread(struct connector_lane *lane, const struct log_record *record,
                               struct turn *turn, const struct wire_failure *failure) {
    const struct dead_letter letter = {
        .reason = dead_letter_reason_word(failure->reason),
        .type = failure->type_known ? message_types[failure->type].full_name : NULL,
        .field = failure->field[0] != '\0' ? failure->field : NULL,
        .message = failure->text,
        .command_id = failure->command_id_known ? &failure->command_id : NULL,
        .schema_id_known = failure->schema_id_known,
        .schema_id = failure->schema_id,
    };
    arrival_dead_letter(turn, OUTPUT_DEAD_LETTERS, record, &letter, &lane->logger);
}

/* One that was read, but cannot be worked on. `text` NULL: the reason says it all. */
static void dead_letter_read(struct connector_lane *lane, const struct log_record *record,
                             struct turn *turn, const struct message *read,
                             enum dead_letter_reason reason, const char *field,
                             const char *message) {
    const struct millrace_metadata *metadata = read->body;
    const struct dead_letter letter = {
        .reason = dead_letter_reason_word(reason),
        .type = message_types[read->type].full_name,
        .field = field,
        .message = message != NULL ? message : dead_letter_reason_sentence(reason),
        .command_id = &metadata->id,
    };
    arrival_dead_letter(turn, OUTPUT_DEAD_LETTERS, record, &letter, &lane->logger);
}

static enum result resolve(struct connector_lane *lane, const struct log_record *record,
                           struct turn *turn, const struct message *message, struct error *error) {
    const struct registry_operations_resolve_submission *operation = message->body;
    struct handling handling = {.lane = lane, .turn = turn, .trace = trace_of(record)};
    const enum result result = ledger_load(&handling, &operation->certificate_id, error);
    if (result != RESULT_OK) {
        return result;
    }
    const struct submission_input input = {
        .kind = SUBMISSION_INPUT_RESOLVE,
        .resolve = {.operation = operation,
                    .facts = quarantines_facts(&lane->quarantines, &operation->certificate_id,
                                               operation->closing_rule, record->offset)},
    };
    struct submission_decision decision;
    ledger_decide(&handling, &input, &decision);
    ledger_stage(&handling, &decision);
    if (decision.verdict == SUBMISSION_VERDICT_MALFORMED) {
        dead_letter_read(lane, record, turn, message, DEAD_LETTER_MISSING_VALUE, decision.field,
                         NULL);
    }
    return RESULT_OK;
}

/* Who reads it later finds the ReadStream in the ledger, whoever that is then. */
static enum result take_read(struct connector_lane *lane, const struct log_record *record,
                             struct turn *turn, const struct message *message,
                             struct error *error) {
    const struct registry_operations_read_stream *operation = message->body;
    const struct lane_registry *registry = memory_registry(lane, operation->registry);
    struct handling handling = {.lane = lane, .turn = turn, .trace = trace_of(record)};
    struct submission_decision decision = {.verdict = SUBMISSION_VERDICT_MALFORMED,
                                           .field = "registry"};
    if (registry != NULL && reading_is_possible(registry)) {
        const enum result result = ledger_load(&handling, &operation->certificate_id, error);
        if (result != RESULT_OK) {
            return result;
        }
        const struct submission_input input = {
            .kind = SUBMISSION_INPUT_READ,
            .read = {.operation = operation,
                     .traceparent = kept_traceparent(handling.trace.traceparent)}};
        ledger_decide(&handling, &input, &decision);
        ledger_stage(&handling, &decision);
    }
    if (decision.verdict == SUBMISSION_VERDICT_MALFORMED) {
        dead_letter_read(lane, record, turn, message, DEAD_LETTER_REGISTRY_NOT_READABLE,
                         decision.field, NULL);
    } else if (decision.verdict == SUBMISSION_VERDICT_CHANGED) {
        reading_follow(lane, &handling.state, turn_monotonic_ms(turn));
    }
    return RESULT_OK;
}

enum result incoming_operation(struct connector_lane *lane, const struct log_record *record,
                               struct turn *turn, struct error *error) {
    struct message message;
    struct wire_failure failure;
    const enum result result = arrival_read(lane->cache, record, turn, &message, &failure);
    if (result == RESULT_AGAIN) {
        return error_set(error, RESULT_AGAIN, "%s", failure.text);
    }
    if (result != RESULT_OK) {
        dead_letter_unread(lane, record, turn, &failure);
        return RESULT_OK;
    }
    const bool resolves = message.type == MESSAGE_REGISTRY_OPERATIONS_RESOLVE_SUBMISSION;
    const struct registry_operations_resolve_submission *operation = message.body;
    const struct registry_operations_read_stream *read_stream = message.body;
    struct misplacement misplacement;
    if (!arrival_is_placed(record,
                           resolves ? &operation->certificate_id : &read_stream->certificate_id,
                           lane->identity.partitions, &misplacement)) {
        dead_letter_read(lane, record, turn, &message, misplacement.reason, NULL,
                         misplacement.text);
        return RESULT_OK;
    }
    if (!resolves) {
        assert(message.type == MESSAGE_REGISTRY_OPERATIONS_READ_STREAM);
        return take_read(lane, record, turn, &message, error);
    }
    return resolve(lane, record, turn, &message, error);
}
