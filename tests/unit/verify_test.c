/* `millrace verify` and what its records say by themselves: states, commands, answers. Each test
 * tells a story that agrees with itself and changes one thing in it. */
#include <criterion/criterion.h>

#include "domain/metadata.h"
#include "tests/support/verify_tale.h"

#define ANSWER MESSAGE_CERTIFICATES_ANSWERS_COMMAND_ANSWERED
#define ISSUED MESSAGE_CERTIFICATES_EVENTS_CERTIFICATE_ISSUED
#define SUSPENDED MESSAGE_CERTIFICATES_EVENTS_CERTIFICATE_SUSPENDED
#define STATE MESSAGE_CERTIFICATES_STATE_CERTIFICATE_STATE
#define LEDGER MESSAGE_REGISTRY_STATE_LEDGER_STATE
#define SECOND "05057fee-4c3e-4459-82dd-21250b729602"

static struct certificates_answers_command_answered *first_answer(void) {
    return TALE_BODY(tale_find(ANSWER, 0), certificates_answers_command_answered);
}

Test(verify, a_story_that_agrees_with_itself_is_ok) {
    (void)tale_of_an_issue();
    const struct verify_report *report = tale_report();
    cr_expect_eq(report->breaches_count, 0, "%s", report->breaches[0]);
    cr_expect_eq(report->counts.records, 8);
    cr_expect_eq(report->counts.commands, 1);
    cr_expect_eq(report->counts.applied, 1);
    cr_expect_eq(report->counts.events, 1);
    cr_expect_eq(report->counts.intents, 1);
    cr_expect_eq(report->counts.certificates, 1);
    cr_expect_eq(report->counts.transactions, 7);
    verify_close(tale_verify);
    tale_verify = NULL;

    tale_begin();
    EXPECT_OK(); /* nothing at all */
}

Test(verify, a_state_must_be_the_fold_of_its_events) {
    (void)tale_of_an_issue();
    TALE_BODY(tale_find(STATE, 0), certificates_state_certificate_state)->model.slices[0].owner =
        text_of("thief");
    EXPECT_BREACH("certificates.state[3]@0: the state of the certificate " TALE_CERTIFICATE
                  " is not what its events make: slices[0].owner: \"thief\", \"o\" (state, "
                  "events)");

    (void)tale_of_an_issue();
    TALE_BODY(tale_find(LEDGER, 0), registry_state_ledger_state)->ledger.sequence = 2;
    EXPECT_BREACH("registry.state[3]@0: the state of the ledger of certificate " TALE_CERTIFICATE
                  " is not what its events make: sequence: 2, 1 (state, events)");

    (void)tale_of_an_issue();
    tale_find(STATE, 0)->left_out = true;
    EXPECT_BREACH("certificates.events[3]@0: the certificate " TALE_CERTIFICATE
                  " has events and no state");

    (void)tale_of_an_issue();
    tale_find(STATE, 0)->message.type = LEDGER;
    EXPECT_BREACH("certificates.state[3]@0: cannot be read, or is no message of this topic");
}

/* Found by the simulation: a refused command on a certificate that never was leaves no state. */
Test(verify, what_was_only_ever_refused_needs_no_state) {
    tale_begin();
    struct told *told = tale_issue(1500);
    tale_rejected(told, &told->command, 0);
    (void)tale_answer(told, &told->command, MILLRACE_VERDICT_REJECTED, 0);
    EXPECT_OK();
}

Test(verify, a_state_that_was_overtaken_is_told_with_the_event_that_did_it) {
    (void)tale_of_an_issue(); /* its state is of here */
    struct told *again = tale_transfer(SECOND, "p");
    (void)tale_submit(again, 2);
    (void)tale_intend(again);
    (void)tale_succeed(again);
    tale_transferred(again, &again->outcome, 2, "o", "p");
    (void)tale_answer(again, &again->outcome, MILLRACE_VERDICT_APPLIED, 2);
    EXPECT_BREACH("registry.state[3]@0: the state of the ledger of certificate " TALE_CERTIFICATE
                  " is not what its events make: it is that before the event at offset 2");
    tale_states();
    EXPECT_OK();
    tale_find(STATE, 1)->left_out = true;
    EXPECT_BREACH("certificates.state[3]@0: the state of the certificate " TALE_CERTIFICATE
                  " is not what its events make: it is that before the event at offset 1");
}

Test(verify, a_state_may_be_any_prefix_behind_the_cut_and_none_before_it) {
    (void)tale_of_an_issue();
    tale_find(ISSUED, 0)->late = true;
    tale_find(ANSWER, 0)->late = true;
    EXPECT_OK();

    struct told *told = tale_until_intent();
    (void)tale_succeed(told);
    tale_states(); /* the certificate's state is from before its event */
    struct certificates_state_current_submission current = {
        .command = {.command_id = tale_uuid(TALE_COMMAND)}};
    TALE_BODY(tale_find(STATE, 0), certificates_state_certificate_state)->work.current = &current;
    tale_issued(told, &told->outcome, 1500);
    (void)tale_answer(told, &told->outcome, MILLRACE_VERDICT_APPLIED, 1);
    tale_find(ISSUED, 0)->late = true;
    tale_find(ANSWER, 0)->late = true;
    EXPECT_OK();
    tale_find(ISSUED, 0)->late = false;
    EXPECT_BREACH("certificates.state[3]@0: the state of the certificate " TALE_CERTIFICATE
                  " is not what its events make: version: 0, 1 (state, events)");
}

Test(verify, what_has_no_event_yet_needs_no_state) {
    tale_begin(); /* refused by own rules: nothing of the certificate changed, there is none */
    struct told *told = tale_transfer(NULL, "p");
    tale_rejected(told, &told->command, 0);
    (void)tale_answer(told, &told->command, MILLRACE_VERDICT_REJECTED, 0);
    EXPECT_OK();

    (void)tale_of_an_issue(); /* made behind the cut */
    tale_find(STATE, 0)->left_out = true;
    tale_find(ISSUED, 0)->late = true;
    tale_find(ANSWER, 0)->late = true;
    EXPECT_OK();
}

Test(verify, a_state_that_compaction_took_meanwhile_is_not_missed) {
    (void)tale_of_an_issue();
    tale_find(STATE, 0)->late = true; /* newer than the cut: the one before it may be gone */
    const struct verify_report *report = tale_report();
    cr_expect_eq(report->breaches_count, 0, "%s", report->breaches[0]);
    cr_expect_eq(report->counts.moving, 1);
    verify_close(tale_verify);
    tale_verify = NULL;

    tale_begin(); /* nor what waited in it, or was queued */
    struct told *told = tale_issue(1500);
    (void)tale_submit(told, 1);
    tale_states();
    tale_find(STATE, 0)->late = true;
    tale_find(LEDGER, 0)->late = true;
    EXPECT_OK();

    (void)tale_of_an_issue(); /* but one that is there must be right */
    struct row *wrong = tale_find(STATE, 0);
    struct certificates_state_certificate_state *newer = tale_take(sizeof *newer);
    *newer = *TALE_BODY(wrong, certificates_state_certificate_state);
    tale_row(STATE, newer)->late = true;
    TALE_BODY(wrong, certificates_state_certificate_state)->model.version = 7;
    EXPECT_BREACH("certificates.state[3]@0: the state of the certificate " TALE_CERTIFICATE
                  " is not what its events make: version: 7, 1 (state, events)");
}

Test(verify, a_command_never_ends_in_silence) {
    (void)tale_of_an_issue();
    tale_find(ANSWER, 0)->left_out = true;
    tale_find(ISSUED, 0)->left_out = true;
    tale_find(STATE, 0)->left_out = true;
    tale_positions.registry_events = 0;
    EXPECT_BREACH("certificates.commands[3]@0: command " TALE_COMMAND
                  " ended in silence: it was read, and is neither answered nor waiting nor at the "
                  "registry nor a dead letter");

    tale_begin();
    (void)tale_issue(1500);
    EXPECT_BREACH("certificates.commands[3]@0: command " TALE_COMMAND
                  " ended in silence: it was read, and is neither answered nor waiting nor at the "
                  "registry nor a dead letter");
    tale_positions.certificates_commands = 0; /* not read yet */
    EXPECT_OK();
    tale_positions.certificates_commands = 100;
    tale_find(MESSAGE_CERTIFICATES_COMMANDS_ISSUE_CERTIFICATE, 0)->late = true;
    EXPECT_OK();
    tale_find(MESSAGE_CERTIFICATES_COMMANDS_ISSUE_CERTIFICATE, 0)->late = false;
    tale_states(); /* waiting */
    struct certificates_state_waiting_command waiting = {.command_id = tale_uuid(TALE_COMMAND)};
    struct certificates_state_certificate_work *work =
        &TALE_BODY(tale_find(STATE, 0), certificates_state_certificate_state)->work;
    work->waiting = &waiting;
    work->waiting_count = 1;
    const struct verify_report *report = tale_report();
    cr_expect_eq(report->breaches_count, 0, "%s", report->breaches[0]);
    cr_expect_eq(report->counts.waiting, 1);
    verify_close(tale_verify);
    tale_verify = NULL;
}

/* Of which no transaction could be made. */
static struct registry_events_submission_refused *refused_unsent(struct told *told) {
    told->attempt = 1; /* whose ordinal it has */
    struct registry_events_submission_refused *event =
        TALE_BODY(tale_refuse(told), registry_events_submission_refused);
    event->attempt = 0;
    event->has_transaction_id = false;
    return event;
}

Test(verify, what_could_never_be_sent_is_refused_without_an_intent) {
    tale_begin();
    struct told *told = tale_issue(1500);
    (void)tale_submit(told, 1);
    struct registry_events_submission_refused *event = refused_unsent(told);
    struct certificates_events_command_rejected *rejected = tale_rejected(told, &told->outcome, 0);
    rejected->reason = MILLRACE_REASON_REGISTRY_REFUSED;
    struct row *answer = tale_answer(told, &told->outcome, MILLRACE_VERDICT_REJECTED, 0);
    TALE_BODY(answer, certificates_answers_command_answered)->reason = rejected->reason;
    tale_states();
    EXPECT_OK();
    event->attempt = 1;
    EXPECT_BREACH("registry.events[3]@0: says Refused of the submission " TALE_SUBMISSION
                  ", of which no intent stands");

    told = tale_until_intent();
    (void)tale_not_sent(told);
    (void)refused_unsent(told);
    EXPECT_BREACH("registry.events[3]@2: says that the submission " TALE_SUBMISSION
                  " could never be sent, after 1 attempts");
}

Test(verify, what_cannot_be_read_is_a_dead_letter_or_a_breach) {
    tale_begin();
    (void)tale_row(MESSAGE_CERTIFICATES_COMMANDS_ISSUE_CERTIFICATE, NULL);
    EXPECT_BREACH(
        "certificates.commands[3]@0: this command cannot be read, was passed over and is "
        "no dead letter");
    tale_letter("0");
    EXPECT_OK();
    tale_letter("0"); /* it was read again */
    EXPECT_OK();
    tale_letter("x");
    tale_begin();
    tale_letter("x");
    EXPECT_BREACH("dead-letters[3]@0: this dead letter does not say where it comes from");

    static const enum message_type own[] = {ISSUED,
                                            ANSWER,
                                            STATE,
                                            LEDGER,
                                            MESSAGE_REGISTRY_COMMANDS_SUBMIT_TRANSACTION,
                                            MESSAGE_REGISTRY_EVENTS_SUBMISSION_SENT,
                                            MESSAGE_REGISTRY_EVIDENCE_EVIDENCE_FOUND};
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++) {
        tale_begin();
        (void)tale_row(own[i], NULL);
        EXPECT_BREACH("%s[3]@0: cannot be read, or is no message of this topic",
                      message_types[own[i]].topic);
    }
}

Test(verify, a_record_lies_where_its_key_belongs) {
    (void)tale_of_an_issue();
    strcpy(tale_find(ANSWER, 0)->key, "x");
    EXPECT_BREACH("certificates.answers[3]@0: the key is no certificate's id");

    (void)tale_of_an_issue();
    strcpy(tale_find(ANSWER, 0)->key, TALE_OTHER);
    EXPECT_BREACH("certificates.answers[3]@0: the key is " TALE_OTHER
                  ", and the message is about another one");

    (void)tale_of_an_issue();
    tale_positions.partitions = 1000;
    EXPECT_BREACH("registry.state[3]@0: the key " TALE_CERTIFICATE " belongs to partition 620");
}

Test(verify, the_same_command_again_changes_nothing_and_another_one_is_a_dead_letter) {
    (void)tale_of_an_issue();
    (void)tale_issue(1500);
    (void)tale_row(ANSWER, first_answer()); /* the recorded answer is written again */
    EXPECT_OK();

    (void)tale_of_an_issue();
    (void)tale_issue(1501);
    EXPECT_BREACH(
        "certificates.commands[3]@1: is another command than that of the same id " TALE_COMMAND
        " at offset 0, was read and is no dead letter");
    tale_positions.certificates_commands = 1;
    EXPECT_OK();
    tale_positions.certificates_commands = 100;
    tale_letter("1");
    EXPECT_OK();
}

Test(verify, an_answer_is_what_became_of_the_submission) {
    struct told *told = tale_of_an_issue();
    tale_find(ANSWER, 0)->left_out = true;
    (void)tale_answer(told, &told->outcome, MILLRACE_VERDICT_REJECTED, 1);
    TALE_BODY(tale_find(ANSWER, 0), certificates_answers_command_answered)->event_ids_count = 0;
    EXPECT_BREACH(
        "certificates.answers[3]@1: this answer names 0 events, and not the 1 that are "
        "written for command " TALE_COMMAND);

    (void)tale_of_an_issue();
    tale_find(MESSAGE_REGISTRY_COMMANDS_SUBMIT_TRANSACTION, 0)->left_out = true;
    tale_find(MESSAGE_REGISTRY_EVENTS_SUBMISSION_INTENDED, 0)->left_out = true;
    tale_find(MESSAGE_REGISTRY_EVENTS_SUBMISSION_SUCCEEDED, 0)->left_out = true;
    tale_find(LEDGER, 0)->left_out = true;
    EXPECT_BREACH(
        "certificates.events[3]@0: its parent a2cc9d33-8072-5248-9c6d-7441bae14c2c is "
        "neither the command " TALE_COMMAND " nor what became of its submission");

    told = tale_until_intent(); /* answered before anything is known */
    tale_rejected(told, &told->command, 0);
    (void)tale_answer(told, &told->command, MILLRACE_VERDICT_REJECTED, 0);
    tale_states();
    EXPECT_BREACH("certificates.events[3]@0: decides on the command " TALE_COMMAND
                  " without the registry, to which it was submitted");

    told = tale_until_intent();
    (void)tale_answer(told, &told->command, MILLRACE_VERDICT_REJECTED, 0);
    tale_states();
    EXPECT_BREACH("certificates.answers[3]@0: command " TALE_COMMAND
                  " is answered Rejected, and its event is that it was applied");
    EXPECT_BREACH("certificates.answers[3]@0: command " TALE_COMMAND
                  " was answered Rejected, and by registry.events its submission was not settled");
    tale_find(ANSWER, 0)->late = true; /* what led to it may lie behind the cut */
    EXPECT_OK();

    tale_begin(); /* applied, and no registry was asked */
    told = tale_issue(1500);
    tale_issued(told, &told->command, 1500);
    (void)tale_answer(told, &told->command, MILLRACE_VERDICT_APPLIED, 1);
    tale_states();
    EXPECT_BREACH("certificates.answers[3]@0: command " TALE_COMMAND
                  " was applied and never submitted to a registry");

    tale_begin();
    told = tale_transfer(NULL, "p");
    tale_transferred(told, &told->command, 1, "o", "p");
    (void)tale_answer(told, &told->command, MILLRACE_VERDICT_APPLIED, 1);
    EXPECT_BREACH(
        "certificates.events[3]@0: certificates.events.SliceTransferred cannot come next "
        "for the certificate " TALE_CERTIFICATE
        ", whose event before it is at offset "
        "-1");
}

Test(verify, an_answer_names_the_events_that_there_are) {
    (void)tale_of_an_issue();
    first_answer()->event_ids[0] = tale_uuid(TALE_OTHER);
    EXPECT_BREACH("certificates.answers[3]@0: this answer names the event " TALE_OTHER
                  ", which there is not");

    (void)tale_of_an_issue();
    first_answer()->event_ids_count = 0;
    EXPECT_BREACH("certificates.answers[3]@0: this answer says Applied and names no event");

    (void)tale_of_an_issue();
    first_answer()->event_ids_count = 2;
    first_answer()->event_ids[1] = first_answer()->event_ids[0];
    EXPECT_BREACH(
        "certificates.answers[3]@0: this answer names 2 events, and not the 1 that are "
        "written for command " TALE_COMMAND);

    (void)tale_of_an_issue();
    first_answer()->version = 7;
    EXPECT_BREACH(
        "certificates.answers[3]@0: this answer has version 7, and the last event that it "
        "names has 1");

    (void)tale_of_an_issue();
    tale_find(ANSWER, 0)->left_out = true;
    EXPECT_BREACH("registry.events[3]@1: what became of command " TALE_COMMAND
                  " was read by the certificates, and is not answered");
    tale_positions.registry_events = 1;
    EXPECT_BREACH("certificates.commands[3]@0: command " TALE_COMMAND " has events and no answer");
}

Test(verify, an_answer_says_what_its_command_was) {
    (void)tale_of_an_issue();
    tale_find(MESSAGE_CERTIFICATES_COMMANDS_ISSUE_CERTIFICATE, 0)->left_out = true;
    tale_find(MESSAGE_REGISTRY_COMMANDS_SUBMIT_TRANSACTION, 0)->left_out = true;
    tale_find(MESSAGE_REGISTRY_EVENTS_SUBMISSION_INTENDED, 0)->left_out = true;
    tale_find(MESSAGE_REGISTRY_EVENTS_SUBMISSION_SUCCEEDED, 0)->left_out = true;
    tale_find(LEDGER, 0)->left_out = true;
    tale_find(ISSUED, 0)->left_out = true;
    tale_find(STATE, 0)->left_out = true;
    EXPECT_BREACH("certificates.answers[3]@0: answers the command " TALE_COMMAND
                  ", which there is not");

    static uint8_t other[32];
    (void)tale_of_an_issue();
    first_answer()->payload_hash.data = other;
    EXPECT_BREACH(
        "certificates.answers[3]@0: its payloadHash is not that of the command " TALE_COMMAND
        " at offset 0");

    (void)tale_of_an_issue();
    first_answer()->has_reason = true;
    EXPECT_BREACH(
        "certificates.answers[3]@0: the verdict and the reason of this answer do not go "
        "together");
}

Test(verify, what_was_answered_stays_answered) {
    struct told *told = tale_of_an_issue();
    (void)tale_answer(told, &told->outcome, MILLRACE_VERDICT_REJECTED, 1);
    EXPECT_BREACH(
        "certificates.answers[3]@1: contradicts the final answer at offset 0 for "
        "command " TALE_COMMAND);

    (void)tale_of_an_issue();
    struct certificates_answers_command_answered *other = tale_take(sizeof *other);
    *other = *first_answer();
    other->metadata.timestamp++;
    (void)tale_row(ANSWER, other);
    EXPECT_BREACH("certificates.answers[3]@1: answers the command " TALE_COMMAND
                  " again, and not word for word as at offset 0");

    told = tale_of_an_issue();
    (void)tale_answer(told, &told->outcome, MILLRACE_VERDICT_UNKNOWN, 1);
    EXPECT_BREACH(
        "certificates.answers[3]@1: contradicts the final answer at offset 0 for "
        "command " TALE_COMMAND);
}

/* An unknown outcome, and the certificate suspended by it. */
static struct told *tale_of_an_unknown(void) {
    struct told *told = tale_until_intent();
    (void)tale_unknown(told, MILLRACE_UNKNOWN_CAUSE_TIMEOUT);
    tale_event(told, &told->unknown, SUSPENDED,
               sizeof(struct certificates_events_certificate_suspended), 1);
    (void)tale_answer(told, &told->unknown, MILLRACE_VERDICT_UNKNOWN, 1);
    tale_states();
    struct certificates_state_current_submission *current = tale_take(sizeof *current);
    current->command.command_id = told->command.id;
    TALE_BODY(tale_find(STATE, 0), certificates_state_certificate_state)->work.current = current;
    return told;
}

Test(verify, an_unknown_outcome_is_answered_so_and_suspends) {
    (void)tale_of_an_unknown();
    const struct verify_report *report = tale_report();
    cr_expect_eq(report->breaches_count, 0, "%s", report->breaches[0]);
    cr_expect_eq(report->counts.unknown, 1);
    verify_close(tale_verify);
    tale_verify = NULL;

    tale_find(ANSWER, 0)->left_out = true;
    EXPECT_BREACH("registry.events[3]@1: what became of command " TALE_COMMAND
                  " was read by the certificates, and is not answered");

    (void)tale_of_an_unknown();
    first_answer()->event_ids[0] = tale_uuid(TALE_OTHER);
    EXPECT_BREACH("certificates.answers[3]@0: this answer names the event " TALE_OTHER
                  ", which there is not");

    struct told *told = tale_until_intent();
    (void)tale_unknown(told, MILLRACE_UNKNOWN_CAUSE_TIMEOUT);
    (void)tale_answer(told, &told->unknown, MILLRACE_VERDICT_UNKNOWN, 0);
    tale_states();
    EXPECT_BREACH("certificates.answers[3]@0: command " TALE_COMMAND
                  " is answered Unknown, and its certificate is not suspended");

    told = tale_until_intent();
    told->unknown = told->submit;
    (void)tale_answer(told, &told->unknown, MILLRACE_VERDICT_UNKNOWN, 0);
    tale_states();
    EXPECT_BREACH("certificates.answers[3]@0: command " TALE_COMMAND
                  " is answered Unknown, and its submission never was");

    told = tale_of_an_unknown(); /* settled, read, and still only Unknown */
    (void)tale_resolve(told, true, MILLRACE_CLOSING_RULE_NONE);
    tale_states();
    EXPECT_BREACH("registry.events[3]@2: what became of command " TALE_COMMAND
                  " was read by the certificates, and is not answered");
    tale_positions.registry_events = 2;
    struct certificates_state_current_submission *current = tale_take(sizeof *current);
    current->command.command_id = told->command.id;
    TALE_BODY(tale_find(STATE, 1), certificates_state_certificate_state)->work.current = current;
    EXPECT_OK();
}

Test(verify, an_unknown_outcome_has_a_final_answer_in_the_end) {
    struct told *told = tale_of_an_unknown();
    (void)tale_resolve(told, true, MILLRACE_CLOSING_RULE_NONE);
    struct certificates_events_certificate_issued *issued = tale_issued(told, &told->outcome, 1500);
    issued->version = 2;
    tale_event(told, &told->outcome, MESSAGE_CERTIFICATES_EVENTS_CERTIFICATE_RESUMED,
               sizeof(struct certificates_events_certificate_resumed), 3);
    (void)tale_answer(told, &told->outcome, MILLRACE_VERDICT_APPLIED, 3);
    tale_states();
    EXPECT_OK();
    TALE_BODY(tale_find(ANSWER, 1), certificates_answers_command_answered)->metadata.parent_id =
        told->submit.id;
    TALE_BODY(tale_find(ANSWER, 1), certificates_answers_command_answered)->metadata.id =
        metadata_child(&told->submit, &told->certificate_id,
                       text_of(message_types[ANSWER].full_name), 0, 1, &told->command.source)
            .id;
    EXPECT_BREACH(
        "certificates.answers[3]@1: its parent b4ca14ee-2bb8-5fc2-b3c7-f7938b4df0c3 is "
        "neither the command " TALE_COMMAND " nor what became of its submission");
}
