/* Issuing and withdrawing: how a certificate comes to be, and how it ends. */
#include <criterion/criterion.h>

#include "tests/support/certificate_spec.h"

#define ISSUED MESSAGE_CERTIFICATES_EVENTS_CERTIFICATE_ISSUED
#define WITHDRAWN MESSAGE_CERTIFICATES_EVENTS_CERTIFICATE_WITHDRAWN

static struct certificates_commands_issue_certificate *body_of(struct message command) {
    cr_assert_eq(command.type, MESSAGE_CERTIFICATES_COMMANDS_ISSUE_CERTIFICATE);
    return command.body;
}

Test(issue, asks_the_registry_first) {
    const struct message command = issue_certificate(1000, "alice");
    struct millrace_attribute attribute = {text_of("FuelCode"), text_of("F01010101"),
                                           MILLRACE_ATTRIBUTE_KIND_CLEAR_TEXT};
    body_of(command)->attributes = &attribute;
    body_of(command)->attributes_count = 1;
    body_of(command)->has_asset_id = true;
    body_of(command)->asset_id = text_of("meter 7");

    when(command);

    const struct millrace_issue_operation *operation = then_submitted("plain")->issue;
    cr_assert_not_null(operation);
    cr_expect_eq(operation->certificate_type, MILLRACE_CERTIFICATE_TYPE_PRODUCTION);
    cr_expect_eq(operation->quantity, 1000);
    cr_expect_eq(operation->period_start, PERIOD_START);
    cr_expect_eq(operation->period_end, PERIOD_END);
    expect_text(operation->grid_area, "DK1");
    expect_text(operation->owner, "alice");
    expect_text(operation->asset_id, "meter 7");
    expect_text(operation->attributes[0].value, "F01010101");
    const struct uuid first = slice_of(command, 0);
    expect_uuid(&operation->slice_id, &first);
    and_nothing_else();
    cr_expect_eq(the_model()->version, 0, "nothing has changed before the registry said yes");
}

Test(issue, happens_when_the_registry_has_done_it) {
    const struct message command = issue_certificate(1000, "alice");
    given_in_flight(command);

    when_succeeded();

    const struct certificates_events_certificate_issued *event = then_event(ISSUED);
    cr_expect_eq(event->version, 1);
    cr_expect_eq(event->quantity, 1000);
    expect_text(event->transaction_id, "transaction-1");
    expect_text(event->registry, "plain");
    cr_expect(
        bytes_equal(event->slice.registry_hash, (struct bytes){(const uint8_t *)"hash-1-0", 8}),
        "the registry's name for the slice is kept");
    expect_uuid(&event->command_id, &body_of(command)->metadata.id);
    and_nothing_else();
    expect_slice(slice_of(command, 0), 1000, "alice", MILLRACE_SLICE_STATE_AVAILABLE);
}

Test(issue, comes_to_nothing_when_the_registry_refuses) {
    given_in_flight(issue_certificate(1000, "alice"));

    when_refused("No issuer found for GridArea");

    then_rejected_because(MILLRACE_REASON_REGISTRY_REFUSED, "No issuer found for GridArea");
    and_nothing_else();
    cr_expect_null(the_model()->issued);
    cr_expect_eq(the_model()->version, 0);
}

Test(issue, of_what_the_registry_has_already_suspends_nothing) {
    given_in_flight(issue_certificate(1000, "alice"));

    when_refused("Certificate with id \xe2\x80\x9d{ }\xe2\x80\x9d already exists");

    then_rejected(MILLRACE_REASON_REGISTRY_REFUSED);
    and_nothing_else();
}

Test(issue, happens_once) {
    given_certificate(1000, "alice");

    when(issue_certificate(1000, "alice"));

    then_rejected(MILLRACE_REASON_ALREADY_ISSUED);
    and_nothing_else();
}

Test(issue, is_for_the_issuers_of_the_grid_area) {
    static const struct {
        const char *name;
        const char *by;
        const char *grid_area;
    } rows[] = {
        {"somebody", "alice", "DK1"},
        {"the issuer of another area", "else", "DK1"},
        {"an area without issuers", "issuer", "SE4"},
        {"nobody", "", "DK1"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct message command = issue_certificate(1000, "alice");
        body_of(command)->requested_by = text_of(rows[i].by);
        body_of(command)->grid_area = text_of(rows[i].grid_area);

        when(command);

        then_rejected(MILLRACE_REASON_NOT_ISSUER);
        and_nothing_else();
    }
}

Test(issue, needs_a_configured_registry) {
    const struct message command = issue_certificate(1000, "alice");
    body_of(command)->registry = text_of("nowhere");

    when(command);

    then_rejected_because(MILLRACE_REASON_UNKNOWN_REGISTRY,
                          "no registry \"nowhere\" is configured");
    and_nothing_else();
}

Test(issue, needs_a_period_of_a_minute_to_an_hour) {
    static const struct {
        const char *name;
        int64_t start;
        int64_t end;
        bool right;
    } rows[] = {
        {"a minute", 0, 60000, true},
        {"an hour", 7200000, 10800000, true},
        {"the last hour of all", LIMIT_PERIOD_START_MS_MAX, LIMIT_PERIOD_START_MS_MAX + 3600000,
         true},
        {"a second less than a minute", 0, 59000, false},
        {"a second more than an hour", 0, 3601000, false},
        {"nothing", 60000, 60000, false},
        {"backwards", 120000, 60000, false},
        {"a start within a second", 1, 60001, false},
        {"an end within a second", 0, 60001, false},
        {"before 1970", -60000, 0, false},
        {"after 9999", LIMIT_PERIOD_START_MS_MAX + 1000, LIMIT_PERIOD_START_MS_MAX + 61000, false},
        {"as far as numbers go", INT64_MIN, INT64_MAX, false},
        {"an end as far as numbers go", 0, INT64_MAX / 1000 * 1000, false},
        {"an end as far back as numbers go", 0, INT64_MIN / 1000 * 1000, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct message command = issue_certificate(1000, "alice");
        body_of(command)->period_start = rows[i].start;
        body_of(command)->period_end = rows[i].end;

        when(command);

        if (rows[i].right) {
            then_submitted("plain");
            when_refused("next, please");
        } else {
            then_rejected(MILLRACE_REASON_INVALID_PERIOD);
            and_nothing_else();
        }
    }
}

Test(issue, needs_a_quantity_that_a_registry_can_hold) {
    static const int64_t wrong[] = {0, -1, LIMIT_QUANTITY_WH_MAX + 1, INT64_MAX, INT64_MIN};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        when(issue_certificate(wrong[i], "alice"));
        then_rejected(MILLRACE_REASON_INVALID_QUANTITY);
        and_nothing_else();
    }
    when(issue_certificate(LIMIT_QUANTITY_WH_MAX, "alice"));
    then_submitted("plain");
    and_nothing_else();
}

#define TEXT_64 "0123456789012345678901234567890123456789012345678901234567890123"
#define TEXT_129 (TEXT_64 TEXT_64 "x")

Test(issue, needs_a_well_formed_owner) {
    static const char *const wrong[] = {"",    "a b",    "a/b",        "\xc3\xa6",
                                        "a\n", TEXT_129, "alice@work", "alice;drop it"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        when(issue_certificate(1000, wrong[i]));
        then_rejected(MILLRACE_REASON_UNKNOWN_OWNER);
        and_nothing_else();
    }
    when(issue_certificate(1000, TEXT_64 TEXT_64));
    then_submitted("plain");
    when_refused("next, please");
    when(issue_certificate(1000, "Aa.Zz_09:x-y"));
    then_submitted("plain");
    and_nothing_else();
}

Test(issue, needs_a_known_owner_where_owners_are_named) {
    the_rules()->owners_any = false;

    when(issue_certificate(1000, "carol"));
    then_rejected(MILLRACE_REASON_UNKNOWN_OWNER);
    and_nothing_else();

    when(issue_certificate(1000, "bob"));
    then_submitted("plain");
    and_nothing_else();
}

Test(issue, takes_only_so_many_attributes_of_such_a_size) {
    static struct millrace_attribute attributes[LIMIT_ATTRIBUTES_MAX + 1];
    const struct text just = text_of(TEXT_64 TEXT_64 TEXT_64 TEXT_64);
    const struct text over = text_of(TEXT_64 TEXT_64 TEXT_64 TEXT_64 "x");
    for (size_t i = 0; i <= LIMIT_ATTRIBUTES_MAX; i++) {
        attributes[i] = (struct millrace_attribute){just, just, MILLRACE_ATTRIBUTE_KIND_HASHED};
    }
    const struct message many = issue_certificate(1000, "alice");
    body_of(many)->attributes = attributes;
    body_of(many)->attributes_count = LIMIT_ATTRIBUTES_MAX + 1;
    when(many);
    then_rejected_because(MILLRACE_REASON_TOO_LARGE, "33 attributes, at most 32");

    body_of(many)->attributes_count = LIMIT_ATTRIBUTES_MAX;
    attributes[7].key = over;
    when(many);
    then_rejected(MILLRACE_REASON_TOO_LARGE);

    attributes[7].key = just;
    attributes[8].value = over;
    when(many);
    then_rejected(MILLRACE_REASON_TOO_LARGE);

    attributes[8].value = just;
    when(many);
    then_submitted("plain");
    and_nothing_else();
    when_succeeded();
    then_event(ISSUED);
    and_nothing_else();
}

Test(version, is_compared_where_it_is_expected) {
    when(expecting_version(issue_certificate(1000, "alice"), 1));
    then_rejected_because(MILLRACE_REASON_VERSION_CONFLICT,
                          "expected version 1, the certificate has 0");
    and_nothing_else();

    const struct message issue = expecting_version(issue_certificate(1000, "alice"), 0);
    given(issue);

    when(expecting_version(issue_certificate(1000, "alice"), 0));
    then_rejected(MILLRACE_REASON_VERSION_CONFLICT);
    when(expecting_version(transfer_slice(slice_of(issue, 0), "alice", "bob"), 2));
    then_rejected(MILLRACE_REASON_VERSION_CONFLICT);
    when(expecting_version(transfer_slice(slice_of(issue, 0), "alice", "bob"), -1));
    then_rejected(MILLRACE_REASON_VERSION_CONFLICT);
    and_nothing_else();

    when(expecting_version(transfer_slice(slice_of(issue, 0), "alice", "bob"), 1));
    then_submitted("plain");
    and_nothing_else();
}

Test(withdraw, ends_the_certificate_for_good) {
    given_certificate(1000, "alice");

    when(withdraw_certificate("issuer"));
    const struct millrace_withdraw_operation *operation = then_submitted("plain")->withdraw;
    expect_text(operation->grid_area, "DK1");
    expect_text(operation->reason, "the meter was wrong");
    and_nothing_else();

    when_succeeded();
    const struct certificates_events_certificate_withdrawn *event = then_event(WITHDRAWN);
    expect_text(event->reason, "the meter was wrong");
    cr_expect_eq(event->version, 2);
    and_nothing_else();
    cr_expect(the_model()->withdrawn);
}

Test(withdraw, is_for_the_issuer) {
    given_certificate(1000, "alice");
    static const char *const others[] = {"alice", "else", ""};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        when(withdraw_certificate(others[i]));
        then_rejected(MILLRACE_REASON_NOT_ISSUER);
        and_nothing_else();
    }
}

/* Every command that needs a certificate. */
static void when_each_is_tried(enum millrace_reason reason) {
    const struct message commands[] = {
        withdraw_certificate("issuer"),
        slice_in_two(first_slice(), "alice", 400, NULL, 600, NULL),
        transfer_slice(first_slice(), "alice", "bob"),
        reserve_slices(some_id(1), "alice", 500),
        release_reservation(some_id(1), "alice"),
        allocate_slice(first_slice(), "alice", some_id(2), 1000),
        claim_slice(first_slice(), "alice", some_id(2)),
        unclaim_slice(first_slice(), "alice", some_id(2)),
    };
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        when(commands[i]);
        then_rejected(reason);
        and_nothing_else();
    }
}

Test(withdraw, leaves_nothing_to_be_done) {
    given_certificate(1000, "alice");
    given(reserve_slices(some_id(1), "alice", 500));
    given(withdraw_certificate("issuer"));

    when_each_is_tried(MILLRACE_REASON_WITHDRAWN);
    when(issue_certificate(1000, "alice"));
    then_rejected(MILLRACE_REASON_ALREADY_ISSUED);
    and_nothing_else();
}

Test(withdraw, and_all_the_others_need_a_certificate) {
    when_each_is_tried(MILLRACE_REASON_UNKNOWN_CERTIFICATE);
}

Test(registry, that_is_configured_no_longer_is_not_asked) {
    given_certificate(1000, "alice");
    const struct message slicing = slice_in_two(first_slice(), "alice", 400, NULL, 600, NULL);
    given(slicing);
    const struct uuid one = slice_of(slicing, 0);
    const struct uuid two = slice_of(slicing, 1);
    given(allocate_slice(one, "alice", some_id(2), 400));
    the_rules()->registries_count = 0;

    const struct message commands[] = {
        withdraw_certificate("issuer"),        slice_in_two(two, "alice", 100, NULL, 500, NULL),
        transfer_slice(two, "alice", "bob"),   allocate_slice(two, "alice", some_id(3), 600),
        claim_slice(one, "alice", some_id(2)),
    };
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        when(commands[i]);
        then_rejected(MILLRACE_REASON_UNKNOWN_REGISTRY);
        and_nothing_else();
    }
}

Test(expiry, ends_what_is_done_with_slices) {
    given_certificate(1000, "alice");
    const struct message slicing = slice_in_two(first_slice(), "alice", 400, NULL, 600, NULL);
    given(slicing);
    const struct uuid one = slice_of(slicing, 0);
    const struct uuid two = slice_of(slicing, 1);
    given(allocate_slice(one, "alice", some_id(2), 400));
    given(reserve_slices(some_id(1), "alice", 600));
    the_rules()->has_expiry = true;
    the_rules()->expiry_days = 60;

    the_time_is(PERIOD_END + INT64_C(60) * 24 * 3600 * 1000 + 1);
    const struct message commands[] = {
        slice_in_two(two, "alice", 300, NULL, 300, NULL),
        transfer_slice(two, "alice", "bob"),
        reserve_slices(some_id(3), "alice", 500),
        allocate_slice(two, "alice", some_id(3), 600),
        claim_slice(one, "alice", some_id(2)),
    };
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        when(commands[i]);
        then_rejected_because(MILLRACE_REASON_EXPIRED, "its period ended more than 60 days ago");
        and_nothing_else();
    }
    when(release_reservation(some_id(1), "alice"));
    then_event(MESSAGE_CERTIFICATES_EVENTS_RESERVATION_RELEASED);
    and_nothing_else();
    when(withdraw_certificate("issuer"));
    then_submitted("plain");
    and_nothing_else();
    when_refused("not now");

    the_time_is(PERIOD_END + INT64_C(60) * 24 * 3600 * 1000);
    when(claim_slice(one, "alice", some_id(2)));
    then_submitted("plain");
    and_nothing_else();
}
