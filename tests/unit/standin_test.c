/* The stand-in's own understanding of rules, latencies, requests and ledgers. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "standin/chance.h"
#include "standin/ledger.h"
#include "standin/request.h"
#include "standin/rule.h"

static struct standin_request_field fields[REQUEST_FIELDS_MAX];

static bool read_text(char *text, struct standin_request *request) {
    const char *why = NULL;
    request->fields = fields;
    return standin_request_read(text, strlen(text), request, &why);
}

Test(standin_parts, a_request_is_read_as_documented) {
    char text[] =
        "send 0a 3 ff00\n"
        "millrace-plain 1\n"
        "nonce 0a\n"
        "certificate 0c\n"
        "operation issue\n"
        "gridArea DK1\n"
        "attribute Hashed Fuel%20Code F%2501\n"
        "part 0d 7 bob\n"
        "assetId \n";
    struct standin_request request;
    cr_assert(read_text(text, &request));
    cr_expect_str_eq(request.submission_id, "0a");
    cr_expect_str_eq(request.attempt, "3");
    cr_expect_str_eq(request.transaction_id, "ff00");
    cr_expect_str_eq(request.certificate_id, "0c");
    cr_expect_str_eq(request.operation, "issue");
    static const struct standin_request_field expected[] = {
        {"gridArea", "DK1"},    {"attribute.Fuel Code", "F%01"}, {"part.sliceId", "0d"},
        {"part.quantity", "7"}, {"part.owner", "bob"},           {"assetId", ""},
    };
    cr_assert_eq(request.fields_count, sizeof expected / sizeof expected[0]);
    for (uint32_t i = 0; i < request.fields_count; i++) {
        cr_expect_str_eq(request.fields[i].name, expected[i].name);
        cr_expect_str_eq(request.fields[i].value, expected[i].value);
    }
}

Test(standin_parts, what_is_no_request_is_not_read) {
    static const char *const texts[] = {
        "",
        "send",
        "send 0a 3 ff00",
        "give 0a 3 ff00\nmillrace-plain 1\nnonce 0a\ncertificate 0c\noperation issue\n",
        "send 0a 3 ff00\nmillrace-plain 2\nnonce 0a\ncertificate 0c\noperation issue\n",
        "send 0a 3 ff00\nmillrace-plain 1\ncertificate 0c\noperation issue\n",
        "send 0a 3 ff00\nmillrace-plain 1\nnonce 0a\ncertificate 0c\n",
        "send 0a 3 ff00\nmillrace-plain 1\nnonce 0a\ncertificate 0c\noperation issue\nx y",
        "send 0a 3 ff00\nmillrace-plain 1\nnonce 0a\ncertificate 0c\noperation issue\nx\n",
        "send 0a 3 ff00\nmillrace-plain 1\nnonce 0a\ncertificate 0c\noperation issue\nx %4\n",
        "send 0a 3 ff00\nmillrace-plain 1\nnonce 0a\ncertificate 0c\noperation issue\nx %zz\n",
        "send 0a 3 ff00\nmillrace-plain 1\nnonce 0a\ncertificate 0c\noperation issue\npart 1 2\n",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        char text[256];
        (void)snprintf(text, sizeof text, "%s", texts[i]);
        struct standin_request request;
        cr_expect_not(read_text(text, &request), "\"%s\"", texts[i]);
    }
}

static uint32_t count_applied(const char *text, uint32_t requests) {
    struct standin_rule rule;
    struct standin_chance chance = {.state = 1};
    struct standin_request request = {.operation = "transfer", .fields = fields};
    fields[0] = (struct standin_request_field){"quantity", "100"};
    fields[1] = (struct standin_request_field){"newOwner", "bob"};
    request.fields_count = 2;
    cr_assert(standin_rule_parse(RULE_REFUSE, text, &rule), "%s", text);
    uint32_t applied = 0;
    for (uint32_t i = 0; i < requests; i++) {
        applied += standin_rule_applies(&rule, &request, &chance) ? 1 : 0;
    }
    return applied;
}

Test(standin_parts, rules) {
    static const struct {
        const char *text;
        uint32_t of_thousand;
    } rows[] = {
        {"*", 1000},
        {"transfer", 1000},
        {"issue", 0},
        {"transfer:newOwner=bob", 1000},
        {"transfer:newOwner=bo", 0},
        {"transfer:newOwner=bob,quantity>99", 1000},
        {"transfer:newOwner=bob,quantity<99", 0},
        {"transfer:oldOwner=bob", 0},
        {"transfer:quantity>-9223372036854775808", 1000},
        {"transfer:quantity<9223372036854775807", 1000},
        {"*@nth=3", 1},
        {"issue@nth=3", 0},
        {"transfer:quantity=100@every=10", 100},
        {"*@next=3", 3},
        {"transfer:quantity=99@next=3", 0},
        {"*@p=0", 0},
        {"*@p=1", 1000},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        cr_expect_eq(count_applied(rows[i].text, 1000), rows[i].of_thousand, "%s", rows[i].text);
    }
    const uint32_t tenth = count_applied("*@p=0.1", 10000);
    cr_expect(tenth > 900 && tenth < 1100, "%u of 10,000", tenth);
    cr_expect_eq(tenth, count_applied("*@p=0.1", 10000), "the same seed gives the same");
    static const char *const wrong[] = {"",           ":a=b",     "*:",       "*:a",   "*:=b",
                                        "*@",         "*@nth=0",  "*@p=2",    "*@p=x", "*@n=1",
                                        "*@every=-1", "*@nth=1x", "*@next=0", "*:a=b,"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct standin_rule rule;
        cr_expect_not(standin_rule_parse(RULE_REFUSE, wrong[i], &rule), "\"%s\"", wrong[i]);
    }
}

Test(standin_parts, latencies) {
    struct standin_latency latency;
    struct standin_chance chance = {.state = 42};
    cr_assert(standin_latency_parse("fixed:2s", &latency));
    cr_expect_eq(standin_latency_draw(&latency, &chance), 2000);
    cr_assert(standin_latency_parse("uniform:10..20ms", &latency));
    bool seen[32] = {false};
    for (uint32_t i = 0; i < 1000; i++) {
        const int64_t drawn_ms = standin_latency_draw(&latency, &chance);
        cr_assert(drawn_ms >= 10 && drawn_ms <= 20);
        seen[drawn_ms] = true;
    }
    for (uint32_t i = 10; i <= 20; i++) {
        cr_expect(seen[i], "%u ms", i);
    }
    cr_assert(standin_latency_parse("exponential:1m", &latency));
    int64_t sum_ms = 0;
    for (uint32_t i = 0; i < 10000; i++) {
        sum_ms += standin_latency_draw(&latency, &chance);
    }
    cr_expect(sum_ms / 10000 > 58000 && sum_ms / 10000 < 62000, "mean %lld",
              (long long)sum_ms / 10000);
    static const char *const wrong[] = {"",          "2s",           "fixed",      "fixed:",
                                        "fixed:2h",  "fixed:1s..2s", "uniform:2s", "uniform:2s..1s",
                                        "normal:2s", "fixed:-1",     "fixed:2s ",  "uniform:1..2x"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        cr_expect_not(standin_latency_parse(wrong[i], &latency), "\"%s\"", wrong[i]);
    }
}

Test(standin_parts, only_a_ledger_is_continued) {
    static const struct {
        const char *text;
        const char *wrong; /* NULL: it is one */
    } rows[] = {
        {"", NULL},
        {"{\"what\":\"refusal\",\"submissionId\":\"0a\"}\n", NULL},
        {"{\"what\":\"refusal\",\"submissionId\":\"0a\"}\n{\"what\":\"refusal\"}\n",
         "line 2 is not from a ledger of a stand-in; give another file"},
        {"no JSON\n", "line 1 is not from a ledger of a stand-in; give another file"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char path[] = "/tmp/millrace-standin-XXXXXX";
        const int file = mkstemp(path);
        const size_t length = strlen(rows[i].text);
        cr_assert(file >= 0 && write(file, rows[i].text, length) == (ssize_t)length);
        (void)close(file);
        struct standin_ledger *ledger;
        struct error error = {.text = ""};
        const enum result result = standin_ledger_open(path, &ledger, &error);
        if (rows[i].wrong == NULL) {
            cr_assert_eq(result, RESULT_OK, "row %zu: %s", i, error.text);
            standin_ledger_close(ledger);
        } else {
            cr_expect_eq(result, RESULT_INVALID, "row %zu", i);
            cr_expect_not_null(strstr(error.text, rows[i].wrong), "row %zu: %s", i, error.text);
        }
        (void)unlink(path);
    }
}

static uint32_t ask_for(struct standin_ledger *ledger, const char *submission_id) {
    const struct standin_request request = {.submission_id = submission_id,
                                            .attempt = "1",
                                            .certificate_id = "c",
                                            .transaction_id = "t",
                                            .operation = "withdraw"};
    return standin_ledger_write(ledger, LEDGER_REQUEST, &request, "execute", 0);
}

Test(standin_parts, ids_of_any_length_are_told_apart_and_known_again) {
    enum { LENGTH = 70 };
    char one[LENGTH + 1];
    char other[LENGTH + 1];
    (void)snprintf(one, sizeof one, "%0*d", LENGTH, 1);
    (void)snprintf(other, sizeof other, "%0*d", LENGTH, 2);
    char path[] = "/tmp/millrace-standin-XXXXXX";
    (void)close(mkstemp(path));
    struct standin_ledger *ledger;
    struct error error;
    cr_assert_eq(standin_ledger_open(path, &ledger, &error), RESULT_OK);
    cr_expect_eq(ask_for(ledger, one), 1);
    cr_expect_eq(ask_for(ledger, other), 1);
    cr_expect_eq(ask_for(ledger, one), 2);
    standin_ledger_close(ledger);
    cr_assert_eq(standin_ledger_open(path, &ledger, &error), RESULT_OK);
    cr_expect_eq(ask_for(ledger, other), 2, "also by who goes on");
    standin_ledger_close(ledger);
    (void)unlink(path);
}
