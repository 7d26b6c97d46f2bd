/* What a certificate that is held, and an answer that is remembered, take of memory.
 *
 *   memory [CERTIFICATES [PARTITIONS]]
 *
 * Lanes of both processors, with stores in memory, restore what a deployment of long standing has
 * written: a state, a ledger and ten answers for each certificate. What the process has grown by
 * meanwhile is what they take: everything counts, the tables' free slots too. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "domain/uuid.h"
#include "loop/turn_inside.h"
#include "outside/store_memory/store_memory.h"
#include "tests/bench/support/books.h"
#include "tests/bench/support/metered.h"

struct held {
    struct store store;
    struct processor processor;
};

static struct turn emitting; /* what was written */
static struct turn keeping;  /* what is read of it */
static uint64_t encoded_bytes;

static double resident_bytes(void) {
    long pages = 0;
    FILE *file = fopen("/proc/self/statm", "re");
    assert(file != NULL);
    const int found = fscanf(file, "%*d %ld", &pages);
    assert(found == 1);
    (void)fclose(file);
    return (double)pages * (double)sysconf(_SC_PAGESIZE);
}

static void open_held(const struct processor_kind *kind, int32_t partitions, struct held *held) {
    const struct stores stores = stores_memory();
    struct error error;
    for (int32_t p = 0; p < partitions; p++) {
        enum result result =
            stores.lane_open(stores.self, kind->topology->processor, p, kind->tables,
                             kind->topology->changelogs_count, &held[p].store, &error);
        assert(result == RESULT_OK);
        result = kind->lane_open(kind->self, p, &held[p].processor, &error);
        assert(result == RESULT_OK);
    }
}

static void close_held(int32_t partitions, struct held *held) {
    for (int32_t p = 0; p < partitions; p++) {
        held[p].processor.close(held[p].processor.self);
        held[p].store.close(held[p].store.self);
    }
}

/* As `loop/restore.c` does, without a log; a lane's turn ends with each record. */
static void keep(struct held *held, uint32_t changelog, enum books_kind kind, uint32_t number,
                 uint32_t each) {
    static const int64_t next[LOG_TOPICS_MAX];
    const struct uuid id = books_certificate(number);
    char key[UUID_CHARACTERS];
    struct error error;
    uuid_to_text(&id, key);
    const struct log_record record = {
        .topic = books_topics[kind],
        .key = {(const uint8_t *)key, sizeof key},
        .value = books_emit(&emitting, kind, number, each),
    };
    encoded_bytes += record.value.length;
    keeping.store = &held->store;
    enum result result =
        held->processor.restore(held->processor.self, changelog, &record, &keeping, &error);
    assert(result == RESULT_OK);
    result = held->store.apply(held->store.self, keeping.batch.overlay.writes,
                               keeping.batch.overlay.count, next, &error);
    assert(result == RESULT_OK);
    batch_reset(&keeping.batch);
    batch_reset(&emitting.batch);
}

/* What the process grows by for each record of a kind; `*encoded` is what its value takes. */
static double measure(struct held *held, int32_t partitions, uint32_t changelog,
                      enum books_kind kind, uint32_t count, double *encoded) {
    const uint32_t each_max = kind == BOOKS_ANSWERED ? BOOKS_ANSWERS : 1;
    const double before = resident_bytes();
    encoded_bytes = 0;
    for (uint32_t i = 0; i < count; i++) {
        for (uint32_t each = 0; each < each_max; each++) {
            keep(&held[i % (uint32_t)partitions], changelog, kind, i, each);
        }
    }
    const double records = (double)count * each_max;
    const double bytes = (resident_bytes() - before) / records;
    *encoded = (double)encoded_bytes / records;
    (void)fprintf(stderr, "%-22s %9.0f records, %.1f bytes each, encoded %.1f\n",
                  books_topics[kind], records, bytes, *encoded);
    return bytes;
}

int main(int argc, char **argv) {
    const uint32_t count = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 1000000;
    const int32_t partitions = argc > 2 ? (int32_t)strtol(argv[2], NULL, 10) : 6;
    assert(count > 0 && partitions > 0);
    const struct processor_kind certificates = books_certificates();
    const struct processor_kind connector = books_connector();
    struct held *held = calloc(2 * (size_t)partitions, sizeof *held);
    assert(held != NULL);
    struct error error;
    open_held(&certificates, partitions, held);
    open_held(&connector, partitions, held + partitions);
    enum result result = turn_open(&emitting, metered_emitter(), &held->store, &error);
    assert(result == RESULT_OK);
    result = turn_open(&keeping, metered_emitter(), &held->store, &error);
    assert(result == RESULT_OK);
    /* The first record of each kind brings what all need: plans, pages, memory of turns. */
    double encoded[BOOKS_KINDS];
    (void)measure(held, partitions, 0, BOOKS_STATES, 1, &encoded[0]);
    (void)measure(held, partitions, 1, BOOKS_ANSWERED, 1, &encoded[0]);
    (void)measure(held + partitions, partitions, 0, BOOKS_LEDGERS, 1, &encoded[0]);
    const double state = measure(held, partitions, 0, BOOKS_STATES, count, &encoded[BOOKS_STATES]);
    const double ledger =
        measure(held + partitions, partitions, 0, BOOKS_LEDGERS, count, &encoded[BOOKS_LEDGERS]);
    const double answer =
        measure(held, partitions, 1, BOOKS_ANSWERED, count, &encoded[BOOKS_ANSWERED]);
    const double certificate_encoded = encoded[BOOKS_STATES] + encoded[BOOKS_LEDGERS];
    const struct measure_value values[] = {
        {"bytes_per_certificate", state + ledger},
        {"encoded_bytes_per_certificate", certificate_encoded},
        {"bytes_per_certificate_ratio", (state + ledger) / certificate_encoded},
        {"bytes_per_answer", answer},
        {"encoded_bytes_per_answer", encoded[BOOKS_ANSWERED]},
    };
    measure_print("memory", values, sizeof values / sizeof *values);
    turn_close(&keeping);
    turn_close(&emitting);
    close_held(2 * partitions, held);
    free(held);
    return 0;
}
