#include "loop/proof.h"

#include <assert.h>

enum { MARK_BYTES = 16, ORIGIN_KEY = 255 };

_Static_assert((int)LOG_TOPICS_MAX < (int)ORIGIN_KEY, "a key for each changelog");
_Static_assert((int)LOG_TOPICS_MAX + 1 <= (int)BATCH_OWN_WRITES_MAX, "a batch keeps room for all");
_Static_assert(2 * (int)PROOF_ORIGIN_MAX + (int)LOG_TOPICS_MAX * 64 <= (int)BATCH_OWN_BYTES_MAX,
               "a batch keeps room for all");

/* Headers are not read while a lane restores; keys and values are full of ids. */
static uint64_t hash_of(struct bytes key, struct bytes value) {
    return bytes_hash(bytes_hash(0, key), value);
}

uint64_t proof_of_staged(const struct log_staged *record) {
    return hash_of(record->key, record->value);
}

uint64_t proof_of_record(const struct log_record *record) {
    return hash_of(record->key, record->value);
}

void proof_origin(const struct log_topology *topology, const struct log_positions *positions,
                  char origin[PROOF_ORIGIN_MAX]) {
    int length = snprintf(origin, PROOF_ORIGIN_MAX, "%s", positions->origin);
    for (uint32_t i = 0; i < topology->changelogs_count; i++) {
        assert(length >= 0 && length < PROOF_ORIGIN_MAX);
        length += snprintf(origin + length, PROOF_ORIGIN_MAX - (size_t)length, "%s%s",
                           i == 0 ? ", " : " and ", topology->changelogs[i]);
    }
    assert(length >= 0 && length < PROOF_ORIGIN_MAX);
}

static struct bytes key_of(const uint8_t *key) {
    return (struct bytes){.data = key, .length = 1};
}

void proof_write_origin(struct batch *batch, uint32_t table, const char *origin) {
    uint8_t key = ORIGIN_KEY;
    const struct store_write write = {
        .table = table,
        .key = key_of(&key),
        .value = {.data = (const uint8_t *)origin, .length = (uint32_t)strlen(origin)}};
    overlay_write(&batch->overlay, &batch->arena, &write);
}

void proof_write_mark(struct batch *batch, uint32_t table, uint32_t changelog,
                      const struct proof_mark *mark) {
    assert(mark->known && changelog < LOG_TOPICS_MAX);
    uint8_t key = (uint8_t)changelog;
    uint8_t bytes[MARK_BYTES];
    memcpy(bytes, &mark->offset, 8);
    memcpy(bytes + 8, &mark->hash, 8);
    const struct store_write write = {
        .table = table, .key = key_of(&key), .value = {.data = bytes, .length = sizeof bytes}};
    overlay_write(&batch->overlay, &batch->arena, &write);
}

enum result proof_read_origin(const struct store *store, uint32_t table,
                              char origin[PROOF_ORIGIN_MAX], struct error *error) {
    uint8_t key = ORIGIN_KEY;
    struct bytes value = {0};
    const enum result result = store->get(store->self, table, key_of(&key), &value, error);
    const bool fits = result == RESULT_OK && value.length < PROOF_ORIGIN_MAX;
    if (fits) {
        memcpy(origin, value.data, value.length);
    }
    origin[fits ? value.length : 0] = '\0';
    return result == RESULT_NOT_FOUND ? RESULT_OK : result;
}

enum result proof_read_mark(const struct store *store, uint32_t table, uint32_t changelog,
                            struct proof_mark *mark, struct error *error) {
    uint8_t key = (uint8_t)changelog;
    struct bytes value = {0};
    *mark = (struct proof_mark){.known = false};
    const enum result result = store->get(store->self, table, key_of(&key), &value, error);
    if (result == RESULT_OK && value.length == MARK_BYTES) {
        mark->known = true;
        memcpy(&mark->offset, value.data, 8);
        memcpy(&mark->hash, value.data + 8, 8);
    }
    return result == RESULT_NOT_FOUND ? RESULT_OK : result;
}
