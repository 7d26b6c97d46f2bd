#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/status.h"

static json_t *json_of(const char *text) {
    char quoted[4096];
    json_error_t error;
    snprintf(quoted, sizeof quoted, "%s", text);
    for (char *c = quoted; *c != '\0'; c++) {
        *c = *c == '\'' ? '"' : *c;
    }
    json_t *json = json_loads(quoted, 0, &error);
    cr_assert(json != NULL, "%s", error.text);
    return json;
}

static json_t *state_with(const char *unknown) {
    char text[1024];
    snprintf(text, sizeof text,
             "{'certificateId':'c','model':{'version':3,'issued':{'quantity':5,'registry':'r'},"
             "'withdrawn':false,'suspension':null,'slices':[{'sliceId':'s'}]},"
             "'work':{'current':{'command':{'commandId':'k1','type':'T'},'submissionId':'u1',"
             "'unknown':%s},'waiting':[{'commandId':'k2','type':'T'},"
             "{'commandId':'k3','type':'T'}]}}",
             unknown);
    return json_of(text);
}

static void expect(const char *command, const char *answer_text, const char *letter_text,
                   const char *unknown, const char *ledger_text, const char *status_word,
                   int behind, const char *since) {
    json_t *answer = answer_text == NULL ? NULL : json_of(answer_text);
    json_t *letter = letter_text == NULL ? NULL : json_of(letter_text);
    json_t *state = unknown == NULL ? NULL : state_with(unknown);
    json_t *ledger = ledger_text == NULL ? NULL : json_of(ledger_text);
    json_t *status = status_of_command(command, answer, letter, state, ledger);
    char *text = json_dumps(status, 0);
    cr_expect_str_eq(json_string_value(json_object_get(status, "status")), status_word, "%s", text);
    if (behind >= 0) {
        cr_expect_eq(json_integer_value(json_object_get(status, "behind")), behind, "%s", text);
    }
    if (since != NULL) {
        cr_expect_str_eq(json_string_value(json_object_get(status, "since")), since, "%s", text);
    }
    free(text);
    json_decref(status);
    json_decref(answer);
    json_decref(letter);
    json_decref(state);
    json_decref(ledger);
}

#define LEDGER(submission, queued) \
    "{'ledger':{'submission':" submission "},'work':{'queued':" queued "}}"
#define SUBMISSION(state) \
    "{'submissionId':'u1','state':'" state "','intendedAt':'t1','unknownAt':'t2'}"

Test(status, a_command_stands_in_one_place) {
    expect("k2", NULL, NULL, "false", NULL, "Waiting", 1, NULL);
    expect("k3", NULL, NULL, "false", NULL, "Waiting", 2, NULL);
    expect("k1", NULL, NULL, "false", NULL, "Queued", 0, NULL);
    expect("k1", NULL, NULL, "false", LEDGER("null", "{'submissionId':'u1','queuedAt':'t0'}"),
           "Queued", 0, "t0");
    expect("k1", NULL, NULL, "false", LEDGER(SUBMISSION("Intended"), "null"), "AtRegistry", 0,
           "t1");
    expect("k1", NULL, NULL, "false", LEDGER(SUBMISSION("Sent"), "null"), "AtRegistry", 0, "t1");
    expect("k1", NULL, NULL, "false",
           LEDGER(SUBMISSION("NotSent"), "{'submissionId':'u1','queuedAt':'t0'}"), "Queued", 0,
           "t0");
    expect("k1", NULL, NULL, "false", LEDGER(SUBMISSION("Unknown"), "null"), "Unknown", 0, "t2");
    expect("k1", "{'verdict':'Unknown'}", NULL, "true", NULL, "Unknown", 0, NULL);
    expect("k9", NULL, NULL, "false", NULL, "NotRead", -1, NULL);
    expect("k9", NULL, NULL, NULL, NULL, "NotRead", -1, NULL);
}

Test(status, an_answer_is_final_but_for_unknown) {
    expect("k9", "{'verdict':'Applied','version':4}", NULL, "false", NULL, "Applied", -1, NULL);
    expect("k9", "{'verdict':'Rejected','reason':'NotOwner'}", NULL, NULL, NULL, "Rejected", -1,
           NULL);
    expect("k9", "{'verdict':'Unknown'}", NULL, "false", NULL, "Unknown", -1, NULL);
    expect("k9", NULL, "{'headers':{'millrace.reason':'wrong-key'}}", "false", NULL, "DeadLettered",
           -1, NULL);
    expect("k9", "{'verdict':'Applied'}", "{'headers':{'millrace.reason':'command-id-reused'}}",
           NULL, NULL, "Applied", -1, NULL);
}

Test(status, a_certificate_shows_what_is_under_way_in_order) {
    json_t *state = state_with("false");
    json_t *status = status_of_certificate(state, NULL, NULL);
    cr_expect_str_eq(json_string_value(json_object_get(status, "state")), "Issued");
    cr_expect_eq(json_integer_value(json_object_get(status, "quantity")), 5);
    cr_expect(json_is_null(json_object_get(status, "settledBy")));
    const json_t *commands = json_object_get(status, "commands");
    cr_assert_eq(json_array_size(commands), 3);
    cr_expect_str_eq(json_string_value(json_object_get(json_array_get(commands, 2), "commandId")),
                     "k3");
    json_decref(status);
    json_decref(state);
}

static void expect_suspension(const char *cause, const char *settled_by) {
    json_t *state = state_with("true");
    json_t *event = json_of("{'metadata':{'timestamp':'t7'}}");
    json_object_set_new(json_object_get(state, "model"), "suspension",
                        json_pack("{s:s}", "cause", cause));
    json_t *status = status_of_certificate(state, NULL, event);
    cr_expect_str_eq(json_string_value(json_object_get(status, "state")), "Suspended");
    cr_expect_str_eq(json_string_value(json_object_get(status, "suspendedFor")), cause);
    cr_expect_str_eq(json_string_value(json_object_get(status, "suspendedAt")), "t7");
    cr_expect_str_eq(json_string_value(json_object_get(status, "settledBy")), settled_by);
    json_decref(status);
    json_decref(event);
    json_decref(state);
}

Test(status, a_suspension_says_why_since_when_and_what_would_settle_it) {
    expect_suspension("OutcomeUnknown",
                      "a late reply of the registry, by itself; or what you find out there: "
                      "`millrace unknown show u1`, then `millrace unknown resolve`");
    expect_suspension("Misaligned",
                      "the registry's stream, by itself, if it can be read and shows only slices "
                      "and keys that are known here; or a RealignCertificate on "
                      "certificates.operations that says how the slices "
                      "are at the registry");
}
