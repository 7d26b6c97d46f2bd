/* The auditor of the simulation: content with what the real certificates processor makes of many
 * seeds of commands, and not with a log that somebody has tampered with. */
#include <assert.h>
#include <criterion/criterion.h>
#include <string.h>

#include "domain/certificate.h"
#include "domain/dead_letter_reason.h"
#include "generated/c/certificates_answers.h"
#include "generated/c/certificates_events.h"
#include "generated/c/certificates_state.h"
#include "generated/c/registry_commands.h"
#include "tests/simulate/known_ids.h"
#include "tests/unit/simulate_auditor_rig.h"
#include "wire/descriptor.h"

TestSuite(simulate_auditor);

enum { SEEDS = 80 };

static uint64_t reasons; /* of CommandRejected, a bit each, over all runs */
static uint64_t letters; /* of dead letters */

/* ---- content ---- */

static void visit_rejection(void *context, const struct log_record *record) {
    (void)context;
    const struct message message = auditor_rig_read(record);
    if (message.type == MESSAGE_CERTIFICATES_EVENTS_COMMAND_REJECTED) {
        const struct certificates_events_command_rejected *event = message.body;
        reasons |= UINT64_C(1) << event->reason;
    }
}

static void visit_dead(void *context, const struct log_record *record) {
    (void)context;
    for (uint32_t i = 0; i < record->headers_count; i++) {
        const struct bytes value = record->headers[i].value;
        for (int r = 0; r <= DEAD_LETTER_COMMAND_ID_REUSED; r++) {
            if (text_equal(record->headers[i].name, text_of("millrace.reason")) &&
                text_equal((struct text){(const char *)value.data, value.length},
                           text_of(dead_letter_reason_word((enum dead_letter_reason)r)))) {
                letters |= UINT64_C(1) << r;
            }
        }
    }
}

static void expect_all_reasons(void) {
    const uint64_t unreached =
        UINT64_C(1) << MILLRACE_REASON_OTHER | UINT64_C(1) << MILLRACE_REASON_EXPIRED;
    for (int r = 0; r <= MILLRACE_REASON_REGISTRY_REFUSED; r++) {
        cr_expect((reasons >> r & 1) == 1 || (unreached >> r & 1) == 1, "no command was %s",
                  millrace_reason_descriptor.symbols[r]);
    }
    const uint64_t never = UINT64_C(1) << DEAD_LETTER_UNREADABLE_SCHEMA |
                           UINT64_C(1) << DEAD_LETTER_MISSING_VALUE |
                           UINT64_C(1) << DEAD_LETTER_REGISTRY_NOT_READABLE;
    for (int r = 0; r <= DEAD_LETTER_COMMAND_ID_REUSED; r++) {
        cr_expect((letters >> r & 1) == 1 || (never >> r & 1) == 1, "no letter for %s",
                  dead_letter_reason_word((enum dead_letter_reason)r));
    }
}

Test(simulate_auditor, is_content_with_the_processor, .timeout = 120) {
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        auditor_rig_open(seed, seed % 4 != 0);
        auditor_rig_run(seed);
        auditor_rig_look(true);
        cr_assert_not(auditor_rig_transcript()->violated, "seed %lu: %s: %s", (unsigned long)seed,
                      auditor_rig_transcript()->invariant, auditor_rig_transcript()->violation);
        auditor_rig_each("certificates.events", visit_rejection, NULL);
        auditor_rig_each("dead-letters", visit_dead, NULL);
        auditor_rig_close();
    }
    expect_all_reasons();
}

/* ---- in which order ---- */

enum { SUBMISSIONS_MAX = 4096 };

static struct submitted {
    struct uuid id;
    struct memory_moment moment;
} submitted[SUBMISSIONS_MAX];
static uint32_t submitted_count;

static struct memory_moment last[AUDITOR_RIG_PARTITIONS]; /* of the topic that is looked at */
static uint32_t misplaced;

static struct memory_moment later_than_the_last(const struct log_record *record) {
    const struct memory_moment moment = memory_log_moment(auditor_rig_log(), record);
    misplaced += record->offset > 0 && !memory_moment_before(&last[record->partition], &moment);
    last[record->partition] = moment;
    return moment;
}

static void visit_submitted(void *context, const struct log_record *record) {
    const struct message message = auditor_rig_read(record);
    const struct registry_commands_submit_transaction *submission = message.body;
    (void)context;
    assert(submitted_count < SUBMISSIONS_MAX);
    submitted[submitted_count++] =
        (struct submitted){submission->submission_id, later_than_the_last(record)};
}

static void visit_outcome(void *context, const struct log_record *record) {
    uint32_t *found = context;
    const struct message message = auditor_rig_read(record);
    const struct memory_moment moment = later_than_the_last(record);
    struct certificate_event_head head = {0};
    (void)certificate_event_head(&message, &head);
    const struct uuid id = head.command_id == NULL
                               ? (struct uuid){{0}}
                               : known_submission_id(head.certificate_id, head.command_id);
    for (uint32_t i = 0; i < submitted_count; i++) {
        if (uuid_equal(&submitted[i].id, &id)) {
            misplaced += !memory_moment_before(&submitted[i].moment, &moment);
            (*found)++;
        }
    }
}

Test(simulate_auditor, moments_put_in_order_what_one_processor_wrote) {
    uint32_t found = 0;
    submitted_count = 0;
    misplaced = 0;
    auditor_rig_open(1, true);
    auditor_rig_run(1);
    auditor_rig_each("registry.commands", visit_submitted, NULL);
    auditor_rig_each("certificates.events", visit_outcome, &found);
    cr_expect_gt(found, 10);
    cr_expect_eq(misplaced, 0);
    auditor_rig_close();
}

/* ---- not content ---- */

enum deed { CHANGED, DROPPED, TWICE };
enum { LETTER = MESSAGE_TYPES_COUNT }; /* any dead letter */

struct tampering {
    const char *name;
    uint32_t type; /* the first message of it to which `choose` agrees; it may change it */
    bool (*choose)(void *body);
    enum deed deed;
    const char *invariant; /* what it breaks */
    const char *says;      /* a part of the violation's text */
};

struct copying {
    struct memory_log *log;
    const char *topic;
    const struct tampering *tampering; /* NULL: none, or it was done */
};

static void copy_as(const struct copying *copying, const struct log_record *record,
                    struct bytes value) {
    (void)memory_log_append(copying->log, copying->topic, record->partition,
                            &(struct memory_record){.key_null = record->key_null,
                                                    .value_null = record->value_null,
                                                    .key = record->key,
                                                    .value = value,
                                                    .headers = record->headers,
                                                    .headers_count = record->headers_count});
}

/* The record's value as it is to stand in the copy, where it is the one that is meant. */
static bool meant(struct copying *copying, const struct log_record *record, struct bytes *value) {
    const struct tampering *tampering = copying->tampering;
    if (tampering == NULL) {
        return false;
    }
    const char *topic =
        tampering->type == LETTER ? "dead-letters" : message_types[tampering->type].topic;
    if (strcmp(topic, copying->topic) != 0) {
        return false;
    }
    if (tampering->type != LETTER) {
        const struct message message = auditor_rig_read(record);
        if (message.type != tampering->type || !tampering->choose(message.body)) {
            return false;
        }
        *value = auditor_rig_value(&message);
    }
    copying->tampering = NULL;
    return true;
}

static void visit_copy(void *context, const struct log_record *record) {
    struct copying *copying = context;
    const struct tampering *tampering = copying->tampering;
    struct bytes value = record->value;
    const bool hit = meant(copying, record, &value);
    for (int i = hit && tampering->deed == DROPPED ? 1 : 0;
         i < (hit && tampering->deed == TWICE ? 2 : 1); i++) {
        copy_as(copying, record, value);
    }
}

/* The same log with one thing different. */
static struct memory_log *tampered(const struct tampering *tampering, const struct clock *clock) {
    static const char *const topics[] = {
        "certificates.commands", "certificates.operations",
        "certificates.events",   "certificates.answers",
        "certificates.state",    "registry.commands",
        "registry.events",       "dead-letters",
    };
    struct copying copying = {.log = memory_log_open(AUDITOR_RIG_PARTITIONS, clock),
                              .tampering = tampering};
    for (size_t i = 0; i < sizeof topics / sizeof topics[0]; i++) {
        copying.topic = topics[i];
        auditor_rig_each(topics[i], visit_copy, &copying);
    }
    cr_assert_null(copying.tampering, "%s: there was no occasion",
                   tampering != NULL ? tampering->name : "");
    return copying.log;
}

static bool any(void *body) {
    (void)body;
    return true;
}

static bool flip_answer(void *body) {
    struct certificates_answers_command_answered *answer = body;
    if (answer->verdict != MILLRACE_VERDICT_APPLIED) {
        return false;
    }
    answer->verdict = MILLRACE_VERDICT_REJECTED;
    answer->has_reason = true;
    answer->reason = MILLRACE_REASON_NOT_OWNER;
    return true;
}

static bool another_reason_answered(void *body) {
    struct certificates_answers_command_answered *answer = body;
    answer->reason = MILLRACE_REASON_WITHDRAWN;
    return answer->verdict == MILLRACE_VERDICT_REJECTED;
}

static bool another_version_answered(void *body) {
    ((struct certificates_answers_command_answered *)body)->version++;
    return true;
}

static bool an_event_forgotten(void *body) {
    struct certificates_answers_command_answered *answer = body;
    answer->event_ids_count--;
    return true;
}

static bool another_hash(void *body) {
    struct certificates_answers_command_answered *answer = body;
    ((uint8_t *)answer->event_ids[0].bytes)[0] ^= 1;
    return true;
}

static bool skip_version(void *body) {
    ((struct certificates_events_slice_transferred *)body)->version++;
    return true;
}

static bool another_owner(void *body) {
    ((struct certificates_events_slice_transferred *)body)->to_owner = text_of("mallory");
    return true;
}

static bool another_command(void *body) {
    ((struct certificates_events_slice_transferred *)body)->command_id.bytes[0] ^= 1;
    return true;
}

static bool move_energy(void *body) {
    struct certificates_events_certificate_sliced *event = body;
    event->slices[0].quantity++;
    event->slices[1].quantity--;
    return true;
}

static bool not_the_picked(void *body) {
    ((struct certificates_events_slices_reserved *)body)->slices[0].bytes[0] ^= 1;
    return true;
}

static bool for_another_reason(void *body) {
    struct certificates_events_command_rejected *event = body;
    event->reason = MILLRACE_REASON_EXPIRED;
    return true;
}

static bool for_the_crowd(void *body) {
    struct certificates_events_command_rejected *event = body;
    event->reason = MILLRACE_REASON_TOO_MANY_WAITING;
    return true;
}

static bool words_not_said(void *body) {
    struct certificates_events_command_rejected *event = body;
    event->detail = text_of("because");
    return event->reason == MILLRACE_REASON_REGISTRY_REFUSED;
}

static bool another_sequence(void *body) {
    ((struct registry_commands_submit_transaction *)body)->sequence += 7;
    return true;
}

static bool another_quantity_asked(void *body) {
    struct registry_commands_submit_transaction *submission = body;
    if (submission->operation.transfer == NULL) {
        return false;
    }
    submission->operation.transfer->quantity++;
    return true;
}

/* States that stand at the end of their partition, as a run leaves them. */
static struct uuid last_certificate;
static uint32_t states_of_last;

static bool is_newest(void *body) {
    struct certificates_state_certificate_state *state = body;
    return uuid_equal(&state->certificate_id, &last_certificate) && --states_of_last == 0;
}

static bool state_of_another_owner(void *body) {
    struct certificates_state_certificate_state *state = body;
    if (!is_newest(body)) {
        return false;
    }
    state->model.slices[0].owner = text_of("mallory");
    return true;
}

static bool state_with_a_sequence_ahead(void *body) {
    struct certificates_state_certificate_state *state = body;
    if (!is_newest(body)) {
        return false;
    }
    state->work.sequence++;
    return true;
}

static void visit_choose(void *context, const struct log_record *record) {
    const struct certificates_state_certificate_state *state = auditor_rig_read(record).body;
    (void)context;
    if (state->model.slices_count > 0) {
        last_certificate = state->certificate_id;
    }
}

static void visit_count(void *context, const struct log_record *record) {
    const struct certificates_state_certificate_state *state = auditor_rig_read(record).body;
    (void)context;
    states_of_last += uuid_equal(&state->certificate_id, &last_certificate) ? 1 : 0;
}

#define EVENT(name) MESSAGE_CERTIFICATES_EVENTS_##name
#define ANSWER MESSAGE_CERTIFICATES_ANSWERS_COMMAND_ANSWERED
#define SUBMIT MESSAGE_REGISTRY_COMMANDS_SUBMIT_TRANSACTION
#define STATE MESSAGE_CERTIFICATES_STATE_CERTIFICATE_STATE
#define OUTCOME(name) MESSAGE_REGISTRY_EVENTS_SUBMISSION_##name

static const struct tampering tamperings[] = {
    {"answer flipped", ANSWER, flip_answer, CHANGED, "answer", "another verdict"},
    {"answer with another reason", ANSWER, another_reason_answered, CHANGED, "answer",
     "another reason"},
    {"answer with another version", ANSWER, another_version_answered, CHANGED, "answer",
     "another version"},
    {"answer that forgets an event", ANSWER, an_event_forgotten, CHANGED, "answer",
     "another eventIds"},
    {"answer that names another event", ANSWER, another_hash, CHANGED, "answer",
     "another eventIds"},
    {"answer missing", ANSWER, any, DROPPED, "answer", "no final answer"},
    {"answer twice", ANSWER, any, TWICE, "answer", "answered 2 times, 1 at most"},
    {"event missing", EVENT(SLICE_TRANSFERRED), any, DROPPED, "event", "expected"},
    {"event twice", EVENT(SLICE_TRANSFERRED), any, TWICE, "event", "SliceTransferred"},
    {"event skips a version", EVENT(SLICE_TRANSFERRED), skip_version, CHANGED, "version",
     "SliceTransferred"},
    {"event with another owner", EVENT(SLICE_TRANSFERRED), another_owner, CHANGED, "event",
     "another new owner"},
    {"event of another command", EVENT(SLICE_TRANSFERRED), another_command, CHANGED, "event",
     "SliceTransferred"},
    {"event with other parts", EVENT(CERTIFICATE_SLICED), move_energy, CHANGED, "event",
     "another part"},
    {"event that picks another slice", EVENT(SLICES_RESERVED), not_the_picked, CHANGED, "event",
     "exact fit"},
    {"rejection for another reason", EVENT(COMMAND_REJECTED), for_another_reason, CHANGED, "reason",
     "refused for Expired"},
    {"rejection for want of room", EVENT(COMMAND_REJECTED), for_the_crowd, CHANGED, "mailbox",
     "refused without a turn"},
    {"rejection in other words", EVENT(COMMAND_REJECTED), words_not_said, CHANGED, "event",
     "does not say"},
    {"suspension missing", EVENT(CERTIFICATE_SUSPENDED), any, DROPPED, "event", "expected"},
    {"resumption missing", EVENT(CERTIFICATE_RESUMED), any, DROPPED, "event", "expected"},
    {"submission missing", SUBMIT, any, DROPPED, "submission", "submitted"},
    {"submission twice", SUBMIT, any, TWICE, "submission", "SubmitTransaction"},
    {"submission out of sequence", SUBMIT, another_sequence, CHANGED, "submission",
     "another sequence"},
    {"submission of something else", SUBMIT, another_quantity_asked, CHANGED, "submission",
     "another operation"},
    {"applied without an outcome", OUTCOME(SUCCEEDED), any, DROPPED, "outcome", "an outcome"},
    {"outcome twice", OUTCOME(REFUSED), any, TWICE, "outcome", "outcome"},
    {"dead letter missing", LETTER, NULL, DROPPED, "dead-letter", "has no dead letter"},
    {"dead letter twice", LETTER, NULL, TWICE, "dead-letter", "no further one for that record"},
    {"state with another owner", STATE, state_of_another_owner, CHANGED, "state", "another slice"},
    {"state with a sequence ahead", STATE, state_with_a_sequence_ahead, CHANGED, "state",
     "another sequence"},
};

static struct transcript look_at_tampered(const struct tampering *tampering) {
    struct timeline timeline = {.now_ms = 0};
    const struct clock clock = timeline_clock(&timeline);
    struct transcript transcript = {.timeline = &timeline};
    struct auditor_setup setup = auditor_rig_audit(true);
    states_of_last = 0;
    auditor_rig_each("certificates.state", visit_choose, NULL);
    auditor_rig_each("certificates.state", visit_count, NULL);
    setup.log = tampered(tampering, &clock);
    setup.transcript = &transcript;
    auditor_look(&setup);
    memory_log_close(setup.log);
    transcript.timeline = NULL;
    return transcript;
}

Test(simulate_auditor, finds_what_was_tampered_with) {
    auditor_rig_open(3, true);
    auditor_rig_run(3);
    const struct transcript copy = look_at_tampered(NULL);
    cr_assert_not(copy.violated, "a copy is as good: %s", copy.violation);
    for (size_t i = 0; i < sizeof tamperings / sizeof tamperings[0]; i++) {
        const struct tampering *tampering = &tamperings[i];
        const struct transcript seen = look_at_tampered(tampering);
        cr_expect(seen.violated, "%s: not seen", tampering->name);
        cr_expect_str_eq(seen.invariant, tampering->invariant, "%s: %s: %s", tampering->name,
                         seen.invariant, seen.violation);
        cr_expect_not_null(strstr(seen.violation, tampering->says), "%s: %s", tampering->name,
                           seen.violation);
    }
    auditor_rig_close();
}
