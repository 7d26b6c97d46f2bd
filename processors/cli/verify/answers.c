/* Answers: one a decision, by rule; the same again word for word; naming what there is. */
#include <assert.h>

#include "cli/message_fields.h"
#include "cli/verify/hash.h"
#include "cli/verify/state.h"
#include "domain/arena.h"
#include "generated/c/certificates_answers.h"
#include "wire/encode.h"

/* One answer, for the functions below. */
struct answering {
    const struct certificates_answers_command_answered *answer;
    const struct verify_command *command;
    struct verify_place place;
    char id[VERIFY_ID_SIZE]; /* of the command, for people */
};

static uint32_t hash_of(struct verify *verify,
                        const struct certificates_answers_command_answered *answer) {
    const struct record_descriptor *record =
        message_types[MESSAGE_CERTIFICATES_ANSWERS_COMMAND_ANSWERED].record;
    const size_t length = encode(record, answer, NULL, 0);
    verify_scratch_reserve(verify, length);
    uint8_t *bytes = arena_take(&verify->scratch, length);
    (void)encode(record, answer, bytes, length);
    return hash_bytes(0, bytes, (uint32_t)length);
}

/* Is this an event that the handling of the answer's parent can have made? */
static bool could_be(const struct answering *answering, const struct uuid *event_id) {
    const struct certificates_answers_command_answered *answer = answering->answer;
    for (uint32_t type = 0; type < MESSAGE_TYPES_COUNT; type++) {
        if (message_types[type].topic == NULL ||
            strcmp(message_types[type].topic, verify_topics[VERIFY_TOPIC_EVENTS]) != 0) {
            continue;
        }
        const struct uuid id = verify_child_id(&answer->certificate_id, &answer->metadata.parent_id,
                                               (enum message_type)type, 0);
        if (uuid_equal(&id, event_id)) {
            return true;
        }
    }
    return false;
}

/* The hashes differ: say how. */
static void explain_events(struct verify *verify, const struct answering *answering,
                           uint32_t written) {
    const struct certificates_answers_command_answered *answer = answering->answer;
    char text[VERIFY_ID_SIZE];
    for (uint32_t i = 0; i < answer->event_ids_count; i++) {
        if (!could_be(answering, &answer->event_ids[i])) {
            verify_breach(verify, &answering->place,
                          "this answer names the event %s, which there is not",
                          verify_id(&answer->event_ids[i], text));
            return;
        }
    }
    verify_breach(verify, &answering->place,
                  "this answer names %u events, and not the %u that are written for command %s",
                  answer->event_ids_count, written, answering->id);
}

static void check_final_events(struct verify *verify, const struct answering *answering) {
    const struct certificates_answers_command_answered *answer = answering->answer;
    const struct verify_command *command = answering->command;
    uint32_t hash = 0;
    for (uint32_t i = 0; i < answer->event_ids_count; i++) {
        hash = hash_uuid(hash, &answer->event_ids[i]);
    }
    const bool applied = answer->verdict == MILLRACE_VERDICT_APPLIED;
    if (applied && answer->event_ids_count == 0) {
        verify_breach(verify, &answering->place, "this answer says Applied and names no event");
    } else if (answer->event_ids_count != command->events_count || hash != command->events) {
        explain_events(verify, answering, command->events_count);
    } else if (answer->version < 0 || (uint32_t)answer->version != command->version) {
        verify_breach(verify, &answering->place,
                      "this answer has version %lld, and the last event that it names has %u",
                      (long long)answer->version, command->version);
    } else if (applied != command->applied_event || applied == command->rejected_event) {
        verify_breach(verify, &answering->place, "command %s is answered %s, and its event is %s",
                      answering->id, applied ? "Applied" : "Rejected",
                      command->rejected_event ? "CommandRejected" : "that it was applied");
    }
}

/* Unknown: the certificate is suspended, by this or by something before. */
static void check_unknown(struct verify *verify, const struct answering *answering) {
    const struct certificates_answers_command_answered *answer = answering->answer;
    const struct verify_command *command = answering->command;
    const struct verify_certificate *certificate =
        uuid_map_item(&verify->certificates, command->certificate);
    if (!command->was_unknown) {
        verify_breach(verify, &answering->place,
                      "command %s is answered Unknown, and its submission never was",
                      answering->id);
        return;
    }
    if (!command->suspended && !certificate->was_misaligned) {
        verify_breach(verify, &answering->place,
                      "command %s is answered Unknown, and its certificate is not suspended",
                      answering->id);
        return;
    }
    const struct uuid unknown_id = verify_unknown_id(verify, command);
    const struct uuid event_id = verify_child_id(
        &answer->certificate_id, &unknown_id, MESSAGE_CERTIFICATES_EVENTS_CERTIFICATE_SUSPENDED, 0);
    const uint32_t expected = command->suspended ? 1 : 0;
    if (answer->event_ids_count != expected ||
        (expected == 1 && !uuid_equal(&answer->event_ids[0], &event_id))) {
        explain_events(verify, answering, expected);
    }
}

/* An answer comes of the command itself, or of what became of its submission. */
static void check_parent(struct verify *verify, const struct answering *answering) {
    const struct certificates_answers_command_answered *answer = answering->answer;
    const struct verify_command *command = answering->command;
    struct uuid parent = command->command_id;
    if (answer->verdict == MILLRACE_VERDICT_UNKNOWN) {
        parent = verify_unknown_id(verify, command);
    } else if (command->submitted && command->outcome != VERIFY_OUTCOME_NONE) {
        parent = verify_outcome_id(verify, command);
    }
    char text[VERIFY_ID_SIZE];
    if (!uuid_equal(&parent, &answer->metadata.parent_id)) {
        verify_breach(verify, &answering->place,
                      "its parent %s is neither the command %s nor what became of its submission",
                      verify_id(&answer->metadata.parent_id, text), answering->id);
    }
}

/* What an answer says of itself. */
static void check_words(struct verify *verify, const struct answering *answering) {
    const struct certificates_answers_command_answered *answer = answering->answer;
    const struct verify_command *command = answering->command;
    const bool unknown = answer->verdict == MILLRACE_VERDICT_UNKNOWN;
    const bool reason_fits =
        unknown ? answer->has_reason && answer->reason == MILLRACE_REASON_OUTCOME_UNKNOWN
                : answer->has_reason == (answer->verdict == MILLRACE_VERDICT_REJECTED);
    if (!reason_fits || answer->verdict == MILLRACE_VERDICT_OTHER) {
        verify_breach(verify, &answering->place,
                      "the verdict and the reason of this answer do not go together");
    }
    if (command->payload != hash_bytes(0, answer->payload_hash.data, answer->payload_hash.length)) {
        verify_breach(verify, &answering->place,
                      "its payloadHash is not that of the command %s at offset %lld", answering->id,
                      (long long)command->offset);
    }
}

/* The memory of seen commands: what was said stays said. True: this answer is new. */
static bool check_order(struct verify *verify, const struct answering *answering, uint32_t hash) {
    const struct verify_command *command = answering->command;
    const bool unknown = answering->answer->verdict == MILLRACE_VERDICT_UNKNOWN;
    const enum verify_outcome verdict = answering->answer->verdict == MILLRACE_VERDICT_APPLIED
                                            ? VERIFY_OUTCOME_EXECUTED
                                            : VERIFY_OUTCOME_NOT_EXECUTED;
    const bool answered = command->answered != VERIFY_OUTCOME_NONE;
    if (answered && (unknown || command->answered != verdict)) {
        verify_breach(verify, &answering->place,
                      "contradicts the final answer at offset %lld for command %s",
                      (long long)command->answer_offset, answering->id);
        return false;
    }
    if ((answered || (unknown && command->answered_unknown)) && command->answer != hash) {
        verify_breach(verify, &answering->place,
                      "answers the command %s again, and not word for word as at offset %lld",
                      answering->id, (long long)command->answer_offset);
        return false;
    }
    return !answered && !(unknown && command->answered_unknown);
}

static void note(struct verify_command *command, const struct answering *answering, uint32_t hash,
                 bool late) {
    command->answer = hash;
    command->answer_offset = answering->place.offset;
    if (answering->answer->verdict == MILLRACE_VERDICT_UNKNOWN) {
        command->answered_unknown = true;
        return;
    }
    command->answer_late = late;
    command->answered = answering->answer->verdict == MILLRACE_VERDICT_APPLIED
                            ? VERIFY_OUTCOME_EXECUTED
                            : VERIFY_OUTCOME_NOT_EXECUTED;
}

void verify_answers_take(struct verify *verify, const struct verify_record *record) {
    const struct verify_place place = verify_place_of(record->record);
    if (verify_certificate_of(verify, record) == NULL) {
        return;
    }
    const struct certificates_answers_command_answered *answer =
        verify_body_of(verify, record, MESSAGE_CERTIFICATES_ANSWERS_COMMAND_ANSWERED);
    if (answer == NULL) {
        return;
    }
    struct verify_command *command =
        verify_command_of(verify, &answer->certificate_id, &answer->command_id);
    struct answering answering = {.answer = answer, .command = command, .place = place};
    (void)verify_id(&answer->command_id, answering.id);
    const uint32_t hash = hash_of(verify, answer);
    const bool fits = verify_lineage(verify, record, &answer->certificate_id, 0);
    const bool is_new = check_order(verify, &answering, hash);
    /* What a late record refers to may lie behind the end that its topic was read to. */
    if (fits && is_new && !record->late) {
        if (!command->seen && !command->operation) {
            verify_breach(verify, &place, "answers the command %s, which there is not",
                          answering.id);
        } else {
            (void)verify_inherits(verify, record, command);
            check_words(verify, &answering);
        }
        if (answer->verdict == MILLRACE_VERDICT_UNKNOWN) {
            check_unknown(verify, &answering);
        } else {
            check_final_events(verify, &answering);
        }
        if (answer->verdict != MILLRACE_VERDICT_UNKNOWN || command->was_unknown) {
            check_parent(verify, &answering);
        }
    }
    if (is_new) {
        note(command, &answering, hash, record->late);
    }
}
