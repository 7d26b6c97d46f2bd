#include <criterion/criterion.h>
#include <string.h>

#include "cli/awaiting.h"
#include "domain/uuid.h"
#include "generated/c/certificates_answers.h"
#include "generated/c/registry_events.h"

static const struct uuid command = {{1}};
static const struct uuid certificate = {{2}};
static const struct uuid submission = {{3}};

static struct awaited waiting_for(enum message_type type) {
    return (struct awaited){
        .type = type, .id = command, .certificate_id = certificate, .version = -1};
}

static struct read_record read_of(const struct log_record *record, enum message_type type,
                                  void *body) {
    return (struct read_record){
        .record = record, .readable = body != NULL, .message = {.type = type, .body = body}};
}

static const struct log_record answers = {.topic = "certificates.answers"};
static const struct log_record events = {.topic = "registry.events"};

Test(awaiting, an_answer_is_known_by_certificate_and_command) {
    struct awaited awaited = waiting_for(MESSAGE_CERTIFICATES_COMMANDS_TRANSFER_SLICE);
    struct certificates_answers_command_answered answer = {
        .command_id = command,
        .certificate_id = {{9}},
        .verdict = MILLRACE_VERDICT_REJECTED,
        .has_reason = true,
        .reason = MILLRACE_REASON_NOT_OWNER,
        .has_detail = true,
        .detail = text_of("it is of acme"),
        .version = 3,
    };
    struct read_record read =
        read_of(&answers, MESSAGE_CERTIFICATES_ANSWERS_COMMAND_ANSWERED, &answer);
    cr_expect(!awaiting_take(&awaited, 1, &read), "another certificate's command of that id");
    answer.certificate_id = certificate;
    cr_assert(awaiting_take(&awaited, 1, &read));
    cr_expect_eq(awaited.verdict, AWAITED_REJECTED);
    cr_expect_str_eq(awaited.reason, "NotOwner");
    cr_expect_str_eq(awaited.detail, "it is of acme");
    cr_expect_eq(awaited.version, 3);
    cr_expect_eq(awaiting_exit_code(&awaited, 1), EXIT_CODE_REFUSED);
    cr_expect(!awaiting_take(&awaited, 1, &read), "it has its answer");
}

Test(awaiting, a_dead_letter_is_known_by_the_commands_id_in_its_header) {
    struct awaited awaited = waiting_for(MESSAGE_CERTIFICATES_COMMANDS_TRANSFER_SLICE);
    char id[UUID_CHARACTERS];
    uuid_to_text(&command, id);
    const struct log_header headers[] = {
        {text_of("millrace.commandid"), {(const uint8_t *)id, sizeof id}},
        {text_of("millrace.reason"), {(const uint8_t *)"wrong-key", 9}},
        {text_of("__streams.errors.message"), {(const uint8_t *)"the key", 7}},
    };
    const struct log_record letter = {
        .topic = "dead-letters", .headers = headers, .headers_count = 3};
    const struct read_record read = read_of(&letter, (enum message_type)0, NULL);
    cr_assert(awaiting_take(&awaited, 1, &read));
    cr_expect_eq(awaited.verdict, AWAITED_DEAD_LETTERED);
    cr_expect_str_eq(awaited.reason, "wrong-key");
    cr_expect_str_eq(awaited.detail, "the key");
    cr_expect_eq(awaiting_exit_code(&awaited, 1), EXIT_CODE_FAILURE);
}

Test(awaiting, a_resolution_is_known_by_its_submission) {
    struct awaited awaited = waiting_for(MESSAGE_REGISTRY_OPERATIONS_RESOLVE_SUBMISSION);
    awaited.has_submission_id = true;
    awaited.submission_id = submission;
    struct registry_events_submission_resolved resolved = {.submission_id = {{8}},
                                                           .executed = true};
    struct read_record read =
        read_of(&events, MESSAGE_REGISTRY_EVENTS_SUBMISSION_RESOLVED, &resolved);
    cr_expect(!awaiting_take(&awaited, 1, &read));
    struct registry_events_resolution_refused refused = {
        .submission_id = submission, .reason = MILLRACE_RESOLUTION_REFUSAL_NOT_UNKNOWN};
    const struct read_record other =
        read_of(&events, MESSAGE_REGISTRY_EVENTS_RESOLUTION_REFUSED, &refused);
    struct awaited second = awaited;
    cr_assert(awaiting_take(&second, 1, &other));
    cr_expect_eq(second.verdict, AWAITED_REJECTED);
    resolved.submission_id = submission;
    cr_assert(awaiting_take(&awaited, 1, &read));
    cr_expect_eq(awaited.verdict, AWAITED_APPLIED);
}

Test(awaiting, of_many_the_worst_decides_how_the_program_ends) {
    struct awaited many[3] = {
        {.verdict = AWAITED_APPLIED}, {.verdict = AWAITED_REJECTED}, {.verdict = AWAITED_UNKNOWN}};
    cr_expect_eq(awaiting_exit_code(many, 1), EXIT_CODE_OK);
    cr_expect_eq(awaiting_exit_code(many, 2), EXIT_CODE_REFUSED);
    cr_expect_eq(awaiting_exit_code(many, 3), EXIT_CODE_UNKNOWN);
    many[0].verdict = AWAITED_NOTHING;
    cr_expect_eq(awaiting_exit_code(many, 3), EXIT_CODE_TIMED_OUT);
    many[1].verdict = AWAITED_DEAD_LETTERED;
    cr_expect_eq(awaiting_exit_code(many, 3), EXIT_CODE_FAILURE);
}
