/* Where a registry's streams can be read, what a reading of one is to the certificates processor:
 * asked for where books differ, followed, and nothing where it is stale. */
#include <criterion/criterion.h>

#include "tests/support/certificates_rig.h"

#define REJECTED MESSAGE_CERTIFICATES_EVENTS_COMMAND_REJECTED
#define SUSPENDED MESSAGE_CERTIFICATES_EVENTS_CERTIFICATE_SUSPENDED
#define RESUMED MESSAGE_CERTIFICATES_EVENTS_CERTIFICATE_RESUMED
#define REALIGNED MESSAGE_CERTIFICATES_EVENTS_CERTIFICATE_REALIGNED
#define SUBMIT MESSAGE_REGISTRY_COMMANDS_SUBMIT_TRANSACTION
#define READ_STREAM MESSAGE_REGISTRY_OPERATIONS_READ_STREAM

TestSuite(certificates_streams, .init = rig_open, .fini = rig_close);

static struct uuid first;

/* Issued at a registry that names its slices and can be read. */
static void given_issued_with_names(void) {
    const struct message command = issue_certificate(1000, "alice");
    ((struct certificates_commands_issue_certificate *)command.body)->registry =
        text_of("readable");
    someone_sends(command);
    let_run();
    first = slice_of(command, 0);
    const struct registry_commands_submit_transaction *asked = submission(0);
    struct millrace_slice_hash hash = {.slice_id = first,
                                       .registry_hash = {(const uint8_t *)"hash", 4}};
    struct registry_events_submission_succeeded event = {
        .metadata = asked->metadata,
        .certificate_id = asked->certificate_id,
        .submission_id = asked->submission_id,
        .sequence = 1,
        .attempt = 1,
        .evidence = text_of("done"),
        .slice_hashes = &hash,
        .slice_hashes_count = 1,
    };
    event.metadata.id = some_id(79);
    registry_writes((struct message){MESSAGE_REGISTRY_EVENTS_SUBMISSION_SUCCEEDED, &event});
    let_run();
    whatever_was_written();
}

/* The stream as our books have it, at the registry "readable". */
static struct registry_events_stream_read stream_of(struct registry_events_stream_slice *slice,
                                                    int64_t transactions) {
    const struct registry_commands_submit_transaction *asked = submission(0);
    *slice = (struct registry_events_stream_slice){
        .registry_hash = {(const uint8_t *)"hash", 4},
        .owner_key = {(const uint8_t *)"key-b", 5},
        .state = MILLRACE_SLICE_STATE_AVAILABLE,
    };
    struct registry_events_stream_read event = {
        .metadata = asked->metadata,
        .certificate_id = asked->certificate_id,
        .sequence = 2,
        .slices = slice,
        .slices_count = 1,
        .transactions = transactions,
    };
    event.metadata.id = some_id(80 + (uint32_t)transactions);
    return event;
}

Test(certificates_streams, misaligned_certificate_asks_for_the_stream_and_is_realigned_by_it) {
    given_issued_with_names();
    const struct message waiting = transfer_slice(first, "bob", "carol");
    someone_sends(transfer_slice(first, "alice", "carol"));
    someone_sends(waiting);
    let_run();
    registry_refuses(1, "Invalid signature for slice");
    let_run();
    then_written(SUBMIT);
    then_written(REJECTED);
    then_written(SUSPENDED);
    then_written(MESSAGE_CERTIFICATES_ANSWERS_COMMAND_ANSWERED);
    const struct registry_operations_read_stream *asked = then_written(READ_STREAM);
    expect_text(asked->registry, "readable");
    nothing_else_is_written();
    cr_expect(state_of(the_certificate())->work.stream_requested);

    struct registry_events_stream_slice slice;
    struct registry_events_stream_read stream = stream_of(&slice, 5);
    registry_writes((struct message){MESSAGE_REGISTRY_EVENTS_STREAM_READ, &stream});
    let_run();
    then_written(REALIGNED);
    then_written(RESUMED);
    then_written(SUBMIT);
    nothing_else_is_written();
    const struct certificates_state_certificate_state *state = state_of(the_certificate());
    cr_expect_not(state->work.stream_requested);
    cr_expect_eq(state->work.stream_transactions, 5);
    expect_text(state->model.slices[0].owner, "bob");
}

Test(certificates_streams, the_stream_is_asked_for_once_at_a_time) {
    given_issued_with_names();
    const struct registry_commands_submit_transaction *asked = submission(0);
    struct registry_events_evidence_contradicts event = {
        .metadata = asked->metadata,
        .certificate_id = asked->certificate_id,
        .submission_id = asked->submission_id,
        .sequence = 1,
        .attempt = 1,
        .kind = MILLRACE_EVIDENCE_KIND_REPLY,
    };
    event.metadata.id = some_id(90);
    registry_writes((struct message){MESSAGE_REGISTRY_EVENTS_EVIDENCE_CONTRADICTS, &event});
    let_run();
    then_written(SUSPENDED);
    then_written(READ_STREAM);
    nothing_else_is_written();

    event.metadata.id = some_id(91);
    registry_writes((struct message){MESSAGE_REGISTRY_EVENTS_EVIDENCE_CONTRADICTS, &event});
    let_run();
    nothing_else_is_written();

    struct registry_events_stream_slice slice;
    struct registry_events_stream_read stream = stream_of(&slice, 5);
    slice.registry_hash = (struct bytes){(const uint8_t *)"never heard of", 14};
    registry_writes((struct message){MESSAGE_REGISTRY_EVENTS_STREAM_READ, &stream});
    let_run();
    nothing_else_is_written();

    event.metadata.id = some_id(92);
    registry_writes((struct message){MESSAGE_REGISTRY_EVENTS_EVIDENCE_CONTRADICTS, &event});
    let_run();
    then_written(READ_STREAM);
    nothing_else_is_written();
}

Test(certificates_streams, a_reading_of_the_stream_that_is_stale_changes_nothing) {
    given_issued_with_names();
    struct registry_events_stream_slice slice;
    struct registry_events_stream_read stream = stream_of(&slice, 5);
    slice.owner_key = (struct bytes){(const uint8_t *)"key-a", 5};
    registry_writes((struct message){MESSAGE_REGISTRY_EVENTS_STREAM_READ, &stream});
    let_run();
    nothing_else_is_written();
    cr_expect_eq(state_of(the_certificate())->work.stream_transactions, 5);

    stream = stream_of(&slice, 4); /* of bob's slice, before it was alice's */
    registry_writes((struct message){MESSAGE_REGISTRY_EVENTS_STREAM_READ, &stream});
    let_run();
    nothing_else_is_written();

    someone_sends(transfer_slice(first, "alice", "bob"));
    let_run();
    then_written(SUBMIT);
    stream = stream_of(&slice, 6); /* the transfer is in it already */
    registry_writes((struct message){MESSAGE_REGISTRY_EVENTS_STREAM_READ, &stream});
    let_run();
    nothing_else_is_written();
}

Test(certificates_streams, a_reading_that_is_read_again_after_a_later_submission_changes_nothing) {
    given_issued_with_names();
    struct registry_events_stream_slice slice;
    struct registry_events_stream_read stream = stream_of(&slice, 1);
    stream.sequence = 1;
    slice.owner_key = (struct bytes){(const uint8_t *)"key-a", 5};
    registry_writes((struct message){MESSAGE_REGISTRY_EVENTS_STREAM_READ, &stream});
    let_run();
    nothing_else_is_written();
    someone_sends(transfer_slice(first, "alice", "bob"));
    let_run();
    registry_executes(1);
    let_run();
    whatever_was_written();

    registry_writes((struct message){MESSAGE_REGISTRY_EVENTS_STREAM_READ, &stream});
    let_run();
    nothing_else_is_written();
    const struct certificates_state_certificate_state *state = state_of(the_certificate());
    cr_expect_null(state->model.suspension);
    expect_text(state->model.slices[0].owner, "bob");
}

Test(certificates_streams, a_slice_in_an_unknown_state_stops_the_lane) {
    given_issued_with_names();
    struct registry_events_stream_slice slice;
    struct registry_events_stream_read stream = stream_of(&slice, 5);
    slice.state = MILLRACE_SLICE_STATE_OTHER;
    registry_writes((struct message){MESSAGE_REGISTRY_EVENTS_STREAM_READ, &stream});
    let_run();
    expect_stopped("a state that this version does not know");
}
