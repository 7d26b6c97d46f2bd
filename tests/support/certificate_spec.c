#include "tests/support/certificate_spec.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "domain/ids.h"
#include "domain/metadata.h"
#include "tests/support/certificate_spec_inside.h"
#include "wire/encode.h"

enum { MEMORY_BYTES = 256 << 20, EVENTS_MAX = 1 << 16 }; /* touched only as far as it is used */

static struct {
    bool begun;
    _Alignas(16) uint8_t memory[MEMORY_BYTES];
    struct arena arena;
    struct rules rules;
    int64_t now_ms;
    struct certificates_state_certificate_model model;
    struct message events[EVENTS_MAX]; /* all of them, CommandRejected too */
    uint32_t events_count;
    uint32_t ids;     /* ids given out to commands and registry events */
    int64_t sequence; /* submissions so far */
    bool at_registry; /* `in_flight` is */
    struct message in_flight;
    const struct uuid *unopened;
    struct millrace_operation operation; /* of `in_flight` */
    size_t size_before;                  /* of the model when it was accepted */
    struct uuid first_slice;
    struct certificate_decision decision; /* of the last step */
    bool rejection_named;
    uint32_t events_named;
    bool submission_named;
    bool reading_named;
} world;

/* ---- the world ---- */

static const struct rules_issuer issuers[] = {
    {.grid_area = {"DK1", 3}, .name = {"issuer", 6}},
    {.grid_area = {"DK2", 3}, .name = {"else", 4}},
};
static const struct rules_registry registries[] = {
    {.name = {"plain", 5}, .readable = false},
    {.name = {"readable", 8}, .readable = true},
};
static const struct rules_owner owners[] = {
    {.name = {"alice", 5}, .key = {(const uint8_t *)"key-a", 5}},
    {.name = {"bob", 3}, .key = {(const uint8_t *)"key-b", 5}},
};

static void begin(void) {
    if (world.begun) {
        return;
    }
    world.begun = true;
    arena_init(&world.arena, world.memory, sizeof world.memory);
    world.now_ms = PERIOD_END;
    world.rules = (struct rules){
        .issuers = issuers,
        .issuers_count = 2,
        .registries = registries,
        .registries_count = 2,
        .owners_any = true,
        .owners = owners,
        .owners_count = 2,
    };
    certificate_init(&world.model);
}

struct rules *the_rules(void) {
    begin();
    return &world.rules;
}

void the_time_is(int64_t now_ms) {
    begin();
    world.now_ms = now_ms;
}

const struct certificates_state_certificate_model *the_model(void) {
    begin();
    return &world.model;
}

struct arena *the_arena(void) {
    begin();
    return &world.arena;
}

struct uuid the_certificate(void) {
    return (struct uuid){{0xce, 0x27, 1, 1, 1, 1, 0x41, 1, 0x81, 1, 1, 1, 1, 1, 1, 1}};
}

struct uuid some_id(uint32_t number) {
    return (struct uuid){{0x1d, 0, 0, 0, 0, 0, 0x40, 0, 0x80, 0, 0, 0, (uint8_t)(number >> 24),
                          (uint8_t)(number >> 16), (uint8_t)(number >> 8), (uint8_t)number}};
}

struct millrace_metadata spec_metadata(void) {
    begin();
    struct uuid id = some_id(++world.ids);
    id.bytes[0] = 0xc0;
    return (struct millrace_metadata){
        .id = id,
        .timestamp = world.now_ms,
        .source = {.name = text_of("spec"), .version = text_of("1")},
        .has_channel = true,
        .channel = text_of("kafka"),
    };
}

/* ---- one step ---- */

static struct bytes encoded(const struct certificates_state_certificate_model *model) {
    const struct record_descriptor *record = &certificates_state_certificate_model_descriptor;
    const size_t size = encode(record, model, NULL, 0);
    uint8_t *bytes = malloc(size + 1);
    cr_assert_eq(encode(record, model, bytes, size), size);
    return (struct bytes){.data = bytes, .length = (uint32_t)size};
}

static void expect_same(struct bytes one, struct bytes other, const char *why) {
    cr_expect(bytes_equal(one, other), "%s", why);
    free((uint8_t *)one.data);
    free((uint8_t *)other.data);
}

void expect_fold(void) {
    struct certificates_state_certificate_model folded;
    certificate_init(&folded);
    for (uint32_t i = 0; i < world.events_count; i++) {
        cr_assert(certificate_follows(&folded, &world.events[i]), "event %u", i);
        certificate_evolve(&folded, &world.events[i], &world.arena);
    }
    expect_same(encoded(&folded), encoded(&world.model), "the model is the fold of its events");
}

static void happened(const struct message *event) {
    cr_assert(world.events_count < EVENTS_MAX);
    world.events[world.events_count++] = *event;
    certificate_evolve(&world.model, event, &world.arena);
}

/* A CommandRejected as the processor makes it: it too belongs to the events, and changes nothing.
 */
static void rejected(const struct message *message, const struct millrace_metadata *parent) {
    const struct uuid certificate_id = the_certificate();
    const char *type = "certificates.commands.Any";
    const struct millrace_metadata metadata =
        metadata_child(parent, &certificate_id, text_of(message_types[message->type].full_name), 0,
                       world.now_ms, &parent->source);
    const struct message event =
        rejection_event(&world.decision.rejection,
                        &(struct rejected_command){.certificate_id = &certificate_id,
                                                   .command_id = &parent->id,
                                                   .type = text_of(type),
                                                   .version = world.model.version},
                        &metadata, &world.arena);
    happened(&event);
}

static void step(struct message message) {
    begin();
    const struct certificate_input input = {
        .message = message,
        .in_flight = world.at_registry ? &world.in_flight : NULL,
        .unopened = world.unopened};
    const struct certificate_context context = {
        .rules = &world.rules,
        .source = {.name = text_of("millrace-certificates"), .version = text_of("1")},
        .now_ms = world.now_ms,
        .arena = &world.arena,
    };
    const struct bytes before = encoded(&world.model);
    certificate_decide(&world.model, &input, &context, &world.decision);
    expect_same(before, encoded(&world.model), "deciding changes nothing");
    world.rejection_named = false;
    world.events_named = 0;
    world.submission_named = false;
    world.reading_named = false;
    if (world.decision.rejected) {
        struct millrace_metadata parent;
        memcpy(&parent, message.body, sizeof parent);
        rejected(&message, &parent);
    }
    for (uint32_t i = 0; i < world.decision.events_count; i++) {
        happened(&world.decision.events[i]);
    }
}

static size_t model_size(void) {
    return encode(&certificates_state_certificate_model_descriptor, &world.model, NULL, 0);
}

void when(struct message command) {
    begin();
    cr_assert(
        !world.at_registry || command.type >= MESSAGE_CERTIFICATES_OPERATIONS_REALIGN_CERTIFICATE,
        "one command at a time");
    const size_t size_before = model_size();
    step(command);
    if (world.decision.submit) {
        world.at_registry = true;
        world.in_flight = command;
        world.operation = world.decision.operation;
        world.size_before = size_before;
        world.sequence++;
    }
}

/* The command is no longer at the registry. What it made the state grow by was foretold. */
static void settled(void) {
    if (world.decision.events_count > 0) {
        const uint32_t growth = certificate_growth_max(&world.model, &world.in_flight);
        cr_expect_leq(model_size(), world.size_before + growth, "growth");
    }
    world.at_registry = false;
}

/* ---- what the registry says ---- */

static struct uuid in_flight_command_id(void) {
    cr_assert(world.at_registry, "nothing is at the registry");
    struct certificate_command_head head;
    cr_assert(certificate_command_head(&world.in_flight, &head));
    return head.metadata->id;
}

/* What all registry events begin with. */
#define OUTCOME(event)                                                           \
    do {                                                                         \
        const struct uuid certificate_id = the_certificate();                    \
        const struct uuid command_id = in_flight_command_id();                   \
        (event)->metadata = spec_metadata();                                     \
        (event)->certificate_id = certificate_id;                                \
        (event)->submission_id = id_of_submission(&certificate_id, &command_id); \
        (event)->sequence = world.sequence;                                      \
        (event)->attempt = 1;                                                    \
        (event)->has_transaction_id = true;                                      \
        (event)->transaction_id = text_of("transaction-1");                      \
    } while (0)

static struct millrace_slice_hash hash_of(struct uuid id, uint32_t index) {
    char *name = arena_take(&world.arena, 32);
    const int length = snprintf(name, 32, "hash-%ld-%u", (long)world.sequence, index);
    return (struct millrace_slice_hash){.slice_id = id,
                                        .registry_hash = {(const uint8_t *)name, (uint32_t)length}};
}

/* The registry's names for the slices that the operation in flight makes. */
static struct millrace_slice_hash *hashes_of_operation(uint32_t *count) {
    const struct millrace_operation *operation = &world.operation;
    *count = 0;
    if (operation->issue != NULL) {
        struct millrace_slice_hash *hash = arena_take(&world.arena, sizeof *hash);
        *hash = hash_of(operation->issue->slice_id, 0);
        *count = 1;
        return hash;
    }
    if (operation->slice == NULL) {
        return NULL;
    }
    *count = operation->slice->parts_count;
    struct millrace_slice_hash *hashes = arena_take(&world.arena, *count * sizeof *hashes);
    for (uint32_t i = 0; i < *count; i++) {
        hashes[i] = hash_of(operation->slice->parts[i].slice_id, i);
    }
    return hashes;
}

static void succeeded(bool with_names) {
    struct registry_events_submission_succeeded event = {.evidence = text_of("done")};
    OUTCOME(&event);
    if (with_names) {
        event.slice_hashes = hashes_of_operation(&event.slice_hashes_count);
    }
    step((struct message){MESSAGE_REGISTRY_EVENTS_SUBMISSION_SUCCEEDED, &event});
    settled();
}

void when_succeeded(void) {
    succeeded(true);
}

void when_succeeded_without_names(void) {
    succeeded(false);
}

void when_refused(const char *message) {
    struct registry_events_submission_refused event = {.message = text_of(message)};
    OUTCOME(&event);
    step((struct message){MESSAGE_REGISTRY_EVENTS_SUBMISSION_REFUSED, &event});
    settled();
}

void when_unknown(void) {
    struct registry_events_submission_unknown event = {.cause = MILLRACE_UNKNOWN_CAUSE_TIMEOUT};
    OUTCOME(&event);
    step((struct message){MESSAGE_REGISTRY_EVENTS_SUBMISSION_UNKNOWN, &event});
}

void when_resolved(bool executed) {
    struct registry_events_submission_resolved event = {
        .executed = executed,
        .evidence = text_of("looked at it"),
        .by = text_of("olga"),
        .closing_rule =
            executed ? MILLRACE_CLOSING_RULE_NONE : MILLRACE_CLOSING_RULE_MAY_EXECUTE_TWICE};
    OUTCOME(&event);
    step((struct message){MESSAGE_REGISTRY_EVENTS_SUBMISSION_RESOLVED, &event});
    settled();
}

void when_evidence_contradicts(void) {
    begin();
    struct registry_events_evidence_contradicts event = {
        .metadata = spec_metadata(),
        .certificate_id = the_certificate(),
        .submission_id = some_id(77),
        .sequence = 1,
        .attempt = 1,
        .kind = MILLRACE_EVIDENCE_KIND_REPLY,
        .evidence_executed = true,
    };
    step((struct message){MESSAGE_REGISTRY_EVENTS_EVIDENCE_CONTRADICTS, &event});
}

struct registry_events_stream_read *a_stream(void) {
    struct registry_events_stream_read *stream = arena_take(the_arena(), sizeof *stream);
    *stream = (struct registry_events_stream_read){
        .metadata = spec_metadata(),
        .certificate_id = the_certificate(),
        .sequence = world.sequence,
        .withdrawn = world.model.withdrawn,
        .transactions = world.sequence,
        .slices_count = world.model.slices_count,
        .slices = arena_take(&world.arena, (world.model.slices_count + 1) * sizeof *stream->slices),
    };
    for (uint32_t i = 0; i < stream->slices_count; i++) {
        const struct certificates_state_slice_model *slice = &world.model.slices[i];
        const bool is_alice = text_equal(slice->owner, text_of("alice"));
        stream->slices[i] = (struct registry_events_stream_slice){
            .registry_hash = slice->registry_hash,
            .owner_key = is_alice ? owners[0].key : owners[1].key,
            .state = slice->state,
            .has_allocation_id = slice->allocation != NULL,
            .has_counterpart_certificate_id = slice->allocation != NULL,
        };
        if (slice->allocation != NULL) {
            stream->slices[i].allocation_id = slice->allocation->allocation_id;
            stream->slices[i].counterpart_certificate_id =
                slice->allocation->counterpart_certificate_id;
        }
    }
    return stream;
}

void when_stream_read(struct registry_events_stream_read *stream) {
    step((struct message){MESSAGE_REGISTRY_EVENTS_STREAM_READ, stream});
}

/* ---- given ---- */

void given(struct message command) {
    when(command);
    cr_assert_not(world.decision.rejected, "given: %.*s",
                  (int)world.decision.rejection.detail.length,
                  world.decision.rejection.detail.data);
    if (world.decision.submit) {
        when_succeeded();
    }
}

void given_in_flight(struct message command) {
    when(command);
    cr_assert(world.decision.submit, "given: %.*s", (int)world.decision.rejection.detail.length,
              world.decision.rejection.detail.data);
}

void given_unopened(const struct uuid *slice_id) {
    world.unopened = slice_id;
}

bool is_at_registry(void) {
    return world.at_registry;
}

void given_certificate_at(const char *registry, int64_t quantity, const char *owner) {
    const struct message command = issue_certificate(quantity, owner);
    ((struct certificates_commands_issue_certificate *)command.body)->registry = text_of(registry);
    given(command);
    world.first_slice = slice_of(command, 0);
}

void given_certificate(int64_t quantity, const char *owner) {
    given_certificate_at("plain", quantity, owner);
}

struct uuid first_slice(void) {
    return world.first_slice;
}

/* ---- then ---- */

static const char *reason_name(enum millrace_reason reason) {
    return millrace_reason_descriptor.symbols[reason];
}

void then_rejected(enum millrace_reason reason) {
    cr_assert(world.decision.rejected, "it was not refused");
    cr_expect_eq(world.decision.rejection.reason, reason, "refused as %s, not as %s: %.*s",
                 reason_name(world.decision.rejection.reason), reason_name(reason),
                 (int)world.decision.rejection.detail.length, world.decision.rejection.detail.data);
    world.rejection_named = true;
}

void then_rejected_because(enum millrace_reason reason, const char *detail) {
    then_rejected(reason);
    expect_text(world.decision.rejection.detail, detail);
}

const void *then_event(enum message_type type) {
    cr_assert_not(world.decision.rejected && !world.rejection_named, "it was refused: %.*s",
                  (int)world.decision.rejection.detail.length,
                  world.decision.rejection.detail.data);
    cr_assert(world.events_named < world.decision.events_count, "there is no %s",
              message_types[type].full_name);
    const struct message *event = &world.decision.events[world.events_named++];
    cr_assert_eq(event->type, type, "%s, not %s", message_types[event->type].full_name,
                 message_types[type].full_name);
    struct certificate_event_head head;
    cr_assert(certificate_event_head(event, &head));
    const struct uuid certificate_id = the_certificate();
    expect_uuid(head.certificate_id, &certificate_id);
    cr_expect(head.metadata->has_parent_id && head.metadata->has_correlation_id);
    cr_expect_eq(head.metadata->timestamp, world.now_ms);
    return event->body;
}

const struct millrace_operation *then_submitted(const char *registry) {
    cr_assert_not(world.decision.rejected, "it was refused: %.*s",
                  (int)world.decision.rejection.detail.length,
                  world.decision.rejection.detail.data);
    cr_assert(world.decision.submit, "the registry was not asked");
    expect_text(world.decision.registry, registry);
    world.submission_named = true;
    const struct millrace_operation *operation = &world.decision.operation;
    const int fields = (operation->issue != NULL) + (operation->slice != NULL) +
                       (operation->transfer != NULL) + (operation->allocate != NULL) +
                       (operation->claim != NULL) + (operation->unclaim != NULL) +
                       (operation->withdraw != NULL);
    cr_expect_eq(fields, 1, "exactly one is set");
    return operation;
}

void then_stream_asked_for(void) {
    cr_expect(world.decision.read_stream, "the stream was not asked for");
    world.reading_named = true;
}

void and_nothing_else(void) {
    cr_expect(!world.decision.rejected || world.rejection_named, "it was refused: %.*s",
              (int)world.decision.rejection.detail.length, world.decision.rejection.detail.data);
    for (uint32_t i = world.events_named; i < world.decision.events_count; i++) {
        cr_expect_fail("and %s", message_types[world.decision.events[i].type].full_name);
    }
    cr_expect(!world.decision.submit || world.submission_named, "the registry was asked");
    cr_expect(!world.decision.read_stream || world.reading_named, "the stream was asked for");
    expect_fold();
}

void nothing_happens(void) {
    world.rejection_named = false;
    world.events_named = 0;
    world.submission_named = false;
    world.reading_named = false;
    and_nothing_else();
}

/* ---- slices ---- */

static const struct certificates_state_slice_model *slice_in_model(struct uuid slice_id) {
    for (uint32_t i = 0; i < world.model.slices_count; i++) {
        if (uuid_equal(&world.model.slices[i].slice_id, &slice_id)) {
            return &world.model.slices[i];
        }
    }
    cr_assert_fail("no such slice");
    return NULL;
}

void expect_slice(struct uuid slice_id, int64_t quantity, const char *owner,
                  enum millrace_slice_state state) {
    const struct certificates_state_slice_model *slice = slice_in_model(slice_id);
    cr_expect_eq(slice->quantity, quantity, "quantity");
    expect_text(slice->owner, owner);
    cr_expect_eq(slice->state, state, "state");
}

void expect_reserved(struct uuid slice_id, struct uuid reservation_id) {
    const struct certificates_state_slice_model *slice = slice_in_model(slice_id);
    cr_assert(slice->has_reservation_id, "the slice is not reserved");
    expect_uuid(&slice->reservation_id, &reservation_id);
}

void expect_free(struct uuid slice_id) {
    cr_expect_not(slice_in_model(slice_id)->has_reservation_id, "the slice is reserved");
}

void expect_text(struct text actual, const char *expected) {
    cr_expect(text_equal(actual, text_of(expected)), "\"%.*s\", not \"%s\"", (int)actual.length,
              actual.data, expected);
}

void expect_uuid(const struct uuid *actual, const struct uuid *expected) {
    cr_expect(uuid_equal(actual, expected), "ids differ");
}
