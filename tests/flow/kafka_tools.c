/* What tools ask of a real Kafka: topics made to a plan, records sent, and read to a cut. */
#include <criterion/criterion.h>
#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "domain/placement.h"
#include "outside/clock_os/clock_os.h"
#include "outside/kafka/kafka_admin.h"
#include "outside/kafka/kafka_reader.h"
#include "outside/kafka/kafka_sender.h"

enum { ANSWER_MS = 10000, PARTITIONS = 3 };

/* Each test is a process of its own, and so has a prefix and topics of its own. */
static char prefix[80];
static struct kafka_property server = {.name = "bootstrap.servers"};
static struct kafka_config config;
static struct error error;

static struct topic_wanted wanted[] = {
    {.name = (char[]){"a.commands"}, .retention_ms = -1, .max_message_bytes = 1048588},
    {.name = (char[]){"a.state"},
     .cleanup = TOPIC_CLEANUP_COMPACT,
     .retention_ms = -1,
     .max_message_bytes = 1048588},
};
static const struct topics_file file = {
    .partitions = PARTITIONS, .topics = wanted, .topics_count = 2};
static struct topics_deployment deployment = {.replication_factor = 1, .min_insync_replicas = 1};

static struct topic_target target_of(const char *name) {
    struct topic_target target;
    topic_target_of(&file, topics_file_find(&file, name), &deployment, &target);
    return target;
}

static void setup(void) {
    server.value = getenv("MILLRACE_KAFKA_BOOTSTRAP_SERVERS");
    cr_assert(server.value != NULL, "no stack: see docker/README.md");
    const char *own = getenv("FLOW_PREFIX");
    (void)snprintf(prefix, sizeof prefix, "%.40s%d.", own != NULL ? own : "", (int)getpid());
    deployment.prefix = prefix;
    config = (struct kafka_config){.properties = &server,
                                   .properties_count = 1,
                                   .topic_prefix = prefix,
                                   .application = "flow",
                                   .logger = logger_silent(),
                                   .clock = clock_os()};
    struct kafka_admin *admin;
    cr_assert(kafka_admin_open(&config, &admin, &error) == RESULT_OK, "%s", error.text);
    for (uint32_t i = 0; i < file.topics_count; i++) {
        const struct topic_target target = target_of(wanted[i].name);
        cr_assert(kafka_admin_create(admin, &target, ANSWER_MS, &error) == RESULT_OK, "%s",
                  error.text);
    }
    kafka_admin_close(admin);
}

/* A client that has nothing to do with the code that is tested. */
static rd_kafka_t *plain_client(const char *transactional_id) {
    char reason[256];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set(conf, "bootstrap.servers", server.value, reason, sizeof reason);
    if (transactional_id != NULL) {
        rd_kafka_conf_set(conf, "transactional.id", transactional_id, reason, sizeof reason);
    }
    rd_kafka_t *client = rd_kafka_new(RD_KAFKA_PRODUCER, conf, reason, sizeof reason);
    cr_assert(client != NULL, "%s", reason);
    return client;
}

static void teardown(void) {
    rd_kafka_t *client = plain_client(NULL);
    rd_kafka_queue_t *queue = rd_kafka_queue_new(client);
    rd_kafka_DeleteTopic_t *topics[2];
    for (uint32_t i = 0; i < file.topics_count; i++) {
        char name[256];
        (void)snprintf(name, sizeof name, "%s%s", prefix, wanted[i].name);
        topics[i] = rd_kafka_DeleteTopic_new(name);
    }
    rd_kafka_DeleteTopics(client, topics, file.topics_count, NULL, queue);
    rd_kafka_event_t *event = rd_kafka_queue_poll(queue, ANSWER_MS);
    cr_expect(event != NULL && rd_kafka_event_error(event) == 0);
    rd_kafka_event_destroy(event);
    rd_kafka_DeleteTopic_destroy_array(topics, file.topics_count);
    rd_kafka_queue_destroy(queue);
    rd_kafka_destroy(client);
}

TestSuite(tools, .init = setup, .fini = teardown, .timeout = 60);

/* --- Topics --- */

static const struct topic_live *find_live(const struct topic_live *live, uint32_t count,
                                          const char *name) {
    char full[256];
    (void)snprintf(full, sizeof full, "%s%s", prefix, name);
    for (uint32_t i = 0; i < count; i++) {
        if (strcmp(live[i].name, full) == 0) {
            return &live[i];
        }
    }
    return NULL;
}

static const char *value_of(const struct topic_live *live, const char *name) {
    for (uint32_t i = 0; i < live->settings_count; i++) {
        if (strcmp(live->settings[i].name, name) == 0) {
            return live->settings[i].value;
        }
    }
    return "";
}

static struct topics_plan plan_now(struct kafka_admin *admin) {
    static struct topic_step steps[TOPICS_PLAN_MAX];
    struct topics_plan plan = {.steps = steps};
    const struct topic_live *live;
    uint32_t count;
    cr_assert(kafka_admin_topics(admin, &file, ANSWER_MS, &live, &count, &error) == RESULT_OK, "%s",
              error.text);
    topics_plan_make(&file, &deployment, live, count, &plan);
    return plan;
}

static void set_one(struct kafka_admin *admin, const char *name, const char *value) {
    struct topic_target target = target_of("a.commands");
    target.settings_count = 1;
    target.settings[0].name = name;
    (void)snprintf(target.settings[0].value, sizeof target.settings[0].value, "%s", value);
    cr_assert(kafka_admin_set(admin, &target, ANSWER_MS, &error) == RESULT_OK, "%s", error.text);
}

Test(tools, topics_that_were_created_are_as_planned) {
    struct kafka_admin *admin;
    cr_assert(kafka_admin_open(&config, &admin, &error) == RESULT_OK);
    const struct topic_live *live;
    uint32_t count;
    cr_assert(kafka_admin_topics(admin, &file, ANSWER_MS, &live, &count, &error) == RESULT_OK);
    cr_expect(count == 2);
    const struct topic_live *state = find_live(live, count, "a.state");
    cr_assert(state != NULL);
    cr_expect(state->partitions == PARTITIONS && state->replication_factor == 1);
    cr_expect_str_eq(value_of(state, "cleanup.policy"), "compact");
    cr_expect_str_eq(value_of(find_live(live, count, "a.commands"), "cleanup.policy"), "delete");
    cr_expect(plan_now(admin).steps_count == 0);
    struct kafka_admin_cluster cluster;
    cr_assert(kafka_admin_cluster(admin, ANSWER_MS, &cluster, &error) == RESULT_OK);
    cr_expect(cluster.brokers_count > 0 && strlen(cluster.id) > 10);
    kafka_admin_close(admin);
}

Test(tools, changing_one_setting_keeps_the_others) {
    struct kafka_admin *admin;
    cr_assert(kafka_admin_open(&config, &admin, &error) == RESULT_OK);
    set_one(admin, "retention.ms", "1234567");
    set_one(admin, "segment.ms", "7654321");
    struct topics_plan plan = plan_now(admin);
    cr_assert(plan.steps_count == 1);
    cr_expect(plan.steps[0].kind == TOPIC_STEP_SET);
    cr_expect_str_eq(plan.steps[0].is, "1234567");
    cr_expect(kafka_admin_set(admin, &plan.steps[0].target, ANSWER_MS, &error) == RESULT_OK);
    cr_expect(plan_now(admin).steps_count == 0);
    kafka_admin_close(admin);
}

Test(tools, what_kafka_refuses_is_explained) {
    struct kafka_admin *admin;
    cr_assert(kafka_admin_open(&config, &admin, &error) == RESULT_OK);
    struct topic_target target = target_of("a.commands");
    cr_expect(kafka_admin_create(admin, &target, ANSWER_MS, &error) == RESULT_FAILED);
    cr_expect(strstr(error.text, "somebody has created it meanwhile") != NULL, "%s", error.text);
    (void)snprintf(target.name, sizeof target.name, "%sother", prefix);
    target.replication_factor = 9;
    cr_expect(kafka_admin_create(admin, &target, ANSWER_MS, &error) == RESULT_INVALID);
    cr_expect(strstr(error.text, "Kafka will not have it") != NULL, "%s", error.text);
    kafka_admin_close(admin);
}

/* --- Sending and reading --- */

static struct bytes bytes_of(const char *text) {
    return (struct bytes){.data = (const uint8_t *)text, .length = (uint32_t)strlen(text)};
}

static struct kafka_reader *open_reader(const struct kafka_reader_plan *plan) {
    struct kafka_reader *reader;
    cr_assert(kafka_reader_open(&config, plan, ANSWER_MS, &reader, &error) == RESULT_OK, "%s",
              error.text);
    return reader;
}

static const char *const commands[] = {"a.commands"};

static struct kafka_reader_plan plan_of(enum kafka_reader_from from, int64_t from_value,
                                        enum kafka_reader_until until) {
    return (struct kafka_reader_plan){.topics = commands,
                                      .topics_count = 1,
                                      .partition = -1,
                                      .from = from,
                                      .from_value = from_value,
                                      .until = until};
}

/* Read until the end, or nothing more comes; the values, divided by a blank. */
static enum kafka_reader_event_kind read_all(struct kafka_reader *reader, int32_t patience_ms,
                                             char *values, size_t size) {
    struct kafka_reader_event event;
    values[0] = '\0';
    for (;;) {
        const enum result result = kafka_reader_next(reader, patience_ms, &event, &error);
        cr_assert(result == RESULT_OK, "%s", error.text);
        if (event.kind != KAFKA_READER_RECORD) {
            return event.kind;
        }
        const size_t used = strlen(values);
        (void)snprintf(values + used, size - used, "%.*s ", (int)event.record.value.length,
                       (const char *)event.record.value.data);
    }
}

static struct kafka_sender_delivery send_one(struct kafka_sender *sender, const char *key,
                                             const char *value) {
    const struct kafka_sender_record record = {
        .topic = "a.commands", .key = bytes_of(key), .value = bytes_of(value)};
    struct kafka_sender_delivery delivery;
    cr_assert(kafka_sender_send(sender, &record, &delivery, &error) == RESULT_OK, "%s", error.text);
    return delivery;
}

Test(tools, a_record_comes_back_as_it_was_sent) {
    struct kafka_sender *sender;
    cr_assert(kafka_sender_open(&config, &sender, &error) == RESULT_OK);
    static const char key[] = "3f2504e0-4f89-11d3-9a0c-0305e82c3301";
    const struct log_header headers[] = {
        {.name = text_of("ce_id"), .value = bytes_of("one")},
        {.name = text_of("empty"), .value = bytes_of("")},
    };
    const struct kafka_sender_record record = {.topic = "a.commands",
                                               .key = bytes_of(key),
                                               .value = bytes_of("value"),
                                               .headers = headers,
                                               .headers_count = 2};
    struct kafka_sender_delivery delivery;
    cr_assert(kafka_sender_send(sender, &record, &delivery, &error) == RESULT_OK);
    cr_expect(delivery.partition == placement_partition(record.key, PARTITIONS));
    cr_expect(delivery.offset == 0);
    const struct kafka_reader_plan plan =
        plan_of(KAFKA_READER_FROM_BEGINNING, 0, KAFKA_READER_UNTIL_WRITTEN);
    struct kafka_reader *reader = open_reader(&plan);
    struct kafka_reader_event event;
    cr_assert(kafka_reader_next(reader, ANSWER_MS, &event, &error) == RESULT_OK);
    cr_assert(event.kind == KAFKA_READER_RECORD);
    cr_expect_str_eq(event.record.topic, "a.commands");
    cr_expect(event.record.partition == delivery.partition && event.record.offset == 0);
    cr_expect(bytes_equal(event.record.key, record.key));
    cr_expect(bytes_equal(event.record.value, record.value));
    cr_expect(event.record.timestamp_ms > 1600000000000);
    cr_assert(event.record.headers_count == 2);
    cr_expect(text_equal(event.record.headers[0].name, headers[0].name));
    cr_expect(bytes_equal(event.record.headers[0].value, headers[0].value));
    cr_expect(event.record.headers[1].value.length == 0);
    cr_assert(kafka_reader_next(reader, ANSWER_MS, &event, &error) == RESULT_OK);
    cr_expect(event.kind == KAFKA_READER_END);
    kafka_reader_close(reader);
    kafka_sender_close(sender);
}

Test(tools, many_records_are_delivered_in_order) {
    enum { COUNT = 20000 };
    static struct kafka_sender_delivery deliveries[COUNT];
    struct kafka_sender *sender;
    cr_assert(kafka_sender_open(&config, &sender, &error) == RESULT_OK);
    for (uint32_t i = 0; i < COUNT; i++) {
        char key[16];
        (void)snprintf(key, sizeof key, "key-%u", i % 100);
        const struct kafka_sender_record record = {
            .topic = "a.commands",
            .key = bytes_of(key),
            .value = {.data = (const uint8_t *)&i, .length = sizeof i}};
        cr_assert(kafka_sender_queue(sender, &record, &deliveries[i], &error) == RESULT_OK);
    }
    while (kafka_sender_flush(sender, 100) == RESULT_AGAIN) {
    }
    const struct kafka_reader_plan plan =
        plan_of(KAFKA_READER_FROM_BEGINNING, 0, KAFKA_READER_UNTIL_WRITTEN);
    struct kafka_reader *reader = open_reader(&plan);
    int64_t next[PARTITIONS] = {0};
    uint32_t seen = 0;
    for (;;) {
        struct kafka_reader_event event;
        cr_assert(kafka_reader_next(reader, ANSWER_MS, &event, &error) == RESULT_OK);
        if (event.kind == KAFKA_READER_END) {
            break;
        }
        cr_assert(event.kind == KAFKA_READER_RECORD);
        uint32_t i;
        memcpy(&i, event.record.value.data, sizeof i);
        cr_assert(i < COUNT && deliveries[i].result == RESULT_OK);
        cr_assert(deliveries[i].partition == event.record.partition);
        cr_assert(deliveries[i].offset == event.record.offset);
        cr_assert(event.record.offset == next[event.record.partition]++);
        seen++;
    }
    cr_expect(seen == COUNT);
    kafka_reader_close(reader);
    kafka_sender_close(sender);
}

Test(tools, what_cannot_be_sent_or_read_is_explained) {
    struct kafka_sender *sender;
    cr_assert(kafka_sender_open(&config, &sender, &error) == RESULT_OK);
    static uint8_t large[3 * 1024 * 1024];
    struct kafka_sender_record record = {.topic = "a.nowhere",
                                         .key = bytes_of("k"),
                                         .value = {.data = large, .length = sizeof large}};
    struct kafka_sender_delivery delivery;
    cr_expect(kafka_sender_send(sender, &record, &delivery, &error) == RESULT_NOT_FOUND);
    cr_expect(strstr(error.text, "a.nowhere") != NULL, "%s", error.text);
    record.topic = "a.commands";
    cr_expect(kafka_sender_send(sender, &record, &delivery, &error) == RESULT_INVALID);
    record.value.length = 3 * 1024 * 1024 / 2; /* the client takes it, the topic does not */
    cr_expect(kafka_sender_send(sender, &record, &delivery, &error) == RESULT_INVALID);
    cr_expect(strstr(error.text, "never will be") != NULL, "%s", error.text);
    kafka_sender_close(sender);
    struct kafka_reader_plan plan =
        plan_of(KAFKA_READER_FROM_BEGINNING, 0, KAFKA_READER_UNTIL_WRITTEN);
    struct kafka_reader *reader;
    plan.partition = PARTITIONS;
    cr_expect(kafka_reader_open(&config, &plan, ANSWER_MS, &reader, &error) == RESULT_NOT_FOUND);
    cr_expect(strstr(error.text, "no partition 3") != NULL, "%s", error.text);
    server.value = "127.0.0.1:1";
    plan.partition = -1;
    cr_expect(kafka_reader_open(&config, &plan, 300, &reader, &error) == RESULT_FAILED);
    cr_expect(strstr(error.text, "no answer from Kafka at 127.0.0.1:1") != NULL, "%s", error.text);
    server.value = getenv("MILLRACE_KAFKA_BOOTSTRAP_SERVERS");
}

Test(tools, reading_begins_where_it_should) {
    static char values[256];
    struct kafka_sender *sender;
    cr_assert(kafka_sender_open(&config, &sender, &error) == RESULT_OK);
    const int32_t partition = send_one(sender, "k", "0").partition;
    const struct clock clock = clock_os();
    const int64_t until_ms = clock.wall_ms(clock.self);
    while (clock.wall_ms(clock.self) <= until_ms) { /* so that the times differ */
    }
    const int64_t between_ms = clock.wall_ms(clock.self);
    send_one(sender, "k", "1");
    send_one(sender, "k", "2");
    const struct kafka_reader_position positions[] = {
        {.topic = "a.commands", .partition = partition, .offset = 1}};
    struct kafka_reader_plan exact = plan_of(KAFKA_READER_FROM_END, 0, KAFKA_READER_UNTIL_WRITTEN);
    exact.positions = positions;
    exact.positions_count = 1;
    const struct {
        struct kafka_reader_plan plan;
        const char *values;
    } rows[] = {
        {plan_of(KAFKA_READER_FROM_BEGINNING, 0, KAFKA_READER_UNTIL_WRITTEN), "0 1 2 "},
        {plan_of(KAFKA_READER_FROM_END, 0, KAFKA_READER_UNTIL_WRITTEN), ""},
        {plan_of(KAFKA_READER_FROM_OFFSET, 2, KAFKA_READER_UNTIL_STABLE), "2 "},
        {plan_of(KAFKA_READER_FROM_OFFSET, 9, KAFKA_READER_UNTIL_WRITTEN), ""},
        {plan_of(KAFKA_READER_FROM_TIME, between_ms, KAFKA_READER_UNTIL_WRITTEN), "1 2 "},
        {plan_of(KAFKA_READER_FROM_TIME, between_ms + 100000, KAFKA_READER_UNTIL_WRITTEN), ""},
        {exact, "1 2 "},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct kafka_reader *reader = open_reader(&rows[i].plan);
        cr_expect(read_all(reader, ANSWER_MS, values, sizeof values) == KAFKA_READER_END);
        cr_expect_str_eq(values, rows[i].values, "row %zu: %s", i, values);
        kafka_reader_close(reader);
    }
    struct kafka_reader_plan plan = plan_of(KAFKA_READER_FROM_END, 0, KAFKA_READER_UNTIL_STOPPED);
    plan.partition = partition;
    struct kafka_reader *reader = open_reader(&plan);
    uint32_t count;
    const struct kafka_reader_range *ranges = kafka_reader_ranges(reader, &count);
    cr_expect(count == 1 && ranges[0].first == 0 && ranges[0].from == 3 && ranges[0].end == 3);
    send_one(sender, "k", "3");
    struct kafka_reader_event event;
    cr_assert(kafka_reader_next(reader, ANSWER_MS, &event, &error) == RESULT_OK);
    cr_expect(event.kind == KAFKA_READER_RECORD && event.record.offset == 3);
    cr_assert(kafka_reader_next(reader, 50, &event, &error) == RESULT_OK);
    cr_expect(event.kind == KAFKA_READER_NOTHING);
    kafka_reader_close(reader);
    kafka_sender_close(sender);
}

/* --- Transactions --- */

static void check(rd_kafka_error_t *failed) {
    cr_assert(failed == NULL, "%s", rd_kafka_error_string(failed));
}

static void begin_with(rd_kafka_t *producer, const char *value) {
    char topic[256];
    (void)snprintf(topic, sizeof topic, "%sa.commands", prefix);
    check(rd_kafka_begin_transaction(producer));
    const rd_kafka_resp_err_t code =
        rd_kafka_producev(producer, RD_KAFKA_V_TOPIC(topic), RD_KAFKA_V_PARTITION(0),
                          RD_KAFKA_V_KEY("k", 1), RD_KAFKA_V_VALUE((void *)value, strlen(value)),
                          RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END);
    cr_assert(code == RD_KAFKA_RESP_ERR_NO_ERROR);
    cr_assert(rd_kafka_flush(producer, ANSWER_MS) == RD_KAFKA_RESP_ERR_NO_ERROR);
}

static void expect_values(enum kafka_reader_until until, bool uncommitted, const char *expected) {
    static char values[256];
    struct kafka_reader_plan plan = plan_of(KAFKA_READER_FROM_BEGINNING, 0, until);
    plan.uncommitted = uncommitted;
    struct kafka_reader *reader = open_reader(&plan);
    cr_expect(read_all(reader, ANSWER_MS, values, sizeof values) == KAFKA_READER_END);
    cr_expect_str_eq(values, expected, "until %d, uncommitted %d: %s", (int)until, (int)uncommitted,
                     values);
    kafka_reader_close(reader);
}

Test(tools, only_committed_records_are_read_and_the_end_is_found_behind_marks) {
    rd_kafka_t *producer = plain_client(prefix);
    check(rd_kafka_init_transactions(producer, ANSWER_MS));
    begin_with(producer, "committed");
    check(rd_kafka_commit_transaction(producer, ANSWER_MS));
    begin_with(producer, "aborted");
    check(rd_kafka_abort_transaction(producer, ANSWER_MS));
    expect_values(KAFKA_READER_UNTIL_WRITTEN, false, "committed ");
    expect_values(KAFKA_READER_UNTIL_STABLE, false, "committed ");
    expect_values(KAFKA_READER_UNTIL_WRITTEN, true, "committed aborted ");
    begin_with(producer, "open");
    expect_values(KAFKA_READER_UNTIL_STABLE, false, "committed ");
    expect_values(KAFKA_READER_UNTIL_WRITTEN, true, "committed aborted open ");

    static char values[256];
    const struct kafka_reader_plan plan =
        plan_of(KAFKA_READER_FROM_BEGINNING, 0, KAFKA_READER_UNTIL_WRITTEN);
    struct kafka_reader *reader = open_reader(&plan);
    cr_expect(read_all(reader, 1000, values, sizeof values) == KAFKA_READER_NOTHING);
    cr_expect_str_eq(values, "committed ");
    check(rd_kafka_commit_transaction(producer, ANSWER_MS));
    cr_expect(read_all(reader, ANSWER_MS, values, sizeof values) == KAFKA_READER_END);
    cr_expect_str_eq(values, "open ");
    kafka_reader_close(reader);
    rd_kafka_destroy(producer);
}
