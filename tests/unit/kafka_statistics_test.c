/* What is told of librdkafka's statistics: the chosen part, in base units, and nothing of nonsense.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "outside/kafka/statistics.h"

static char told[16 << 10];

static void tell(void *context, enum metric metric, const char *const *labels, double value) {
    const size_t used = strlen(told);
    (void)context;
    (void)snprintf(told + used, sizeof told - used, "%s %s %s %.15g\n", metrics_table[metric].name,
                   labels[0], labels[1] == NULL ? "-" : labels[1], value);
}

static void expect_told(const char *line) {
    cr_expect(strstr(told, line) != NULL, "no \"%s\" in:\n%s", line, told);
}

static const char sample[] =
    "{\"name\":\"m\",\"replyq\":3,\"cgrp\":{\"state\":\"up\",\"join_state\":\"steady\","
    "\"rebalance_cnt\":2},\"brokers\":{"
    "\"h:1/bootstrap\":{\"nodeid\":-1,\"source\":\"configured\",\"state\":\"UP\",\"txbytes\":1},"
    "\"h:1/"
    "7\":{\"nodeid\":7,\"source\":\"learned\",\"state\":\"UP\",\"txbytes\":100,\"rxbytes\":200,"
    "\"txerrs\":1,\"req_timeouts\":4,\"disconnects\":5,\"rtt\":{\"avg\":1500},"
    "\"throttle\":{\"avg\":20}},"
    "\"GroupCoordinator\":{\"nodeid\":-1,\"source\":\"logical\",\"state\":\"DOWN\"}},"
    "\"topics\":{\"in\":{\"partitions\":{"
    "\"0\":{\"rxmsgs\":10,\"fetchq_cnt\":1,\"consumer_lag\":-1},"
    "\"1\":{\"rxmsgs\":5,\"fetchq_cnt\":2,\"consumer_lag\":8},"
    "\"-1\":{\"rxmsgs\":1000,\"fetchq_cnt\":1000,\"consumer_lag\":1000}}}}}";

Test(kafka_statistics, the_chosen_part_in_base_units) {
    struct kafka_statistics *statistics = kafka_statistics_open();
    kafka_statistics_take(statistics, "c", "{}");
    kafka_statistics_take(statistics, "c", sample);
    kafka_statistics_tell(statistics, tell, NULL);
    expect_told("rdkafka_replyq c - 3\n");
    expect_told("rdkafka_cgrp_up c - 1\n");
    expect_told("rdkafka_cgrp_rebalances_total c - 2\n");
    expect_told("rdkafka_broker_up c h:1/7 1\n");
    expect_told("rdkafka_broker_up c GroupCoordinator 0\n");
    expect_told("rdkafka_broker_rtt_avg_seconds c h:1/7 0.0015\n");
    expect_told("rdkafka_broker_throttle_avg_seconds c h:1/7 0.02\n");
    expect_told("rdkafka_broker_request_timeouts_total c h:1/7 4\n");
    expect_told("rdkafka_topic_rx_messages_total c in 15\n");
    expect_told("rdkafka_topic_fetch_queue_records c in 3\n");
    expect_told("rdkafka_topic_consumer_lag_records c in 8\n");
    cr_expect(strstr(told, "bootstrap") == NULL, "%s", told);

    told[0] = '\0';
    kafka_statistics_forget(statistics, "c");
    kafka_statistics_forget(statistics, "never heard of");
    kafka_statistics_tell(statistics, tell, NULL);
    cr_expect_str_eq(told, "", "it has ended");
    kafka_statistics_close(statistics);
}

Test(kafka_statistics, nonsense_tells_nothing) {
    static const char *const rows[] = {
        "",
        "[]",
        "7",
        "{\"brokers\":",
        "{\"brokers\":[1],\"topics\":7,\"cgrp\":null}",
        "{\"replyq\":\"many\",\"brokers\":{\"b\":8}}",
        "{\"topics\":{\"t\":{\"partitions\":{\"0\":[]}}}}",
    };
    struct kafka_statistics *statistics = kafka_statistics_open();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        kafka_statistics_take(statistics, "c", rows[i]);
        kafka_statistics_tell(statistics, tell, NULL);
    }
    cr_expect(strstr(told, "replyq") == NULL, "%s", told);
    kafka_statistics_close(statistics);
}

Test(kafka_statistics, more_clients_than_there_is_room_for) {
    struct kafka_statistics *statistics = kafka_statistics_open();
    for (int i = 0; i < KAFKA_STATISTICS_CLIENTS_MAX + 2; i++) {
        char name[16];
        (void)snprintf(name, sizeof name, "c%d", i);
        kafka_statistics_take(statistics, name, "{\"replyq\":1}");
    }
    kafka_statistics_tell(statistics, tell, NULL);
    expect_told("rdkafka_replyq c7 - 1\n");
    cr_expect(strstr(told, "c8") == NULL, "%s", told);
    kafka_statistics_close(statistics);
}
