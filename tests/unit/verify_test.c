/* One certificate is issued; each test takes one thing away from the records, or changes it. */
#include <criterion/criterion.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/verify/verify.h"
#include "cli/verify/witness.h"
#include "domain/arena.h"
#include "domain/certificate.h"
#include "domain/ids.h"
#include "domain/submission.h"
#include "domain/uuid.h"
#include "generated/c/certificates_state.h"
#include "generated/c/registry_state.h"
#include "wire/json.h"

enum { ROWS_MAX = 32, JSON_MAX = 4096 };

#define CERTIFICATE "34fa59ed-476f-5ced-b30b-a7181683827c"
#define COMMAND "f5057fee-4c3e-4459-82dd-21250b729601"
#define EVENT "3232f69d-eba6-5b49-992e-16cff823b871"
#define INCARNATION "e50ee168-b7b3-4f7b-a23d-d8df0cd58cc6"
#define METADATA(id, parent)                                         \
    "'metadata':{'id':'" id                                          \
    "','timestamp':'2026-01-01T00:00:00.000Z','source':{'name':'t'," \
    "'version':'1'},'parentId':" parent ",'correlationId':null,'channel':null}"

struct row {
    const char *topic;
    struct message message;
    bool has_message;
    bool late;
    bool left_out;
    int64_t offset;
    char mark[96];
    struct log_header header;
    struct log_header letter[3];
};

static alignas(max_align_t) uint8_t memory[8 * 1024 * 1024];
static struct arena arena;
static struct row rows[ROWS_MAX];
static uint32_t rows_count;
static struct verify *verify;
static struct verify_positions positions;
static char submission[37];

static struct uuid uuid_of(const char *text) {
    struct uuid id = {{0}};
    cr_assert(uuid_from_text(text_of(text), &id));
    return id;
}

__attribute__((format(printf, 2, 0))) static void *struct_of(enum message_type type,
                                                             const char *format,
                                                             va_list arguments) {
    char text[JSON_MAX];
    struct error error;
    json_error_t json_error;
    vsnprintf(text, sizeof text, format, arguments);
    for (char *c = text; *c != '\0'; c++) {
        *c = *c == '\'' ? '"' : *c;
    }
    json_t *json = json_loads(text, 0, &json_error);
    cr_assert(json != NULL, "%s in %s", json_error.text, text);
    void *body = NULL;
    cr_assert_eq(json_to_struct(message_types[type].record, json, &arena, &body, &error), RESULT_OK,
                 "%s", error.text);
    json_decref(json);
    return body;
}

static struct row *add_row(enum message_type type, const void *body) {
    cr_assert(rows_count < ROWS_MAX);
    struct row *row = &rows[rows_count++];
    *row = (struct row){.topic = message_types[type].topic,
                        .message = {.type = type, .body = (void *)body},
                        .has_message = body != NULL};
    for (const struct row *other = rows; other < row; other++) {
        row->offset += strcmp(other->topic, row->topic) == 0;
    }
    return row;
}

__attribute__((format(printf, 2, 3))) static struct row *add(enum message_type type,
                                                             const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    const void *body = struct_of(type, format, arguments);
    va_end(arguments);
    return add_row(type, body);
}

static struct row *find(enum message_type type) {
    for (uint32_t i = 0; i < rows_count; i++) {
        if (rows[i].message.type == type && !rows[i].left_out) {
            return &rows[i];
        }
    }
    cr_assert(false, "no such row");
    return NULL;
}

static void mark(struct row *row, int number, int n, int m) {
    snprintf(row->mark, sizeof row->mark, INCARNATION "/%d/%d/%d", number, n, m);
}

/* States as the processors would write them: the fold of the events so far. */
static void add_states(void) {
    struct certificates_state_certificate_state *certificate =
        arena_take(&arena, sizeof *certificate);
    struct registry_state_ledger_state *ledger = arena_take(&arena, sizeof *ledger);
    const struct uuid id = uuid_of(CERTIFICATE);
    *certificate =
        (struct certificates_state_certificate_state){.format_version = 1, .certificate_id = id};
    certificate_init(&certificate->model);
    submission_init(ledger, &id);
    for (uint32_t i = 0; i < rows_count; i++) {
        if (strcmp(rows[i].topic, "certificates.events") == 0) {
            certificate_evolve(&certificate->model, &rows[i].message, &arena);
        }
        if (strcmp(rows[i].topic, "registry.events") == 0) {
            submission_evolve(&ledger->ledger, &rows[i].message, &arena);
        }
    }
    add_row(MESSAGE_CERTIFICATES_STATE_CERTIFICATE_STATE, certificate);
    add_row(MESSAGE_REGISTRY_STATE_LEDGER_STATE, ledger);
}

static void add_issue(void) {
    add(MESSAGE_CERTIFICATES_COMMANDS_ISSUE_CERTIFICATE,
        "{" METADATA(COMMAND, "null") ",'certificateId':'" CERTIFICATE
                                      "','requestedBy':'i',"
                                      "'certificateType':'Production','gridArea':'DK1','"
                                      "periodStart':'2026-01-01T00:00:00.000Z',"
                                      "'periodEnd':'2026-01-01T01:00:00.000Z','quantity':1500,'"
                                      "owner':'o','registry':'r',"
                                      "'assetId':null,'attributes':[]}");
}

static void add_submit(int sequence) {
    add(MESSAGE_REGISTRY_COMMANDS_SUBMIT_TRANSACTION,
        "{" METADATA("7d3e8a00-5a65-5103-bc6e-de46970795e6",
                     "'" COMMAND "'") ",'submissionId':'%s','certificateId':'" CERTIFICATE
                                      "','sequence':%d,'registry':'r',"
                                      "'operation':{'issue':null,'slice':null,'transfer':null,'"
                                      "allocate':null,'claim':null,"
                                      "'unclaim':null,'withdraw':{'gridArea':'DK1','reason':'x'}}}",
        submission, sequence);
}

static void add_intent(int attempt) {
    add(MESSAGE_REGISTRY_EVENTS_SUBMISSION_INTENDED,
        "{" METADATA("6e13e84c-977f-5bc0-a801-ad232d5c3035",
                     "'7d3e8a00-5a65-5103-bc6e-de46970795e6'")
        ",'submissionId':'%s','certificateId':'" CERTIFICATE "','sequence':1,'attempt':%d,"
        "'registry':'r','incarnation':'" INCARNATION "','writer':{'host':'h','bootId':"
        "'f137bdc5-f41f-4b28-a1ec-a2291aa5148c','pid':1,'startTime':1},'transactionId':'t',"
        "'transaction':'00'}", submission, attempt);
}

static void add_success(void) {
    add(MESSAGE_REGISTRY_EVENTS_SUBMISSION_SUCCEEDED,
        "{" METADATA("39b8999b-bc2b-5c87-be98-6b78a83496fe",
                     "'6e13e84c-977f-5bc0-a801-ad232d5c3035'")
        ",'submissionId':'%s','certificateId':'" CERTIFICATE "','sequence':1,'attempt':1,"
        "'transactionId':'t','evidence':'e','sliceHashes':[]}", submission);
}

static void add_issued(int quantity) {
    add(MESSAGE_CERTIFICATES_EVENTS_CERTIFICATE_ISSUED,
        "{" METADATA(
            EVENT,
            "'39b8999b-bc2b-5c87-be98-6b78a83496fe'") ",'certificateId':'" CERTIFICATE
                                                      "','commandId':'" COMMAND
                                                      "','version':1,'transactionId':'t',"
                                                      "'certificateType':'Production','gridArea':'"
                                                      "DK1','periodStart':'2026-01-01T00:00:00."
                                                      "000Z',"
                                                      "'periodEnd':'2026-01-01T01:00:00.000Z','"
                                                      "quantity':%d,'registry':'r','assetId':null,"
                                                      "'attributes':[],'slice':{'sliceId':'"
                                                      "0b79c106-3ab7-55a5-9d11-871a8246b689','"
                                                      "quantity':%d,"
                                                      "'owner':'o','registryHash':null,'"
                                                      "reservationId':null}}",
        quantity, quantity);
}

static void add_answer(const char *verdict, const char *events) {
    add(MESSAGE_CERTIFICATES_ANSWERS_COMMAND_ANSWERED,
        "{" METADATA("a3f65e55-9233-5057-a100-b69b144321f4",
                     "'" COMMAND
                     "'") ",'commandId':'" COMMAND "','certificateId':'" CERTIFICATE
                          "','verdict':'%s',"
                          "'reason':null,'detail':null,'eventIds':[%s],'version':1,'payloadHash':"
                          "'b3648cc35a1e2a5a8dcc2e2409000d67c9af90724f1c717af5eab9f780410329'}",
        verdict, events);
}

static void begin(void) {
    arena_init(&arena, memory, sizeof memory);
    rows_count = 0;
    positions = (struct verify_positions){.certificates_commands = 10, .registry_commands = 10};
    const struct uuid certificate = uuid_of(CERTIFICATE);
    const struct uuid command = uuid_of(COMMAND);
    const struct uuid id = id_of_submission(&certificate, &command);
    uuid_to_text(&id, submission);
    submission[36] = '\0';
}

/* Everything as it should be. */
static void begin_story(void) {
    begin();
    add_issue();
    add_submit(1);
    add_intent(1);
    add_success();
    add_issued(1500);
    add_answer("Applied", "'" EVENT "'");
    add_states();
}

static void give(struct row *row) {
    row->header = (struct log_header){
        .name = text_of("millrace.txn"),
        .value = {.data = (const uint8_t *)row->mark, .length = (uint32_t)strlen(row->mark)}};
    struct log_record record = {
        .topic = row->topic,
        .partition = 3,
        .offset = row->offset,
        .key = {.data = (const uint8_t *)CERTIFICATE, .length = 36},
        .headers = &row->header,
        .headers_count = *row->mark != '\0' ? 1 : 0,
    };
    if (strcmp(row->topic, "dead-letters") == 0) {
        record.headers = row->letter;
        record.headers_count = 3;
    }
    const struct verify_record given = {
        .record = &record,
        .message = row->has_message ? &row->message : NULL,
        .late = row->late,
    };
    if (strcmp(row->topic, "dead-letters") == 0) {
        verify_dead_letter(verify, &given);
    } else {
        verify_record(verify, &given);
    }
}

/* What the registry has written down before the cut and afterwards; NULL: there is no ledger. */
static const char *ledger_before;
static const char *ledger_after;

static void read_ledger(const char *what, bool before) {
    char path[] = "/tmp/verify-test-XXXXXX";
    struct error error;
    const int file = mkstemp(path);
    cr_assert(file >= 0);
    for (; *what != '\0'; what++) {
        dprintf(file, "{\"what\":\"%s\",\"submissionId\":\"%s\"}\n",
                *what == 'r'   ? "request"
                : *what == 'e' ? "execution"
                               : "refusal",
                submission);
    }
    close(file);
    cr_assert_eq(witness_read(verify, path, before, &error), RESULT_OK, "%s", error.text);
    unlink(path);
}

static const struct verify_report *report_of_story(void) {
    verify = verify_open();
    for (uint32_t topic = 0; topic < VERIFY_TOPICS_COUNT; topic++) {
        for (uint32_t i = 0; i < rows_count; i++) {
            if (!rows[i].left_out && strcmp(rows[i].topic, verify_topics[topic]) == 0) {
                give(&rows[i]);
            }
        }
        if (topic == 0) {
            verify_begin(verify, 3, &positions);
        }
    }
    verify_end(verify);
    if (ledger_before != NULL) {
        read_ledger(ledger_before, true);
        read_ledger(ledger_after, false);
    }
    return verify_finish(verify);
}

static void expect_ok(void) {
    const struct verify_report *report = report_of_story();
    cr_expect_eq(report->breaches_count, 0, "%s", report->breaches[0]);
    verify_close(verify);
}

static void expect_breach(const char *part) {
    const struct verify_report *report = report_of_story();
    bool said = false;
    for (uint64_t i = 0; i < report->breaches_count; i++) {
        said = said || strstr(report->breaches[i], part) != NULL;
    }
    cr_expect(said, "%s: %llu breaches, first: %s", part,
              (unsigned long long)report->breaches_count, report->breaches[0]);
    verify_close(verify);
}

Test(verify, a_story_that_agrees_with_itself_is_ok) {
    begin_story();
    const struct verify_report *report = report_of_story();
    cr_expect_eq(report->breaches_count, 0, "%s", report->breaches[0]);
    cr_expect_eq(report->counts.commands, 1);
    cr_expect_eq(report->counts.applied, 1);
    cr_expect_eq(report->counts.events, 1);
    cr_expect_eq(report->counts.intents, 1);
    cr_expect_eq(report->counts.certificates, 1);
    verify_close(verify);
}

Test(verify, nothing_at_all_is_ok) {
    begin();
    expect_ok();
}

Test(verify, a_state_must_be_the_fold_of_its_events) {
    begin_story();
    struct certificates_state_certificate_state *state =
        find(MESSAGE_CERTIFICATES_STATE_CERTIFICATE_STATE)->message.body;
    state->model.slices[0].owner = text_of("thief");
    expect_breach("certificates.state[3]@0: the state of the certificate " CERTIFICATE
                  " is not what its events make: slices[0].owner: \"thief\", \"o\"");

    begin_story();
    struct registry_state_ledger_state *ledger =
        find(MESSAGE_REGISTRY_STATE_LEDGER_STATE)->message.body;
    ledger->ledger.sequence = 2;
    expect_breach("sequence: 2, 1");

    begin_story();
    find(MESSAGE_CERTIFICATES_STATE_CERTIFICATE_STATE)->left_out = true;
    expect_breach("certificates.events[3]@0: the certificate " CERTIFICATE
                  " has events and no state");

    begin_story();
    find(MESSAGE_CERTIFICATES_EVENTS_CERTIFICATE_ISSUED)->left_out = true;
    expect_breach("is not what its events make: version: 1, 0");
}

Test(verify, a_state_may_be_any_prefix_behind_the_cut_and_none_before_it) {
    begin_story();
    find(MESSAGE_CERTIFICATES_EVENTS_CERTIFICATE_ISSUED)->late = true;
    find(MESSAGE_CERTIFICATES_ANSWERS_COMMAND_ANSWERED)->late = true;
    expect_ok();

    begin();
    add_issue();
    add_submit(1);
    add_intent(1);
    add_success();
    add_states(); /* the certificate's state is from before its event */
    struct certificates_state_certificate_state *state =
        find(MESSAGE_CERTIFICATES_STATE_CERTIFICATE_STATE)->message.body;
    struct certificates_state_current_submission current = {
        .command = {.command_id = uuid_of(COMMAND)}};
    state->work.current = &current;
    add_issued(1500);
    add_answer("Applied", "'" EVENT "'");
    find(MESSAGE_CERTIFICATES_EVENTS_CERTIFICATE_ISSUED)->late = true;
    find(MESSAGE_CERTIFICATES_ANSWERS_COMMAND_ANSWERED)->late = true;
    expect_ok();
    find(MESSAGE_CERTIFICATES_EVENTS_CERTIFICATE_ISSUED)->late = false;
    expect_breach("is not what its events make: version: 0, 1");
}

Test(verify, events_follow_each_other_without_a_gap) {
    begin_story();
    add_issued(1500);
    expect_breach(
        "certificates.events[3]@1: certificates.events.CertificateIssued cannot come "
        "next");
    begin_story();
    add_issued(1500);
    expect_breach("the event " EVENT " is written a second time");
}

Test(verify, a_command_never_ends_in_silence) {
    begin_story();
    find(MESSAGE_CERTIFICATES_ANSWERS_COMMAND_ANSWERED)->left_out = true;
    expect_breach("certificates.commands[3]@0: command " COMMAND " ended in silence");

    begin_story();
    find(MESSAGE_CERTIFICATES_ANSWERS_COMMAND_ANSWERED)->left_out = true;
    struct certificates_state_certificate_state *state =
        find(MESSAGE_CERTIFICATES_STATE_CERTIFICATE_STATE)->message.body;
    struct certificates_state_waiting_command waiting = {.command_id = uuid_of(COMMAND)};
    state->work.waiting = &waiting;
    state->work.waiting_count = 1;
    expect_ok();

    begin();
    add_issue();
    expect_breach("ended in silence");
    positions.certificates_commands = 0; /* not read yet */
    expect_ok();
    positions.certificates_commands = 10;
    rows[0].late = true;
    expect_ok();
}

Test(verify, what_cannot_be_read_is_a_dead_letter_or_a_breach) {
    begin();
    add_row(MESSAGE_CERTIFICATES_COMMANDS_ISSUE_CERTIFICATE, NULL);
    expect_breach("was passed over and is no dead letter");
    struct row *letter = &rows[rows_count++];
    *letter = (struct row){.topic = "dead-letters"};
    static const char *const headers[3][2] = {{"__streams.errors.topic", "certificates.commands"},
                                              {"__streams.errors.partition", "3"},
                                              {"__streams.errors.offset", "0"}};
    for (int i = 0; i < 3; i++) {
        letter->letter[i] = (struct log_header){
            .name = text_of(headers[i][0]),
            .value = {(const uint8_t *)headers[i][1], (uint32_t)strlen(headers[i][1])}};
    }
    expect_ok();
    letter->letter[2].value.data = (const uint8_t *)"x";
    expect_breach("does not say where it comes from");

    begin_story();
    add_row(MESSAGE_CERTIFICATES_EVENTS_CERTIFICATE_ISSUED, NULL);
    expect_breach("certificates.events[3]@1: cannot be read");
}

Test(verify, the_answer_is_what_became_of_the_submission) {
    begin_story();
    find(MESSAGE_CERTIFICATES_ANSWERS_COMMAND_ANSWERED)->left_out = true;
    add_answer("Rejected", "'" EVENT "'");
    expect_breach("was answered Rejected, and by registry.events its submission was executed");

    begin_story();
    add_answer("Rejected", "'" EVENT "'");
    expect_breach("contradicts the final answer at offset 0");

    begin_story();
    find(MESSAGE_REGISTRY_COMMANDS_SUBMIT_TRANSACTION)->left_out = true;
    expect_breach("was applied and never submitted");

    begin_story();
    find(MESSAGE_CERTIFICATES_ANSWERS_COMMAND_ANSWERED)->left_out = true;
    add_answer("Applied", "'a3f65e55-9233-5057-a100-b69b144321f4'");
    expect_breach("names the event a3f65e55-9233-5057-a100-b69b144321f4, which there is not");

    begin_story();
    find(MESSAGE_CERTIFICATES_COMMANDS_ISSUE_CERTIFICATE)->left_out = true;
    expect_breach("answers the command " COMMAND ", which there is not");
}

Test(verify, a_submission_is_intended_once_and_settled_once) {
    begin_story();
    add_intent(2);
    expect_breach("again, which is settled or unknown since offset 1");

    begin();
    add_issue();
    add_submit(1);
    add_intent(1);
    add_intent(2);
    expect_breach("while another intent of it stands");

    begin_story();
    add_success();
    expect_breach("settles the submission");

    begin();
    add_issue();
    add_submit(2);
    expect_breach("sequence 2 follows 0");

    begin();
    add_issue();
    add_submit(1);
    add_submit(2);
    expect_breach("is submitted a second time");

    begin();
    add_issue();
    add_submit(1);
    expect_breach("neither queued nor intended nor settled nor unknown");
    positions.registry_commands = 0;
    positions.certificates_commands = 0;
    expect_ok();
}

Test(verify, a_transaction_is_there_whole_or_not_at_all) {
    begin_story();
    mark(find(MESSAGE_CERTIFICATES_EVENTS_CERTIFICATE_ISSUED), 7, 1, 3);
    mark(find(MESSAGE_CERTIFICATES_ANSWERS_COMMAND_ANSWERED), 7, 2, 3);
    mark(find(MESSAGE_CERTIFICATES_STATE_CERTIFICATE_STATE), 7, 3, 3);
    expect_ok();

    /* A second state of the same key shows that nothing was compacted from there on. */
    add_row(MESSAGE_CERTIFICATES_STATE_CERTIFICATE_STATE,
            find(MESSAGE_CERTIFICATES_STATE_CERTIFICATE_STATE)->message.body);
    mark(&rows[rows_count - 1], 8, 1, 2);
    expect_breach("certificates.state[3]@1: only 1 of the 2 records of this transaction");

    begin_story();
    mark(find(MESSAGE_CERTIFICATES_EVENTS_CERTIFICATE_ISSUED), 7, 1, 3);
    mark(find(MESSAGE_CERTIFICATES_ANSWERS_COMMAND_ANSWERED), 7, 2, 3);
    const struct verify_report *report = report_of_story();
    cr_expect_eq(report->breaches_count, 0, "%s", report->breaches[0]);
    cr_expect_eq(report->counts.compacted, 1, "its state may have been compacted away");
    verify_close(verify);

    begin_story();
    mark(find(MESSAGE_CERTIFICATES_EVENTS_CERTIFICATE_ISSUED), 7, 1, 2);
    mark(find(MESSAGE_CERTIFICATES_ANSWERS_COMMAND_ANSWERED), 7, 1, 2);
    expect_breach("is there twice");
}

Test(verify, the_registrys_own_ledger_agrees) {
    struct error error;
    begin_story();
    ledger_before = "re";
    ledger_after = "re";
    expect_ok();
    ledger_before = "";
    ledger_after = "rere";
    expect_breach("was sent 2 times and executed 2 times");
    ledger_after = "r";
    expect_breach("Succeeded by registry.events, and was not executed");

    begin();
    ledger_before = "r";
    ledger_after = "r";
    expect_breach("was sent without a committed intent");
    ledger_before = "";
    expect_ok(); /* its intent may lie behind the cut */

    verify = verify_open();
    cr_expect_eq(witness_read(verify, "/nowhere", true, &error), RESULT_NOT_FOUND);
    cr_expect_eq(witness_read(verify, "topics.yaml", true, &error), RESULT_INVALID);
    cr_expect(strstr(error.text, "topics.yaml:1") != NULL, "%s", error.text);
    verify_close(verify);
}
