/* The teams of the simulation: what they write repeats, and over many seeds they do everything. */
#include <criterion/criterion.h>
#include <string.h>

#include "tests/simulate/known_ids.h"
#include "tests/simulate/workload.h"
#include "tests/support/fake_schemas.h"

TestSuite(simulate_workload);

enum { PARTITIONS = 3, COMMANDS = 100, SEEDS = 200 };

static const char topic[] = "certificates.commands";

struct run {
    struct timeline timeline;
    struct clock clock;
    struct transcript transcript;
    struct memory_log *log;
    struct emitter emitter;
    struct workload *workload;
};

static void run_open(struct run *run, uint64_t seed) {
    *run = (struct run){.transcript = {.timeline = &run->timeline}};
    run->clock = timeline_clock(&run->timeline);
    run->log = memory_log_open(PARTITIONS, &run->clock);
    for (int i = 0; i < MESSAGE_TYPES_COUNT; i++) {
        run->emitter.schema_ids[i] = i + 1;
    }
    run->workload = workload_open(&(struct workload_setup){
        .timeline = &run->timeline,
        .transcript = &run->transcript,
        .log = run->log,
        .emitter = &run->emitter,
        .chance = chance_stream(seed, "workload"),
        .partitions = PARTITIONS,
        .certificates = 5,
        .commands = COMMANDS,
        .begin_ms = 1000,
        .end_ms = 500000,
        .duplicate_permille = 60,
        .rebuilt_permille = 40,
        .conflicting_permille = 40,
        .impossible_permille = 250,
        .malformed_permille = 100,
        .burst_permille = 2,
    });
    while (timeline_next_ms(&run->timeline) != INT64_MAX) {
        timeline_move(&run->timeline, timeline_next_ms(&run->timeline));
    }
}

static void run_close(struct run *run) {
    workload_close(run->workload);
    memory_log_close(run->log);
    timeline_deinit(&run->timeline);
}

static bool same_record(const struct log_record *one, const struct log_record *other) {
    return bytes_equal(one->key, other->key) && bytes_equal(one->value, other->value) &&
           one->value_null == other->value_null && one->headers_count == other->headers_count &&
           one->timestamp_ms == other->timestamp_ms;
}

Test(simulate_workload, what_is_written_follows_from_the_seed) {
    struct run one;
    struct run other;
    uint32_t records = 0;
    run_open(&one, 7);
    run_open(&other, 7);
    for (int32_t p = 0; p < PARTITIONS; p++) {
        const uint32_t count = memory_log_visible(one.log, topic, p);
        cr_expect_gt(count, 0, "certificates lie in every partition");
        cr_assert_eq(count, memory_log_visible(other.log, topic, p));
        for (uint32_t i = 0; i < count; i++) {
            cr_expect(same_record(memory_log_read(one.log, topic, p, i),
                                  memory_log_read(other.log, topic, p, i)));
        }
        records += count;
    }
    cr_expect_geq(records, COMMANDS);
    cr_expect_eq(workload_counts(one.workload)->written, records);
    run_close(&one);
    run_close(&other);
}

static void add(uint32_t *sums, const uint32_t *counts, uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        sums[i] += counts[i];
    }
}

Test(simulate_workload, over_many_seeds_every_kind_of_record_is_written) {
    struct workload_counts sum = {0};
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct run run;
        run_open(&run, seed);
        const struct workload_counts *counts = workload_counts(run.workload);
        add(sum.of_type, counts->of_type, MESSAGE_TYPES_COUNT);
        add(sum.impossible, counts->impossible, IMPOSSIBLES_COUNT);
        add(sum.malformed, counts->malformed, MALFORMEDS_COUNT);
        sum.duplicates += counts->duplicates;
        sum.rebuilt += counts->rebuilt;
        sum.conflicting += counts->conflicting;
        sum.borrowed += counts->borrowed;
        sum.bursts += counts->bursts;
        run_close(&run);
    }
    for (int i = 0; i < MESSAGE_TYPES_COUNT; i++) {
        cr_expect_eq(sum.of_type[i] > 0, strcmp(message_types[i].topic, topic) == 0, "%s: %u",
                     message_types[i].full_name, sum.of_type[i]);
    }
    for (uint32_t i = 0; i < IMPOSSIBLES_COUNT; i++) {
        cr_expect_gt(sum.impossible[i], 0, "%s", impossible_name(i));
    }
    for (uint32_t i = 0; i < MALFORMEDS_COUNT; i++) {
        cr_expect_gt(sum.malformed[i], 0, "%s", malformed_name(i));
    }
    cr_expect_gt(sum.duplicates, 0);
    cr_expect_gt(sum.rebuilt, 0);
    cr_expect_gt(sum.conflicting, 0);
    cr_expect_gt(sum.borrowed, 0);
    cr_expect_gt(sum.bursts, 0);
}

Test(simulate_workload, teams_place_keys_as_the_java_client_does) {
    static const struct {
        const char *key;
        int32_t murmur2; /* as Kafka's own tests have it */
    } rows[] = {
        {"21", -973932308}, {"foobar", -790332482}, {"a-little-bit-long-string", -985981536}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct text key = text_of(rows[i].key);
        cr_expect_eq(known_place((struct bytes){(const uint8_t *)key.data, key.length}, 1000),
                     (rows[i].murmur2 & 0x7fffffff) % 1000, "row %s", rows[i].key);
    }
}
