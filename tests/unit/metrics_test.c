/* What is counted, when it counts, and how it is written down. */
#include <criterion/criterion.h>
#include <string.h>

#include "metrics/exposition.h"

static char *written(const struct exposition *exposition) {
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    cr_assert(out != NULL);
    exposition_write(exposition, out);
    cr_assert_eq(fclose(out), 0);
    return text;
}

static void expect_line(const char *text, const char *line) {
    const char *at = strstr(text, line);
    const size_t length = strlen(line);
    while (at != NULL && ((at != text && at[-1] != '\n') || at[length] != '\n')) {
        at = strstr(at + 1, line);
    }
    cr_expect(at != NULL, "there is no line \"%s\" in:\n%s", line, text);
}

Test(metrics, names_and_lists_are_those_of_the_messages) {
    for (uint32_t type = 0; type < MESSAGE_TYPES_COUNT; type++) {
        const char *topic = message_types[type].topic;
        if (strcmp(topic, "certificates.commands") == 0 ||
            strcmp(topic, "certificates.operations") == 0) {
            const uint32_t index = metric_command_type((enum message_type)type);
            cr_expect_str_eq(metrics_table[METRIC_COMMANDS].labels[0].values[index],
                             message_types[type].full_name);
        }
    }
    const struct metric_label *reasons = &metrics_table[METRIC_DEAD_LETTERS].labels[0];
    for (uint32_t i = 0; i < reasons->values_count; i++) {
        cr_expect_str_eq(reasons->values[i], dead_letter_reason_word((enum dead_letter_reason)i));
        cr_expect_eq(metric_dead_letter_reason(reasons->values[i]), i);
    }
    const struct metric_label *verdicts = &metrics_table[METRIC_COMMANDS].labels[1];
    cr_expect_str_eq(verdicts->values[metric_command_verdict(MILLRACE_VERDICT_UNKNOWN)], "Unknown");
    struct millrace_withdraw_operation withdraw = {0};
    const struct millrace_operation operation = {.withdraw = &withdraw};
    cr_expect_str_eq(
        metrics_table[METRIC_REGISTRY_REQUESTS].labels[0].values[metric_operation(&operation)],
        "withdraw");
}

/* What Prometheus and its linters expect of names. */
Test(metrics, names_say_what_they_are) {
    for (uint32_t m = 0; m < METRICS_COUNT; m++) {
        const struct metric_row *row = &metrics_table[m];
        cr_assert(row->name != NULL && row->help != NULL, "row %u", m);
        const size_t length = strlen(row->name);
        const bool total = length > 6 && strcmp(row->name + length - 6, "_total") == 0;
        cr_expect_eq(total, row->kind == METRIC_KIND_COUNTER, "%s", row->name);
        cr_expect_eq(strspn(row->name, "abcdefghijklmnopqrstuvwxyz_"), length, "%s", row->name);
        cr_expect(row->help[strlen(row->help) - 1] == '.', "%s", row->name);
        for (uint32_t other = 0; other < m; other++) {
            cr_expect_str_neq(row->name, metrics_table[other].name);
        }
        if (m < METRICS_COUNTED && row->kind == METRIC_KIND_COUNTER) {
            cr_expect_gt(row->labels[0].values_count, 0, "%s is counted by closed lists",
                         row->name);
        }
    }
}

Test(metrics, a_turn_counts_when_it_is_taken) {
    static struct counts counts;
    static struct tally tally;
    tally_add(&tally, METRIC_TRANSACTIONS, METRIC_TRANSACTION_COMMITTED, 0);
    tally_add(&tally, METRIC_TRANSACTIONS, METRIC_TRANSACTION_COMMITTED, 0);
    tally_observe(&tally, METRIC_COMMAND_DURATION, 40);
    cr_expect_eq(counts_value(&counts, METRIC_TRANSACTIONS, METRIC_TRANSACTION_COMMITTED, 0), 0);
    counts_take(&counts, &tally);
    counts_take(&counts, &tally);
    cr_expect_eq(counts_value(&counts, METRIC_TRANSACTIONS, METRIC_TRANSACTION_COMMITTED, 0), 2);
    cr_expect_eq(counts_sum_ms(&counts, METRIC_COMMAND_DURATION), 40);
    counts_take(NULL, &tally);
    counts_add(NULL, METRIC_TRANSACTIONS, 0, 0);
    counts_observe(NULL, METRIC_COMMAND_DURATION, 1);
}

Test(metrics, times_fall_into_their_buckets) {
    static struct counts counts;
    static const int64_t times_ms[] = {-7, 0, 5, 6, 60000, 1800001, INT64_C(1) << 40};
    for (size_t i = 0; i < sizeof times_ms / sizeof times_ms[0]; i++) {
        counts_observe(&counts, METRIC_REGISTRY_REQUEST_DURATION, times_ms[i]);
    }
    struct exposition *exposition = exposition_open();
    exposition_add_counts(exposition, &counts);
    char *text = written(exposition);
    expect_line(text, "# TYPE millrace_registry_request_duration_seconds histogram");
    expect_line(text, "millrace_registry_request_duration_seconds_bucket{le=\"0.005\"} 3");
    expect_line(text, "millrace_registry_request_duration_seconds_bucket{le=\"0.01\"} 4");
    expect_line(text, "millrace_registry_request_duration_seconds_bucket{le=\"30\"} 4");
    expect_line(text, "millrace_registry_request_duration_seconds_bucket{le=\"60\"} 5");
    expect_line(text, "millrace_registry_request_duration_seconds_bucket{le=\"1800\"} 5");
    expect_line(text, "millrace_registry_request_duration_seconds_bucket{le=\"+Inf\"} 7");
    expect_line(text, "millrace_registry_request_duration_seconds_count 7");
    expect_line(text, "millrace_registry_request_duration_seconds_sum 1099513487.788");
    free(text);
    exposition_close(exposition);
}

Test(metrics, samples_of_a_metric_stand_together_and_labels_are_escaped) {
    struct exposition *exposition = exposition_open();
    static const char *const odd[] = {"a\"b\\c\nd"};
    static const char *const plain[] = {"registry.commands"};
    static const char *const lane[] = {"certificates", "stopped"};
    exposition_add(exposition, METRIC_LAG_RECORDS, odd, 1);
    exposition_add(exposition, METRIC_LANES, lane, 0);
    exposition_add(exposition, METRIC_LAG_RECORDS, plain, 12345678901.0);
    char *text = written(exposition);
    cr_expect_str_eq(strstr(text, "# TYPE"),
                     "# TYPE millrace_lag_records gauge\n"
                     "millrace_lag_records{topic=\"a\\\"b\\\\c\\nd\"} 1\n"
                     "millrace_lag_records{topic=\"registry.commands\"} 12345678901\n"
                     "# HELP millrace_lanes Assigned partitions by what their lane does; ended: it "
                     "has none now.\n"
                     "# TYPE millrace_lanes gauge\n"
                     "millrace_lanes{processor=\"certificates\",state=\"stopped\"} 0\n");
    free(text);
    exposition_close(exposition);
}

Test(metrics, what_is_counted_shows_before_it_moves) {
    static struct counts counts;
    counts_add(&counts, METRIC_REGISTRY_REQUESTS, 6, METRIC_REQUEST_UNKNOWN);
    struct exposition *exposition = exposition_open();
    exposition_add_counts(exposition, &counts);
    char *text = written(exposition);
    expect_line(text,
                "millrace_commands_total{type=\"certificates.commands.IssueCertificate\","
                "verdict=\"Rejected\"} 0");
    expect_line(text,
                "millrace_registry_requests_total{operation=\"withdraw\",verdict=\"unknown\"} 1");
    expect_line(text, "millrace_dead_letters_total{reason=\"wrong-key\"} 0");
    expect_line(text, "millrace_producers_rebuilt_total{cause=\"worn\"} 0");
    expect_line(text, "millrace_command_duration_seconds_count 0");
    free(text);
    exposition_close(exposition);
}

/* OPERATIONS.md has a row for each metric, word for word, and none that does not exist. */
Test(metrics, the_page_for_operators_tells_all_of_them) {
    static const char *const kinds[] = {
        [METRIC_KIND_COUNTER] = "counter",
        [METRIC_KIND_GAUGE] = "gauge",
        [METRIC_KIND_HISTOGRAM] = "histogram",
    };
    static char page[128 << 10];
    FILE *file = fopen("OPERATIONS.md", "re");
    cr_assert_not_null(file, "run from the repository's root");
    const size_t length = fread(page, 1, sizeof page - 1, file);
    cr_assert(feof(file) && length > 0);
    cr_assert_eq(fclose(file), 0);
    for (uint32_t m = 0; m < METRICS_COUNT; m++) {
        const struct metric_row *row = &metrics_table[m];
        char line[512];
        (void)snprintf(line, sizeof line, "| `%s` | %s |", row->name, kinds[row->kind]);
        for (uint32_t i = 0; i < METRIC_LABELS_MAX && row->labels[i].name != NULL; i++) {
            const size_t used = strlen(line);
            (void)snprintf(line + used, sizeof line - used, "%s%s", i > 0 ? ", " : " ",
                           row->labels[i].name);
        }
        const size_t used = strlen(line);
        (void)snprintf(line + used, sizeof line - used, " | %s |", row->help);
        expect_line(page, line);
    }
    uint32_t rows = 0;
    static const char *const begins[] = {"\n| `millrace_", "\n| `rdkafka_", "\n| `process_"};
    for (size_t i = 0; i < sizeof begins / sizeof begins[0]; i++) {
        for (const char *at = strstr(page, begins[i]); at != NULL; at = strstr(at + 1, begins[i])) {
            rows++;
        }
    }
    cr_expect_eq(rows, METRICS_COUNT);
}
