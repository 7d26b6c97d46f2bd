/* What always holds, whatever comes: tried with whatever comes, from a seed. */
#include <criterion/criterion.h>
#include <stdio.h>

#include "tests/support/certificate_spec.h"

enum { STEPS = 1500, IDS = 6 };

static uint64_t random_state;
static uint32_t steps_left;

static uint32_t up_to(uint32_t count) { /* 0 to count - 1 */
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (uint32_t)(random_state >> 33) % count;
}

static const char *somebody(void) {
    static const char *const names[] = {"alice", "bob", "carol", "not an owner"};
    return names[up_to(16) == 0 ? 3 : up_to(3)];
}

/* Mostly one that there is. */
static const struct certificates_state_slice_model *some_slice(void) {
    static struct certificates_state_slice_model none;
    none =
        (struct certificates_state_slice_model){.slice_id = some_id(60), .owner = text_of("bob")};
    const struct certificates_state_certificate_model *model = the_model();
    if (model->slices_count == 0 || up_to(20) == 0) {
        return &none;
    }
    return &model->slices[up_to(model->slices_count)];
}

static const char *its_owner(const struct certificates_state_slice_model *slice) {
    static char name[256];
    if (up_to(10) == 0) {
        return somebody();
    }
    (void)snprintf(name, sizeof name, "%.*s", (int)slice->owner.length, slice->owner.data);
    return name;
}

static struct message reserved_or_not(struct message command,
                                      const struct certificates_state_slice_model *slice) {
    if (slice->has_reservation_id && up_to(4) != 0) {
        return with_reservation(command, slice->reservation_id);
    }
    return command;
}

static struct message some_slicing(void) {
    const struct certificates_state_slice_model *slice = some_slice();
    const char *owner = its_owner(slice);
    int64_t quantities[8];
    const char *owners[8];
    const uint32_t count = 2 + up_to(3);
    int64_t left = slice->quantity;
    for (uint32_t i = 0; i < count; i++) {
        quantities[i] = i + 1 == count ? left : left / 3;
        left -= quantities[i];
        const char *other = somebody();
        owners[i] = up_to(2) == 0 ? NULL : other;
    }
    return reserved_or_not(slice_certificate(slice->slice_id, owner, count, quantities, owners),
                           slice);
}

/* An allocation id of the slice, or any. */
static struct uuid its_allocation(const struct certificates_state_slice_model *slice) {
    return slice->allocation != NULL && up_to(10) != 0 ? slice->allocation->allocation_id
                                                       : some_id(up_to(1000));
}

/* All draws come first, one a line: in arguments their order would be the compiler's. */
static struct message some_command(void) {
    const struct certificates_state_slice_model *slice = some_slice();
    const char *one = somebody();
    const char *owner = its_owner(slice);
    const struct uuid allocation_id = its_allocation(slice);
    const struct uuid new_allocation_id = some_id(up_to(1000));
    const struct uuid reservation_id = some_id(2000 + up_to(IDS));
    const int64_t quantity = 1 + up_to(30000);
    switch (up_to(10)) {
    case 0:
        return issue_certificate(100000, one);
    case 1:
    case 2:
        return some_slicing();
    case 3:
        return transfer_slice(slice->slice_id, owner, one);
    case 4:
        return reserve_slices(reservation_id, one, quantity);
    case 5:
        return release_reservation(reservation_id, one);
    case 6:
        return reserved_or_not(
            allocate_slice(slice->slice_id, owner, new_allocation_id, slice->quantity), slice);
    case 7:
        return claim_slice(slice->slice_id, owner, allocation_id);
    case 8:
        return unclaim_slice(slice->slice_id, owner, allocation_id);
    default: /* by its issuer only late: it ends everything */
        return withdraw_certificate(steps_left < 20 ? "issuer" : one);
    }
}

static void some_outcome(void) {
    switch (up_to(8)) {
    case 0:
        when_refused(up_to(2) == 0 ? "Slice not found" : "not today");
        break;
    case 1:
        when_unknown();
        when_resolved(up_to(2) == 0);
        break;
    default:
        when_succeeded();
        break;
    }
}

/* Slices by what must not change: those that are claimed stay as they are until they are unclaimed,
 * which shows as an allocation id that is spent. */
static void expect_claimed_unmoved(const struct certificates_state_certificate_model *before) {
    const struct certificates_state_certificate_model *after = the_model();
    for (uint32_t i = 0; i < before->slices_count; i++) {
        const struct certificates_state_slice_model *claimed = &before->slices[i];
        if (claimed->state != MILLRACE_SLICE_STATE_CLAIMED) {
            continue;
        }
        const struct certificates_state_slice_model *now =
            certificate_slice(after, &claimed->slice_id);
        cr_assert_not_null(now, "a claimed slice is gone");
        cr_expect(text_equal(now->owner, claimed->owner) && now->quantity == claimed->quantity);
        cr_expect(now->state == MILLRACE_SLICE_STATE_CLAIMED ||
                      after->spent_allocations_count == before->spent_allocations_count + 1,
                  "a claimed slice is free");
    }
}

/* No allocation id stands twice, on slices and among those spent. */
static void expect_allocations_once(void) {
    const struct certificates_state_certificate_model *model = the_model();
    static struct uuid seen[4096];
    uint32_t count = 0;
    for (uint32_t i = 0; i < model->slices_count; i++) {
        if (model->slices[i].allocation != NULL) {
            seen[count++] = model->slices[i].allocation->allocation_id;
        }
    }
    for (uint32_t i = 0; i < model->spent_allocations_count; i++) {
        seen[count++] = model->spent_allocations[i];
    }
    for (uint32_t i = 0; i < count; i++) {
        for (uint32_t j = 0; j < i; j++) {
            cr_expect_not(uuid_equal(&seen[i], &seen[j]), "an allocation id was used twice");
        }
    }
}

static void expect_conserved(void) {
    const struct certificates_state_certificate_model *model = the_model();
    int64_t sum = 0;
    for (uint32_t i = 0; i < model->slices_count; i++) {
        sum += model->slices[i].quantity;
    }
    cr_expect_eq(sum, model->issued == NULL ? 0 : 100000, "energy appeared or vanished");
}

static void run(uint64_t seed) {
    random_state = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
    for (uint32_t i = 0; i < STEPS; i++) {
        steps_left = STEPS - i;
        const struct certificates_state_certificate_model before = *the_model();
        when(the_model()->suspension != NULL ? realign_certificate() : some_command());
        if (is_at_registry()) {
            some_outcome();
        }
        expect_conserved();
        expect_claimed_unmoved(&before);
        if (i % 100 == 0) {
            expect_allocations_once();
        }
    }
    expect_allocations_once();
    expect_fold();
    cr_expect_gt(the_model()->version, 300, "seed %lu: too little happened", (unsigned long)seed);
}

Test(laws, hold_with_seed_1) {
    run(1);
}

Test(laws, hold_with_seed_2) {
    run(2);
}

Test(laws, hold_with_seed_3) {
    run(3);
}
