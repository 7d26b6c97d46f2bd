#include "tests/fuzz/fuzz.h"

#include <assert.h>
#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

#include "outside/store_memory/store_memory.h"
#include "tests/support/fake_schemas.h"
#include "wire/decode.h"
#include "wire/encode.h"
#include "wire/envelope.h"
#include "wire/json.h"
#include "wire/payload_hash.h"

enum { ARENA_BYTES = 4 << 20, MESSAGE_BYTES_MAX = 1 << 20 };

struct arena *fuzz_arena(void) {
    static alignas(max_align_t) uint8_t memory[ARENA_BYTES];
    static struct arena arena;
    arena_init(&arena, memory, sizeof memory);
    return &arena;
}

void fuzz_require(bool holds) {
    if (!holds) {
        abort();
    }
}

char *fuzz_string(const uint8_t *data, size_t size) {
    char *text = malloc(size + 1);
    assert(text != NULL);
    memcpy(text, data, size);
    text[size] = '\0';
    return text;
}

struct bytes fuzz_framed(int32_t schema_id, const uint8_t *data, size_t size) {
    uint8_t *value = malloc(ENVELOPE_BYTES + size);
    assert(value != NULL);
    envelope_write(schema_id, value);
    memcpy(value + ENVELOPE_BYTES, data, size);
    return (struct bytes){.data = value, .length = (uint32_t)(ENVELOPE_BYTES + size)};
}

const struct plan *fuzz_plan(enum message_type type) {
    static struct plan plans[MESSAGE_TYPES_COUNT];
    if (plans[type].root == NULL) {
        struct writer_schema *schema;
        struct error error;
        const struct text text = text_of(message_types[type].schema);
        fuzz_require(writer_schema_open(text, &schema, &error) == RESULT_OK);
        fuzz_require(plan_open(schema, message_types[type].record, &plans[type], &error) ==
                     RESULT_OK);
        writer_schema_close(schema);
    }
    return &plans[type];
}

struct turn *fuzz_turn(void) {
    static struct emitter emitter = {.application = "fuzz",
                                     .dead_letter_bytes_max = FUZZ_LETTER_MAX};
    static struct store store;
    static struct turn turn;
    const struct stores stores = stores_memory();
    struct error error;
    if (store.close != NULL) {
        store.close(store.self);
    }
    fuzz_require(stores.lane_open(stores.self, "fuzz", 0, 2, 1, &store, &error) == RESULT_OK);
    if (turn.emitter == NULL) {
        for (uint32_t i = 0; i < MESSAGE_TYPES_COUNT; i++) {
            emitter.schema_ids[i] = 1;
        }
        fuzz_require(turn_open(&turn, &emitter, &store, &error) == RESULT_OK);
    }
    batch_reset(&turn.batch);
    return &turn;
}

void fuzz_restored(struct turn *turn) {
    const int64_t next = 1;
    struct error error;
    fuzz_require(turn->restoring);
    fuzz_require(turn->store->apply(turn->store->self, turn->batch.overlay.writes,
                                    turn->batch.overlay.count, &next, &error) == RESULT_OK);
    batch_reset(&turn->batch);
    turn->restoring = false;
}

struct schema_cache *fuzz_cache(void) {
    static struct fake_schemas fake;
    static struct schemas port;
    static struct schema_cache *cache;
    if (cache == NULL) {
        port = fake_schemas_port(&fake);
        for (uint32_t i = 0; i < MESSAGE_TYPES_COUNT; i++) {
            (void)fake_schemas_add(&fake, message_types[i].full_name, message_types[i].schema);
        }
        cache = schema_cache_open(&port, NULL);
    }
    return cache;
}

static struct bytes encoded(enum message_type type, const void *body) {
    const struct record_descriptor *record = message_types[type].record;
    const size_t size = encode(record, body, NULL, 0);
    fuzz_require(size <= MESSAGE_BYTES_MAX);
    uint8_t *bytes = malloc(size + 1); /* its own, so that a step beyond it is seen */
    fuzz_require(bytes != NULL && encode(record, body, bytes, size) == size);
    return (struct bytes){.data = bytes, .length = (uint32_t)size};
}

static void json_round_trip(enum message_type type, const void *body, struct bytes bytes) {
    json_t *json = json_from_struct(message_types[type].record, body);
    struct arena *arena = fuzz_arena();
    struct bytes again;
    struct error error;
    fuzz_require(json_to_avro(message_types[type].record, json, arena, &again, &error) ==
                 RESULT_OK);
    fuzz_require(bytes_equal(again, bytes));
    json_decref(json);
}

void fuzz_round_trip(enum message_type type, const void *body) {
    const struct bytes bytes = encoded(type, body);
    char field[DECODE_FIELD_MAX];
    (void)decode_find_other(message_types[type].record, body, field);
    (void)payload_hash_input(message_types[type].record, body, NULL, 0);
    json_round_trip(type, body, bytes); /* empties the arena, in which the body is: the last use */
    void *again;
    struct decode_error error;
    fuzz_require(decode(fuzz_plan(type), bytes, fuzz_arena(), &again, &error));
    const struct bytes same = encoded(type, again);
    fuzz_require(bytes_equal(bytes, same));
    free((void *)same.data);
    free((void *)bytes.data);
}
