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
