/* What is not known, and what differs: suspension, resumption, realignment. */
#include <criterion/criterion.h>

#include "tests/support/certificate_spec.h"

#define TRANSFERRED MESSAGE_CERTIFICATES_EVENTS_SLICE_TRANSFERRED
#define SUSPENDED MESSAGE_CERTIFICATES_EVENTS_CERTIFICATE_SUSPENDED
#define RESUMED MESSAGE_CERTIFICATES_EVENTS_CERTIFICATE_RESUMED
#define REALIGNED MESSAGE_CERTIFICATES_EVENTS_CERTIFICATE_REALIGNED

static const struct certificates_events_certificate_suspended *then_suspended(
    enum millrace_suspension_cause cause) {
    const struct certificates_events_certificate_suspended *event = then_event(SUSPENDED);
    cr_expect_eq(event->cause, cause);
    return event;
}

static void expect_suspended(enum millrace_suspension_cause cause) {
    cr_assert_not_null(the_model()->suspension, "it is not suspended");
    cr_expect_eq(the_model()->suspension->cause, cause);
}

static void expect_not_suspended(void) {
    cr_expect_null(the_model()->suspension, "it is suspended");
}

/* ---- an outcome that is not known ---- */

Test(unknown, suspends_and_changes_nothing_else) {
    given_certificate(1000, "alice");
    const struct message command = transfer_slice(first_slice(), "alice", "bob");
    given_in_flight(command);

    when_unknown();

    const struct certificates_events_certificate_suspended *event =
        then_suspended(MILLRACE_SUSPENSION_CAUSE_OUTCOME_UNKNOWN);
    cr_expect(event->has_command_id && event->has_submission_id);
    expect_text(event->transaction_id, "transaction-1");
    and_nothing_else();
    expect_slice(first_slice(), 1000, "alice", MILLRACE_SLICE_STATE_AVAILABLE);
}

Test(unknown, that_was_executed_happens_and_resumes) {
    given_certificate(1000, "alice");
    given_in_flight(transfer_slice(first_slice(), "alice", "bob"));
    when_unknown();

    when_resolved(true);

    then_event(TRANSFERRED);
    const struct certificates_events_certificate_resumed *event = then_event(RESUMED);
    cr_expect(event->has_submission_id && event->has_command_id);
    cr_expect_eq(event->version, 4, "issued, suspended, transferred, resumed");
    and_nothing_else();
    expect_not_suspended();
    expect_slice(first_slice(), 1000, "bob", MILLRACE_SLICE_STATE_AVAILABLE);
}

Test(unknown, that_was_not_executed_is_refused_and_resumes) {
    given_certificate(1000, "alice");
    given_in_flight(transfer_slice(first_slice(), "alice", "bob"));
    when_unknown();

    when_resolved(false);

    then_rejected_because(MILLRACE_REASON_REGISTRY_REFUSED,
                          "the registry did not execute it, says olga: looked at it");
    then_event(RESUMED);
    and_nothing_else();
    expect_not_suspended();
    expect_slice(first_slice(), 1000, "alice", MILLRACE_SLICE_STATE_AVAILABLE);
}

Test(unknown, issue_suspends_what_does_not_exist_yet) {
    given_in_flight(issue_certificate(1000, "alice"));

    when_unknown();
    then_suspended(MILLRACE_SUSPENSION_CAUSE_OUTCOME_UNKNOWN);
    and_nothing_else();

    when_resolved(false);
    then_rejected(MILLRACE_REASON_REGISTRY_REFUSED);
    then_event(RESUMED);
    and_nothing_else();

    when(expecting_version(issue_certificate(1000, "alice"), 0));
    then_submitted("plain");
    and_nothing_else();
    when_unknown();
    when_resolved(true);
    then_event(MESSAGE_CERTIFICATES_EVENTS_CERTIFICATE_ISSUED);
    then_event(RESUMED);
    and_nothing_else();
}

Test(unknown, that_turns_out_by_a_late_reply_resumes_too) {
    given_certificate(1000, "alice");
    given_in_flight(transfer_slice(first_slice(), "alice", "bob"));
    when_unknown();

    when_refused("Invalid NewOwner key, not a valid publicKey");

    then_rejected(MILLRACE_REASON_REGISTRY_REFUSED);
    then_event(RESUMED);
    and_nothing_else();
}

Test(unknown, issue_that_turns_out_to_be_there_already_resumes_all_the_same) {
    given_in_flight(issue_certificate(1000, "alice"));
    when_unknown();

    when_refused("Certificate with id \xe2\x80\x9d{ }\xe2\x80\x9d already exists");

    then_rejected(MILLRACE_REASON_REGISTRY_REFUSED);
    then_event(RESUMED);
    and_nothing_else();
}

Test(unknown, operation_cannot_be_realigned) {
    given_certificate(1000, "alice");
    given_in_flight(transfer_slice(first_slice(), "alice", "bob"));
    when_unknown();

    when(realign_certificate());

    then_rejected(MILLRACE_REASON_OUTCOME_UNKNOWN);
    and_nothing_else();
    expect_suspended(MILLRACE_SUSPENSION_CAUSE_OUTCOME_UNKNOWN);
}

/* ---- books that differ ---- */

Test(contradiction, is_what_only_wrong_books_can_explain) {
    static const struct {
        const char *message;
        bool contradicts;
    } rows[] = {
        {"Slice not found", true},
        {"Certificate slice does not exist", true},
        {"Certificate does not exist", true},
        {"Certificate is withdrawn", true},
        {"Certificate is already withdrawn", true},
        {"Allocation does not exist", true},
        {"Invalid signature for slice", true},
        {"Slice not found, or so", false},
        {"slice not found", false},
        {"Invalid NewOwner key, not a valid publicKey", false},
        {"ConsumptionCertificate does not exist", false},
        {"Certificate has expired", false},
        {"Certificate with id ", false},
        {"", false},
    };
    given_certificate(1000, "alice");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        given_in_flight(transfer_slice(first_slice(), "alice", "bob"));
        when_refused(rows[i].message);
        then_rejected(MILLRACE_REASON_REGISTRY_REFUSED);
        if (rows[i].contradicts) {
            cr_expect(then_suspended(MILLRACE_SUSPENSION_CAUSE_MISALIGNED)->has_submission_id, "%s",
                      rows[i].message);
            and_nothing_else();
            when(realign_certificate());
        } else {
            and_nothing_else();
        }
    }
}

static void given_misaligned_at(const char *registry) {
    given_certificate_at(registry, 1000, "alice");
    given(slice_in_two(first_slice(), "alice", 400, NULL, 600, "bob"));
    given_in_flight(transfer_slice(the_model()->slices[0].slice_id, "alice", "bob"));
    when_refused("Slice not found");
    expect_suspended(MILLRACE_SUSPENSION_CAUSE_MISALIGNED);
}

static struct certificates_operations_realign_certificate *body_of(struct message operation) {
    return operation.body;
}

Test(realign, sets_the_books_to_what_the_registry_has) {
    given_misaligned_at("plain");
    const struct message operation = realign_certificate();
    struct millrace_realigned_slice *slices = body_of(operation)->slices;
    slices[0].slice_id = some_id(50);
    slices[0].quantity = 900;
    slices[0].owner = text_of("carol");
    slices[1].quantity = 100;
    slices[1].state = MILLRACE_SLICE_STATE_CLAIMED;
    struct millrace_allocation allocation = {.allocation_id = some_id(2),
                                             .counterpart_certificate_id = some_id(900)};
    slices[1].allocation = &allocation;
    const struct uuid second = slices[1].slice_id;

    when(operation);

    const struct certificates_events_certificate_realigned *event = then_event(REALIGNED);
    cr_expect_eq(event->slices_count, 2);
    expect_text(event->evidence, "seen with own eyes");
    cr_expect(event->has_command_id);
    const struct certificates_events_certificate_resumed *resumed = then_event(RESUMED);
    cr_expect_not(resumed->has_submission_id);
    and_nothing_else();
    expect_not_suspended();
    expect_slice(some_id(50), 900, "carol", MILLRACE_SLICE_STATE_AVAILABLE);
    expect_slice(second, 100, "bob", MILLRACE_SLICE_STATE_CLAIMED);
}

Test(realign, ends_reservations_and_remembers_allocation_ids) {
    given_certificate(1000, "alice");
    const struct message slicing = slice_in_two(first_slice(), "alice", 400, NULL, 600, NULL);
    given(slicing);
    given(allocate_slice(slice_of(slicing, 0), "alice", some_id(2), 400));
    given(reserve_slices(some_id(1), "alice", 600));
    when_evidence_contradicts();
    const struct message operation = realign_certificate();
    body_of(operation)->slices[0].state = MILLRACE_SLICE_STATE_AVAILABLE;
    body_of(operation)->slices[0].allocation = NULL;

    when(operation);

    then_event(REALIGNED);
    then_event(RESUMED);
    and_nothing_else();
    expect_free(slice_of(slicing, 1));
    when(allocate_slice(slice_of(slicing, 0), "alice", some_id(2), 400));
    then_rejected(MILLRACE_REASON_ALLOCATION_ID_IN_USE);
}

Test(realign, can_bring_a_withdrawal) {
    given_misaligned_at("plain");
    const struct message operation = realign_certificate();
    body_of(operation)->withdrawn = true;

    when(operation);

    then_event(REALIGNED);
    then_event(RESUMED);
    and_nothing_else();
    when(transfer_slice(the_model()->slices[0].slice_id, "alice", "bob"));
    then_rejected(MILLRACE_REASON_WITHDRAWN);
}

Test(realign, refuses_slices_that_cannot_be) {
    given_misaligned_at("plain");
    struct millrace_allocation allocation = {.allocation_id = some_id(2),
                                             .counterpart_certificate_id = some_id(900)};

    struct message operation = realign_certificate();
    body_of(operation)->slices[0].quantity = 399;
    when(operation);
    then_rejected(MILLRACE_REASON_QUANTITY_MISMATCH);
    and_nothing_else();

    operation = realign_certificate();
    body_of(operation)->slices[0].quantity = 0;
    when(operation);
    then_rejected(MILLRACE_REASON_INVALID_QUANTITY);
    and_nothing_else();

    operation = realign_certificate();
    body_of(operation)->slices[0].owner = text_of("no body");
    when(operation);
    then_rejected(MILLRACE_REASON_UNKNOWN_OWNER);
    and_nothing_else();

    operation = realign_certificate();
    body_of(operation)->slices[1].slice_id = body_of(operation)->slices[0].slice_id;
    when(operation);
    then_rejected(MILLRACE_REASON_MISALIGNED);
    and_nothing_else();

    operation = realign_certificate();
    body_of(operation)->slices[0].state = MILLRACE_SLICE_STATE_ALLOCATED;
    when(operation);
    then_rejected(MILLRACE_REASON_MISALIGNED);
    and_nothing_else();

    operation = realign_certificate();
    body_of(operation)->slices[0].allocation = &allocation;
    when(operation);
    then_rejected(MILLRACE_REASON_MISALIGNED);
    and_nothing_else();

    operation = realign_certificate();
    for (uint32_t i = 0; i < 2; i++) {
        body_of(operation)->slices[i].state = MILLRACE_SLICE_STATE_ALLOCATED;
        body_of(operation)->slices[i].allocation = &allocation;
    }
    when(operation);
    then_rejected(MILLRACE_REASON_MISALIGNED);
    and_nothing_else();

    operation = realign_certificate();
    static struct millrace_realigned_slice many[LIMIT_SLICES_MAX + 1];
    body_of(operation)->slices = many;
    body_of(operation)->slices_count = LIMIT_SLICES_MAX + 1;
    when(operation);
    then_rejected(MILLRACE_REASON_TOO_MANY_SLICES);
    and_nothing_else();
    expect_suspended(MILLRACE_SUSPENSION_CAUSE_MISALIGNED);
}

Test(realign, refuses_a_slice_that_its_opening_does_not_open) {
    given_misaligned_at("readable");
    const struct uuid second = the_model()->slices[1].slice_id;
    given_unopened(&second);

    when(realign_certificate());

    then_rejected(MILLRACE_REASON_MISALIGNED);
    and_nothing_else();
    expect_suspended(MILLRACE_SUSPENSION_CAUSE_MISALIGNED);

    given_unopened(NULL);
    when(realign_certificate());
    then_event(REALIGNED);
    then_event(RESUMED);
    and_nothing_else();
}

Test(realign, is_for_misaligned_certificates) {
    when(realign_certificate());
    then_rejected(MILLRACE_REASON_UNKNOWN_CERTIFICATE);
    and_nothing_else();

    given_certificate(1000, "alice");
    when(realign_certificate());
    then_rejected(MILLRACE_REASON_NOT_SUSPENDED);
    and_nothing_else();
}

/* ---- evidence against what was recorded ---- */

Test(contradicting_evidence, suspends) {
    given_certificate_at("readable", 1000, "alice");

    when_evidence_contradicts();

    const struct certificates_events_certificate_suspended *event =
        then_suspended(MILLRACE_SUSPENSION_CAUSE_MISALIGNED);
    cr_expect_not(event->has_command_id, "no command was at the registry");
    cr_expect(event->has_submission_id);
    then_stream_asked_for();
    and_nothing_else();

    when_evidence_contradicts();
    then_stream_asked_for();
    and_nothing_else();
}

Test(contradicting_evidence, about_what_was_never_issued_suspends_nothing) {
    when_evidence_contradicts();
    nothing_happens();
}

Test(contradicting_evidence, while_a_command_is_at_the_registry_lets_it_end_first) {
    given_certificate_at("readable", 1000, "alice");
    given_in_flight(transfer_slice(first_slice(), "alice", "bob"));

    when_evidence_contradicts();
    cr_expect(then_suspended(MILLRACE_SUSPENSION_CAUSE_MISALIGNED)->has_command_id);
    and_nothing_else();

    when(realign_certificate());
    then_rejected(MILLRACE_REASON_OUTCOME_UNKNOWN);
    and_nothing_else();

    when_unknown();
    nothing_happens();

    when_resolved(true);
    then_event(TRANSFERRED);
    then_stream_asked_for();
    and_nothing_else();
    expect_suspended(MILLRACE_SUSPENSION_CAUSE_MISALIGNED);
}

/* ---- the registry's stream ---- */

Test(misaligned, certificate_asks_for_the_stream_where_it_can_be_read) {
    given_certificate_at("readable", 1000, "alice");
    given_in_flight(transfer_slice(first_slice(), "alice", "bob"));

    when_refused("Slice not found");

    then_rejected(MILLRACE_REASON_REGISTRY_REFUSED);
    then_suspended(MILLRACE_SUSPENSION_CAUSE_MISALIGNED);
    then_stream_asked_for();
    and_nothing_else();
}

Test(stream, that_can_be_opened_realigns) {
    given_misaligned_at("readable");
    struct registry_events_stream_read *stream = a_stream();
    const struct uuid first = the_model()->slices[0].slice_id;
    const struct uuid second = the_model()->slices[1].slice_id;
    stream->slices[0].owner_key = (struct bytes){(const uint8_t *)"key-b", 5};
    stream->slices[1].state = MILLRACE_SLICE_STATE_ALLOCATED;
    stream->slices[1].has_allocation_id = true;
    stream->slices[1].allocation_id = some_id(2);
    stream->slices[1].has_counterpart_certificate_id = true;
    stream->slices[1].counterpart_certificate_id = some_id(900);

    when_stream_read(stream);

    const struct certificates_events_certificate_realigned *event = then_event(REALIGNED);
    cr_expect_not(event->has_command_id, "nobody asked for it");
    expect_text(event->evidence, "the registry's stream, read with 3 transactions");
    then_event(RESUMED);
    and_nothing_else();
    expect_slice(first, 400, "bob", MILLRACE_SLICE_STATE_AVAILABLE);
    expect_slice(second, 600, "bob", MILLRACE_SLICE_STATE_ALLOCATED);
}

Test(stream, that_agrees_with_the_books_resumes) {
    given_misaligned_at("readable");

    when_stream_read(a_stream());

    then_event(RESUMED);
    and_nothing_else();
    expect_not_suspended();
}

Test(stream, that_cannot_be_opened_waits_for_a_person) {
    given_misaligned_at("readable");

    struct registry_events_stream_read *stream = a_stream();
    stream->slices[0].registry_hash = (struct bytes){(const uint8_t *)"never heard of", 14};
    when_stream_read(stream);
    nothing_happens();

    stream = a_stream();
    stream->slices[0].owner_key = (struct bytes){(const uint8_t *)"key-x", 5};
    when_stream_read(stream);
    nothing_happens();

    stream = a_stream();
    stream->slices[1] = stream->slices[0];
    when_stream_read(stream);
    nothing_happens();

    stream = a_stream();
    stream->slices_count = 1;
    when_stream_read(stream);
    nothing_happens();

    stream = a_stream();
    stream->slices[0].state = MILLRACE_SLICE_STATE_CLAIMED;
    when_stream_read(stream);
    nothing_happens();
    expect_suspended(MILLRACE_SUSPENSION_CAUSE_MISALIGNED);
}

Test(stream, that_nobody_waits_for_is_compared_all_the_same) {
    given_certificate_at("readable", 1000, "alice");

    when_stream_read(a_stream());
    nothing_happens();

    struct registry_events_stream_read *stream = a_stream();
    stream->withdrawn = true;
    when_stream_read(stream);
    cr_expect_not(then_suspended(MILLRACE_SUSPENSION_CAUSE_MISALIGNED)->has_command_id);
    then_event(REALIGNED);
    then_event(RESUMED);
    and_nothing_else();
    cr_expect(the_model()->withdrawn);
}

Test(stream, with_a_strangers_key_is_not_that_of_an_owner_whose_key_is_known) {
    given_certificate_at("readable", 1000, "alice");
    struct registry_events_stream_read *stream = a_stream();
    stream->slices[0].owner_key = (struct bytes){(const uint8_t *)"key-x", 5};

    when_stream_read(stream);

    cr_expect_not(then_suspended(MILLRACE_SUSPENSION_CAUSE_MISALIGNED)->has_command_id);
    and_nothing_else();
    expect_suspended(MILLRACE_SUSPENSION_CAUSE_MISALIGNED);
}

Test(stream, with_a_strangers_key_may_be_that_of_an_owner_whose_key_is_not_known) {
    given_certificate_at("readable", 1000, "carol");
    struct registry_events_stream_read *stream = a_stream();
    stream->slices[0].owner_key = (struct bytes){(const uint8_t *)"key-x", 5};

    when_stream_read(stream);

    nothing_happens();
}

Test(stream, says_nothing_about_slices_whose_names_we_were_not_told) {
    const struct message command = issue_certificate(1000, "alice");
    given_in_flight(command);
    when_succeeded_without_names();

    struct registry_events_stream_read *stream = a_stream();
    stream->withdrawn = true;
    when_stream_read(stream);
    nothing_happens();
}

Test(stream, of_what_was_never_issued_is_nothing_to_us) {
    when_stream_read(a_stream());
    nothing_happens();
}
