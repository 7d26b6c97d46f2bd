#include "metrics/exposition.h"

#include <assert.h>
#include <stdlib.h>

struct sample {
    enum metric metric;
    const char *suffix; /* of the name: "", "_bucket", "_sum", "_count" */
    char *labels;       /* as written, without braces; from malloc */
    double value;
};

struct exposition {
    struct sample *samples; /* from malloc */
    uint32_t count;
    uint32_t capacity;
};

struct exposition *exposition_open(void) {
    struct exposition *exposition = calloc(1, sizeof *exposition);
    assert(exposition != NULL);
    return exposition;
}

void exposition_close(struct exposition *exposition) {
    for (uint32_t i = 0; i < exposition->count; i++) {
        free(exposition->samples[i].labels);
    }
    free(exposition->samples);
    free(exposition);
}

static void add(struct exposition *exposition, const struct sample *sample) {
    if (exposition->count == exposition->capacity) {
        exposition->capacity = exposition->capacity == 0 ? 256 : exposition->capacity * 2;
        exposition->samples =
            realloc(exposition->samples, exposition->capacity * sizeof *exposition->samples);
        assert(exposition->samples != NULL);
    }
    exposition->samples[exposition->count++] = *sample;
}

/* --- Labels. --- */

static void write_escaped(FILE *out, const char *text) {
    for (const char *c = text; *c != '\0'; c++) {
        if (*c == '\n') {
            (void)fputs("\\n", out);
        } else {
            if (*c == '\\' || *c == '"') {
                (void)fputc('\\', out);
            }
            (void)fputc(*c, out);
        }
    }
}

static char *labels_text(const struct metric_row *row, const char *const *values) {
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    assert(out != NULL);
    for (uint32_t i = 0; i < METRIC_LABELS_MAX && row->labels[i].name != NULL; i++) {
        assert(values[i] != NULL);
        (void)fprintf(out, "%s%s=\"", i > 0 ? "," : "", row->labels[i].name);
        write_escaped(out, values[i]);
        (void)fputc('"', out);
    }
    const int failed = fclose(out);
    assert(failed == 0);
    return text;
}

void exposition_add(struct exposition *exposition, enum metric metric, const char *const *labels,
                    double value) {
    assert(metric < METRICS_COUNT && metrics_table[metric].kind != METRIC_KIND_HISTOGRAM);
    const struct sample sample = {
        .metric = metric,
        .suffix = "",
        .labels = labels_text(&metrics_table[metric], labels),
        .value = value,
    };
    add(exposition, &sample);
}

/* --- What is counted. --- */

static void add_counter(struct exposition *exposition, const struct counts *counts,
                        enum metric metric) {
    const struct metric_row *row = &metrics_table[metric];
    const uint32_t seconds = row->labels[1].name == NULL ? 1 : row->labels[1].values_count;
    for (uint32_t first = 0; first < row->labels[0].values_count; first++) {
        for (uint32_t second = 0; second < seconds; second++) {
            const char *labels[METRIC_LABELS_MAX] = {row->labels[0].values[first]};
            if (row->labels[1].name != NULL) {
                labels[1] = row->labels[1].values[second];
            }
            exposition_add(exposition, metric, labels,
                           (double)counts_value(counts, metric, first, second));
        }
    }
}

static char *bound_text(uint32_t bound) {
    char *text = NULL;
    const int length =
        bound == metric_bounds_count
            ? asprintf(&text, "le=\"+Inf\"")
            : asprintf(&text, "le=\"%.15g\"", (double)metric_bounds_ms[bound] / 1000);
    assert(length > 0);
    return text;
}

/* The count is that of the last bucket: a scrape in the middle of an observation must not tell two
 * different stories. */
static void add_histogram(struct exposition *exposition, const struct counts *counts,
                          enum metric metric) {
    uint64_t count = 0;
    for (uint32_t bound = 0; bound <= metric_bounds_count; bound++) {
        count += counts_bucket(counts, metric, bound);
        add(exposition, &(struct sample){metric, "_bucket", bound_text(bound), (double)count});
    }
    char *none = calloc(1, 1);
    char *nothing = calloc(1, 1);
    assert(none != NULL && nothing != NULL);
    add(exposition,
        &(struct sample){metric, "_sum", none, (double)counts_sum_ms(counts, metric) / 1000});
    add(exposition, &(struct sample){metric, "_count", nothing, (double)count});
}

void exposition_add_counts(struct exposition *exposition, const struct counts *counts) {
    for (uint32_t m = 0; m < METRICS_COUNTED; m++) {
        if (metrics_table[m].kind == METRIC_KIND_HISTOGRAM) {
            add_histogram(exposition, counts, (enum metric)m);
        } else {
            add_counter(exposition, counts, (enum metric)m);
        }
    }
}

/* --- Writing. --- */

static void write_head(FILE *out, const struct metric_row *row) {
    static const char *const kinds[] = {
        [METRIC_KIND_COUNTER] = "counter",
        [METRIC_KIND_GAUGE] = "gauge",
        [METRIC_KIND_HISTOGRAM] = "histogram",
    };
    (void)fprintf(out, "# HELP %s %s\n# TYPE %s %s\n", row->name, row->help, row->name,
                  kinds[row->kind]);
}

void exposition_write(const struct exposition *exposition, FILE *out) {
    for (uint32_t m = 0; m < METRICS_COUNT; m++) {
        bool headed = false;
        for (uint32_t i = 0; i < exposition->count; i++) {
            const struct sample *sample = &exposition->samples[i];
            if (sample->metric != (enum metric)m) {
                continue;
            }
            if (!headed) {
                write_head(out, &metrics_table[m]);
                headed = true;
            }
            const bool labelled = sample->labels[0] != '\0';
            (void)fprintf(out, "%s%s%s%s%s %.15g\n", metrics_table[m].name, sample->suffix,
                          labelled ? "{" : "", sample->labels, labelled ? "}" : "", sample->value);
        }
    }
}
