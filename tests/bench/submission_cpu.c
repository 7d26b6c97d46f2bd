/* What a submission costs at the registry of Project Origin, part by part: microseconds of CPU of
 * the thread that does it.
 *
 *   submission_cpu [SUBMISSIONS]
 *
 * `build`: an operation becomes an event, with its commitments and proofs (no range proofs);
 * `sign`: the header's signature; `encode`: the rest of the transaction, its hashes and its id;
 * `send`: from the transaction's start to the answer that the registry has it; `poll`: the question
 * for its status, and the answer that it is committed. The last two are of many calls at once, at
 * a server that does next to nothing (support/bare_grpc.h). */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "outside/registry_project_origin/transaction.h"
#include "tests/bench/support/bare_grpc.h"
#include "tests/bench/support/origin_side.h"
#include "tests/support/measure.h"

enum {
    SUBMISSIONS = 20000,
    MADE_SHARE = 10, /* a tenth as many are made as are sent: each takes longer */
    REPLIES_AT_ONCE = 64,
    ARENA_BYTES = 1 << 18,
    HEADER_BYTES = 200, /* about as many as a transaction's header has */
    LATER_MS = 1 << 30,
    CONNECTIONS = 2,
    VALUES_MAX = 32,
};

static struct bare_grpc server;
static struct arena arena;
static uint32_t submissions;
static struct measure_value values[VALUES_MAX];
static uint32_t values_count;

static double cpu_us(void) {
    struct timespec now;
    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static void add_value(const char *part, const char *what, double us) {
    static char names[VALUES_MAX][32];
    assert(values_count < VALUES_MAX);
    char *name = names[values_count];
    (void)snprintf(name, sizeof names[0], "%s%s%s", part, what[0] == '\0' ? "" : "_", what);
    values[values_count++] = (struct measure_value){name, us};
    (void)fprintf(stderr, "  %-16s %8.2f us\n", name, us);
}

/* --- Made. --- */

/* What there is of a key's signatures. */
struct signed_with {
    double us;
    uint32_t count;
};

static double sign_us(const struct key *key) {
    static const uint8_t header[HEADER_BYTES];
    uint8_t signature[KEY_SIGNATURE_BYTES_MAX];
    const double began_us = cpu_us();
    (void)key_sign(key, (struct bytes){header, sizeof header}, signature);
    return cpu_us() - began_us;
}

/* Of one kind of operation: what is built, and what the rest of the transaction takes. Each is
 * signed once more by itself, right behind, for what is around the signature is much less. */
static void make_operations(const struct origin_side *side, enum origin_side_operation kind,
                            struct signed_with *signed_with) {
    const struct origin_means means = origin_side_means(side);
    const uint32_t count = submissions / MADE_SHARE;
    const char *name = origin_side_operation_names[kind];
    double build_us = 0;
    double encode_us = 0;
    for (uint32_t i = 0; i < count; i++) {
        struct origin_event event;
        struct registry_transaction made;
        struct error error;
        arena_reset(&arena);
        const struct uuid certificate = origin_side_certificate(i);
        const struct millrace_operation operation = origin_side_operation(kind, i, &arena);
        const double began_us = cpu_us();
        enum result result =
            origin_event_make(&means, &certificate, &operation, &arena, &event, &error);
        const double built_us = cpu_us();
        assert(result == RESULT_OK);
        const struct origin_order order = {.registry = "narnia",
                                           .certificate_id = certificate,
                                           .submission_id = certificate,
                                           .event = event.message,
                                           .key = event.signer};
        result = origin_transaction_make(&order, &arena, &made, &error);
        const double whole_us = cpu_us() - built_us;
        assert(result == RESULT_OK);
        const double signed_us = sign_us(event.signer);
        build_us += built_us - began_us;
        encode_us += whole_us - signed_us;
        signed_with[event.signer->kind].us += signed_us;
        signed_with[event.signer->kind].count++;
    }
    add_value("build", name, build_us / count);
    add_value("encode", name, encode_us / count);
}

/* --- Sent, and asked for. --- */

static void start(const struct registry *registry, uint32_t number,
                  const struct registry_transaction *transaction) {
    struct registry_request request = {
        .call = {.attempt = 1}, .transaction = *transaction, .deadline_ms = INT64_MAX / 2};
    memcpy(request.call.submission_id.bytes, &number, sizeof number);
    registry->start(registry->self, &request);
}

/* CPU of `submissions` from their start until each has replies of this kind. */
static double until_us(uint16_t port, int64_t ask_ms, enum registry_reply_kind wanted,
                       const struct registry_transaction *transaction) {
    const struct origin_schedule schedule = {ask_ms, ask_ms};
    struct origin_side side;
    struct registry registry;
    struct registry_reply replies[REPLIES_AT_ONCE];
    uint32_t started = 0;
    uint32_t over = 0;
    origin_side_open(&side, port, CONNECTIONS, &schedule);
    origin_side_connect(&side, &registry);
    const double began_us = cpu_us();
    while (over < submissions) {
        for (; started < submissions && started - over < CONNECTIONS * BARE_GRPC_STREAMS_MAX;
             started++) {
            start(&registry, started, transaction);
        }
        const uint32_t count = registry.poll(registry.self, replies, REPLIES_AT_ONCE);
        for (uint32_t i = 0; i < count; i++) {
            over += replies[i].kind == wanted ? 1 : 0;
        }
        if (count == 0) {
            origin_side_wait(&side, &registry);
        }
    }
    const double us = (cpu_us() - began_us) / submissions;
    registry.close(registry.self);
    origin_side_close(&side);
    return us;
}

static void send_and_poll(const struct registry_transaction *transaction) {
    double send_us[MEASURE_ROUNDS];
    double both_us[MEASURE_ROUNDS];
    for (uint32_t i = 0; i < MEASURE_ROUNDS; i++) {
        send_us[i] = until_us(server.port, LATER_MS, REGISTRY_REPLY_ACCEPTED, transaction);
        both_us[i] = until_us(server.port, 1, REGISTRY_REPLY_SUCCEEDED, transaction);
    }
    const double sent_us = measure_median(send_us);
    add_value("send", "", sent_us);
    add_value("poll", "", measure_median(both_us) - sent_us);
}

int main(int argc, char **argv) {
    static const struct origin_schedule schedule = {LATER_MS, LATER_MS};
    static _Alignas(16) uint8_t memory[ARENA_BYTES];
    struct origin_side side;
    submissions = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : SUBMISSIONS;
    arena_init(&arena, memory, sizeof memory);
    bare_grpc_start(&server, 0);
    origin_side_open(&side, server.port, CONNECTIONS, &schedule);
    (void)fprintf(stderr, "submission_cpu: microseconds of CPU for each\n");
    struct signed_with signed_with[] = {[KEY_KIND_SECP256K1] = {0}, [KEY_KIND_ED25519] = {0}};
    for (enum origin_side_operation kind = 0; kind < ORIGIN_SIDE_OPERATIONS; kind++) {
        make_operations(&side, kind, signed_with);
    }
    const struct signed_with *owners = &signed_with[KEY_KIND_SECP256K1];
    const struct signed_with *issuers = &signed_with[KEY_KIND_ED25519];
    add_value("sign", "owner", owners->us / owners->count);
    add_value("sign", "issuer", issuers->us / issuers->count);
    uint8_t bytes[600] = {0};
    char id[ORIGIN_TRANSACTION_ID_CHARACTERS];
    memset(id, 'A', sizeof id);
    const struct registry_transaction transaction = {{id, sizeof id}, {bytes, sizeof bytes}};
    send_and_poll(&transaction);
    measure_print("submission_cpu", values, values_count);
    origin_side_close(&side);
    bare_grpc_stop(&server);
    return 0;
}
