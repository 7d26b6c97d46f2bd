/* Evidence that contradicts a settled outcome suspends a certificate once: read again, after
 * offsets were lost, it says nothing that a realignment has not answered. */
#include <criterion/criterion.h>

#include "certificates/certificates.h"
#include "tests/support/certificates_rig.h"

#define SUSPENDED MESSAGE_CERTIFICATES_EVENTS_CERTIFICATE_SUSPENDED
#define RESUMED MESSAGE_CERTIFICATES_EVENTS_CERTIFICATE_RESUMED
#define REALIGNED MESSAGE_CERTIFICATES_EVENTS_CERTIFICATE_REALIGNED

TestSuite(contradiction, .init = rig_open, .fini = rig_close);

static struct uuid first;

static void given_issued(void) {
    const struct message command = issue_certificate(1000, "alice");
    someone_sends(command);
    let_run();
    registry_executes(0);
    let_run();
    whatever_was_written();
    first = slice_of(command, 0);
}

static void given_transferred(const char *from, const char *to) {
    someone_sends(transfer_slice(first, from, to));
    let_run();
    registry_executes(1);
    let_run();
    whatever_was_written();
}

/* The `number`th EvidenceContradicts, about the `submitted`th submission. */
static void evidence_contradicts(uint32_t submitted, uint32_t number) {
    const struct registry_commands_submit_transaction *asked = submission(submitted);
    struct registry_events_evidence_contradicts event = {
        .metadata = asked->metadata,
        .certificate_id = asked->certificate_id,
        .submission_id = asked->submission_id,
        .sequence = asked->sequence,
        .attempt = 1,
        .kind = MILLRACE_EVIDENCE_KIND_REPLY,
    };
    event.metadata.id = some_id(100 + number);
    registry_writes((struct message){MESSAGE_REGISTRY_EVENTS_EVIDENCE_CONTRADICTS, &event});
    let_run();
}

static void an_operator_realigns(uint32_t number, const char *owner) {
    struct millrace_realigned_slice slice = {.slice_id = first,
                                             .quantity = 1000,
                                             .owner = text_of(owner),
                                             .state = MILLRACE_SLICE_STATE_AVAILABLE};
    struct certificates_operations_realign_certificate operation = {
        .metadata = {.id = some_id(70 + number)},
        .certificate_id = the_certificate(),
        .operator= text_of("olga"),
        .evidence = text_of("seen"),
        .slices = &slice,
        .slices_count = 1,
    };
    someone_sends(
        (struct message){MESSAGE_CERTIFICATES_OPERATIONS_REALIGN_CERTIFICATE, &operation});
    let_run();
    then_written(REALIGNED);
    then_written(RESUMED);
    whatever_was_written();
}

Test(contradiction, that_is_read_again_does_not_suspend_what_was_realigned_since) {
    given_issued();
    evidence_contradicts(0, 1);
    then_written(SUSPENDED);
    an_operator_realigns(1, "alice");

    evidence_contradicts(0, 1);
    nothing_else_is_written();
    the_process_dies();
    evidence_contradicts(0, 1);
    nothing_else_is_written();

    evidence_contradicts(0, 2); /* another piece of evidence */
    then_written(SUSPENDED);
    nothing_else_is_written();
}

Test(contradiction, of_an_older_submission_is_known_when_a_newer_one_was_contradicted) {
    given_issued();
    evidence_contradicts(0, 1);
    then_written(SUSPENDED);
    an_operator_realigns(1, "alice");
    given_transferred("alice", "bob");
    evidence_contradicts(1, 2);
    then_written(SUSPENDED);
    an_operator_realigns(2, "alice");

    evidence_contradicts(0, 1);
    evidence_contradicts(1, 2);
    nothing_else_is_written();
    cr_expect_eq(state_of(the_certificate())->work.contradicted->sequence, 2);
    cr_expect_eq(state_of(the_certificate())->work.contradicted->message_ids_count, 1);
}

Test(contradiction, that_came_while_the_books_were_known_to_be_wrong_is_remembered_too) {
    given_issued();
    evidence_contradicts(0, 1);
    then_written(SUSPENDED);
    evidence_contradicts(0, 2);
    nothing_else_is_written();
    an_operator_realigns(1, "alice");

    evidence_contradicts(0, 2);
    nothing_else_is_written();
}

Test(contradiction, is_forgotten_when_there_are_too_many_the_oldest_first) {
    given_issued();
    const uint32_t many = CERTIFICATES_CONTRADICTIONS_MAX + 1;
    for (uint32_t i = 0; i < many; i++) {
        evidence_contradicts(0, i);
    }
    then_written(SUSPENDED);
    nothing_else_is_written();
    const struct certificates_state_contradicted_submission *contradicted =
        state_of(the_certificate())->work.contradicted;
    cr_assert_eq(contradicted->message_ids_count, CERTIFICATES_CONTRADICTIONS_MAX);
    const struct uuid oldest = some_id(101);
    const struct uuid newest = some_id(100 + many - 1);
    expect_uuid(&contradicted->message_ids[0], &oldest);
    expect_uuid(&contradicted->message_ids[CERTIFICATES_CONTRADICTIONS_MAX - 1], &newest);
}
