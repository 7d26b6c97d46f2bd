/* What the lanes of certificates count. */
#include <criterion/criterion.h>

#include "tests/support/certificates_rig.h"

TestSuite(metrics_certificates, .init = rig_open, .fini = rig_close);

static uint64_t answered(enum message_type type, enum millrace_verdict verdict) {
    return counts_value(the_counts(), METRIC_COMMANDS, metric_command_type(type),
                        metric_command_verdict(verdict));
}

static uint64_t durations(void) {
    uint64_t count = 0;
    for (uint32_t bound = 0; bound <= metric_bounds_count; bound++) {
        count += counts_bucket(the_counts(), METRIC_COMMAND_DURATION, bound);
    }
    return count;
}

#define ISSUE MESSAGE_CERTIFICATES_COMMANDS_ISSUE_CERTIFICATE
#define TRANSFER MESSAGE_CERTIFICATES_COMMANDS_TRANSFER_SLICE

Test(metrics_certificates, every_answer_counts_once) {
    const struct message issue = issue_certificate(1000, "alice");
    someone_sends(issue);
    let_run();
    cr_expect_eq(answered(ISSUE, MILLRACE_VERDICT_APPLIED), 0, "it is at the registry");
    registry_executes(0);
    let_run();
    cr_expect_eq(answered(ISSUE, MILLRACE_VERDICT_APPLIED), 1);
    cr_expect_eq(durations(), 1);

    someone_sends(issue);
    let_run();
    cr_expect_eq(answered(ISSUE, MILLRACE_VERDICT_APPLIED), 1, "said again, not done again");

    someone_sends(transfer_slice(some_id(5), "alice", "bob"));
    let_run();
    cr_expect_eq(answered(TRANSFER, MILLRACE_VERDICT_REJECTED), 1);
    cr_expect_eq(durations(), 2);
}

Test(metrics_certificates, unknown_counts_apart_from_what_it_comes_to) {
    someone_sends(issue_certificate(1000, "alice"));
    let_run();
    registry_is_unknown(0);
    let_run();
    cr_expect_eq(answered(ISSUE, MILLRACE_VERDICT_UNKNOWN), 1);
    cr_expect_eq(durations(), 0, "it has no final answer yet");
    registry_is_resolved(0, true);
    let_run();
    cr_expect_eq(answered(ISSUE, MILLRACE_VERDICT_UNKNOWN), 1);
    cr_expect_eq(answered(ISSUE, MILLRACE_VERDICT_APPLIED), 1);
    cr_expect_eq(durations(), 1);
}

Test(metrics_certificates, dead_letters_count_by_their_reason) {
    const struct uuid id = the_certificate();
    send_raw(&(struct raw_record){.topic = "certificates.commands",
                                  .partition = partition_of(&id),
                                  .key = "k",
                                  .value = {(const uint8_t *)"in plain text", 13}});
    let_run();
    cr_expect_eq(counts_value(the_counts(), METRIC_DEAD_LETTERS,
                              metric_dead_letter_reason("not-confluent-framed"), 0),
                 1);
}

static uint64_t alignments(enum metric_alignment change) {
    return counts_value(the_counts(), METRIC_CERTIFICATE_ALIGNMENTS, (uint32_t)change, 0);
}

static void expect_alignments(uint64_t misaligned, uint64_t followed, uint64_t confirmed,
                              uint64_t corrected) {
    cr_expect_eq(alignments(METRIC_ALIGNMENT_MISALIGNED), misaligned);
    cr_expect_eq(alignments(METRIC_ALIGNMENT_FOLLOWED), followed);
    cr_expect_eq(alignments(METRIC_ALIGNMENT_CONFIRMED), confirmed);
    cr_expect_eq(alignments(METRIC_ALIGNMENT_CORRECTED), corrected);
}

static struct millrace_slice_hash hash = {.registry_hash = {(const uint8_t *)"hash", 4}};

static void given_issued_at_a_registry_that_can_be_read(void) {
    const struct message issue = issue_certificate(1000, "alice");
    ((struct certificates_commands_issue_certificate *)issue.body)->registry = text_of("readable");
    someone_sends(issue);
    let_run();
    hash.slice_id = slice_of(issue, 0);
    const struct registry_commands_submit_transaction *asked = submission(0);
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
    event.metadata.id = some_id(70);
    registry_writes((struct message){MESSAGE_REGISTRY_EVENTS_SUBMISSION_SUCCEEDED, &event});
    let_run();
}

static void registry_contradicts(uint32_t id) {
    const struct registry_commands_submit_transaction *asked = submission(0);
    struct registry_events_evidence_contradicts event = {
        .metadata = asked->metadata,
        .certificate_id = asked->certificate_id,
        .submission_id = asked->submission_id,
        .sequence = 1,
        .attempt = 1,
        .kind = MILLRACE_EVIDENCE_KIND_REPLY,
    };
    event.metadata.id = some_id(id);
    registry_writes((struct message){MESSAGE_REGISTRY_EVENTS_EVIDENCE_CONTRADICTS, &event});
    let_run();
}

static void stream_shows(const char *key, int64_t transactions) {
    const struct registry_commands_submit_transaction *asked = submission(0);
    struct registry_events_stream_slice slice = {
        .registry_hash = hash.registry_hash,
        .owner_key = {(const uint8_t *)key, (uint32_t)strlen(key)},
        .state = MILLRACE_SLICE_STATE_AVAILABLE,
    };
    struct registry_events_stream_read event = {
        .metadata = asked->metadata,
        .certificate_id = asked->certificate_id,
        .sequence = 1,
        .slices = &slice,
        .slices_count = 1,
        .transactions = transactions,
    };
    event.metadata.id = some_id(80 + (uint32_t)transactions);
    registry_writes((struct message){MESSAGE_REGISTRY_EVENTS_STREAM_READ, &event});
    let_run();
}

Test(metrics_certificates, misaligned_certificates_count_and_what_became_of_them) {
    given_issued_at_a_registry_that_can_be_read();
    stream_shows("key-a", 1);
    expect_alignments(0, 0, 0, 0);
    registry_contradicts(91);
    expect_alignments(1, 0, 0, 0);
    stream_shows("key-a", 2);
    expect_alignments(1, 0, 1, 0);
    stream_shows("key-b", 3);
    expect_alignments(2, 1, 1, 0);

    registry_contradicts(92);
    struct millrace_realigned_slice slice = {.slice_id = hash.slice_id,
                                             .quantity = 1000,
                                             .owner = text_of("carol"),
                                             .state = MILLRACE_SLICE_STATE_AVAILABLE};
    struct certificates_operations_realign_certificate operation = {
        .metadata = {.id = some_id(71)},
        .certificate_id = the_certificate(),
        .operator= text_of("olga"),
        .evidence = text_of("seen"),
        .slices = &slice,
        .slices_count = 1,
    };
    someone_sends(
        (struct message){MESSAGE_CERTIFICATES_OPERATIONS_REALIGN_CERTIFICATE, &operation});
    let_run();
    expect_alignments(3, 1, 1, 1);
}
