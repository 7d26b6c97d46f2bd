/* The stream of a certificate is read where a registry can be read: one reading at a time, while no
 * submission is open, and until it has brought something of use. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "registry_connector/reading.h"
#include "tests/support/connector_rig.h"
#include "tests/support/fault_notes.h"

#define INTENDED MESSAGE_REGISTRY_EVENTS_SUBMISSION_INTENDED
#define SUCCEEDED MESSAGE_REGISTRY_EVENTS_SUBMISSION_SUCCEEDED
#define READ MESSAGE_REGISTRY_EVENTS_STREAM_READ

static void open_all(void) {
    the_registry()->capabilities = REGISTRY_CAPABILITY_STREAM;
    connector_open();
}

TestSuite(connector_reading, .init = open_all, .fini = connector_close);

static uint32_t readings(void) {
    return the_registry()->readings_count;
}

/* Somebody wants the stream of this certificate read; `number` tells the orders apart. */
static void order_from(const char *registry, uint8_t number, struct uuid certificate_id) {
    const struct registry_operations_read_stream order = {
        .metadata = {.id = {{0xaa, number}},
                     .source = {text_of("x"), text_of("1")},
                     .has_correlation_id = true,
                     .correlation_id = {{0xcc}},
                     .has_channel = true,
                     .channel = text_of("cli")},
        .certificate_id = certificate_id,
        .registry = text_of(registry),
    };
    write_message(MESSAGE_REGISTRY_OPERATIONS_READ_STREAM, &certificate_id, &order);
}

static void order(uint8_t number, struct uuid certificate_id) {
    order_from("main", number, certificate_id);
    run_for(10);
}

static struct registry_events_stream_slice a_slice = {
    .registry_hash = {(const uint8_t *)"hash", 4},
    .owner_key = {(const uint8_t *)"key", 3},
    .state = MILLRACE_SLICE_STATE_AVAILABLE,
};

static void the_registry_shows(uint32_t number, int64_t transactions) {
    fake_registry_show(
        the_registry(), number,
        &(struct registry_stream){
            .is_read = true, .slices = &a_slice, .slices_count = 1, .transactions = transactions});
    run_for(10);
}

static void given_a_submission_succeeded(void) {
    submit(cert(1));
    run_for(10);
    (void)then_ledger_event(INTENDED, cert(1));
    the_registry_answers(0, REGISTRY_REPLY_SUCCEEDED);
    run_for(10);
    (void)then_ledger_event(SUCCEEDED, cert(1));
}

Test(connector_reading, brings_what_the_stream_says) {
    given_a_submission_succeeded();
    order(1, cert(1));
    cr_assert_eq(readings(), 1);
    const struct fake_reading *asked = &the_registry()->readings[0];
    cr_expect_eq(asked->deadline_ms - asked->asked_ms, the_options()->call_timeout_ms);
    cr_expect_not_null(ledger_of(cert(1)).work.stream_read);
    no_more_events();

    the_registry_shows(0, 3);

    const struct registry_events_stream_read *event = then_ledger_event(READ, cert(1));
    cr_expect_eq(event->transactions, 3);
    cr_expect_eq(event->slices_count, 1);
    cr_expect(bytes_equal(event->slices[0].registry_hash, a_slice.registry_hash));
    cr_expect(bytes_equal(event->slices[0].owner_key, a_slice.owner_key));
    cr_expect_eq(event->slices[0].state, MILLRACE_SLICE_STATE_AVAILABLE);
    cr_expect_not(event->withdrawn);
    const struct uuid submission_id = submission_of(cert(1), 1);
    cr_expect(event->has_submission_id && uuid_equal(&event->submission_id, &submission_id));
    cr_expect_eq(event->sequence, 1);
    cr_expect_eq(event->attempt, 1);
    cr_expect_eq(event->metadata.parent_id.bytes[0], 0xaa, "its parent is the order");
    cr_expect_eq(event->metadata.correlation_id.bytes[0], 0xcc);
    cr_expect(text_equal(event->metadata.channel, text_of("cli")));
    cr_expect_null(ledger_of(cert(1)).work.stream_read);
    cr_expect_eq(ledger_of(cert(1)).ledger.stream_transactions, 3);
    run_for(600000);
    cr_expect_eq(readings(), 1, "it is done");
    cr_expect_eq(calls_started(), 1, "nothing is sent by it");
}

Test(connector_reading, goes_one_at_a_time) {
    order(1, cert(1));
    order(2, cert(1));
    order(3, cert(2));
    cr_assert_eq(readings(), 2, "of each certificate");
    the_registry_shows(0, 1);
    cr_expect_eq(((const struct registry_events_stream_read *)then_ledger_event(READ, cert(1)))
                     ->metadata.parent_id.bytes[1],
                 1);
    order(4, cert(1));
    cr_expect_eq(readings(), 3, "the next one may come");
}

Test(connector_reading, begins_no_more_than_eight_at_once) {
    for (uint32_t i = 1; i <= READING_OUT_MAX + 1; i++) {
        order((uint8_t)i, cert(i));
    }
    run_for(10000);
    cr_expect_eq(readings(), READING_OUT_MAX);
    the_registry_shows(3, 1);
    (void)then_ledger_event(READ, cert(4));
    cr_expect_eq(readings(), READING_OUT_MAX + 1);
}

Test(connector_reading, waits_while_a_submission_is_open) {
    submit(cert(1));
    run_for(10);
    (void)then_ledger_event(INTENDED, cert(1));
    order(1, cert(1));
    run_for(5000);
    cr_expect_eq(readings(), 0);
    the_registry_answers(0, REGISTRY_REPLY_SUCCEEDED);
    run_for(10);
    (void)then_ledger_event(SUCCEEDED, cert(1));
    run_for(4000);
    cr_expect_eq(readings(), 1);
}

Test(connector_reading, is_of_no_use_when_a_submission_began_meanwhile) {
    given_a_submission_succeeded();
    order(1, cert(1));
    submit_next(cert(1), 2, "main");
    run_for(10);
    (void)then_ledger_event(INTENDED, cert(1));
    the_registry_shows(0, 3);
    no_more_events();
    run_for(2000);
    cr_expect_eq(readings(), 1, "it is open");
    the_registry_answers(1, REGISTRY_REPLY_SUCCEEDED);
    run_for(4000);
    (void)then_ledger_event(SUCCEEDED, cert(1));
    cr_assert_eq(readings(), 2, "it is read again");
    the_registry_shows(1, 4);
    (void)then_ledger_event(READ, cert(1));
}

Test(connector_reading, is_of_no_use_either_when_that_one_has_ended_meanwhile) {
    given_a_submission_succeeded();
    order(1, cert(1));
    submit_next(cert(1), 2, "main");
    run_for(10);
    (void)then_ledger_event(INTENDED, cert(1));
    the_registry_answers(1, REGISTRY_REPLY_SUCCEEDED);
    run_for(10);
    (void)then_ledger_event(SUCCEEDED, cert(1));
    the_registry_shows(0, 3);
    no_more_events();
    run_for(2000);
    cr_assert_eq(readings(), 2);
    the_registry_shows(1, 4);
    (void)then_ledger_event(READ, cert(1));
}

Test(connector_reading, that_shows_less_than_an_earlier_one_is_ignored) {
    order(1, cert(1));
    the_registry_shows(0, 3);
    (void)then_ledger_event(READ, cert(1));
    order(2, cert(1));
    the_registry_shows(1, 2);
    no_more_events();
    run_for(2000);
    cr_assert_eq(readings(), 3, "it is read again");
    the_registry_shows(2, 3);
    (void)then_ledger_event(READ, cert(1));
}

Test(connector_reading, that_brings_nothing_is_tried_again_and_less_and_less_often) {
    order(1, cert(1));
    for (uint32_t i = 0; i < 10; i++) {
        const uint32_t before = readings();
        fake_registry_show(the_registry(), before - 1,
                           &(struct registry_stream){.words = text_of("not now")});
        for (int64_t s = 0; s <= 64 && readings() == before; s++) {
            run_for(1000);
        }
        cr_assert_eq(readings(), before + 1, "never later than after 64 s");
    }
    no_more_events();
    run_for(the_options()->call_timeout_ms + 64000);
    cr_assert_eq(readings(), 12, "nor is one waited for that has no answer");
    the_registry_shows(11, 1);
    (void)then_ledger_event(READ, cert(1));
}

Test(connector_reading, survives_its_process) {
    order(1, cert(1));
    cr_assert_eq(readings(), 1);
    the_connector_dies();
    another_takes_over();
    run_for(10);
    cr_assert_eq(readings(), 2);
    the_registry_shows(1, 1);
    (void)then_ledger_event(READ, cert(1));
    the_connector_dies();
    another_takes_over();
    run_for(600000);
    cr_expect_eq(readings(), 2, "what is done is done");
    no_more_events();
}

Test(connector_reading, is_dropped_by_a_lane_that_ends_and_begun_by_the_next) {
    order(1, cert(1));
    the_lane_is_lost();
    cr_expect(the_registry()->readings[0].told, "nobody waits for it");
    another_takes_over();
    run_for(10);
    cr_assert_eq(readings(), 2);
    the_registry_shows(1, 1);
    (void)then_ledger_event(READ, cert(1));
}

Test(connector_reading, is_not_waited_for_by_a_drain) {
    order(1, cert(1));
    the_lane_drains(DRAIN_STOPPING, 20000);
    run_for(100);
    cr_expect(the_lane_ended());
    no_more_events();
}

Test(connector_reading, of_another_registry_says_nothing) {
    given_a_submission_succeeded();
    order_from("other", 1, cert(1));
    run_for(10);
    then_operation_dead("registry-not-readable");
    order_from("nowhere", 2, cert(1));
    run_for(10);
    then_operation_dead("registry-not-readable");
    cr_expect_eq(readings(), 0);
}

Test(connector_reading, of_a_registry_that_cannot_be_read_any_more_waits) {
    order(1, cert(1));
    the_connector_dies();
    the_registry()->capabilities = 0;
    another_takes_over();
    run_for(600000);
    cr_expect_eq(readings(), 1);
    cr_expect_not_null(ledger_of(cert(1)).work.stream_read, "it is not forgotten");
    the_connector_dies();
    the_registry()->capabilities = REGISTRY_CAPABILITY_STREAM;
    another_takes_over();
    run_for(10);
    cr_assert_eq(readings(), 2);
    the_registry_shows(1, 1);
    (void)then_ledger_event(READ, cert(1));
}

/* --- Where it can be killed. --- */

/* Only those of readings: every turn comes to many more. */
static char points[256];

static void note_reading(const char *name) {
    if (strncmp(name, "reading.", strlen("reading.")) == 0) {
        const size_t used = strlen(points);
        (void)snprintf(points + used, sizeof points - used, "%s ", name + strlen("reading."));
    }
}

static void then_points(const char *expected) {
    cr_expect_str_eq(points, expected);
    points[0] = '\0';
}

Test(connector_reading, fault_points_on_the_way_to_a_stream_read) {
    given_a_submission_succeeded();
    fault_notes_begin(NULL, note_reading);
    order(1, cert(1));
    then_points("wanted begun ");
    fake_registry_show(the_registry(), 0,
                       &(struct registry_stream){.words = text_of("nobody answered")});
    run_for(10);
    then_points("answered ");
    run_for(1000);
    then_points("begun ");
    the_registry_shows(1, 3);
    then_points("answered staged ");
    fault_notes_end();
}
