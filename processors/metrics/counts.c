#include "metrics/counts.h"

#include <assert.h>
#include <stddef.h>

static uint32_t place_of(enum metric metric, uint32_t first, uint32_t second) {
    assert(metric < METRICS_COUNTED);
    const struct metric_row *row = &metrics_table[metric];
    assert(row->kind == METRIC_KIND_COUNTER);
    assert(first < row->labels[0].values_count);
    const uint32_t seconds = row->labels[1].name == NULL ? 1 : row->labels[1].values_count;
    assert(second < seconds);
    const uint32_t place = first * seconds + second;
    assert(place < COUNTS_SERIES_MAX);
    return place;
}

/* Behind the buckets, of which the last has no bound. */
static uint32_t sum_place(void) {
    return metric_bounds_count + 1;
}

static uint32_t bucket_of(enum metric metric, int64_t ms) {
    assert(metric < METRICS_COUNTED && metrics_table[metric].kind == METRIC_KIND_HISTOGRAM);
    static_assert(METRIC_BOUNDS_MAX + 2 <= COUNTS_SERIES_MAX, "buckets and sum have their places");
    uint32_t bucket = 0;
    while (bucket < metric_bounds_count && ms > metric_bounds_ms[bucket]) {
        bucket++;
    }
    return bucket;
}

static void add(struct counts *counts, enum metric metric, uint32_t place, uint64_t count) {
    atomic_fetch_add_explicit(&counts->of[metric][place], count, memory_order_relaxed);
}

void counts_add(struct counts *counts, enum metric metric, uint32_t first, uint32_t second) {
    if (counts != NULL) {
        add(counts, metric, place_of(metric, first, second), 1);
    }
}

void counts_observe(struct counts *counts, enum metric metric, int64_t ms) {
    if (counts != NULL) {
        const uint64_t time_ms = ms > 0 ? (uint64_t)ms : 0;
        add(counts, metric, bucket_of(metric, ms), 1);
        add(counts, metric, sum_place(), time_ms);
    }
}

void tally_add(struct tally *tally, enum metric metric, uint32_t first, uint32_t second) {
    tally->of[metric][place_of(metric, first, second)]++;
    tally->touched |= 1U << metric;
}

void tally_observe(struct tally *tally, enum metric metric, int64_t ms) {
    tally->of[metric][bucket_of(metric, ms)]++;
    tally->of[metric][sum_place()] += ms > 0 ? (uint64_t)ms : 0;
    tally->touched |= 1U << metric;
}

void counts_take(struct counts *counts, struct tally *tally) {
    static_assert(METRICS_COUNTED <= 32, "each has its bit");
    for (uint32_t m = 0; m < METRICS_COUNTED && tally->touched != 0; m++) {
        if ((tally->touched & 1U << m) == 0) {
            continue;
        }
        tally->touched &= ~(1U << m);
        for (uint32_t place = 0; place < COUNTS_SERIES_MAX; place++) {
            if (counts != NULL && tally->of[m][place] != 0) {
                add(counts, (enum metric)m, place, tally->of[m][place]);
            }
            tally->of[m][place] = 0;
        }
    }
}

static uint64_t value(const struct counts *counts, enum metric metric, uint32_t place) {
    return atomic_load_explicit(&counts->of[metric][place], memory_order_relaxed);
}

uint64_t counts_value(const struct counts *counts, enum metric metric, uint32_t first,
                      uint32_t second) {
    return value(counts, metric, place_of(metric, first, second));
}

uint64_t counts_bucket(const struct counts *counts, enum metric metric, uint32_t bound) {
    assert(metrics_table[metric].kind == METRIC_KIND_HISTOGRAM && bound <= metric_bounds_count);
    return value(counts, metric, bound);
}

uint64_t counts_sum_ms(const struct counts *counts, enum metric metric) {
    assert(metrics_table[metric].kind == METRIC_KIND_HISTOGRAM);
    return value(counts, metric, sum_place());
}
