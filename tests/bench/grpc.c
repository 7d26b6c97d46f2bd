/* What a call costs through the adapter of Project Origin's registry: against h2load.
 *
 *   grpc [CALLS [CONNECTIONS [h2load|grpc]]]
 *
 * Both make the same calls, SendTransactions with a transaction of the same size, to the same
 * server, which does next to nothing (support/bare_grpc.h), over as many connections with as many
 * streams: those of the adapter from transactions that were prepared before, each with its place
 * in the adapter's books, as the connector makes them; those of h2load from a file. Nothing is
 * asked afterwards. A round begins before the first connection and ends with the last answer. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "outside/registry_project_origin/questions.h"
#include "tests/bench/support/bare_grpc.h"
#include "tests/bench/support/origin_side.h"
#include "tests/support/measure.h"

enum {
    CALLS = 300000,
    CONNECTIONS = 2,
    REPLIES_AT_ONCE = 64,
    KNOWN_MAX = 100000, /* submissions that one connection of a lane knows; then another lane's */
    LATER_MS = 1 << 30, /* nobody is asked in the time of a bench */
    ARENA_BYTES = 1 << 18,
};

static struct bare_grpc server;
static uint32_t calls = CALLS;
static uint32_t connections = CONNECTIONS;
static uint8_t transaction[ORIGIN_TRANSACTION_BYTES_MAX];
static uint32_t transaction_length;
static char id[ORIGIN_TRANSACTION_ID_CHARACTERS];
static int body; /* the request as h2load sends it, in memory */

/* --- Ours. --- */

static struct registry_request request_of(uint32_t number) {
    struct registry_request request = {
        .call = {.attempt = 1},
        .transaction = {.id = {id, sizeof id}, .bytes = {transaction, transaction_length}},
        .deadline_ms = INT64_MAX / 2,
    };
    memcpy(request.call.submission_id.bytes, &number, sizeof number);
    return request;
}

/* Keeps as many out as there are streams, and a few to take their places. */
static void send_all(struct origin_side *side, uint32_t count) {
    const uint32_t out_max = connections * BARE_GRPC_STREAMS_MAX * 3 / 2;
    struct registry registry;
    struct registry_reply replies[REPLIES_AT_ONCE];
    uint32_t started = 0;
    uint32_t accepted = 0;
    origin_side_connect(side, &registry);
    while (accepted < count) {
        for (; started < count && started - accepted < out_max; started++) {
            const struct registry_request request = request_of(started);
            registry.start(registry.self, &request);
        }
        uint32_t found = 0;
        do {
            found = registry.poll(registry.self, replies, REPLIES_AT_ONCE);
            for (uint32_t i = 0; i < found; i++) {
                assert(replies[i].kind == REGISTRY_REPLY_ACCEPTED);
            }
            accepted += found;
        } while (found == REPLIES_AT_ONCE);
        if (found == 0) {
            origin_side_wait(side, &registry);
        }
    }
    registry.close(registry.self);
}

static void run_ours(struct measure_way *way) {
    static const struct origin_schedule schedule = {LATER_MS, LATER_MS};
    struct origin_side side;
    origin_side_open(&side, server.port, connections, &schedule);
    const struct measure_moment began = measure_now();
    for (uint32_t left = calls; left > 0;) {
        const uint32_t count = left < KNOWN_MAX ? left : KNOWN_MAX;
        send_all(&side, count);
        left -= count;
    }
    measure_note(way, &began, calls);
    origin_side_close(&side);
}

/* --- Theirs. --- */

static _Noreturn void become_h2load(int output) {
    char count[16];
    char clients[16];
    char streams[16];
    char path[32];
    char address[128];
    (void)snprintf(count, sizeof count, "%u", calls);
    (void)snprintf(clients, sizeof clients, "%u", connections);
    (void)snprintf(streams, sizeof streams, "%d", BARE_GRPC_STREAMS_MAX);
    (void)snprintf(path, sizeof path, "/dev/fd/%d", body);
    (void)snprintf(address, sizeof address, "http://127.0.0.1:%u%s", server.port,
                   question_path_send);
    (void)dup2(output, STDOUT_FILENO);
    (void)execlp("h2load", "h2load", "-t", "1", "-n", count, "-c", clients, "-m", streams, "-d",
                 path, "-H", "content-type: application/grpc", "-H", "te: trailers", address,
                 (char *)NULL);
    (void)fprintf(stderr, "h2load cannot be run: docker/install bench\n");
    _exit(1);
}

static double seconds_of(struct timeval time) {
    return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

/* h2load says itself how many were answered, and how long it took from the first connection on. */
static void run_theirs(struct measure_way *way) {
    char line[256];
    int pipe_ends[2];
    int status = 0;
    struct rusage usage;
    double wall_s = 0;
    uint32_t succeeded = 0;
    int code = pipe(pipe_ends);
    assert(code == 0);
    const pid_t child = fork();
    if (child == 0) {
        become_h2load(pipe_ends[1]);
    }
    (void)close(pipe_ends[1]);
    FILE *said = fdopen(pipe_ends[0], "r");
    while (fgets(line, sizeof line, said) != NULL) {
        char unit[4] = "";
        if (sscanf(line, "finished in %lf%3[a-z],", &wall_s, unit) == 2) {
            wall_s *= strcmp(unit, "ms") == 0 ? 1e-3 : 1;
        }
        (void)sscanf(line, "requests: %*u total, %*u started, %*u done, %u succeeded", &succeeded);
    }
    (void)fclose(said);
    const pid_t ended = wait4(child, &status, 0, &usage);
    assert(ended == child && way->rounds < MEASURE_ROUNDS);
    if (status != 0 || succeeded != calls || wall_s <= 0) {
        (void)fprintf(stderr, "h2load ended with %d, %u of %u answered\n", status, succeeded,
                      calls);
        exit(1);
    }
    way->per_s[way->rounds] = calls / wall_s;
    way->cpu_s_per_million[way->rounds] =
        (seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime)) / calls * 1e6;
    way->rounds++;
}

/* --- A transaction as they are, and the file that h2load sends. --- */

static void prepare(void) {
    static _Alignas(16) uint8_t memory[ARENA_BYTES];
    static const struct origin_schedule schedule = {LATER_MS, LATER_MS};
    struct arena arena;
    struct origin_side side;
    struct registry registry;
    struct registry_transaction made;
    struct error error;
    arena_init(&arena, memory, sizeof memory);
    origin_side_open(&side, server.port, connections, &schedule);
    origin_side_connect(&side, &registry);
    const struct uuid certificate = origin_side_certificate(0);
    const struct millrace_operation operation = origin_side_operation(ORIGIN_SIDE_ISSUE, 0, &arena);
    const enum result result = registry.prepare(registry.self, &certificate, &certificate,
                                                &operation, &arena, &made, &error);
    assert(result == RESULT_OK);
    memcpy(transaction, made.bytes.data, made.bytes.length);
    transaction_length = made.bytes.length;
    memcpy(id, made.id.data, sizeof id);
    const struct bytes question = question_send(made.bytes, &arena);
    const uint8_t prefix[] = {0, 0, 0, (uint8_t)(question.length >> 8), (uint8_t)question.length};
    body = memfd_create("request", 0); /* h2load inherits it */
    const ssize_t written =
        write(body, prefix, sizeof prefix) + write(body, question.data, question.length);
    assert(written == (ssize_t)(sizeof prefix + question.length));
    registry.close(registry.self);
    origin_side_close(&side);
    (void)fprintf(stderr, "grpc: requests of %zu bytes, %u connections of %d streams\n",
                  sizeof prefix + question.length, connections, BARE_GRPC_STREAMS_MAX);
}

int main(int argc, char **argv) {
    struct measure_way theirs = {.name = "h2load", .run = run_theirs};
    struct measure_way ours = {.name = "grpc", .run = run_ours};
    calls = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : CALLS;
    connections = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : CONNECTIONS;
    bare_grpc_start(&server, 0);
    prepare();
    measure_pair("grpc", "calls", &ours, &theirs, argc > 3 ? argv[3] : NULL);
    (void)close(body);
    bare_grpc_stop(&server);
    return 0;
}
