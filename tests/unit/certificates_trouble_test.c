/* What may go wrong around the certificates processor, and how it goes on: outcomes that are not
 * known, books that differ, crashes, a schema registry that is away, topics that cannot be read. */
#include <criterion/criterion.h>
#include <stdio.h>

#include "certificates/certificates.h"
#include "domain/metadata.h"
#include "tests/support/certificates_rig.h"

#define TRANSFERRED MESSAGE_CERTIFICATES_EVENTS_SLICE_TRANSFERRED
#define REJECTED MESSAGE_CERTIFICATES_EVENTS_COMMAND_REJECTED
#define SUSPENDED MESSAGE_CERTIFICATES_EVENTS_CERTIFICATE_SUSPENDED
#define RESUMED MESSAGE_CERTIFICATES_EVENTS_CERTIFICATE_RESUMED
#define REALIGNED MESSAGE_CERTIFICATES_EVENTS_CERTIFICATE_REALIGNED
#define SUBMIT MESSAGE_REGISTRY_COMMANDS_SUBMIT_TRANSACTION

TestSuite(trouble, .init = rig_open, .fini = rig_close);

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

static struct uuid id_of(struct message command) {
    struct certificate_command_head head;
    cr_assert(certificate_command_head(&command, &head));
    return head.metadata->id;
}

/* ---- an outcome that is not known ---- */

Test(trouble, unknown_outcome_holds_the_mailbox_until_it_is_resolved) {
    given_issued();
    const struct message unknown = transfer_slice(first, "alice", "bob");
    const struct message waiting = transfer_slice(first, "bob", "carol");
    const struct message late = transfer_slice(first, "carol", "alice");
    someone_sends(unknown);
    someone_sends(waiting);
    let_run();
    then_written(SUBMIT);

    registry_is_unknown(1);
    let_run();
    const struct certificates_events_certificate_suspended *suspended = then_written(SUSPENDED);
    const struct uuid unknown_id = id_of(unknown);
    expect_uuid(&suspended->command_id, &unknown_id);
    const struct certificates_answers_command_answered *answer =
        then_answered(unknown, MILLRACE_VERDICT_UNKNOWN);
    cr_expect_eq(answer->reason, MILLRACE_REASON_OUTCOME_UNKNOWN);
    expect_uuid(&answer->event_ids[0], &suspended->metadata.id);
    nothing_else_is_written();

    someone_sends(late);
    let_run();
    nothing_else_is_written();
    someone_sends(unknown);
    let_run();
    then_answered(unknown, MILLRACE_VERDICT_UNKNOWN);
    nothing_else_is_written();

    registry_is_resolved(1, true);
    let_run();
    const struct certificates_events_slice_transferred *event = then_written(TRANSFERRED);
    expect_uuid(&event->command_id, &unknown_id);
    then_written(RESUMED);
    then_answered(unknown, MILLRACE_VERDICT_APPLIED);
    const struct registry_commands_submit_transaction *asked = then_written(SUBMIT);
    expect_text(asked->operation.transfer->new_owner, "carol");
    cr_expect_eq(asked->sequence, 3);
    nothing_else_is_written();

    someone_sends(unknown);
    let_run();
    then_answered(unknown, MILLRACE_VERDICT_APPLIED);
    nothing_else_is_written();

    registry_executes(2);
    let_run();
    then_written(TRANSFERRED);
    then_answered(waiting, MILLRACE_VERDICT_APPLIED);
    then_written(SUBMIT);
    nothing_else_is_written();
    cr_expect_eq(state_of(the_certificate())->work.waiting_count, 0);
}

Test(trouble, unknown_outcome_that_was_none_is_refused_and_the_next_goes_on) {
    given_issued();
    const struct message unknown = transfer_slice(first, "alice", "bob");
    const struct message waiting = transfer_slice(first, "alice", "carol");
    someone_sends(unknown);
    someone_sends(waiting);
    let_run();
    registry_is_unknown(1);
    let_run();
    whatever_was_written();

    registry_is_resolved(1, false);
    let_run();

    const struct certificates_events_command_rejected *event = then_written(REJECTED);
    cr_expect_eq(event->reason, MILLRACE_REASON_REGISTRY_REFUSED);
    then_written(RESUMED);
    then_answered(unknown, MILLRACE_VERDICT_REJECTED);
    expect_text(((const struct registry_commands_submit_transaction *)then_written(SUBMIT))
                    ->operation.transfer->new_owner,
                "carol");
    nothing_else_is_written();
}

/* ---- the same twice, and what cannot be ---- */

Test(trouble, an_event_of_the_registry_that_comes_again_is_nothing) {
    given_issued();
    someone_sends(transfer_slice(first, "alice", "bob"));
    let_run();
    registry_is_unknown(1);
    registry_is_unknown(1);
    let_run();
    then_written(SUBMIT);
    then_written(SUSPENDED);
    then_written(MESSAGE_CERTIFICATES_ANSWERS_COMMAND_ANSWERED);
    nothing_else_is_written();

    registry_is_resolved(1, true);
    registry_is_resolved(1, true);
    registry_executes(1);
    registry_executes(0);
    registry_refuses(0, "too late");
    let_run();
    then_written(TRANSFERRED);
    then_written(RESUMED);
    then_written(MESSAGE_CERTIFICATES_ANSWERS_COMMAND_ANSWERED);
    nothing_else_is_written();
}

Test(trouble, steps_on_the_way_are_nothing_to_a_certificate) {
    given_issued();
    someone_sends(transfer_slice(first, "alice", "bob"));
    let_run();
    then_written(SUBMIT);
    const struct registry_commands_submit_transaction *asked = submission(1);
    struct registry_events_submission_intended intended = {
        .metadata = asked->metadata,
        .submission_id = asked->submission_id,
        .certificate_id = asked->certificate_id,
        .sequence = asked->sequence,
        .attempt = 1,
        .registry = text_of("plain"),
    };
    struct registry_events_submission_not_sent not_sent = {
        .metadata = asked->metadata,
        .submission_id = asked->submission_id,
        .certificate_id = asked->certificate_id,
        .sequence = asked->sequence,
        .attempt = 1,
        .cause = MILLRACE_NOT_SENT_CAUSE_OTHER, /* of a newer connector */
    };
    struct registry_events_submission_sent sent = {
        .metadata = asked->metadata,
        .submission_id = asked->submission_id,
        .certificate_id = asked->certificate_id,
        .sequence = asked->sequence,
        .attempt = 2,
    };
    registry_writes((struct message){MESSAGE_REGISTRY_EVENTS_SUBMISSION_INTENDED, &intended});
    registry_writes((struct message){MESSAGE_REGISTRY_EVENTS_SUBMISSION_NOT_SENT, &not_sent});
    registry_writes((struct message){MESSAGE_REGISTRY_EVENTS_SUBMISSION_SENT, &sent});
    let_run();
    nothing_else_is_written();
}

Test(trouble, an_outcome_of_what_was_never_asked_stops_the_lane) {
    given_issued();
    struct registry_events_submission_succeeded event = {
        .metadata = submission(0)->metadata,
        .certificate_id = the_certificate(),
        .submission_id = some_id(1),
        .sequence = 2,
        .attempt = 1,
        .evidence = text_of("done"),
    };
    registry_writes((struct message){MESSAGE_REGISTRY_EVENTS_SUBMISSION_SUCCEEDED, &event});
    let_run();
    expect_stopped("never asked for (sequence 2)");
}

Test(trouble, another_submission_under_the_same_sequence_stops_the_lane) {
    given_issued();
    someone_sends(transfer_slice(first, "alice", "bob"));
    let_run();
    struct registry_events_submission_succeeded event = {
        .metadata = submission(1)->metadata,
        .certificate_id = the_certificate(),
        .submission_id = some_id(1),
        .sequence = 2,
        .attempt = 1,
        .evidence = text_of("done"),
    };
    registry_writes((struct message){MESSAGE_REGISTRY_EVENTS_SUBMISSION_SUCCEEDED, &event});
    let_run();
    expect_stopped("never asked for");
}

Test(trouble, an_unreadable_record_on_a_topic_of_ours_stops_the_lane) {
    const struct uuid certificate_id = the_certificate();
    const struct raw_record record = {.topic = "registry.events",
                                      .partition = partition_of(&certificate_id),
                                      .key = "whose",
                                      .value = {(const uint8_t *)"what", 4}};
    send_raw(&record);
    let_run();
    expect_stopped("registry.events/");
    expect_stopped("key whose, cannot be read by this version");
}

/* ---- books that differ ---- */

Test(trouble, misaligned_certificate_is_realigned_by_an_operator_and_goes_on) {
    given_issued();
    const struct message refused = transfer_slice(first, "alice", "bob");
    const struct message waiting = transfer_slice(first, "carol", "bob");
    someone_sends(refused);
    someone_sends(waiting);
    let_run();
    registry_refuses(1, "Slice not found");
    let_run();
    then_written(SUBMIT);
    then_written(REJECTED);
    then_written(SUSPENDED);
    cr_expect_eq(then_answered(refused, MILLRACE_VERDICT_REJECTED)->event_ids_count, 2);
    nothing_else_is_written();

    struct certificates_operations_realign_certificate operation = {
        .metadata = {.id = some_id(70)},
        .certificate_id = the_certificate(),
        .operator= text_of("olga"),
        .evidence = text_of("seen"),
        .slices_count = 1,
    };
    struct millrace_realigned_slice slice = {.slice_id = first,
                                             .quantity = 999,
                                             .owner = text_of("carol"),
                                             .state = MILLRACE_SLICE_STATE_AVAILABLE};
    operation.slices = &slice;
    struct message message = {MESSAGE_CERTIFICATES_OPERATIONS_REALIGN_CERTIFICATE, &operation};
    someone_sends(message);
    let_run();
    const struct certificates_events_command_rejected *event = then_written(REJECTED);
    cr_expect_eq(event->reason, MILLRACE_REASON_QUANTITY_MISMATCH);
    expect_text(event->command_type, "certificates.operations.RealignCertificate");
    then_answered(message, MILLRACE_VERDICT_REJECTED);
    nothing_else_is_written();

    operation.metadata.id = some_id(71);
    slice.quantity = 1000;
    someone_sends(message);
    let_run();
    then_written(REALIGNED);
    then_written(RESUMED);
    then_answered(message, MILLRACE_VERDICT_APPLIED);
    expect_text(((const struct registry_commands_submit_transaction *)then_written(SUBMIT))
                    ->operation.transfer->owner,
                "carol");
    nothing_else_is_written();

    someone_sends(message);
    let_run();
    then_answered(message, MILLRACE_VERDICT_APPLIED);
    nothing_else_is_written();
}

/* ---- crashes ---- */

Test(trouble, a_new_process_knows_what_was_seen_what_waits_and_what_is_out) {
    given_issued();
    const struct message refused = transfer_slice(first, "mallory", "bob");
    const struct message out = transfer_slice(first, "alice", "bob");
    const struct message waiting = transfer_slice(first, "bob", "carol");
    someone_sends(refused);
    someone_sends(out);
    someone_sends(waiting);
    let_run();
    whatever_was_written();

    the_process_dies();

    someone_sends(refused);
    someone_sends(out);
    someone_sends(waiting);
    let_run();
    then_answered(refused, MILLRACE_VERDICT_REJECTED);
    nothing_else_is_written();

    registry_executes(1);
    let_run();
    then_written(TRANSFERRED);
    then_answered(out, MILLRACE_VERDICT_APPLIED);
    then_written(SUBMIT);
    nothing_else_is_written();

    the_process_dies();
    registry_executes(2);
    let_run();
    then_written(TRANSFERRED);
    then_answered(waiting, MILLRACE_VERDICT_APPLIED);
    nothing_else_is_written();
}

Test(trouble, what_was_not_committed_is_done_again_with_the_same_ids) {
    given_issued();
    const struct message command = transfer_slice(first, "mallory", "bob");
    someone_sends(command);
    the_process_dies(); /* before it could even look */
    const struct certificates_events_command_rejected *event = then_written(REJECTED);
    then_answered(command, MILLRACE_VERDICT_REJECTED);
    nothing_else_is_written();
    const struct millrace_source source = {.name = text_of("millrace-certificates")};
    const struct uuid certificate_id = the_certificate();
    struct certificate_command_head head;
    cr_assert(certificate_command_head(&command, &head));
    const struct uuid id =
        metadata_child(head.metadata, &certificate_id,
                       text_of("certificates.events.CommandRejected"), 0, 0, &source)
            .id;
    expect_uuid(&event->metadata.id, &id);
}

Test(trouble, a_state_of_a_newer_format_keeps_the_lane_from_starting) {
    struct certificates_state_certificate_state state = {.format_version = 2,
                                                         .certificate_id = the_certificate()};
    const struct message message = {MESSAGE_CERTIFICATES_STATE_CERTIFICATE_STATE, &state};
    const struct uuid certificate_id = the_certificate();
    const struct raw_record record = {.topic = "certificates.state",
                                      .partition = partition_of(&certificate_id),
                                      .key = "ce270101-0101-4101-8101-010101010101",
                                      .value = value_of(message)};
    send_raw(&record);
    the_process_dies();
    expect_stopped("has format 2, this version knows up to 1");
}

Test(trouble, a_store_with_a_newer_format_stops_the_lane_when_it_is_met) {
    const struct certificates_state_certificate_state state = {.format_version = 2,
                                                               .certificate_id = the_certificate()};
    the_store_has(&state);
    someone_sends(issue_certificate(1000, "alice"));
    let_run();
    expect_stopped("certificates.state, partition ");
    expect_stopped(
        "the state of certificate ce270101-0101-4101-8101-010101010101 has format 2, "
        "this version knows up to 1: start the newer version again");
    cr_expect_null(state_of(the_certificate()), "nothing is written over it");
}

Test(trouble, a_state_of_an_older_format_is_raised_when_it_is_written) {
    const struct certificates_state_certificate_state state = {.format_version = 0,
                                                               .certificate_id = the_certificate()};
    the_store_has(&state);
    someone_sends(issue_certificate(1000, "alice"));
    let_run();
    cr_expect_eq(state_of(the_certificate())->format_version, CERTIFICATES_FORMAT_VERSION);
}

/* ---- a schema registry that is away ---- */

Test(trouble, a_command_in_an_unknown_schema_waits_for_the_schema_registry) {
    const struct message command = issue_certificate(1000, "alice");
    the_schema_registry()->away = true;
    someone_sends(command);
    let_run();
    cr_expect_eq(the_lane().state, LANE_STATE_WAITING);
    cr_expect_not_null(strstr(the_lane().reason, "away"), "%s", the_lane().reason);

    the_schema_registry()->away = false;
    let_run();
    then_written(SUBMIT);
    nothing_else_is_written();
}

Test(trouble, an_outcome_waits_until_all_commands_that_it_sets_going_can_be_read) {
    given_issued();
    const struct message out = transfer_slice(first, "alice", "bob");
    const struct message waiting = reserve_slices(some_id(1), "bob", 1000);
    someone_sends(out);
    someone_sends(waiting);
    let_run();
    then_written(SUBMIT);
    nothing_else_is_written();

    /* The new process has read what the connector writes and the command that is out, but never one
     * like the command that waits; and now it cannot learn how to. */
    the_process_dies();
    someone_sends(out);
    registry_executes(0);
    let_run();
    the_schema_registry()->away = true;
    registry_executes(1);
    let_run();
    cr_expect_eq(the_lane().state, LANE_STATE_WAITING, "%s", the_lane().reason);
    cr_expect_not_null(strstr(the_lane().reason, "the waiting command"), "%s", the_lane().reason);

    the_schema_registry()->away = false;
    let_run();
    then_written(TRANSFERRED);
    then_answered(out, MILLRACE_VERDICT_APPLIED);
    then_written(MESSAGE_CERTIFICATES_EVENTS_SLICES_RESERVED);
    then_answered(waiting, MILLRACE_VERDICT_APPLIED);
    nothing_else_is_written();
}
