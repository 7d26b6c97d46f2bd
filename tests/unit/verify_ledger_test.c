/* `millrace verify` and the send-once ledger: what was ordered, intended, sent and settled. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/verify/witness.h"
#include "tests/support/verify_tale.h"

#define SUBMIT MESSAGE_REGISTRY_COMMANDS_SUBMIT_TRANSACTION
#define INTENDED MESSAGE_REGISTRY_EVENTS_SUBMISSION_INTENDED
#define NOT_SENT MESSAGE_REGISTRY_EVENTS_SUBMISSION_NOT_SENT
#define SENT MESSAGE_REGISTRY_EVENTS_SUBMISSION_SENT
#define SUCCEEDED MESSAGE_REGISTRY_EVENTS_SUBMISSION_SUCCEEDED
#define UNKNOWN MESSAGE_REGISTRY_EVENTS_SUBMISSION_UNKNOWN
#define RESOLVED MESSAGE_REGISTRY_EVENTS_SUBMISSION_RESOLVED
#define CONTRADICTS MESSAGE_REGISTRY_EVENTS_EVIDENCE_CONTRADICTS
#define SECOND "05057fee-4c3e-4459-82dd-21250b729602"

static struct registry_commands_submit_transaction *first_submit(void) {
    return TALE_BODY(tale_find(SUBMIT, 0), registry_commands_submit_transaction);
}

static struct registry_events_submission_intended *intent(uint32_t index) {
    return TALE_BODY(tale_find(INTENDED, index), registry_events_submission_intended);
}

/* Only what happens at the registry: nothing was read by the certificates yet. */
static struct told *until_intent(void) {
    struct told *told = tale_until_intent();
    tale_positions.certificates_commands = 0;
    tale_positions.registry_events = 0;
    return told;
}

Test(verify_ledger, a_submission_comes_of_its_command_once) {
    (void)tale_of_an_issue();
    first_submit()->metadata.has_parent_id = false;
    EXPECT_BREACH("registry.commands[3]@0: has no parent: nobody can tell what it came of");

    (void)tale_of_an_issue();
    first_submit()->metadata.id = tale_uuid(TALE_OTHER);
    EXPECT_BREACH("registry.commands[3]@0: the id " TALE_OTHER
                  " does not follow from the parent " TALE_COMMAND);

    (void)tale_of_an_issue();
    first_submit()->submission_id = tale_uuid(TALE_OTHER);
    EXPECT_BREACH("registry.commands[3]@0: the submission's id " TALE_OTHER
                  " is not derived from its command");

    struct told *told = tale_of_an_issue();
    (void)tale_submit(told, 2);
    EXPECT_BREACH("registry.commands[3]@1: command " TALE_COMMAND
                  " is submitted a second time; the first is at offset 0");

    (void)until_intent();
    tale_find(MESSAGE_CERTIFICATES_COMMANDS_ISSUE_CERTIFICATE, 0)->left_out = true;
    EXPECT_BREACH("registry.commands[3]@0: is for the command " TALE_COMMAND
                  ", which there is not");

    (void)tale_of_an_issue();
    first_submit()->operation.transfer = tale_take(sizeof(struct millrace_transfer_operation));
    first_submit()->operation.issue = NULL;
    EXPECT_BREACH("registry.commands[3]@0: the command " TALE_COMMAND
                  " is a IssueCertificate: it does not ask for this operation");
}

Test(verify_ledger, submissions_are_numbered_in_the_order_of_their_commands) {
    tale_begin();
    struct told *told = tale_issue(1500);
    (void)tale_submit(told, 2);
    EXPECT_BREACH("registry.commands[3]@0: sequence 2 follows 0 for certificate " TALE_CERTIFICATE);

    tale_begin();
    told = tale_issue(1500);
    struct told *second = tale_transfer(SECOND, "p");
    (void)tale_submit(second, 1);
    (void)tale_submit(told, 2);
    EXPECT_BREACH("registry.commands[3]@1: the command " TALE_COMMAND
                  " at offset 0 is submitted after the one at offset 1");
}

Test(verify_ledger, a_submission_that_was_read_does_not_vanish) {
    tale_begin();
    struct told *told = tale_issue(1500);
    (void)tale_submit(told, 1);
    EXPECT_BREACH("registry.commands[3]@0: the submission " TALE_SUBMISSION
                  " ended in silence: it was read, and is neither queued nor intended nor settled "
                  "nor unknown");
    tale_states();
    struct registry_state_queued_submission queued = {.submission_id = told->submission_id};
    TALE_BODY(tale_find(MESSAGE_REGISTRY_STATE_LEDGER_STATE, 0), registry_state_ledger_state)
        ->work.queued = &queued;
    tale_positions.certificates_commands = 0;
    EXPECT_OK();
    queued.submission_id = tale_uuid(TALE_OTHER);
    tale_positions.registry_commands = 0;
    EXPECT_OK();
}

Test(verify_ledger, a_submission_is_intended_once_unless_it_was_not_sent) {
    struct told *told = tale_of_an_issue();
    (void)tale_intend(told);
    EXPECT_BREACH("registry.events[3]@2: intends the submission " TALE_SUBMISSION
                  " again, which is settled or unknown since offset 1");

    told = until_intent();
    (void)tale_intend(told);
    EXPECT_BREACH("registry.events[3]@1: intends the submission " TALE_SUBMISSION
                  " while another intent of it stands");

    told = until_intent();
    (void)tale_unknown(told, MILLRACE_UNKNOWN_CAUSE_TIMEOUT);
    (void)tale_intend(told);
    EXPECT_BREACH("registry.events[3]@2: intends the submission " TALE_SUBMISSION
                  " again, which is settled or unknown since offset 1");

    told = until_intent();
    (void)tale_not_sent(told);
    (void)tale_intend(told);
    tale_states();
    EXPECT_OK();
    intent(1)->attempt = 3;
    EXPECT_BREACH("registry.events[3]@2: attempt 3 of the submission " TALE_SUBMISSION
                  " follows attempt 1");

    (void)until_intent();
    tale_find(SUBMIT, 0)->left_out = true;
    EXPECT_BREACH("registry.events[3]@0: intends the submission " TALE_SUBMISSION
                  ", which was never ordered");

    (void)until_intent();
    intent(0)->sequence = 2;
    EXPECT_BREACH("registry.events[3]@0: is about the submission " TALE_SUBMISSION
                  " as sequence 2, ordered as 1");
}

Test(verify_ledger, a_later_attempt_is_to_send_the_same_bytes) {
    static const struct bytes other = {(const uint8_t *)"other", 5};
    for (int i = 0; i < 3; i++) {
        struct told *told = until_intent();
        (void)tale_not_sent(told);
        (void)tale_intend(told);
        intent(1)->transaction = i == 0 ? other : intent(1)->transaction;
        intent(1)->transaction_id = text_of(i == 1 ? "u" : "t");
        intent(1)->registry = text_of(i == 2 ? "s" : "r");
        EXPECT_BREACH("registry.events[3]@2: attempt 2 of the submission " TALE_SUBMISSION
                      " is not to send the same bytes as before");
    }
}

Test(verify_ledger, only_who_intended_says_that_it_was_not_sent) {
    struct told *told = until_intent();
    tale_mark(tale_not_sent(told), TALE_SUCCESSOR, 1, 1, 1);
    EXPECT_BREACH("registry.events[3]@1: says NotSent of the submission " TALE_SUBMISSION
                  ", and is not by the incarnation that intended it");

    (void)until_intent();
    intent(0)->incarnation = tale_uuid(TALE_SUCCESSOR);
    EXPECT_BREACH("registry.events[3]@0: intends the submission " TALE_SUBMISSION
                  " in the name of another incarnation");

    told = until_intent();
    (void)tale_sent(told);
    (void)tale_not_sent(told);
    EXPECT_BREACH(
        "registry.events[3]@2: registry.events.SubmissionNotSent cannot come next for "
        "the ledger of certificate " TALE_CERTIFICATE ", whose event before it is at offset 1");

    told = until_intent();
    (void)tale_not_sent(told);
    (void)tale_not_sent(told);
    EXPECT_BREACH("registry.events[3]@2: says NotSent of the submission " TALE_SUBMISSION
                  ", of which no intent stands");
}

Test(verify_ledger, a_foreign_intent_is_unknown_to_others_only) {
    struct told *told = until_intent();
    (void)tale_unknown(told, MILLRACE_UNKNOWN_CAUSE_FOREIGN_INTENT);
    tale_states();
    tale_mark(tale_find(MESSAGE_REGISTRY_STATE_LEDGER_STATE, 0), TALE_SUCCESSOR, 99, 1, 1);
    EXPECT_OK();
    tale_mark(tale_find(UNKNOWN, 0), TALE_CONNECTOR, 98, 1, 1);
    EXPECT_BREACH("registry.events[3]@1: says that the submission " TALE_SUBMISSION
                  " is a foreign intent, and intended it itself");

    told = until_intent();
    tale_mark(tale_unknown(told, MILLRACE_UNKNOWN_CAUSE_TIMEOUT), TALE_SUCCESSOR, 1, 1, 1);
    EXPECT_BREACH(
        "registry.events[3]@1: knows what became of the call of the "
        "submission " TALE_SUBMISSION ", and is not by the incarnation that intended it");

    told = until_intent(); /* the registry said that it has it: anyone may wait for the outcome */
    (void)tale_sent(told);
    tale_mark(tale_unknown(told, MILLRACE_UNKNOWN_CAUSE_NO_OUTCOME), TALE_SUCCESSOR, 1, 1, 1);
    tale_states();
    tale_mark(tale_find(MESSAGE_REGISTRY_STATE_LEDGER_STATE, 0), TALE_SUCCESSOR, 2, 1, 1);
    EXPECT_OK();
}

Test(verify_ledger, a_submission_has_one_outcome) {
    struct told *told = tale_of_an_issue();
    (void)tale_refuse(told);
    EXPECT_BREACH("registry.events[3]@2: settles the submission " TALE_SUBMISSION
                  " a second time, first at offset 1");

    told = until_intent();
    (void)tale_unknown(told, MILLRACE_UNKNOWN_CAUSE_TIMEOUT);
    (void)tale_succeed(told);
    EXPECT_BREACH("registry.events[3]@2: says Succeeded of the submission " TALE_SUBMISSION
                  ", which is unknown since offset 1");

    told = until_intent();
    (void)tale_unknown(told, MILLRACE_UNKNOWN_CAUSE_TIMEOUT);
    (void)tale_unknown(told, MILLRACE_UNKNOWN_CAUSE_TIMEOUT);
    EXPECT_BREACH("registry.events[3]@2: says Unknown of the submission " TALE_SUBMISSION
                  ", which is unknown since offset 1");

    told = until_intent();
    (void)tale_succeed(told);
    tale_find(INTENDED, 0)->left_out = true;
    EXPECT_BREACH("registry.events[3]@1: says Succeeded of the submission " TALE_SUBMISSION
                  ", of which no intent stands");

    told = until_intent();
    (void)tale_resolve(told, true, MILLRACE_CLOSING_RULE_NONE);
    EXPECT_BREACH("registry.events[3]@1: resolves the submission " TALE_SUBMISSION
                  ", which is not unknown");

    told = until_intent();
    (void)tale_unknown(told, MILLRACE_UNKNOWN_CAUSE_TIMEOUT);
    (void)tale_resolve(told, true, MILLRACE_CLOSING_RULE_NONE);
    (void)tale_resolve(told, true, MILLRACE_CLOSING_RULE_NONE);
    EXPECT_BREACH("registry.events[3]@3: settles the submission " TALE_SUBMISSION
                  " a second time, first at offset 2");

    told = until_intent();
    (void)tale_not_sent(told);
    (void)tale_succeed(told);
    EXPECT_BREACH("registry.events[3]@2: says Succeeded of the submission " TALE_SUBMISSION
                  ", of which no intent stands");
}

Test(verify_ledger, what_no_transaction_can_be_made_of_is_refused_without_an_intent) {
    tale_begin();
    struct told *told = tale_issue(1500);
    (void)tale_submit(told, 1);
    struct registry_events_submission_refused *refused =
        TALE_BODY(tale_refuse(told), registry_events_submission_refused);
    refused->has_transaction_id = false;
    tale_rejected(told, &told->outcome, 0);
    (void)tale_answer(told, &told->outcome, MILLRACE_VERDICT_REJECTED, 0);
    tale_states();
    EXPECT_OK();

    (void)tale_refuse(told); /* once */
    EXPECT_BREACH("registry.events[3]@1: settles the submission " TALE_SUBMISSION
                  " a second time, first at offset 0");

    told = until_intent(); /* and not when there was an attempt */
    told->attempt = 0;
    (void)tale_refuse(told);
    EXPECT_BREACH("registry.events[3]@1: is about attempt 0 of the submission " TALE_SUBMISSION
                  ", whose last is 1");
}

Test(verify_ledger, an_outcome_is_about_the_last_attempt) {
    struct told *told = until_intent();
    (void)tale_not_sent(told);
    (void)tale_intend(told);
    told->attempt = 1;
    (void)tale_succeed(told);
    EXPECT_BREACH("registry.events[3]@3: is about attempt 1 of the submission " TALE_SUBMISSION
                  ", whose last is 2");

    told = until_intent();
    TALE_BODY(tale_succeed(told), registry_events_submission_succeeded)->transaction_id =
        text_of("u");
    EXPECT_BREACH(
        "registry.events[3]@1: names another transaction than the intent of the "
        "submission " TALE_SUBMISSION);

    told = until_intent();
    TALE_BODY(tale_succeed(told), registry_events_submission_succeeded)->metadata.parent_id =
        tale_uuid(TALE_OTHER);
    EXPECT_BREACH("registry.events[3]@1: its parent " TALE_OTHER
                  " is not the SubmitTransaction of the submission " TALE_SUBMISSION);

    told = until_intent();
    TALE_BODY(tale_succeed(told), registry_events_submission_succeeded)->metadata.correlation_id =
        tale_uuid(TALE_OTHER);
    EXPECT_BREACH(
        "registry.events[3]@1: its correlation or channel is not that of the "
        "command " TALE_COMMAND " that it comes of");

    told = until_intent();
    TALE_BODY(tale_succeed(told), registry_events_submission_succeeded)->metadata.timestamp = 0;
    EXPECT_BREACH("registry.events[3]@1: does not say when it was made, or by what");
}

/* An unknown outcome, and an operator who says what became of it. */
static struct registry_events_submission_resolved *until_resolved(bool executed,
                                                                  enum millrace_closing_rule rule) {
    struct told *told = until_intent();
    (void)tale_unknown(told, MILLRACE_UNKNOWN_CAUSE_FOREIGN_INTENT);
    (void)tale_operation(told, executed, rule);
    struct row *row = tale_resolve(told, executed, rule);
    tale_mark(row, TALE_SUCCESSOR, 50, 1, 1);
    tale_states();
    tale_mark(tale_find(MESSAGE_REGISTRY_STATE_LEDGER_STATE, 0), TALE_SUCCESSOR, 51, 1, 1);
    return row->message.body;
}

#define RESOLVES "registry.events[3]@2: resolves the submission " TALE_SUBMISSION ", and "

Test(verify_ledger, a_verdict_rests_on_what_it_must) {
    (void)until_resolved(false, MILLRACE_CLOSING_RULE_WRITER_DEAD);
    EXPECT_OK();
    tale_find(MESSAGE_REGISTRY_OPERATIONS_RESOLVE_SUBMISSION, 0)->left_out = true;
    EXPECT_BREACH(RESOLVES "no operator asked for that");

    (void)until_resolved(false, MILLRACE_CLOSING_RULE_MAY_EXECUTE_TWICE);
    EXPECT_OK();
    tale_find(MESSAGE_REGISTRY_OPERATIONS_RESOLVE_SUBMISSION, 0)->left_out = true;
    EXPECT_BREACH(RESOLVES "no operator asked for that");

    until_resolved(true, MILLRACE_CLOSING_RULE_NONE)->by = text_of("anna");
    EXPECT_OK();
    tale_find(MESSAGE_REGISTRY_OPERATIONS_RESOLVE_SUBMISSION, 0)->left_out = true;
    EXPECT_BREACH(RESOLVES "no operator asked for that");

    until_resolved(false, MILLRACE_CLOSING_RULE_NONE)->by = text_of("anna");
    EXPECT_BREACH(RESOLVES "'not executed' needs the registry's own answer, or a closing rule");

    (void)until_resolved(false, MILLRACE_CLOSING_RULE_NONE); /* a late complete answer */
    EXPECT_OK();
}

Test(verify_ledger, a_verdict_has_its_quarantine_and_its_closing_rule) {
    until_resolved(false, MILLRACE_CLOSING_RULE_WRITER_DEAD)->has_quarantine_ms = false;
    EXPECT_BREACH(RESOLVES "says 'not executed' without a quarantine");

    until_resolved(false, MILLRACE_CLOSING_RULE_WRITER_DEAD)->quarantine_ms = 0;
    EXPECT_BREACH(RESOLVES "says 'not executed' without a quarantine");

    until_resolved(false, MILLRACE_CLOSING_RULE_WRITER_DEAD)->closing_rule =
        MILLRACE_CLOSING_RULE_NONE;
    EXPECT_BREACH(RESOLVES "says 'not executed' after a quarantine without a closing rule");

    until_resolved(false, MILLRACE_CLOSING_RULE_WRITER_DEAD)->closing_rule =
        MILLRACE_CLOSING_RULE_OTHER;
    EXPECT_BREACH(RESOLVES "has a closing rule that there is not");

    until_resolved(false, MILLRACE_CLOSING_RULE_WRITER_DEAD)->executed = true;
    EXPECT_BREACH(RESOLVES "needs no closing rule and no quarantine to say that it was executed");

    struct registry_events_submission_resolved *event =
        until_resolved(false, MILLRACE_CLOSING_RULE_WRITER_DEAD);
    event->has_looked_at = true;
    event->looked_at = event->metadata.timestamp + 1;
    EXPECT_BREACH(RESOLVES "looked at the registry after it gave the verdict");

    until_resolved(false, MILLRACE_CLOSING_RULE_WRITER_DEAD)->by = text_of("");
    EXPECT_BREACH(RESOLVES "does not say by whom, or what it rests on");

    (void)until_resolved(false, MILLRACE_CLOSING_RULE_WRITER_DEAD);
    tale_mark(tale_find(UNKNOWN, 0), TALE_CONNECTOR, 49, 1, 1);
    TALE_BODY(tale_find(UNKNOWN, 0), registry_events_submission_unknown)->cause =
        MILLRACE_UNKNOWN_CAUSE_TIMEOUT;
    tale_mark(tale_find(RESOLVED, 0), TALE_CONNECTOR, 50, 1, 1);
    EXPECT_BREACH(RESOLVES
                  "says that the writer of the intent is dead, and is written by that very writer");

    until_resolved(false, MILLRACE_CLOSING_RULE_WRITER_DEAD)->metadata.parent_id =
        tale_uuid(TALE_OTHER);
    EXPECT_BREACH("registry.events[3]@2: its parent " TALE_OTHER
                  " is not the SubmissionUnknown of the submission " TALE_SUBMISSION);
}

/* Evidence that a NotSent was executed: an incident, and the end of the submission. */
static struct registry_events_evidence_contradicts *until_incident(void) {
    struct told *told = until_intent();
    (void)tale_not_sent(told);
    const struct registry_evidence_evidence_found *evidence =
        TALE_BODY(tale_evidence(told), registry_evidence_evidence_found);
    (void)tale_contradict(told, &evidence->metadata);
    (void)tale_succeed(told);
    tale_states();
    return tale_find(CONTRADICTS, 0)->message.body;
}

static void until_reading(void) {
    struct told *told = until_intent();
    (void)tale_succeed(told);
    (void)tale_reading(told);
    tale_states();
}

Test(verify_ledger, a_reading_is_one_that_somebody_asked_for) {
    until_reading();
    EXPECT_OK();
    tale_letter_of("registry.operations", "0"); /* read again, when its registry was known */
    EXPECT_OK();
    until_reading();
    tale_find(MESSAGE_REGISTRY_OPERATIONS_READ_STREAM, 0)->left_out = true;
    EXPECT_BREACH(
        "registry.events[3]@2: its parent 61d1cbd4-1cd5-4a20-a8a5-1ee9a9a3f9f6 is no operation "
        "that there is");
}

Test(verify_ledger, evidence_is_about_something_that_was_intended) {
    (void)until_incident();
    EXPECT_OK();
    until_incident()->ledger_executed = true;
    EXPECT_BREACH(
        "registry.events[3]@2: says that the evidence contradicts the ledger, and the "
        "ledger has something else");
    (void)until_incident();
    tale_find(MESSAGE_REGISTRY_EVIDENCE_EVIDENCE_FOUND, 0)->left_out = true;
    const struct registry_events_evidence_contradicts *event =
        tale_find(CONTRADICTS, 0)->message.body;
    char id[37] = "";
    tale_text(&event->metadata.parent_id, id);
    EXPECT_BREACH("registry.events[3]@2: its parent %s is no evidence that there is", id);

    static const enum millrace_evidence_kind own[] = {
        MILLRACE_EVIDENCE_KIND_REPLY, MILLRACE_EVIDENCE_KIND_STATUS, MILLRACE_EVIDENCE_KIND_STREAM};
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++) {
        struct row *row = tale_evidence(until_intent());
        ((struct registry_evidence_evidence_found *)row->message.body)->kind = own[i];
        tale_find(INTENDED, 0)->left_out = true;
        tale_positions.registry_commands = 0;
        EXPECT_BREACH(
            "registry.evidence[3]@0: is the registry's word on the "
            "submission " TALE_SUBMISSION ", which was never intended");
    }
}

static void read_ledger(const char *what, bool before) {
    char path[] = "/tmp/verify-test-XXXXXX";
    struct error error;
    const int file = mkstemp(path);
    cr_assert(file >= 0);
    for (; *what != '\0'; what++) {
        dprintf(file, "{\"what\":\"%s\",\"submissionId\":\"" TALE_SUBMISSION "\"}\n",
                *what == 'r'   ? "request"
                : *what == 'e' ? "execution"
                : *what == 'u' ? "unprocessed"
                               : "refusal");
    }
    close(file);
    cr_assert_eq(witness_read(tale_verify, path, before, &error), RESULT_OK, "%s", error.text);
    unlink(path);
}

/* What the registry has written down before the cut and afterwards. NULL: nothing is wrong. */
static void expect_witness(const char *before, const char *after, const char *breach) {
    tale_verify = verify_open();
    read_ledger(before, true);
    tale_fold();
    read_ledger(after, false);
    const struct verify_report *report = verify_finish(tale_verify);
    cr_expect_str_eq(report->breaches[0], breach == NULL ? "" : breach);
    verify_close(tale_verify);
    tale_verify = NULL;
}

#define LEDGER "ledger of the registry[0]@0: the submission " TALE_SUBMISSION " was "

Test(verify_ledger, the_registrys_own_ledger_agrees) {
    struct error error;
    (void)tale_of_an_issue();
    expect_witness("re", "re", NULL);
    expect_witness("ure", "uure", NULL); /* what was declared unprocessed was no request */
    expect_witness("", "rere", LEDGER "sent 2 times and executed 2 times");
    expect_witness("", "r",
                   "ledger of the registry[0]@0: the submission " TALE_SUBMISSION
                   " Succeeded by registry.events, and was not executed");

    tale_begin();
    expect_witness("r", "r", LEDGER "sent without a committed intent");
    expect_witness("", "r", NULL); /* its intent may lie behind the cut */

    struct told *told = until_intent();
    (void)tale_refuse(told);
    tale_states();
    expect_witness("r", "re", LEDGER "executed, and is Refused by registry.events");

    told = until_intent();
    (void)tale_not_sent(told);
    tale_states();
    tale_positions.registry_commands = 0;
    expect_witness("re", "re", LEDGER "executed, and is NotSent by registry.events");
    expect_witness("", "re", NULL); /* a later attempt may lie behind the cut */

    tale_verify = verify_open();
    cr_expect_eq(witness_read(tale_verify, "/nowhere", true, &error), RESULT_NOT_FOUND);
    cr_expect_eq(witness_read(tale_verify, "topics.yaml", true, &error), RESULT_INVALID);
    cr_expect(strstr(error.text, "topics.yaml:1") != NULL, "%s", error.text);
    verify_close(tale_verify);
    tale_verify = NULL;
}
