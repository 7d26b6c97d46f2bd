/* The certificates processor: from a command to its events, its answer and the state. */
#include <criterion/criterion.h>

#include "domain/ids.h"
#include "tests/support/certificates_rig.h"
#include "wire/payload_hash.h"

#define ISSUED MESSAGE_CERTIFICATES_EVENTS_CERTIFICATE_ISSUED
#define TRANSFERRED MESSAGE_CERTIFICATES_EVENTS_SLICE_TRANSFERRED
#define REJECTED MESSAGE_CERTIFICATES_EVENTS_COMMAND_REJECTED
#define SUSPENDED MESSAGE_CERTIFICATES_EVENTS_CERTIFICATE_SUSPENDED
#define RESUMED MESSAGE_CERTIFICATES_EVENTS_CERTIFICATE_RESUMED
#define SUBMIT MESSAGE_REGISTRY_COMMANDS_SUBMIT_TRANSACTION
#define READ_STREAM MESSAGE_REGISTRY_OPERATIONS_READ_STREAM

TestSuite(certificates, .init = rig_open, .fini = rig_close);

static struct uuid id_of(struct message command) {
    struct certificate_command_head head;
    cr_assert(certificate_command_head(&command, &head));
    return head.metadata->id;
}

/* Submissions asked for so far. */
static uint32_t submissions;

/* A certificate of alice's, issued; returns its first slice. */
static struct uuid issued(struct uuid certificate_id) {
    const struct message command = to_certificate(issue_certificate(1000, "alice"), certificate_id);
    someone_sends(command);
    let_run();
    registry_executes(submissions++);
    let_run();
    whatever_was_written();
    return slice_of(command, 0);
}

Test(certificates, ask_the_registry_before_anything_happens) {
    const struct message command = issue_certificate(1000, "alice");
    const struct uuid command_id = id_of(command);
    const struct uuid certificate_id = the_certificate();
    someone_sends(command);

    let_run();

    const struct registry_commands_submit_transaction *asked = then_written(SUBMIT);
    const struct uuid submission_id = id_of_submission(&certificate_id, &command_id);
    expect_uuid(&asked->submission_id, &submission_id);
    cr_expect_eq(asked->sequence, 1);
    expect_text(asked->registry, "plain");
    cr_expect_eq(asked->operation.issue->quantity, 1000);
    expect_uuid(&asked->metadata.parent_id, &command_id);
    expect_uuid(&asked->metadata.correlation_id, &command_id);
    expect_text(asked->metadata.channel, "kafka");
    nothing_else_is_written();
    const struct certificates_state_certificate_state *state = state_of(certificate_id);
    cr_assert_not_null(state->work.current);
    expect_uuid(&state->work.current->command.command_id, &command_id);
    cr_expect_eq(state->model.version, 0);
}

Test(certificates, answer_when_the_registry_has_executed) {
    const struct message command = issue_certificate(1000, "alice");
    const struct uuid command_id = id_of(command);
    someone_sends(command);
    let_run();
    then_written(SUBMIT);

    registry_executes(0);
    let_run();

    const struct certificates_events_certificate_issued *event = then_written(ISSUED);
    expect_text(header_of_last("ce_type"), "certificates.events.CertificateIssued");
    expect_uuid(&event->metadata.correlation_id, &command_id);
    expect_text(event->metadata.channel, "kafka");
    const struct certificates_answers_command_answered *answer =
        then_answered(command, MILLRACE_VERDICT_APPLIED);
    cr_expect_eq(answer->version, 1);
    cr_assert_eq(answer->event_ids_count, 1);
    expect_uuid(&answer->event_ids[0], &event->metadata.id);
    cr_expect_not(answer->has_reason || answer->has_detail);
    uint8_t hash[PAYLOAD_HASH_BYTES];
    cr_assert(payload_hash(message_types[command.type].record, command.body, the_arena(), hash));
    cr_expect_arr_eq(answer->payload_hash.data, hash, sizeof hash);
    nothing_else_is_written();
    const struct certificates_state_certificate_state *state = state_of(the_certificate());
    cr_expect_null(state->work.current);
    cr_expect_eq(state->model.version, 1);
    cr_expect_eq(state->work.sequence, 1);
}

Test(certificates, refuse_by_their_own_rules_without_asking) {
    issued(the_certificate());
    const struct message command = transfer_slice(some_id(5), "alice", "bob");
    someone_sends(command);

    let_run();

    const struct certificates_events_command_rejected *event = then_written(REJECTED);
    cr_expect_eq(event->reason, MILLRACE_REASON_UNKNOWN_SLICE);
    cr_expect_eq(event->version, 1);
    expect_text(event->command_type, "certificates.commands.TransferSlice");
    const struct certificates_answers_command_answered *answer =
        then_answered(command, MILLRACE_VERDICT_REJECTED);
    cr_expect_eq(answer->reason, MILLRACE_REASON_UNKNOWN_SLICE);
    cr_expect(answer->has_detail);
    expect_uuid(&answer->event_ids[0], &event->metadata.id);
    nothing_else_is_written();
}

Test(certificates, tell_what_the_registry_refused) {
    const struct uuid slice = issued(the_certificate());
    const struct message command = transfer_slice(slice, "alice", "bob");
    someone_sends(command);
    let_run();
    registry_refuses(1, "not today");

    let_run();

    then_written(SUBMIT);
    const struct certificates_events_command_rejected *event = then_written(REJECTED);
    cr_expect_eq(event->reason, MILLRACE_REASON_REGISTRY_REFUSED);
    expect_text(event->detail, "not today");
    expect_text(event->transaction_id, "transaction-1");
    then_answered(command, MILLRACE_VERDICT_REJECTED);
    nothing_else_is_written();
}

Test(certificates, tell_what_the_registry_was_never_sent) {
    const struct uuid slice = issued(the_certificate());
    const struct message command = transfer_slice(slice, "alice", "bob");
    const struct message next = transfer_slice(slice, "alice", "carol");
    someone_sends(command);
    someone_sends(next);
    let_run();
    then_written(SUBMIT);
    const struct registry_commands_submit_transaction *asked = submission(1);
    struct registry_events_submission_refused refused = {
        .metadata = asked->metadata,
        .certificate_id = asked->certificate_id,
        .submission_id = asked->submission_id,
        .sequence = asked->sequence,
        .message = text_of("it was never sent: too many bytes"),
    };
    registry_writes((struct message){MESSAGE_REGISTRY_EVENTS_SUBMISSION_REFUSED, &refused});

    let_run();

    const struct certificates_events_command_rejected *event = then_written(REJECTED);
    cr_expect_eq(event->reason, MILLRACE_REASON_REGISTRY_REFUSED);
    expect_text(event->detail, "it was never sent: too many bytes");
    cr_expect_not(event->has_transaction_id);
    then_answered(command, MILLRACE_VERDICT_REJECTED);
    then_written(SUBMIT); /* the next one has its turn */
    nothing_else_is_written();
}

/* ---- the mailbox ---- */

Test(certificates, keep_ten_commands_at_once_in_order_while_another_moves_on) {
    const struct uuid slice = issued(the_certificate());
    const struct uuid other = issued(another_certificate());
    struct message commands[10];
    for (uint32_t i = 0; i < 10; i++) {
        commands[i] = i % 2 == 0 ? transfer_slice(slice, "alice", "bob")
                                 : transfer_slice(slice, "bob", "alice");
        someone_sends(commands[i]);
    }
    const struct message moving =
        to_certificate(transfer_slice(other, "alice", "carol"), another_certificate());
    someone_sends(moving);

    let_run();
    then_written(SUBMIT);
    const struct registry_commands_submit_transaction *asked = then_written(SUBMIT);
    expect_text(asked->operation.transfer->new_owner, "carol");
    nothing_else_is_written();
    cr_expect_eq(state_of(the_certificate())->work.waiting_count, 9);
    registry_executes(3);
    let_run();
    then_written(TRANSFERRED);
    then_answered(moving, MILLRACE_VERDICT_APPLIED);
    nothing_else_is_written();

    for (uint32_t i = 0; i < 10; i++) {
        registry_executes(i == 0 ? 2 : 3 + i);
        let_run();
        const struct certificates_events_slice_transferred *event = then_written(TRANSFERRED);
        const struct uuid command_id = id_of(commands[i]);
        expect_uuid(&event->command_id, &command_id);
        then_answered(commands[i], MILLRACE_VERDICT_APPLIED);
        if (i < 9) {
            asked = then_written(SUBMIT);
            cr_expect_eq(asked->sequence, i + 3);
            const struct uuid next_id = id_of(commands[i + 1]);
            expect_uuid(&asked->metadata.parent_id, &next_id);
        }
        nothing_else_is_written();
    }
}

Test(certificates, decide_what_waited_only_when_its_turn_has_come) {
    const struct uuid slice = issued(the_certificate());
    const struct message first = transfer_slice(slice, "alice", "bob");
    const struct message late = transfer_slice(slice, "alice", "carol");
    const struct message expecting = expecting_version(transfer_slice(slice, "bob", "carol"), 2);
    const struct message reserving = reserve_slices(some_id(1), "bob", 1000);
    someone_sends(first);
    someone_sends(late);
    someone_sends(reserving);
    someone_sends(expecting);
    let_run();
    then_written(SUBMIT);
    nothing_else_is_written();

    registry_executes(1);
    let_run();

    then_written(TRANSFERRED);
    then_answered(first, MILLRACE_VERDICT_APPLIED);
    const struct certificates_events_command_rejected *event = then_written(REJECTED);
    cr_expect_eq(event->reason, MILLRACE_REASON_NOT_OWNER, "it was alice's when it was sent");
    then_answered(late, MILLRACE_VERDICT_REJECTED);
    then_written(MESSAGE_CERTIFICATES_EVENTS_SLICES_RESERVED);
    cr_expect_eq(then_answered(reserving, MILLRACE_VERDICT_APPLIED)->version, 3);
    event = then_written(REJECTED);
    cr_expect_eq(event->reason, MILLRACE_REASON_VERSION_CONFLICT);
    then_answered(expecting, MILLRACE_VERDICT_REJECTED);
    nothing_else_is_written();
}

Test(certificates, pass_the_trace_of_a_command_on_to_all_that_comes_of_it) {
    const struct uuid slice = issued(the_certificate());
    const struct message first = transfer_slice(slice, "alice", "bob");
    const struct message waiting = transfer_slice(slice, "bob", "carol");
    const struct message refused = transfer_slice(slice, "alice", "carol");
    someone_sends_traced(first, "00-one");
    someone_sends_traced(waiting, "00-two");
    someone_sends_traced(refused, "00-three");
    let_run();
    then_written(SUBMIT);
    expect_text(header_of_last("traceparent"), "00-one");

    registry_executes(1);
    let_run();
    then_written(TRANSFERRED);
    expect_text(header_of_last("traceparent"), "00-one");
    then_answered(first, MILLRACE_VERDICT_APPLIED);
    expect_text(header_of_last("traceparent"), "00-one");
    then_written(SUBMIT);
    expect_text(header_of_last("traceparent"), "00-two");

    registry_refuses(2, "not today");
    let_run();
    then_written(REJECTED);
    expect_text(header_of_last("traceparent"), "00-two");
    then_answered(waiting, MILLRACE_VERDICT_REJECTED);
    expect_text(header_of_last("traceparent"), "00-two");
    then_written(REJECTED);
    expect_text(header_of_last("traceparent"), "00-three");
    then_answered(refused, MILLRACE_VERDICT_REJECTED);
    expect_text(header_of_last("traceparent"), "00-three");
    nothing_else_is_written();
}

Test(certificates, let_only_64_commands_wait) {
    const struct uuid slice = issued(the_certificate());
    for (uint32_t i = 0; i < 1 + LIMIT_WAITING_MAX; i++) {
        someone_sends(transfer_slice(slice, "alice", "bob"));
    }
    let_run();
    then_written(SUBMIT);
    nothing_else_is_written();
    cr_expect_eq(state_of(the_certificate())->work.waiting_count, LIMIT_WAITING_MAX);

    const struct message command = transfer_slice(slice, "alice", "bob");
    someone_sends(command);
    let_run();

    const struct certificates_events_command_rejected *event = then_written(REJECTED);
    cr_expect_eq(event->reason, MILLRACE_REASON_TOO_MANY_WAITING);
    then_answered(command, MILLRACE_VERDICT_REJECTED);
    nothing_else_is_written();

    registry_executes(1);
    let_run();
    then_written(TRANSFERRED);
    for (uint32_t i = 0; i < LIMIT_WAITING_MAX; i++) {
        event = then_written(REJECTED);
        cr_expect_eq(event->reason, MILLRACE_REASON_NOT_OWNER);
    }
    cr_expect_eq(state_of(the_certificate())->work.waiting_count, 0);
}

/* Parts with long names: what a command of some size is made of. */
static struct message slicing_of(uint32_t parts) {
    static char name[257];
    memset(name, 'n', 256);
    int64_t *quantities = arena_take(the_arena(), parts * sizeof *quantities);
    const char **owners = arena_take(the_arena(), parts * sizeof *owners);
    for (uint32_t i = 0; i < parts; i++) {
        owners[i] = name;
    }
    return slice_certificate(some_id(5), "alice", parts, quantities, owners);
}

Test(certificates, refuse_a_command_that_is_too_large) {
    issued(the_certificate());
    const struct message command = slicing_of(1000);
    someone_sends(command);

    let_run();

    const struct certificates_events_command_rejected *event = then_written(REJECTED);
    cr_expect_eq(event->reason, MILLRACE_REASON_TOO_LARGE);
    expect_text(event->detail, "a command has at most 64 KiB");
    then_answered(command, MILLRACE_VERDICT_REJECTED);
    nothing_else_is_written();
}

Test(certificates, refuse_commands_that_would_fill_the_state) {
    const struct uuid slice = issued(the_certificate());
    someone_sends(transfer_slice(slice, "alice", "bob"));
    let_run();
    then_written(SUBMIT);
    const struct certificates_state_certificate_state *state = state_of(the_certificate());
    uint32_t waiting;
    do { /* 50 kB each */
        waiting = state->work.waiting_count;
        someone_sends(slicing_of(195));
        let_run();
        state = state_of(the_certificate());
    } while (state->work.waiting_count > waiting);
    const struct certificates_events_command_rejected *event = then_written(REJECTED);
    cr_expect_eq(event->reason, MILLRACE_REASON_TOO_LARGE);
    then_written(MESSAGE_CERTIFICATES_ANSWERS_COMMAND_ANSWERED);
    nothing_else_is_written();
    const size_t size =
        value_of((struct message){MESSAGE_CERTIFICATES_STATE_CERTIFICATE_STATE, (void *)state})
            .length;
    cr_expect_leq(size + CERTIFICATE_GROWTH_BYTES_MAX, LIMIT_STATE_BYTES_MAX);
    cr_expect_gt(size + CERTIFICATE_GROWTH_BYTES_MAX, LIMIT_STATE_BYTES_MAX - 60000);
}
