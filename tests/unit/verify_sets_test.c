/* `millrace verify` and the transactions of Kafka: whole, in order, by one writer at a time. */
#include <criterion/criterion.h>

#include "tests/support/verify_tale.h"

#define ANSWER MESSAGE_CERTIFICATES_ANSWERS_COMMAND_ANSWERED
#define ISSUED MESSAGE_CERTIFICATES_EVENTS_CERTIFICATE_ISSUED
#define STATE MESSAGE_CERTIFICATES_STATE_CERTIFICATE_STATE
#define INTENDED MESSAGE_REGISTRY_EVENTS_SUBMISSION_INTENDED
#define SUCCEEDED MESSAGE_REGISTRY_EVENTS_SUBMISSION_SUCCEEDED

/* Event, answer and state in one transaction. */
static void tale_of_a_transaction(void) {
    (void)tale_of_an_issue();
    tale_mark(tale_find(ISSUED, 0), TALE_CERTIFICATES, 17, 1, 3);
    tale_mark(tale_find(ANSWER, 0), TALE_CERTIFICATES, 17, 2, 3);
    tale_mark(tale_find(STATE, 0), TALE_CERTIFICATES, 17, 3, 3);
}

static void expect_compacted(uint64_t count) {
    const struct verify_report *report = tale_report();
    cr_expect_eq(report->breaches_count, 0, "%s", report->breaches[0]);
    cr_expect_eq(report->counts.compacted, count);
    verify_close(tale_verify);
    tale_verify = NULL;
}

static void add_state_again(int number, int n, int m) {
    struct row *row = tale_row(STATE, tale_find(STATE, 0)->message.body);
    tale_mark(row, TALE_CERTIFICATES, number, n, m);
}

Test(verify_sets, a_transaction_is_there_whole_or_not_at_all) {
    tale_of_a_transaction();
    EXPECT_OK();

    /* A second state of the same key shows that nothing was compacted from there on. */
    add_state_again(18, 1, 2);
    EXPECT_BREACH(
        "certificates.state[3]@1: only 1 of the 2 records of this transaction are there: "
        "it is torn");
    tale_find(STATE, 1)->late = true;
    EXPECT_OK(); /* the rest of it may lie behind the cut */

    tale_of_a_transaction();
    tale_mark(tale_find(STATE, 0), TALE_CERTIFICATES, 16, 1, 1);
    expect_compacted(1); /* its state may have been compacted away */

    /* What comes behind a transaction whose state lies behind that point is whole, too. */
    tale_of_a_transaction();
    add_state_again(18, 1, 1);
    struct row *event = tale_row(ANSWER, tale_find(ANSWER, 0)->message.body);
    tale_mark(event, TALE_CERTIFICATES, 19, 1, 2);
    EXPECT_BREACH(
        "certificates.answers[3]@1: only 1 of the 2 records of this transaction are "
        "there: it is torn");
}

Test(verify_sets, a_transaction_has_each_of_its_records_once) {
    tale_of_a_transaction();
    tale_mark(tale_find(ANSWER, 0), TALE_CERTIFICATES, 17, 1, 3);
    EXPECT_BREACH(
        "certificates.answers[3]@0: a record of its transaction of 3 is there twice, in "
        "two topics");

    tale_of_a_transaction();
    tale_mark(tale_find(ANSWER, 0), TALE_CERTIFICATES, 17, 2, 4);
    EXPECT_BREACH(
        "certificates.answers[3]@0: says that its transaction has 4 records, another "
        "says 3");

    (void)tale_of_an_issue();
    tale_mark(tale_find(INTENDED, 0), TALE_CONNECTOR, 3, 1, 1);
    tale_mark(tale_find(SUCCEEDED, 0), TALE_CONNECTOR, 3, 1, 1);
    EXPECT_BREACH("registry.events[3]@1: record 1 of 1 of its transaction is there twice");
}

Test(verify_sets, what_processors_write_is_in_a_transaction) {
    (void)tale_of_an_issue();
    *tale_find(ANSWER, 0)->mark = '\0';
    EXPECT_BREACH("certificates.answers[3]@0: does not say of which transaction it is");

    static const char *const marks[] = {TALE_CONNECTOR "/1/0/1", TALE_CONNECTOR "/1/2/1",
                                        TALE_CONNECTOR "/1/1/",  TALE_CONNECTOR "/x/1/1",
                                        TALE_CONNECTOR " 1/1/1", TALE_CONNECTOR "/1/1/1/1",
                                        TALE_CONNECTOR,          "x"};
    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++) {
        (void)tale_of_an_issue();
        (void)snprintf(tale_find(ANSWER, 0)->mark, TALE_MARK_SIZE, "%s", marks[i]);
        EXPECT_BREACH("certificates.answers[3]@0: does not say of which transaction it is");
    }
}

Test(verify_sets, records_stand_in_the_order_in_which_they_were_written) {
    (void)tale_of_an_issue();
    tale_mark(tale_find(INTENDED, 0), TALE_CONNECTOR, 9, 1, 1);
    tale_mark(tale_find(SUCCEEDED, 0), TALE_CONNECTOR, 8, 1, 1);
    EXPECT_BREACH(
        "registry.events[3]@1: record 1 of transaction 8 stands behind record 1 of "
        "transaction 9");

    (void)tale_of_an_issue();
    tale_mark(tale_find(INTENDED, 0), TALE_CONNECTOR, 9, 2, 2);
    tale_mark(tale_find(SUCCEEDED, 0), TALE_CONNECTOR, 9, 1, 2);
    EXPECT_BREACH(
        "registry.events[3]@1: record 1 of transaction 9 stands behind record 2 of "
        "transaction 9");
}

Test(verify_sets, who_was_fenced_writes_no_more) {
    struct told *told = tale_until_intent();
    (void)tale_sent(told);
    tale_mark(tale_find(MESSAGE_REGISTRY_EVENTS_SUBMISSION_SENT, 0), TALE_SUCCESSOR, 1, 1, 1);
    (void)tale_succeed(told);
    tale_issued(told, &told->outcome, 1500);
    (void)tale_answer(told, &told->outcome, MILLRACE_VERDICT_APPLIED, 1);
    tale_states();
    EXPECT_BREACH("registry.events[3]@2: is written by the incarnation " TALE_CONNECTOR
                  ", after another one had taken over at offset 1");
    tale_mark(tale_find(SUCCEEDED, 0), TALE_SUCCESSOR, 2, 1, 1);
    EXPECT_OK();
}

Test(verify_sets, a_dead_letter_is_part_of_its_transaction) {
    (void)tale_of_an_issue();
    tale_letter("7");
    EXPECT_OK();
}
