/* RealignCertificate: openings are checked where a registry hides what its slices hold, each with
 * what was said of it, and a wrong one is refused. */
#include <criterion/criterion.h>

#include "certificates/certificates.h"
#include "tests/support/certificates_rig.h"

#define REALIGNED MESSAGE_CERTIFICATES_EVENTS_CERTIFICATE_REALIGNED
#define REJECTED MESSAGE_CERTIFICATES_EVENTS_COMMAND_REJECTED

enum { CHECKED_MAX = 8 };

/* Who says whether an opening fits: only "right" does. */
static struct {
    uint32_t count;
    int64_t quantities[CHECKED_MAX];
} checked;

static bool fit(void *self, struct text registry, int64_t quantity, struct bytes blinding,
                struct bytes hash) {
    cr_expect(self == &checked);
    cr_expect(text_equal(registry, text_of("plain")));
    cr_expect(bytes_equal(hash, (struct bytes){(const uint8_t *)"hash", 4}));
    cr_assert(checked.count < CHECKED_MAX);
    checked.quantities[checked.count++] = quantity;
    return bytes_equal(blinding, (struct bytes){(const uint8_t *)"right", 5});
}

static struct uuid first;

static void open_all(void) {
    rig_open();
    const struct message issue = issue_certificate(1000, "alice");
    first = slice_of(issue, 0);
    someone_sends(issue);
    let_run();
    registry_executes(0);
    let_run();
    someone_sends(transfer_slice(first, "alice", "bob"));
    let_run();
    registry_refuses(1, "Slice not found");
    let_run();
    whatever_was_written();
}

TestSuite(openings, .init = open_all, .fini = rig_close);

static struct millrace_realigned_slice part(uint32_t number, int64_t quantity, const char *hash,
                                            const char *blinding) {
    return (struct millrace_realigned_slice){
        .slice_id = some_id(50 + number),
        .quantity = quantity,
        .owner = text_of("alice"),
        .has_registry_hash = hash != NULL,
        .registry_hash = {(const uint8_t *)hash, hash == NULL ? 0 : (uint32_t)strlen(hash)},
        .has_blinding = blinding != NULL,
        .blinding = {(const uint8_t *)blinding, blinding == NULL ? 0 : (uint32_t)strlen(blinding)},
        .state = MILLRACE_SLICE_STATE_AVAILABLE,
    };
}

static void realign(uint32_t number, struct millrace_realigned_slice *slices, uint32_t count) {
    struct certificates_operations_realign_certificate operation = {
        .metadata = {.id = some_id(70 + number)},
        .certificate_id = the_certificate(),
        .operator= text_of("olga"),
        .evidence = text_of("seen"),
        .slices = slices,
        .slices_count = count,
    };
    someone_sends(
        (struct message){MESSAGE_CERTIFICATES_OPERATIONS_REALIGN_CERTIFICATE, &operation});
    let_run();
}

Test(openings, that_do_not_fit_are_refused) {
    *the_openings() = (struct openings){.self = &checked, .fit = fit};
    struct millrace_realigned_slice slices[] = {part(0, 400, "hash", "right"),
                                                part(1, 600, "hash", "wrong")};
    realign(0, slices, 2);
    const struct certificates_events_command_rejected *event = then_written(REJECTED);
    cr_expect_eq(event->reason, MILLRACE_REASON_MISALIGNED);
    char detail[256];
    (void)snprintf(detail, sizeof detail, "%.*s", (int)event->detail.length, event->detail.data);
    cr_expect_not_null(strstr(detail, "do not open"), "%s", detail);
    cr_expect_eq(checked.count, 2);
    cr_expect_eq(checked.quantities[0], 400);
    cr_expect_eq(checked.quantities[1], 600);
    cr_expect_not_null(state_of(the_certificate())->model.suspension);
    whatever_was_written();

    slices[1] = part(1, 600, "hash", "right");
    realign(1, slices, 2);
    then_written(REALIGNED);
    cr_expect_null(state_of(the_certificate())->model.suspension);
}

Test(openings, that_were_not_said_are_not_checked) {
    *the_openings() = (struct openings){.self = &checked, .fit = fit};
    struct millrace_realigned_slice slices[] = {
        part(0, 100, NULL, "wrong"), part(1, 200, "hash", NULL), part(2, 300, "", "wrong"),
        part(3, 400, "hash", "")};
    realign(0, slices, 4);
    then_written(REALIGNED);
    cr_expect_eq(checked.count, 0);
}

Test(openings, are_not_checked_by_nobody) {
    struct millrace_realigned_slice slice = part(0, 1000, "hash", "wrong");
    realign(0, &slice, 1);
    then_written(REALIGNED);
}

Test(openings, of_a_certificate_that_cannot_be_realigned_are_not_looked_at) {
    *the_openings() = (struct openings){.self = &checked, .fit = fit};
    struct millrace_realigned_slice slice = part(0, 1000, "hash", "right");
    realign(0, &slice, 1);
    then_written(REALIGNED);
    whatever_was_written();
    checked.count = 0;
    slice = part(0, 1000, "hash", "wrong");
    realign(1, &slice, 1);
    const struct certificates_events_command_rejected *event = then_written(REJECTED);
    cr_expect_eq(event->reason, MILLRACE_REASON_NOT_SUSPENDED);
    cr_expect_eq(checked.count, 0);
}
