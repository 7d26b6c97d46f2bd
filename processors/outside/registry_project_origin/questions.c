#include "outside/registry_project_origin/questions.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

#include "domain/uuid.h"
#include "generated/project_origin/registry.pb-c.h"
#include "outside/registry_project_origin/packing.h"

#define SERVICE "/project_origin.registry.v1.RegistryService/"

const char question_path_send[] = SERVICE "SendTransactions";
const char question_path_status[] = SERVICE "GetTransactionStatus";
const char question_path_stream[] = SERVICE "GetStreamTransactions";

enum {
    TAG_TRANSACTIONS = 0x0a, /* of field 1, with a length: in the request and in the stream */
    WIRE_LENGTH = 2,         /* the wire types of protobuf */
    WIRE_VARINT = 0,
    WIRE_64 = 1,
    WIRE_32 = 5,
    VARINT_BYTES_MAX = 10,
};

/* --- Questions. --- */

/* The transaction goes out as it is stored, and is not taken apart and built again. */
struct bytes question_send(struct bytes transaction, struct arena *arena) {
    assert(transaction.length <= ORIGIN_TRANSACTION_BYTES_MAX);
    uint8_t *data = arena_take(arena, (size_t)transaction.length + 1 + VARINT_BYTES_MAX);
    uint32_t length = 0;
    data[length++] = TAG_TRANSACTIONS;
    uint32_t rest = transaction.length;
    for (; rest >= 0x80; rest >>= 7) {
        data[length++] = (uint8_t)(rest | 0x80);
    }
    data[length++] = (uint8_t)rest;
    memcpy(data + length, transaction.data, transaction.length);
    return (struct bytes){.data = data, .length = length + transaction.length};
}

struct bytes question_status(struct text transaction_id, struct arena *arena) {
    char *id = arena_take(arena, (size_t)transaction_id.length + 1);
    memcpy(id, transaction_id.data, transaction_id.length);
    ProjectOrigin__Registry__V1__GetTransactionStatusRequest request =
        PROJECT_ORIGIN__REGISTRY__V1__GET_TRANSACTION_STATUS_REQUEST__INIT;
    request.id = id;
    return packing_bytes(&request.base, arena);
}

struct bytes question_stream(const struct uuid *certificate_id, struct arena *arena) {
    char id[UUID_CHARACTERS + 1] = "";
    uuid_to_text(certificate_id, id);
    ProjectOrigin__Common__V1__Uuid stream_id = PROJECT_ORIGIN__COMMON__V1__UUID__INIT;
    stream_id.value = id;
    ProjectOrigin__Registry__V1__GetStreamTransactionsRequest request =
        PROJECT_ORIGIN__REGISTRY__V1__GET_STREAM_TRANSACTIONS_REQUEST__INIT;
    request.stream_id = &stream_id;
    return packing_bytes(&request.base, arena);
}

/* --- Answers. --- */

bool answer_taken(struct bytes answer) {
    ProjectOrigin__Registry__V1__SubmitTransactionResponse *response =
        project_origin__registry__v1__submit_transaction_response__unpack(NULL, answer.length,
                                                                          answer.data);
    const bool taken = response != NULL;
    project_origin__registry__v1__submit_transaction_response__free_unpacked(response, NULL);
    return taken;
}

bool answer_status(struct bytes answer, enum answered_status *status, char *words,
                   uint32_t *words_length, uint32_t words_max) {
    ProjectOrigin__Registry__V1__GetTransactionStatusResponse *response =
        project_origin__registry__v1__get_transaction_status_response__unpack(NULL, answer.length,
                                                                              answer.data);
    if (response == NULL) {
        return false;
    }
    bool known = true;
    switch (response->status) {
    case PROJECT_ORIGIN__REGISTRY__V1__TRANSACTION_STATE__UNKNOWN:
        *status = ANSWERED_STATUS_UNKNOWN;
        break;
    case PROJECT_ORIGIN__REGISTRY__V1__TRANSACTION_STATE__PENDING:
        *status = ANSWERED_STATUS_PENDING;
        break;
    case PROJECT_ORIGIN__REGISTRY__V1__TRANSACTION_STATE__FAILED:
        *status = ANSWERED_STATUS_FAILED;
        break;
    case PROJECT_ORIGIN__REGISTRY__V1__TRANSACTION_STATE__COMMITTED:
    case PROJECT_ORIGIN__REGISTRY__V1__TRANSACTION_STATE__FINALIZED:
        *status = ANSWERED_STATUS_EXECUTED;
        break;
    default:
        known = false;
    }
    const size_t length = strlen(response->message);
    *words_length = length < words_max ? (uint32_t)length : words_max;
    memcpy(words, response->message, *words_length);
    project_origin__registry__v1__get_transaction_status_response__free_unpacked(response, NULL);
    return known;
}

static bool read_varint(struct bytes bytes, uint32_t *at, uint64_t *value) {
    *value = 0;
    for (int i = 0; i < VARINT_BYTES_MAX && *at < bytes.length; i++) {
        const uint8_t byte = bytes.data[(*at)++];
        *value |= (uint64_t)(byte & 0x7f) << (7 * i);
        if ((byte & 0x80) == 0) {
            return true;
        }
    }
    return false;
}

/* Over a field; `inside` is what it holds, if that has a length. */
static bool read_field(struct bytes bytes, uint32_t *at, uint64_t *tag, struct bytes *inside) {
    uint64_t number = 0;
    *inside = (struct bytes){.length = 0};
    if (!read_varint(bytes, at, tag)) {
        return false;
    }
    switch (*tag & 7) {
    case WIRE_VARINT:
        return read_varint(bytes, at, &number);
    case WIRE_64:
        number = sizeof(uint64_t);
        break;
    case WIRE_32:
        number = sizeof(uint32_t);
        break;
    case WIRE_LENGTH:
        if (!read_varint(bytes, at, &number)) {
            return false;
        }
        break;
    default:
        return false;
    }
    if (number > bytes.length - *at) {
        return false;
    }
    *inside = (struct bytes){.data = bytes.data + *at, .length = (uint32_t)number};
    *at += (uint32_t)number;
    return true;
}

static bool has_id(struct bytes transaction, struct text transaction_id) {
    uint8_t digest[crypto_hash_sha256_BYTES];
    char id[ORIGIN_TRANSACTION_ID_CHARACTERS + 1];
    crypto_hash_sha256(digest, transaction.data, transaction.length);
    sodium_bin2base64(id, sizeof id, digest, sizeof digest, sodium_base64_VARIANT_ORIGINAL);
    return text_equal((struct text){id, ORIGIN_TRANSACTION_ID_CHARACTERS}, transaction_id);
}

bool answer_stream_next(struct bytes answer, uint32_t *at, struct bytes *transaction) {
    uint64_t tag = 0;
    for (uint32_t behind = *at; behind < answer.length; *at = behind) {
        if (!read_field(answer, &behind, &tag, transaction)) {
            return false;
        }
        if (tag == TAG_TRANSACTIONS) {
            *at = behind;
            return true;
        }
    }
    return false;
}

bool answer_stream(struct bytes answer, struct text transaction_id, bool *found) {
    struct bytes transaction;
    uint32_t at = 0;
    *found = false;
    while (answer_stream_next(answer, &at, &transaction)) {
        *found = *found || has_id(transaction, transaction_id);
    }
    return at == answer.length;
}
