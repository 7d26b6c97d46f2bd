#include "tests/bench/support/origin_side.h"

#include <assert.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "outside/clock_os/clock_os.h"
#include "outside/registry_project_origin/commitment.h"
#include "tests/bench/support/metered.h"

enum { QUANTITY = 1000, FIRST_PART = 250, PERIOD_MS = 3600000 };

const char *const origin_side_operation_names[ORIGIN_SIDE_OPERATIONS] = {
    [ORIGIN_SIDE_ISSUE] = "issue",       [ORIGIN_SIDE_SLICE] = "slice",
    [ORIGIN_SIDE_TRANSFER] = "transfer", [ORIGIN_SIDE_ALLOCATE] = "allocate",
    [ORIGIN_SIDE_CLAIM] = "claim",
};

static const char keys[] =
    "owner alice secret 0101010101010101010101010101010101010101010101010101010101010101\n"
    "owner bob secret 0202020202020202020202020202020202020202020202020202020202020202\n"
    "issuer grid secret 0303030303030303030303030303030303030303030303030303030303030303\n";
static const struct rules_issuer issuer = {{"DK1", 3}, {"grid", 4}};
static const struct rules rules = {.issuers = &issuer, .issuers_count = 1};
static const struct origin_name name = {{"narnia", 6}, "narnia"};

void origin_side_open(struct origin_side *side, uint16_t port, uint32_t connections_max,
                      const struct origin_schedule *schedule) {
    static const uint8_t secret[BLINDING_SECRET_MIN] = {1};
    struct error error;
    *side = (struct origin_side){
        .clock = clock_os(),
        .prover = prover_chosen(),
        .settings = {.name = "narnia",
                     .own_name = "narnia",
                     .connections_max = connections_max,
                     .schedule = *schedule},
    };
    (void)snprintf(side->address, sizeof side->address, "http://127.0.0.1:%u", port);
    enum result result = keyring_parse("keys", text_of(keys), &side->keyring, &error);
    assert(result == RESULT_OK);
    result = blinding_secrets_add(&side->secrets, text_of("first"),
                                  (struct bytes){secret, sizeof secret}, &error);
    assert(result == RESULT_OK);
    side->adapter = (struct registry_project_origin_adapter){
        .logger = logger_silent(),
        .settings = &side->settings,
        .settings_count = 1,
        .rules = &rules,
        .keyring = &side->keyring,
        .secrets = &side->secrets,
        .prover = &side->prover,
    };
}

void origin_side_close(struct origin_side *side) {
    keyring_close(&side->keyring);
    blinding_secrets_deinit(&side->secrets);
}

void origin_side_connect(struct origin_side *side, struct registry *registry) {
    const struct registry_adapter adapter = registry_project_origin(&side->adapter);
    const struct registry_config config = {
        .name = "narnia", .adapter = adapter.name, .address = side->address, .in_flight_max = 1};
    struct error error;
    const enum result result = adapter.open(adapter.self, &config, &side->clock, registry, &error);
    assert(result == RESULT_OK);
}

struct origin_means origin_side_means(const struct origin_side *side) {
    return (struct origin_means){
        .names = &name,
        .names_count = 1,
        .rules = &rules,
        .keyring = &side->keyring,
        .secrets = &side->secrets,
        .secret = text_of("first"),
        .prover = &side->prover,
    };
}

struct uuid origin_side_certificate(uint32_t number) {
    return metered_id("certificate", number);
}

static void *copy(struct arena *arena, const void *value, size_t size) {
    return memcpy(arena_take(arena, size), value, size);
}

static struct millrace_operation issue(uint32_t number, struct arena *arena) {
    const struct millrace_issue_operation operation = {
        .certificate_type = MILLRACE_CERTIFICATE_TYPE_PRODUCTION,
        .grid_area = text_of("DK1"),
        .period_start = (int64_t)PERIOD_MS * 486000,
        .period_end = (int64_t)PERIOD_MS * 486001,
        .quantity = QUANTITY,
        .slice_id = metered_id("slice", number),
        .owner = text_of("alice"),
    };
    return (struct millrace_operation){.issue = copy(arena, &operation, sizeof operation)};
}

static struct millrace_operation slice(uint32_t number, struct arena *arena) {
    const struct millrace_operation_part parts[] = {
        {metered_id("part", number), FIRST_PART, text_of("alice")},
        {metered_id("rest", number), QUANTITY - FIRST_PART, text_of("alice")},
    };
    const struct millrace_slice_operation operation = {
        .slice_id = metered_id("slice", number),
        .quantity = QUANTITY,
        .owner = text_of("alice"),
        .parts = copy(arena, parts, sizeof parts),
        .parts_count = 2,
    };
    return (struct millrace_operation){.slice = copy(arena, &operation, sizeof operation)};
}

static struct millrace_operation transfer(uint32_t number, struct arena *arena) {
    static const uint8_t hash[SLICE_HASH_BYTES] = {1}; /* as the registry calls the slice */
    const struct millrace_transfer_operation operation = {
        .slice_id = metered_id("part", number),
        .quantity = FIRST_PART,
        .owner = text_of("alice"),
        .new_owner = text_of("bob"),
        .has_registry_hash = true,
        .registry_hash = {.data = hash, .length = sizeof hash},
    };
    return (struct millrace_operation){.transfer = copy(arena, &operation, sizeof operation)};
}

static struct millrace_operation allocate(uint32_t number, struct arena *arena) {
    const struct millrace_allocate_operation operation = {
        .allocation_id = metered_id("allocation", number),
        .certificate_type = MILLRACE_CERTIFICATE_TYPE_PRODUCTION,
        .grid_area = text_of("DK1"),
        .slice_id = metered_id("part", number),
        .quantity = FIRST_PART,
        .owner = text_of("bob"),
        .counterpart_certificate_id = metered_id("counterpart", number),
        .counterpart_registry = text_of("narnia"),
        .counterpart_slice_id = metered_id("counterpart-slice", number),
    };
    return (struct millrace_operation){.allocate = copy(arena, &operation, sizeof operation)};
}

static struct millrace_operation claim(uint32_t number, struct arena *arena) {
    const struct millrace_claim_operation operation = {
        .allocation_id = metered_id("allocation", number),
        .slice_id = metered_id("part", number),
        .quantity = FIRST_PART,
        .owner = text_of("bob"),
        .counterpart_certificate_id = metered_id("counterpart", number),
    };
    return (struct millrace_operation){.claim = copy(arena, &operation, sizeof operation)};
}

struct millrace_operation origin_side_operation(enum origin_side_operation kind, uint32_t number,
                                                struct arena *arena) {
    static struct millrace_operation (*const makers[])(uint32_t, struct arena *) = {
        [ORIGIN_SIDE_ISSUE] = issue,       [ORIGIN_SIDE_SLICE] = slice,
        [ORIGIN_SIDE_TRANSFER] = transfer, [ORIGIN_SIDE_ALLOCATE] = allocate,
        [ORIGIN_SIDE_CLAIM] = claim,
    };
    return makers[kind](number, arena);
}

void origin_side_wait(const struct origin_side *side, const struct registry *registry) {
    const int64_t now_ms = side->clock.monotonic_ms(side->clock.self);
    const int64_t next_ms = registry->next_deadline_ms(registry->self);
    struct pollfd wait = {.fd = registry->wait_fd(registry->self), .events = POLLIN};
    enum { LONGEST_MS = 1000 };
    if (next_ms > now_ms) {
        (void)poll(&wait, 1, next_ms - now_ms < LONGEST_MS ? (int)(next_ms - now_ms) : LONGEST_MS);
    }
}
