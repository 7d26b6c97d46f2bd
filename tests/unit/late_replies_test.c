/* The collector with its own thread: what comes late is written, and the end is waited for. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <time.h>

#include "outside/clock_os/clock_os.h"
#include "registry_connector/late_replies.h"
#include "tests/support/fake_registry.h"
#include "tests/support/memory_log.h"

enum { PARTITIONS = 1, PATIENCE_MS = 5000, CALL_MS = 30000 };

static struct clock os;
static struct memory_log *the_log;
static struct log_plain plain;
static struct late_replies late;
static struct fake_registry fake;
static struct registry registry;

static void open_all(void) {
    struct error error;
    os = clock_os();
    the_log = memory_log_open(PARTITIONS, &os);
    plain = memory_log_plain(the_log);
    const struct late_replies_config config = {
        .clock = os,
        .logger = logger_silent(),
        .log = &plain,
        .source = {.name = text_of("test"), .version = text_of("1")},
        .host = text_of("here"),
        .schema_id = 1,
    };
    cr_assert_eq(late_replies_open(&late, &config, &error), RESULT_OK);
    const struct registry_adapter adapter = fake_registry_adapter(&fake);
    static const struct registry_config wanted = {"main", "fake", "here", 1};
    cr_assert_eq(adapter.open(adapter.self, &wanted, &os, &registry, &error), RESULT_OK);
}

static void close_all(void) {
    plain.close(plain.self);
    memory_log_close(the_log);
    cr_expect_eq(fake.connections, 0);
}

TestSuite(late_replies, .init = open_all, .fini = close_all);

static struct flight_subject start_call(uint8_t number, int64_t timeout_ms) {
    struct flight_subject subject = {
        .call = {.certificate_id = {{number}}, .submission_id = {{number, 1}}, .attempt = 1},
        .incarnation = {{9}},
        .transaction_id = "tx",
        .transaction_id_length = 2,
    };
    const struct registry_request request = {
        .call = subject.call,
        .transaction = {.id = text_of("tx"), .bytes = {(const uint8_t *)"bytes", 5}},
        .deadline_ms = os.monotonic_ms(os.self) + timeout_ms,
    };
    registry.start(registry.self, &request);
    return subject;
}

static uint32_t evidence(void) {
    return memory_log_visible(the_log, "registry.evidence", 0);
}

static void wait_for_evidence(uint32_t count) {
    const int64_t end_ms = os.monotonic_ms(os.self) + PATIENCE_MS;
    while (evidence() < count) {
        cr_assert_lt(os.monotonic_ms(os.self), end_ms, "no evidence came");
        (void)nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
}

Test(late_replies, are_written_by_the_thread) {
    struct error error;
    cr_assert_eq(late_replies_run(&late, &error), RESULT_OK);
    const struct flight_subject subjects[] = {start_call(1, CALL_MS), start_call(2, CALL_MS),
                                              start_call(3, CALL_MS)};
    fake_registry_answer(&fake, 0, REGISTRY_REPLY_SUCCEEDED);
    fake_registry_answer(&fake, 1, REGISTRY_REPLY_REFUSED);
    fake_registry_answer(&fake, 2, REGISTRY_REPLY_ACCEPTED);
    late_replies_take(&late, &registry, subjects, 3);
    wait_for_evidence(3);
    late_replies_close(&late, 0);
    cr_expect_eq(evidence(), 3);
}

Test(late_replies, the_same_reply_twice_is_one_message) {
    const struct flight_subject subject = start_call(1, CALL_MS);
    const struct registry_reply reply = {.call = subject.call, .kind = REGISTRY_REPLY_SUCCEEDED};
    late_replies_testify(&late, &subject, &reply);
    late_replies_testify(&late, &subject, &reply);
    cr_assert_eq(evidence(), 2);
    const struct log_record *first = memory_log_read(the_log, "registry.evidence", 0, 0);
    const struct log_record *second = memory_log_read(the_log, "registry.evidence", 0, 1);
    cr_expect(text_equal(first->headers[0].name, text_of("ce_id")));
    cr_expect(bytes_equal(first->headers[0].value, second->headers[0].value), "one id");
    registry.close(registry.self);
    late_replies_close(&late, 0);
}

Test(late_replies, what_was_learnt_in_another_way_is_another_message) {
    static const enum registry_learnt ways[] = {REGISTRY_LEARNT_BY_REPLY, REGISTRY_LEARNT_BY_STATUS,
                                                REGISTRY_LEARNT_BY_STREAM};
    enum { WAYS = sizeof ways / sizeof ways[0] };
    const struct flight_subject subject = start_call(1, CALL_MS);
    for (uint32_t i = 0; i < WAYS; i++) {
        const struct registry_reply reply = {
            .call = subject.call, .kind = REGISTRY_REPLY_SUCCEEDED, .learnt = ways[i]};
        late_replies_testify(&late, &subject, &reply);
    }
    cr_assert_eq(evidence(), WAYS);
    for (uint32_t i = 0; i < WAYS; i++) {
        for (uint32_t j = 0; j < i; j++) {
            const struct log_record *one = memory_log_read(the_log, "registry.evidence", 0, i);
            const struct log_record *other = memory_log_read(the_log, "registry.evidence", 0, j);
            cr_expect_not(bytes_equal(one->headers[0].value, other->headers[0].value));
        }
    }
    registry.close(registry.self);
    late_replies_close(&late, 0);
}

Test(late_replies, what_says_nothing_about_the_outcome_is_no_evidence) {
    const struct flight_subject subject = start_call(1, 0);
    late_replies_take(&late, &registry, &subject, 1);
    (void)late_replies_step(&late); /* its time is over: unknown */
    const struct registry_reply not_sent = {.call = subject.call, .kind = REGISTRY_REPLY_NOT_SENT};
    late_replies_testify(&late, &subject, &not_sent);
    cr_expect_eq(evidence(), 0);
    fake_registry_answer(&fake, 0, REGISTRY_REPLY_SUCCEEDED);
    (void)late_replies_step(&late);
    cr_expect_eq(evidence(), 1, "later still it is answered after all");
    late_replies_close(&late, 0);
}

Test(late_replies, the_end_waits_for_what_is_owed_but_not_for_ever) {
    const struct flight_subject subject = start_call(1, CALL_MS);
    late_replies_take(&late, &registry, &subject, 1);
    const int64_t begin_ms = os.monotonic_ms(os.self);
    late_replies_close(&late, 300);
    const int64_t took_ms = os.monotonic_ms(os.self) - begin_ms;
    cr_expect(took_ms >= 300 && took_ms < PATIENCE_MS, "%lld ms", (long long)took_ms);
}
