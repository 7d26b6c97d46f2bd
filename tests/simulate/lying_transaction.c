#include "tests/simulate/lying_transaction.h"

#include <assert.h>

#include "domain/uuid.h"
#include "wire/decode.h"
#include "wire/encode.h"

enum {
    HEAD_BYTES = 2 * sizeof(struct uuid),
    PREFIX_CHARACTERS = 3,
};

static struct text id_of(const struct uuid *submission_id, struct arena *arena) {
    char *id = arena_take(arena, PREFIX_CHARACTERS + UUID_CHARACTERS);
    memcpy(id, "tx-", PREFIX_CHARACTERS);
    uuid_to_text(submission_id, id + PREFIX_CHARACTERS);
    return (struct text){.data = id, .length = PREFIX_CHARACTERS + UUID_CHARACTERS};
}

struct registry_transaction lying_transaction_make(const struct uuid *submission_id,
                                                   const struct uuid *certificate_id,
                                                   const struct millrace_operation *operation,
                                                   struct arena *arena) {
    const size_t length = encode(&millrace_operation_descriptor, operation, NULL, 0);
    uint8_t *bytes = arena_take(arena, HEAD_BYTES + length);
    memcpy(bytes, submission_id, sizeof *submission_id);
    memcpy(bytes + sizeof *submission_id, certificate_id, sizeof *certificate_id);
    (void)encode(&millrace_operation_descriptor, operation, bytes + HEAD_BYTES, length);
    return (struct registry_transaction){
        .id = id_of(submission_id, arena),
        .bytes = {.data = bytes, .length = (uint32_t)(HEAD_BYTES + length)},
    };
}

struct lying_transaction lying_transaction_read(struct bytes bytes, struct arena *arena) {
    assert(bytes.length > HEAD_BYTES);
    struct lying_transaction transaction;
    memcpy(&transaction.submission_id, bytes.data, sizeof(struct uuid));
    memcpy(&transaction.certificate_id, bytes.data + sizeof(struct uuid), sizeof(struct uuid));
    struct plan plan;
    plan_open_own(&millrace_operation_descriptor, &plan);
    void *body = NULL;
    struct decode_error error;
    const struct bytes operation = {bytes.data + HEAD_BYTES, bytes.length - HEAD_BYTES};
    const bool readable = decode(&plan, operation, arena, &body, &error);
    assert(readable);
    (void)readable;
    plan_close(&plan);
    transaction.operation = body;
    return transaction;
}

void lying_name_of(const struct uuid *submission_id, uint32_t number,
                   uint8_t name[LYING_NAME_BYTES]) {
    assert(number <= UINT8_MAX); /* a slicing has at most 100 parts */
    memcpy(name, submission_id, sizeof *submission_id);
    name[sizeof *submission_id] = (uint8_t)number;
}

uint32_t lying_names(const struct millrace_operation *operation, struct bytes transaction,
                     struct arena *arena, struct millrace_slice_hash **hashes) {
    struct uuid submission_id;
    assert(transaction.length > HEAD_BYTES);
    memcpy(&submission_id, transaction.data, sizeof submission_id);
    const uint32_t count = operation->issue != NULL   ? 1
                           : operation->slice != NULL ? operation->slice->parts_count
                                                      : 0;
    *hashes = arena_take(arena, (count + 1) * sizeof **hashes);
    for (uint32_t i = 0; i < count; i++) {
        uint8_t *name = arena_take(arena, LYING_NAME_BYTES);
        lying_name_of(&submission_id, i, name);
        (*hashes)[i] = (struct millrace_slice_hash){
            .slice_id = operation->issue != NULL ? operation->issue->slice_id
                                                 : operation->slice->parts[i].slice_id,
            .registry_hash = {name, LYING_NAME_BYTES},
        };
    }
    return count;
}
