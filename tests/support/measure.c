#include "tests/support/measure.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct measure_arguments measure_arguments(int argc, char **argv, uint32_t count) {
    struct measure_arguments arguments = {.count = count, .partitions = 6};
    if (argc > 1) {
        arguments.count = (uint32_t)strtoul(argv[1], NULL, 10);
    }
    if (argc > 2) {
        arguments.partitions = (int32_t)strtol(argv[2], NULL, 10);
    }
    if (argc > 3) {
        arguments.only = argv[3];
    }
    if (getenv("MILLRACE_KAFKA_BOOTSTRAP_SERVERS") == NULL) {
        (void)fprintf(stderr, "no Kafka: docker/stack up bench, then . build/stack/bench/env\n");
        exit(1);
    }
    return arguments;
}

static double seconds_of(clockid_t id) {
    struct timespec now;
    (void)clock_gettime(id, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

struct measure_moment measure_now(void) {
    return (struct measure_moment){
        .wall_s = seconds_of(CLOCK_MONOTONIC),
        .cpu_s = seconds_of(CLOCK_PROCESS_CPUTIME_ID),
    };
}

void measure_await(const struct measure_way *way, const atomic_uint *reached, uint32_t count) {
    enum { PROGRESS_S = 60, LOOK_NS = 1000000 };
    uint32_t seen = 0;
    double seen_s = seconds_of(CLOCK_MONOTONIC);
    for (;;) {
        const uint32_t now = (uint32_t)atomic_load(reached);
        const double now_s = seconds_of(CLOCK_MONOTONIC);
        if (now >= count) {
            return;
        }
        if (now != seen) {
            seen = now;
            seen_s = now_s;
        } else if (now_s - seen_s > PROGRESS_S) {
            (void)fprintf(stderr, "%s: nothing for %d s, after %u of %u; see what Kafka says\n",
                          way->name, PROGRESS_S, now, count);
            _exit(1);
        }
        (void)nanosleep(&(struct timespec){.tv_nsec = LOOK_NS}, NULL);
    }
}

void measure_note(struct measure_way *way, const struct measure_moment *began, uint32_t count) {
    const struct measure_moment now = measure_now();
    assert(way->rounds < MEASURE_ROUNDS && count > 0 && now.wall_s > began->wall_s);
    way->per_s[way->rounds] = count / (now.wall_s - began->wall_s);
    way->cpu_s_per_million[way->rounds] = (now.cpu_s - began->cpu_s) / count * 1e6;
    way->rounds++;
}

static int compare(const void *a, const void *b) {
    const double left = *(const double *)a;
    const double right = *(const double *)b;
    return left < right ? -1 : left > right ? 1 : 0;
}

double measure_median(double rounds[MEASURE_ROUNDS]) {
    qsort(rounds, MEASURE_ROUNDS, sizeof *rounds, compare);
    return rounds[MEASURE_ROUNDS / 2];
}

static void print_way(struct measure_way *way) {
    const double per_s = measure_median(way->per_s);
    const double cpu = measure_median(way->cpu_s_per_million);
    (void)fprintf(stderr, "  %-8s %8.0f/s (%.0f to %.0f) %8.2f CPU s per million (%.2f to %.2f)",
                  way->name, per_s, way->per_s[0], way->per_s[MEASURE_ROUNDS - 1], cpu,
                  way->cpu_s_per_million[0], way->cpu_s_per_million[MEASURE_ROUNDS - 1]);
    if (way->written_each > 0) {
        (void)fprintf(stderr, "  %.2f records written each", way->written_each);
    }
    (void)fprintf(stderr, "\n");
}

static void print_pair(const char *id, struct measure_way *ours, struct measure_way *other,
                       const struct measure_value *more, uint32_t more_count) {
    const double per_s = measure_median(ours->per_s);
    const double cpu = measure_median(ours->cpu_s_per_million);
    struct measure_value values[4 + MEASURE_MORE_MAX] = {
        {"throughput_ratio", per_s / measure_median(other->per_s)},
        {"cpu_ratio", cpu / measure_median(other->cpu_s_per_million)},
        {"per_s", per_s},
        {"cpu_s_per_million", cpu},
    };
    assert(more_count <= MEASURE_MORE_MAX);
    for (uint32_t i = 0; i < more_count; i++) {
        values[4 + i] = more[i];
    }
    measure_print(id, values, 4 + more_count);
}

void measure_pair(const char *id, const char *pieces, struct measure_way *ours,
                  struct measure_way *other, const char *only) {
    measure_pair_and(id, pieces, ours, other, only, NULL, 0);
}

void measure_pair_and(const char *id, const char *pieces, struct measure_way *ours,
                      struct measure_way *other, const char *only, const struct measure_value *more,
                      uint32_t more_count) {
    struct measure_way *const ways[] = {other, ours};
    double load = 0;
    (void)getloadavg(&load, 1);
    (void)fprintf(stderr,
                  "%s: %s, medians of %d rounds taken in turns\n"
                  "  other work on the machine shows in them: its load was %.1f on %ld cores\n",
                  id, pieces, MEASURE_ROUNDS, load, sysconf(_SC_NPROCESSORS_ONLN));
    for (uint32_t i = 0; i < 2 * MEASURE_ROUNDS; i++) {
        struct measure_way *way = ways[i % 2];
        if (only == NULL || strcmp(only, way->name) == 0) {
            way->run(way);
            assert(way->rounds == i / 2 + 1);
        }
    }
    for (uint32_t i = 0; i < 2; i++) {
        if (ways[i]->rounds > 0) {
            print_way(ways[i]);
        }
    }
    if (only == NULL) {
        (void)fprintf(
            stderr, "  throughput_ratio %.2f  cpu_ratio %.2f\n",
            measure_median(ours->per_s) / measure_median(other->per_s),
            measure_median(ours->cpu_s_per_million) / measure_median(other->cpu_s_per_million));
        print_pair(id, ours, other, more, more_count);
    }
}

void measure_print(const char *id, const struct measure_value *values, uint32_t count) {
    assert(count > 0);
    (void)printf("{\"id\": \"%s\", \"values\": {", id);
    for (uint32_t i = 0; i < count; i++) {
        assert(isfinite(values[i].value));
        (void)printf("%s\"%s\": %.9g", i == 0 ? "" : ", ", values[i].name, values[i].value);
    }
    (void)printf("}}\n");
    (void)fflush(stdout);
}
