/* Very many submissions that wait for their outcome at once, by the adapter of Project Origin's
 * registry.
 *
 *   settle [SUBMISSIONS]
 *
 * All are started at the same moment, spread over 6 lanes or over 24, each a thread with its own
 * connections and asking as often as in production; each is committed 2 s after it was sent. A
 * round ends when the last outcome is known. Nobody else waits with them: no Kafka, no ledger of
 * ours; and the registry is one that costs next to nothing (support/bare_grpc.h), so that all of
 * them are there before the first is committed. */
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "outside/registry_project_origin/transaction.h"
#include "tests/bench/support/bare_grpc.h"
#include "tests/bench/support/origin_side.h"
#include "tests/support/measure.h"

enum {
    SUBMISSIONS = 100000,
    FEW = 6,
    MANY = 24,
    REPLIES_AT_ONCE = 64,
    CALL_MS = 120000,
    ARENA_BYTES = 1 << 18,
    LOOK_NS = 2000000,
    LATENCY_MS = 2000,
    ASK_FIRST_MS = 500, /* these are the defaults of the settings */
    ASK_LONGEST_MS = 10000,
    CONNECTIONS = 2,
};

struct submission {
    struct uuid certificate_id; /* of its only submission, which is called the same */
    uint32_t length;
    char id[ORIGIN_TRANSACTION_ID_CHARACTERS];
    uint8_t *bytes;
};

struct lane {
    pthread_t thread;
    uint32_t first; /* its share of the submissions */
    uint32_t count;
};

static struct origin_side side;
static uint32_t submissions_count;
static struct submission *submissions;
static pthread_barrier_t ready;
static atomic_uint accepted;
static atomic_uint ended;

/* --- Lanes. --- */

static void *prepare_share(void *argument) {
    const struct lane *lane = argument;
    void *memory = malloc(ARENA_BYTES);
    struct arena arena;
    struct registry registry;
    struct error error;
    arena_init(&arena, memory, ARENA_BYTES);
    origin_side_connect(&side, &registry);
    for (uint32_t i = lane->first; i < lane->first + lane->count; i++) {
        struct submission *one = &submissions[i];
        struct registry_transaction made;
        arena_reset(&arena);
        const struct millrace_operation operation =
            origin_side_operation(ORIGIN_SIDE_ISSUE, i, &arena);
        one->certificate_id = origin_side_certificate(i);
        const enum result result =
            registry.prepare(registry.self, &one->certificate_id, &one->certificate_id, &operation,
                             &arena, &made, &error);
        assert(result == RESULT_OK);
        memcpy(one->id, made.id.data, sizeof one->id);
        one->length = made.bytes.length;
        one->bytes = malloc(made.bytes.length);
        memcpy(one->bytes, made.bytes.data, made.bytes.length);
    }
    registry.close(registry.self);
    free(memory);
    return NULL;
}

static void start_share(const struct lane *lane, const struct registry *registry) {
    const int64_t deadline_ms = side.clock.monotonic_ms(side.clock.self) + CALL_MS;
    for (uint32_t i = lane->first; i < lane->first + lane->count; i++) {
        const struct submission *one = &submissions[i];
        const struct registry_request request = {
            .call = {.certificate_id = one->certificate_id,
                     .submission_id = one->certificate_id,
                     .attempt = 1},
            .transaction = {.id = {one->id, sizeof one->id}, .bytes = {one->bytes, one->length}},
            .deadline_ms = deadline_ms,
        };
        registry->start(registry->self, &request);
    }
}

static void *settle_share(void *argument) {
    const struct lane *lane = argument;
    struct registry registry;
    struct registry_reply replies[REPLIES_AT_ONCE];
    origin_side_connect(&side, &registry);
    (void)pthread_barrier_wait(&ready);
    start_share(lane, &registry);
    for (uint32_t over = 0; over < lane->count;) {
        const uint32_t count = registry.poll(registry.self, replies, REPLIES_AT_ONCE);
        for (uint32_t i = 0; i < count; i++) {
            if (replies[i].kind == REGISTRY_REPLY_ACCEPTED) {
                atomic_fetch_add(&accepted, 1);
                continue;
            }
            if (replies[i].kind != REGISTRY_REPLY_SUCCEEDED) {
                (void)fprintf(stderr, "settle: %d: %.*s\n", (int)replies[i].kind,
                              (int)replies[i].text_length, replies[i].text);
                _exit(1);
            }
            atomic_fetch_add(&ended, 1);
            over++;
        }
        if (count == 0) {
            origin_side_wait(&side, &registry);
        }
    }
    registry.close(registry.self);
    return NULL;
}

static void begin_lanes(struct lane *lanes, uint32_t count, void *(*work)(void *)) {
    const uint32_t share = submissions_count / count;
    for (uint32_t i = 0; i < count; i++) {
        lanes[i].first = i * share;
        lanes[i].count = i + 1 < count ? share : submissions_count - i * share;
        const int code = pthread_create(&lanes[i].thread, NULL, work, &lanes[i]);
        assert(code == 0);
    }
}

static void join_lanes(const struct lane *lanes, uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        (void)pthread_join(lanes[i].thread, NULL);
    }
}

/* --- Rounds. --- */

struct found {
    double wall_s;
    double cpu_us; /* of this process, for each submission */
    double waiting_peak;
    double rss_bytes; /* what the process has grown by at most, for each submission */
};

static double resident_bytes(void) {
    long pages = 0;
    FILE *file = fopen("/proc/self/statm", "re");
    assert(file != NULL);
    const int count = fscanf(file, "%*d %ld", &pages);
    assert(count == 1);
    (void)fclose(file);
    return (double)pages * (double)sysconf(_SC_PAGESIZE);
}

static void look_on(struct found *found, double before_bytes) {
    while (atomic_load(&ended) < submissions_count) {
        /* In this order, so that no more are counted than wait. */
        const double taken = atomic_load(&accepted);
        const double waiting = taken - atomic_load(&ended);
        const double grown = (resident_bytes() - before_bytes) / submissions_count;
        found->waiting_peak = waiting > found->waiting_peak ? waiting : found->waiting_peak;
        found->rss_bytes = grown > found->rss_bytes ? grown : found->rss_bytes;
        (void)nanosleep(&(struct timespec){.tv_nsec = LOOK_NS}, NULL);
    }
}

static struct found run(uint32_t lanes_count) {
    const struct origin_schedule schedule = {ASK_FIRST_MS, ASK_LONGEST_MS};
    struct bare_grpc server;
    struct lane lanes[MANY];
    struct found found = {0};
    bare_grpc_start(&server, LATENCY_MS);
    origin_side_open(&side, server.port, CONNECTIONS, &schedule);
    atomic_store(&accepted, 0);
    atomic_store(&ended, 0);
    (void)pthread_barrier_init(&ready, NULL, lanes_count + 1);
    begin_lanes(lanes, lanes_count, settle_share);
    const double before_bytes = resident_bytes();
    const struct measure_moment began = measure_now();
    (void)pthread_barrier_wait(&ready);
    look_on(&found, before_bytes);
    const struct measure_moment over = measure_now();
    join_lanes(lanes, lanes_count);
    (void)pthread_barrier_destroy(&ready);
    origin_side_close(&side);
    bare_grpc_stop(&server);
    found.wall_s = over.wall_s - began.wall_s;
    found.cpu_us = (over.cpu_s - began.cpu_s) / submissions_count * 1e6;
    (void)fprintf(stderr,
                  "  %2u lanes: %.2f s, %.0f waiting at most, %.0f bytes and %.1f us of CPU each\n",
                  lanes_count, found.wall_s, found.waiting_peak, found.rss_bytes, found.cpu_us);
    return found;
}

static void prepare(void) {
    const struct origin_schedule schedule = {ASK_FIRST_MS, ASK_LONGEST_MS};
    struct lane lanes[FEW];
    submissions = calloc(submissions_count, sizeof *submissions);
    assert(submissions != NULL);
    origin_side_open(&side, 1, 1, &schedule); /* nobody is spoken to */
    begin_lanes(lanes, FEW, prepare_share);
    join_lanes(lanes, FEW);
    origin_side_close(&side);
}

int main(int argc, char **argv) {
    double few_s[MEASURE_ROUNDS];
    double many_s[MEASURE_ROUNDS];
    double cpu_us[MEASURE_ROUNDS];
    double waiting_peak = 0;
    double rss_bytes = 0;
    submissions_count = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : SUBMISSIONS;
    prepare();
    (void)fprintf(stderr, "settle: %u submissions, committed after %d ms\n", submissions_count,
                  LATENCY_MS);
    for (uint32_t i = 0; i < MEASURE_ROUNDS; i++) {
        const struct found few = run(FEW);
        const struct found many = run(MANY);
        few_s[i] = few.wall_s;
        many_s[i] = many.wall_s;
        cpu_us[i] = few.cpu_us;
        waiting_peak = i == 0 || few.waiting_peak < waiting_peak ? few.waiting_peak : waiting_peak;
        rss_bytes = few.rss_bytes > rss_bytes ? few.rss_bytes : rss_bytes;
    }
    const double wall_s = measure_median(few_s);
    const struct measure_value values[] = {
        {"ratio_24_to_6", measure_median(many_s) / wall_s},
        {"waiting_peak", waiting_peak},
        {"wall_s", wall_s},
        {"rss_bytes_each", rss_bytes},
        {"rss_mib", rss_bytes * submissions_count / (1 << 20)},
        {"cpu_us_each", measure_median(cpu_us)},
    };
    measure_print("settle", values, sizeof values / sizeof values[0]);
    for (uint32_t i = 0; i < submissions_count; i++) {
        free(submissions[i].bytes);
    }
    free(submissions);
    return 0;
}
