/* The log on Kafka keeps the log's contract. */
#include <criterion/criterion.h>

#include "outside/kafka/kafka_group.h"
#include "tests/support/kafka_cluster.h"
#include "tests/support/log_suite.h"

enum { PARTITIONS = 2, CALL_MS = 10000 };

static struct log_group join(void *self) {
    return kafka_cluster_join(self, &log_suite_topology, PARTITIONS, CALL_MS);
}

static void append(void *self, const char *topic, int32_t partition,
                   const struct log_record *record) {
    (void)kafka_cluster_append(self, topic, partition, record);
}

static uint32_t read_all(void *self, const char *topic, int32_t partition,
                         struct log_record *records, uint32_t records_max) {
    return kafka_cluster_read(self, topic, partition, records, records_max);
}

static void usurp(void *self, int32_t partition) {
    kafka_cluster_usurp(self, log_suite_topology.processor, partition);
}

static void run(void (*suite)(const struct log_world *world)) {
    struct kafka_cluster cluster;
    kafka_cluster_open(&cluster);
    kafka_cluster_create_all(&cluster, &log_suite_topology, PARTITIONS);
    const struct log_world world = {
        .self = &cluster,
        .partitions = PARTITIONS,
        .deadline_ms = 30000,
        .join = join,
        .append = append,
        .read = read_all,
        .usurp = usurp,
    };
    suite(&world);
    kafka_cluster_close(&cluster);
}

Test(kafka_log, begins_where_nothing_is) {
    run(log_suite_begins_where_nothing_is);
}

Test(kafka_log, commits_records_and_offsets_together) {
    run(log_suite_commits_records_and_offsets_together);
}

Test(kafka_log, shows_nothing_that_is_not_committed) {
    run(log_suite_shows_nothing_that_is_not_committed);
}

Test(kafka_log, restores_committed_records_to_the_end) {
    run(log_suite_restores_committed_records_to_the_end);
}

Test(kafka_log, delivers_what_was_written) {
    run(log_suite_delivers_what_was_written);
}

Test(kafka_log, tells_where_an_input_ends_now) {
    run(log_suite_tells_where_an_input_ends_now);
}

Test(kafka_log, delivers_in_order_as_many_as_asked) {
    run(log_suite_delivers_in_order_as_many_as_asked);
}

Test(kafka_log, fences_the_older_owner) {
    run(log_suite_fences_the_older_owner);
}

Test(kafka_log, wakes_who_waits) {
    run(log_suite_wakes_who_waits);
}

Test(kafka_log, places_by_key) {
    run(log_suite_places_by_key);
}
