/* The stand-in of Project Origin over a real socket: what a call sees of it, and what its ledger
 * says happened. */
#include <criterion/criterion.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "outside/clock_os/clock_os.h"
#include "standin/project_origin/message.h"
#include "tests/support/h2_pki.h"
#include "tests/support/mimic_client.h"
#include "tests/support/mimic_scene.h"
#include "tests/support/standin_process.h"

enum { PRODUCTION = 2, PATIENCE_MS = 10000, SHORT_MS = 150, BODY_MAX = 16384 };

#define P "34fa59ed-476f-5ced-b30b-a7181683827c"
#define C "0c8d7e1f-0000-4000-8000-0123456789ab"
#define ARGUMENTS(...)                                                                           \
    ((const char *const[]){"--protocol=project-origin", "--registry=narnia", "--signatures=off", \
                           stage.admin_option, __VA_ARGS__, NULL})
#define GRPC "application/grpc"

struct stage {
    struct standin_process standin;
    struct mimic_scene scene; /* only to sign with */
    struct mimic_client client;
    SSL_CTX *tls; /* of the client; NULL: in the open */
    char admin_option[160];
    const char *admin_path;
    uint8_t body[BODY_MAX];
    size_t length;
};

static struct stage stage;

static void connect_again(void) {
    mimic_client_close(&stage.client);
    mimic_client_open(&stage.client, stage.standin.address, stage.tls);
}

static void stage_open(void) {
    standin_process_open(&stage.standin);
    (void)snprintf(stage.admin_option, sizeof stage.admin_option, "--admin=unix:%s/admin",
                   stage.standin.directory);
    stage.admin_path = stage.admin_option + strlen("--admin=unix:");
    mimic_scene_open(&stage.scene);
}

static void stage_start(const char *const *arguments) {
    standin_process_start(&stage.standin, arguments);
    mimic_client_open(&stage.client, stage.standin.address, stage.tls);
}

static void stage_close(void) {
    mimic_client_close(&stage.client);
    mimic_scene_close(&stage.scene);
    if (stage.standin.pid != 0) {
        cr_expect_eq(standin_process_stop(&stage.standin), 0);
    }
    (void)unlink(stage.admin_path);
    standin_process_close(&stage.standin);
}

/* Put a message into `stage.body`, with its prefix. */
static void put_message(const ProtobufCMessage *message) {
    const size_t length = protobuf_c_message_get_packed_size(message);
    cr_assert_leq(length + MIMIC_PREFIX_BYTES, BODY_MAX);
    mimic_message_prefix(length, stage.body);
    (void)protobuf_c_message_pack(message, stage.body + MIMIC_PREFIX_BYTES);
    stage.length = length + MIMIC_PREFIX_BYTES;
}

static struct mimic_client_call *start(const char *path, const ProtobufCMessage *message) {
    put_message(message);
    return mimic_client_start(&stage.client, path, GRPC, stage.body, stage.length);
}

static const struct mimic_client_call *call(const char *path, const ProtobufCMessage *message) {
    const struct mimic_client_call *it = start(path, message);
    cr_assert(mimic_client_wait(&stage.client, it, PATIENCE_MS), "%s hangs", path);
    return it;
}

static struct mimic_transaction *issuing(const char *stream) {
    struct mimic_issue it;
    mimic_issue_init(&it, stream, PRODUCTION, 10, &stage.scene.alice);
    return mimic_scene_sign(&stage.scene, stream, &it.event.base, &stage.scene.issuer);
}

static struct mimic_client_call *start_sending(struct mimic_transaction *const *transactions,
                                               size_t count) {
    ProjectOrigin__Registry__V1__Transaction *messages[4];
    ProjectOrigin__Registry__V1__SendTransactionsRequest request =
        PROJECT_ORIGIN__REGISTRY__V1__SEND_TRANSACTIONS_REQUEST__INIT;
    cr_assert_leq(count, sizeof messages / sizeof messages[0]);
    for (size_t i = 0; i < count; i++) {
        messages[i] = transactions[i]->message;
    }
    request.n_transactions = count;
    request.transactions = messages;
    return start(MIMIC_METHOD("SendTransactions"), &request.base);
}

static int status_of(const char *id) {
    ProjectOrigin__Registry__V1__GetTransactionStatusRequest request =
        PROJECT_ORIGIN__REGISTRY__V1__GET_TRANSACTION_STATUS_REQUEST__INIT;
    request.id = (char *)id;
    const struct mimic_client_call *it = call(MIMIC_METHOD("GetTransactionStatus"), &request.base);
    if (it->grpc_status != 0) {
        return -it->grpc_status;
    }
    ProjectOrigin__Registry__V1__GetTransactionStatusResponse *response =
        project_origin__registry__v1__get_transaction_status_response__unpack(
            NULL, it->size - MIMIC_PREFIX_BYTES, it->body + MIMIC_PREFIX_BYTES);
    cr_assert_not_null(response);
    const int status = (int)response->status;
    project_origin__registry__v1__get_transaction_status_response__free_unpacked(response, NULL);
    return status;
}

/* Ask until it is no longer pending, on connections of their own. */
static int settled_status_of(const char *id) {
    const struct clock os = clock_os();
    const int64_t end_ms = os.monotonic_ms(os.self) + PATIENCE_MS;
    int status;
    do {
        cr_assert_lt(os.monotonic_ms(os.self), end_ms, "it stays pending");
        connect_again();
        status = status_of(id);
    } while (status == MIMIC_STATUS_PENDING);
    return status;
}

static void ask_admin(const char *what, const char *body, int status, char *answer, size_t size) {
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    char text[2048];
    char expected[32];
    size_t length = 0;
    (void)snprintf(at.sun_path, sizeof at.sun_path, "%s", stage.admin_path);
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    cr_assert_eq(connect(fd, (const struct sockaddr *)&at, sizeof at), 0, "%s", strerror(errno));
    const int written =
        snprintf(text, sizeof text, "%s HTTP/1.1\r\nHost: x\r\nContent-Length: %zu\r\n\r\n%s", what,
                 strlen(body), body);
    cr_assert_eq(send(fd, text, (size_t)written, MSG_NOSIGNAL), written);
    for (ssize_t count; (count = recv(fd, text + length, sizeof text - 1 - length, 0)) > 0;) {
        length += (size_t)count;
    }
    text[length] = '\0';
    (void)close(fd);
    (void)snprintf(expected, sizeof expected, "HTTP/1.1 %d ", status);
    cr_assert_eq(strncmp(text, expected, strlen(expected)), 0, "%s: %s", what, text);
    if (answer != NULL) {
        (void)snprintf(answer, size, "%s", strstr(text, "\r\n\r\n") + 4);
    }
}

Test(mimic, methods_answer_as_the_real_ones) {
    stage_open();
    stage_start(ARGUMENTS(NULL));
    struct mimic_transaction *it = issuing(P);
    cr_expect_eq(status_of(it->id_text), MIMIC_STATUS_UNKNOWN);
    const struct mimic_client_call *sent = start_sending(&it, 1);
    cr_assert(mimic_client_wait(&stage.client, sent, PATIENCE_MS));
    cr_expect_eq(sent->http_status, 200);
    cr_expect_eq(sent->grpc_status, 0);
    cr_expect_eq(sent->headers, 2, "headers and trailers");
    cr_expect_eq(sent->size, MIMIC_PREFIX_BYTES, "an empty message");
    cr_expect_eq(settled_status_of(it->id_text), MIMIC_STATUS_COMMITTED);
    cr_expect_eq(status_of("no Base64!"), -MIMIC_GRPC_UNKNOWN);
    cr_expect_eq(status_of("AAAA"), MIMIC_STATUS_UNKNOWN);

    ProjectOrigin__Common__V1__Uuid id = PROJECT_ORIGIN__COMMON__V1__UUID__INIT;
    ProjectOrigin__Registry__V1__GetStreamTransactionsRequest ask =
        PROJECT_ORIGIN__REGISTRY__V1__GET_STREAM_TRANSACTIONS_REQUEST__INIT;
    ask.stream_id = &id;
    id.value = (char *)P;
    const struct mimic_client_call *stream = call(MIMIC_METHOD("GetStreamTransactions"), &ask.base);
    cr_assert_eq(stream->grpc_status, 0);
    cr_assert_gt(stream->size, it->length);
    cr_expect_eq(memcmp(stream->body + stream->size - it->length, it->bytes, it->length), 0,
                 "the very bytes");
    id.value = (char *)C;
    cr_expect_eq(call(MIMIC_METHOD("GetStreamTransactions"), &ask.base)->size, MIMIC_PREFIX_BYTES);
    id.value = (char *)"x";
    cr_expect_eq(call(MIMIC_METHOD("GetStreamTransactions"), &ask.base)->grpc_status,
                 MIMIC_GRPC_UNKNOWN);
    ask.stream_id = NULL;
    cr_expect_eq(call(MIMIC_METHOD("GetBlocks"), &ask.base)->grpc_status, 0);
    const struct mimic_client_call *proof = call(MIMIC_METHOD("GetTransactionProof"), &ask.base);
    cr_expect_eq(proof->grpc_status, MIMIC_GRPC_UNIMPLEMENTED);
    cr_expect_eq(proof->headers, 1, "trailers only");
    cr_expect_eq(call(MIMIC_METHOD("Burn"), &ask.base)->grpc_status, MIMIC_GRPC_UNIMPLEMENTED);
    cr_expect_eq(call("/other.Service/Burn", &ask.base)->grpc_status, MIMIC_GRPC_UNIMPLEMENTED);
    mimic_transaction_close(it);
    stage_close();
}

Test(mimic, what_is_no_message_is_refused) {
    static const struct {
        const char *content_type;
        const char *body;
        size_t length;
        int http_status;
        int grpc_status;
    } rows[] = {
        {"text/plain", "\0\0\0\0\0", 5, 415, -1},
        {GRPC "+proto", "\0\0\0\0\0", 5, 200, MIMIC_GRPC_OK},
        {GRPC, "", 0, 200, MIMIC_GRPC_INTERNAL},
        {GRPC, "\0\0\0\0", 4, 200, MIMIC_GRPC_INTERNAL},
        {GRPC, "\0\0\0\0\1", 5, 200, MIMIC_GRPC_INTERNAL},
        {GRPC, "\0\0\0\0\0\0", 6, 200, MIMIC_GRPC_INTERNAL},
        {GRPC, "\1\0\0\0\0", 5, 200, MIMIC_GRPC_UNIMPLEMENTED},
        {GRPC, "\0\0\0\0\1\377", 6, 200, MIMIC_GRPC_UNKNOWN},
    };
    stage_open();
    stage_start(ARGUMENTS(NULL));
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct mimic_client_call *it =
            mimic_client_start(&stage.client, MIMIC_METHOD("SendTransactions"),
                               rows[i].content_type, (const uint8_t *)rows[i].body, rows[i].length);
        cr_assert(mimic_client_wait(&stage.client, it, PATIENCE_MS), "row %zu", i);
        cr_expect_eq(it->http_status, rows[i].http_status, "row %zu: %d", i, it->http_status);
        cr_expect_eq(it->grpc_status, rows[i].grpc_status, "row %zu: %d", i, it->grpc_status);
    }
    cr_expect_eq(standin_process_count(&stage.standin, "\"what\""), 0);
    stage_close();
}

Test(mimic, a_call_of_several_is_not_atomic) {
    stage_open();
    stage_start(ARGUMENTS(NULL));
    const ProjectOrigin__Registry__V1__Transaction nothing =
        PROJECT_ORIGIN__REGISTRY__V1__TRANSACTION__INIT;
    struct mimic_transaction *sent[] = {issuing(P), mimic_transaction_open(&nothing), issuing(C)};
    const struct mimic_client_call *it = start_sending(sent, 3);
    cr_assert(mimic_client_wait(&stage.client, it, PATIENCE_MS));
    cr_expect_eq(it->grpc_status, MIMIC_GRPC_UNKNOWN);
    cr_expect_str_eq(it->grpc_message, "Exception was thrown by handler.");
    cr_expect_eq(settled_status_of(sent[0]->id_text), MIMIC_STATUS_COMMITTED);
    cr_expect_eq(status_of(sent[1]->id_text), MIMIC_STATUS_PENDING);
    cr_expect_eq(status_of(sent[2]->id_text), MIMIC_STATUS_UNKNOWN);
    cr_expect_eq(standin_process_count(&stage.standin, "\"what\":\"request\""), 3);
    cr_expect_eq(standin_process_count(&stage.standin, "\"not-reached\""), 1);
    for (int i = 0; i < 3; i++) {
        mimic_transaction_close(sent[i]);
    }
    stage_close();
}

/* What a row of faults must look like. */
struct sight {
    const char *option;
    bool waits; /* the call never ends */
    bool lost;  /* the connection is gone */
    bool goaway;
    int grpc_status;
    int headers;
    uint32_t code;
    bool requested; /* in the ledger; else declared unprocessed */
    int status;     /* of the transaction, once another one is committed */
};

static void look(const struct sight *row) {
    stage_open();
    stage_start(ARGUMENTS(row->option));
    struct mimic_transaction *it = issuing(P);
    struct mimic_transaction *marker = issuing(C);
    const struct mimic_client_call *sent = start_sending(&it, 1);
    cr_expect_eq(mimic_client_wait(&stage.client, sent, row->waits ? SHORT_MS : PATIENCE_MS),
                 !row->waits, "%s", row->option);
    cr_expect_eq(stage.client.lost, row->lost, "%s: lost %d", row->option, stage.client.lost);
    cr_expect_eq(stage.client.goaway, row->goaway, "%s: goaway", row->option);
    cr_expect_eq(sent->grpc_status, row->grpc_status, "%s: %d", row->option, sent->grpc_status);
    cr_expect_eq(sent->headers, row->headers, "%s: %d headers", row->option, sent->headers);
    cr_expect_eq(sent->code, row->code, "%s: code %u", row->option, sent->code);
    if (row->goaway) {
        cr_expect_eq(stage.client.goaway_last, row->requested ? 1 : 0, "%s", row->option);
    }
    connect_again();
    const struct mimic_client_call *next = start_sending(&marker, 1);
    cr_assert(mimic_client_wait(&stage.client, next, PATIENCE_MS));
    cr_expect_eq(settled_status_of(marker->id_text), MIMIC_STATUS_COMMITTED, "%s", row->option);
    cr_expect_eq(status_of(it->id_text), row->status, "%s: status", row->option);
    cr_expect_eq(standin_process_count(&stage.standin, "\"what\":\"request\""),
                 row->requested ? 2 : 1, "%s", row->option);
    cr_expect_eq(standin_process_count(&stage.standin, "\"what\":\"unprocessed\""),
                 row->requested ? 0 : 1, "%s", row->option);
    cr_expect_eq(standin_process_count(&stage.standin, "\"what\":\"execution\""),
                 row->status == MIMIC_STATUS_COMMITTED ? 2 : 1, "%s", row->option);
    mimic_transaction_close(marker);
    mimic_transaction_close(it);
    stage_close();
}

Test(mimic, each_way_to_misbehave) {
    enum { UNKNOWN, PENDING, FAILED, COMMITTED };
    static const struct sight rows[] = {
        {"--refuse=*@next=1", false, false, false, 0, 2, 0, true, FAILED},
        {"--lose=*@next=1", false, false, false, 0, 2, 0, true, PENDING},
        {"--poison=*@next=1", false, false, false, 0, 2, 0, true, PENDING},
        {"--ignore=*@next=1", true, false, false, -1, 0, 0, true, UNKNOWN},
        {"--lose-answer=*@next=1", true, false, false, -1, 0, 0, true, COMMITTED},
        {"--unavailable=*@next=1", false, false, false, 14, 1, 0, true, UNKNOWN},
        {"--unavailable-after=*@next=1", false, false, false, 14, 1, 0, true, COMMITTED},
        {"--fail=*@next=1", false, false, false, 2, 2, 0, true, UNKNOWN},
        {"--fail-executed=*@next=1", false, false, false, 2, 2, 0, true, COMMITTED},
        {"--reset=*@next=1", false, false, false, -1, 0, 2, true, UNKNOWN},
        {"--reset-after=*@next=1", false, false, false, -1, 0, 2, true, COMMITTED},
        {"--hang-up=*@next=1", false, true, false, -1, 0, 0, true, UNKNOWN},
        {"--hang-up-after=*@next=1", false, true, false, -1, 0, 0, true, COMMITTED},
        {"--half-reply=*@next=1", false, true, false, -1, 1, 0, true, COMMITTED},
        {"--refuse-stream=*@next=1", false, false, false, -1, 0, 7, false, UNKNOWN},
        {"--goaway=*@next=1", false, false, true, -1, 0, 7, false, UNKNOWN},
        {"--goaway-after=*@next=1", false, true, true, -1, 0, 0, true, COMMITTED},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        look(&rows[i]);
    }
}

Test(mimic, goaway_never_disowns_what_was_queued) {
    stage_open();
    stage_start(ARGUMENTS("--answer-latency=fixed:300ms", "--goaway=*@nth=2"));
    struct mimic_transaction *first = issuing(P);
    struct mimic_transaction *second = issuing(C);
    struct mimic_transaction *third = issuing("11111111-2222-4333-8444-555555555555");
    struct mimic_client_call *calls[] = {start_sending(&first, 1), start_sending(&second, 1),
                                         start_sending(&third, 1)};
    for (int i = 0; i < 3; i++) {
        cr_assert(mimic_client_wait(&stage.client, calls[i], PATIENCE_MS));
    }
    /* The third was queued before the second's answer was due: only a reset can tell them apart. */
    cr_expect_eq(calls[1]->code, NGHTTP2_REFUSED_STREAM);
    cr_expect_geq(stage.client.goaway_last, calls[2]->stream);
    cr_expect_eq(settled_status_of(first->id_text), MIMIC_STATUS_COMMITTED);
    cr_expect_eq(settled_status_of(third->id_text), MIMIC_STATUS_COMMITTED);
    cr_expect_eq(status_of(second->id_text), MIMIC_STATUS_UNKNOWN);
    mimic_transaction_close(first);
    mimic_transaction_close(second);
    mimic_transaction_close(third);
    stage_close();
}

Test(mimic, what_goaway_disowned_is_not_queued) {
    stage_open();
    stage_start(ARGUMENTS("--goaway=*@nth=2"));
    struct mimic_transaction *first = issuing(P);
    struct mimic_transaction *second = issuing(C);
    struct mimic_transaction *third = issuing("11111111-2222-4333-8444-555555555555");
    stage.client.corked = true;
    struct mimic_client_call *calls[3] = {start_sending(&first, 1), start_sending(&second, 1)};
    stage.client.corked = false;
    calls[2] = start_sending(&third, 1);
    for (int i = 0; i < 3; i++) {
        cr_assert(mimic_client_wait(&stage.client, calls[i], PATIENCE_MS));
    }
    cr_expect_eq(stage.client.goaway_last, calls[0]->stream);
    cr_expect_eq(calls[2]->code, NGHTTP2_REFUSED_STREAM, "its own side says so, by GOAWAY");
    cr_expect_eq(settled_status_of(first->id_text), MIMIC_STATUS_COMMITTED);
    cr_expect_eq(status_of(second->id_text), MIMIC_STATUS_UNKNOWN);
    cr_expect_eq(status_of(third->id_text), MIMIC_STATUS_UNKNOWN);
    cr_expect_eq(standin_process_count(&stage.standin, "\"what\":\"request\""), 1);
    mimic_transaction_close(first);
    mimic_transaction_close(second);
    mimic_transaction_close(third);
    stage_close();
}

Test(mimic, faults_and_clock_are_changed_while_it_runs) {
    char answer[512];
    stage_open();
    stage_start(ARGUMENTS(NULL));
    ask_admin("POST /rules", "burn *\n", 400, NULL, 0);
    ask_admin("POST /rules", "refuse issue@next=1\nunavailable status@next=1\n", 200, NULL, 0);
    ask_admin("GET /rules", "", 200, answer, sizeof answer);
    cr_expect_str_eq(answer, "refuse issue matched 0\nunavailable status matched 0\n");
    struct mimic_transaction *it = issuing(P);
    cr_assert(mimic_client_wait(&stage.client, start_sending(&it, 1), PATIENCE_MS));
    cr_expect_eq(status_of(it->id_text), -MIMIC_GRPC_UNAVAILABLE);
    cr_expect_eq(settled_status_of(it->id_text), MIMIC_STATUS_FAILED);
    ask_admin("GET /state", "", 200, answer, sizeof answer);
    cr_expect_not_null(strstr(answer, "\"requests\":1,"), "%s", answer);
    cr_expect_not_null(strstr(answer, "\"failed\":1,"), "%s", answer);
    ask_admin("POST /clock", "61m", 200, NULL, 0);
    cr_expect_eq(status_of(it->id_text), MIMIC_STATUS_UNKNOWN, "forgotten after an hour");
    ask_admin("DELETE /rules", "", 200, NULL, 0);
    ask_admin("POST /latency", "fixed:soon", 400, NULL, 0);
    ask_admin("GET /nothing", "", 404, NULL, 0);
    ask_admin("POST /max-streams", "1", 200, NULL, 0);
    cr_expect_eq(status_of(it->id_text), MIMIC_STATUS_UNKNOWN);
    cr_expect_eq(nghttp2_session_get_remote_settings(stage.client.http2,
                                                     NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS),
                 1);
    ask_admin("POST /outage", "begin", 200, NULL, 0);
    struct mimic_client_call *lost = start_sending(&it, 1);
    cr_assert(mimic_client_wait(&stage.client, lost, PATIENCE_MS));
    cr_expect(stage.client.lost);
    ask_admin("POST /outage", "end", 200, NULL, 0);
    cr_expect_eq(settled_status_of(it->id_text), MIMIC_STATUS_UNKNOWN);
    mimic_transaction_close(it);
    stage_close();
}

static void append_hexadecimal(char *text, const ProtobufCBinaryData *bytes, size_t from) {
    char *end = text + strlen(text);
    for (size_t i = from; i < bytes->len; i++, end += 2) {
        (void)snprintf(end, 3, "%02x", bytes->data[i]);
    }
}

Test(mimic, signatures_are_held_against_the_issuers_of_the_command_line) {
    char issuer[128] = "--issuer=" MIMIC_AREA "=";
    char alice[128] = "--owner=alice=";
    stage_open();
    /* Behind what says that it is Ed25519. */
    append_hexadecimal(issuer, &stage.scene.issuer.key.content, 12);
    append_hexadecimal(alice, &stage.scene.alice.key.content, 0);
    stage_start(ARGUMENTS("--signatures=check", issuer, alice));
    struct mimic_issue it;
    mimic_issue_init(&it, C, PRODUCTION, 10, &stage.scene.alice);
    struct mimic_transaction *right = issuing(P);
    struct mimic_transaction *wrong =
        mimic_scene_sign(&stage.scene, C, &it.event.base, &stage.scene.alice);
    cr_assert(mimic_client_wait(&stage.client, start_sending(&right, 1), PATIENCE_MS));
    cr_expect_eq(settled_status_of(right->id_text), MIMIC_STATUS_COMMITTED);
    cr_assert(mimic_client_wait(&stage.client, start_sending(&wrong, 1), PATIENCE_MS));
    cr_expect_eq(settled_status_of(wrong->id_text), MIMIC_STATUS_FAILED);
    cr_expect_eq(standin_process_count(&stage.standin, "[\"owner\",\"alice\"]"), 2);
    mimic_transaction_close(right);
    mimic_transaction_close(wrong);
    stage_close();
}

Test(mimic, a_kill_leaves_the_ledger_and_what_was_committed) {
    stage_open();
    stage_start(ARGUMENTS(NULL));
    struct mimic_transaction *it = issuing(P);
    cr_assert(mimic_client_wait(&stage.client, start_sending(&it, 1), PATIENCE_MS));
    cr_expect_eq(settled_status_of(it->id_text), MIMIC_STATUS_COMMITTED);
    standin_process_kill(&stage.standin);
    mimic_client_close(&stage.client);
    stage_start(ARGUMENTS(NULL));
    cr_expect_eq(status_of(it->id_text), MIMIC_STATUS_COMMITTED);
    cr_assert(mimic_client_wait(&stage.client, start_sending(&it, 1), PATIENCE_MS));
    cr_expect_eq(settled_status_of(it->id_text), MIMIC_STATUS_COMMITTED, "who asked is protected");
    cr_expect_eq(standin_process_count(&stage.standin, "\"times\":2"), 1);
    cr_expect_eq(standin_process_count(&stage.standin, "\"what\":\"execution\""), 1);
    cr_expect_eq(standin_process_count(&stage.standin, "\"what\":\"refusal\""), 1);
    mimic_transaction_close(it);
    stage_close();
}

/* A client that trusts the authority and shows its certificate where it is wanted. */
static SSL_CTX *client_of(const struct h2_pki *pki, bool shows) {
    static const unsigned char h2[] = {2, 'h', '2'};
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    cr_assert_eq(SSL_CTX_load_verify_locations(context, pki->authority_file, NULL), 1);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
    cr_assert_eq(SSL_CTX_set_alpn_protos(context, h2, sizeof h2), 0);
    if (shows) {
        cr_assert_eq(SSL_CTX_use_certificate_chain_file(context, pki->client_file), 1);
        cr_assert_eq(SSL_CTX_use_PrivateKey_file(context, pki->client_key_file, SSL_FILETYPE_PEM),
                     1);
    }
    return context;
}

Test(mimic, tls_is_spoken_with_those_it_knows_and_cut_without_a_farewell) {
    struct h2_pki pki;
    char certificate[160];
    char key[160];
    char authority[160];
    stage_open();
    h2_pki_open(&pki);
    (void)snprintf(certificate, sizeof certificate, "--tls-certificate=%s", pki.client_file);
    (void)snprintf(key, sizeof key, "--tls-key=%s", pki.client_key_file);
    (void)snprintf(authority, sizeof authority, "--tls-client-ca=%s", pki.authority_file);
    SSL_CTX *known = client_of(&pki, true);
    SSL_CTX *stranger = client_of(&pki, false);
    stage.tls = known;
    stage_start(ARGUMENTS(certificate, key, authority, "--hang-up-after=*@nth=2"));
    struct mimic_transaction *it = issuing(P);
    struct mimic_transaction *other = issuing(C);
    const struct mimic_client_call *sent = start_sending(&it, 1);
    cr_assert(mimic_client_wait(&stage.client, sent, PATIENCE_MS));
    cr_expect_eq(sent->grpc_status, 0);
    const struct mimic_client_call *cut = start_sending(&other, 1);
    cr_assert(mimic_client_wait(&stage.client, cut, PATIENCE_MS));
    cr_expect(stage.client.lost && !stage.client.goodbye);
    cr_expect_eq(settled_status_of(it->id_text), MIMIC_STATUS_COMMITTED);
    cr_expect_eq(settled_status_of(other->id_text), MIMIC_STATUS_COMMITTED);
    stage.tls = stranger;
    connect_again();
    const struct mimic_client_call *refused = start_sending(&it, 1);
    cr_assert(mimic_client_wait(&stage.client, refused, PATIENCE_MS));
    cr_expect(stage.client.lost);
    cr_expect_eq(standin_process_count(&stage.standin, "\"what\":\"request\""), 2);
    mimic_transaction_close(it);
    mimic_transaction_close(other);
    stage_close();
    SSL_CTX_free(known);
    SSL_CTX_free(stranger);
    h2_pki_close(&pki);
}
