#include "tests/bench/support/books.h"

#include <assert.h>
#include <string.h>

#include "certificates/certificates.h"
#include "domain/metadata.h"
#include "domain/submission.h"
#include "generated/c/certificates_answers.h"
#include "generated/c/certificates_state.h"
#include "generated/c/registry_state.h"
#include "outside/clock_os/clock_os.h"
#include "registry_connector/late_replies.h"
#include "registry_connector/registry_connector.h"
#include "tests/bench/support/metered.h"
#include "tests/support/instant_registry.h"

const char *const books_topics[BOOKS_KINDS] = {"certificates.state", "certificates.answers",
                                               "registry.state"};

static const struct millrace_source source = {.name = {"millrace", 8}, .version = {"1.0.0", 5}};
static const int64_t hour_ms = 3600000;
static const int64_t began_ms = 1750000800000;

/* Ids like those that are hashes; so many that hashing them would take longer than all else. */
static struct uuid id_of(uint64_t what, uint64_t number) {
    struct uuid id;
    uint64_t word = (what << 48 ^ number) * 0x9e3779b97f4a7c15u;
    for (size_t i = 0; i < sizeof id.bytes; i += sizeof word) {
        word = (word ^ word >> 29) * 0xbf58476d1ce4e5b9u + what;
        word ^= word >> 32;
        memcpy(id.bytes + i, &word, sizeof word);
    }
    id.bytes[6] = (uint8_t)((id.bytes[6] & 0x0f) | 0x50);
    id.bytes[8] = (uint8_t)((id.bytes[8] & 0x3f) | 0x80);
    return id;
}

enum { OF_CERTIFICATE, OF_SLICE, OF_COMMAND, OF_EVENT, OF_PARENT, OF_ANSWER, OF_SUBMISSION };

struct uuid books_certificate(uint32_t number) {
    return id_of(OF_CERTIFICATE, number);
}

static struct bytes emit(struct turn *turn, const struct uuid *key, enum message_type type,
                         const void *body) {
    return turn_emit(turn, 0, key, type, body, &(struct trace){0});
}

static struct bytes emit_state(struct turn *turn, uint32_t number) {
    struct certificates_state_issued_certificate issued = {
        .certificate_type = MILLRACE_CERTIFICATE_TYPE_PRODUCTION,
        .grid_area = text_of("DK1"),
        .period_start = began_ms,
        .period_end = began_ms + hour_ms,
        .quantity = 1000,
        .registry = text_of("main"),
        .has_asset_id = true,
        .asset_id = text_of("571313174112345678"),
    };
    struct certificates_state_slice_model slices[2];
    for (uint32_t i = 0; i < 2; i++) {
        slices[i] = (struct certificates_state_slice_model){
            .slice_id = id_of(OF_SLICE, 2 * (uint64_t)number + i),
            .quantity = 500,
            .owner = text_of(i == 0 ? "alice" : "bob"),
            .state = MILLRACE_SLICE_STATE_AVAILABLE,
        };
    }
    const struct certificates_state_certificate_state state = {
        .format_version = 1,
        .certificate_id = books_certificate(number),
        .model = {.version = BOOKS_ANSWERS, .issued = &issued, .slices = slices, .slices_count = 2},
        .work = {.sequence = BOOKS_ANSWERS},
    };
    return emit(turn, &state.certificate_id, MESSAGE_CERTIFICATES_STATE_CERTIFICATE_STATE, &state);
}

static struct bytes emit_answer(struct turn *turn, uint32_t number, uint32_t each) {
    const uint64_t which = (uint64_t)number * BOOKS_ANSWERS + each;
    struct uuid event_id = id_of(OF_EVENT, which);
    uint8_t hash[2 * sizeof(struct uuid)];
    memcpy(hash, id_of(OF_EVENT, ~which).bytes, sizeof(struct uuid));
    memcpy(hash + sizeof(struct uuid), event_id.bytes, sizeof(struct uuid));
    const struct certificates_answers_command_answered answer = {
        .metadata = {.id = id_of(OF_ANSWER, which),
                     .timestamp = began_ms + hour_ms + each,
                     .source = source,
                     .has_parent_id = true,
                     .parent_id = id_of(OF_PARENT, which),
                     .has_correlation_id = true,
                     .correlation_id = id_of(OF_COMMAND, which),
                     .has_channel = true,
                     .channel = text_of("kafka")},
        .command_id = id_of(OF_COMMAND, which),
        .certificate_id = books_certificate(number),
        .verdict = MILLRACE_VERDICT_APPLIED,
        .event_ids = &event_id,
        .event_ids_count = 1,
        .version = each + 1,
        .payload_hash = {hash, sizeof hash},
    };
    return emit(turn, &answer.certificate_id, MESSAGE_CERTIFICATES_ANSWERS_COMMAND_ANSWERED,
                &answer);
}

static struct bytes emit_ledger(struct turn *turn, uint32_t number) {
    struct registry_state_submission_model submission = {
        .submission_id = id_of(OF_SUBMISSION, number),
        .sequence = BOOKS_ANSWERS,
        .attempt = 1,
        .state = REGISTRY_STATE_SUBMISSION_STATE_SUCCEEDED,
        .registry = text_of("main"),
        .incarnation = id_of(OF_PARENT, 0),
        .writer = {.host = text_of("connector-1"),
                   .boot_id = id_of(OF_PARENT, 1),
                   .pid = 4711,
                   .start_time = 123456},
        .transaction_id = text_of("0123456789abcdef0123456789abcdef"),
        .intended_at = began_ms + hour_ms,
    };
    const struct registry_state_ledger_state state = {
        .format_version = 1,
        .certificate_id = books_certificate(number),
        .ledger = {.sequence = BOOKS_ANSWERS, .submission = &submission},
    };
    return emit(turn, &state.certificate_id, MESSAGE_REGISTRY_STATE_LEDGER_STATE, &state);
}

struct bytes books_emit(struct turn *turn, enum books_kind kind, uint32_t number, uint32_t each) {
    assert(each < (kind == BOOKS_ANSWERED ? BOOKS_ANSWERS : 1));
    return kind == BOOKS_STATES     ? emit_state(turn, number)
           : kind == BOOKS_ANSWERED ? emit_answer(turn, number, each)
                                    : emit_ledger(turn, number);
}

struct processor_kind books_certificates(void) {
    static const struct rules rules = {.owners_any = true};
    static struct certificates_config config;
    config = (struct certificates_config){
        .rules = &rules,
        .emitter = metered_emitter(),
        .source = source,
        .state_format = CERTIFICATES_FORMAT_VERSION,
        .schemas_open = metered_schemas_open,
    };
    return certificates_kind(&config);
}

static bool proven_dead(void *self, const struct millrace_writer *writer) {
    (void)self;
    (void)writer;
    return false;
}

struct processor_kind books_connector(void) {
    static const struct registry_config registries[] = {
        {.name = "main", .adapter = "instant", .address = "", .in_flight_max = 10000}};
    static const struct options options;
    static struct late_replies late; /* nothing is out, and so nothing outlives a lane */
    static struct registry_adapter adapter;
    static struct registry_connector_config config;
    adapter = instant_registry_adapter();
    config = (struct registry_connector_config){
        .options = &options,
        .emitter = metered_emitter(),
        .source = source,
        .state_format = SUBMISSION_FORMAT_VERSION,
        .schemas_open = metered_schemas_open,
        .registries = registries,
        .registries_count = 1,
        .adapters = &adapter,
        .adapters_count = 1,
        .late_replies = &late,
        .process = {.proven_dead = proven_dead},
        .clock = clock_os(),
    };
    return registry_connector_kind(&config);
}
