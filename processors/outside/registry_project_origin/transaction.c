#include "outside/registry_project_origin/transaction.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

#include "domain/uuid.h"
#include "generated/project_origin/registry.pb-c.h"
#include "outside/registry_project_origin/packing.h"

#define EVENTS "project_origin.electricity.v1."

static struct text id_of(struct bytes transaction, struct arena *arena) {
    enum { VARIANT = sodium_base64_VARIANT_ORIGINAL };
    uint8_t digest[crypto_hash_sha256_BYTES];
    _Static_assert(
        sodium_base64_ENCODED_LEN(sizeof digest, VARIANT) == ORIGIN_TRANSACTION_ID_CHARACTERS + 1,
        "as its name says");
    crypto_hash_sha256(digest, transaction.data, transaction.length);
    char *id = arena_take(arena, ORIGIN_TRANSACTION_ID_CHARACTERS + 1);
    sodium_bin2base64(id, ORIGIN_TRANSACTION_ID_CHARACTERS + 1, digest, sizeof digest, VARIANT);
    return (struct text){.data = id, .length = ORIGIN_TRANSACTION_ID_CHARACTERS};
}

enum result origin_transaction_make(const struct origin_order *order, struct arena *arena,
                                    struct registry_transaction *transaction, struct error *error) {
    assert(order->registry[0] != '\0' && order->key->secret != NULL);
    assert(strncmp(order->event->descriptor->name, EVENTS, strlen(EVENTS)) == 0);
    const size_t event_length = protobuf_c_message_get_packed_size(order->event);
    if (event_length > ORIGIN_TRANSACTION_BYTES_MAX) {
        return error_set(error, RESULT_INVALID, "the event has %zu bytes; at most %d", event_length,
                         ORIGIN_TRANSACTION_BYTES_MAX);
    }
    const struct bytes payload = packing_bytes(order->event, arena);
    uint8_t sha512[crypto_hash_sha512_BYTES];
    crypto_hash_sha512(sha512, payload.data, payload.length);

    ProjectOrigin__Common__V1__Uuid stream_id = PROJECT_ORIGIN__COMMON__V1__UUID__INIT;
    stream_id.value = packing_uuid(&order->certificate_id, arena);
    ProjectOrigin__Common__V1__FederatedStreamId stream =
        PROJECT_ORIGIN__COMMON__V1__FEDERATED_STREAM_ID__INIT;
    stream.registry = (char *)order->registry;
    stream.stream_id = &stream_id;
    ProjectOrigin__Registry__V1__TransactionHeader header =
        PROJECT_ORIGIN__REGISTRY__V1__TRANSACTION_HEADER__INIT;
    header.federated_stream_id = &stream;
    header.payload_type = (char *)order->event->descriptor->name;
    header.payload_sha512 = (ProtobufCBinaryData){.data = sha512, .len = sizeof sha512};
    header.nonce = packing_uuid(&order->submission_id, arena);

    uint8_t signature[KEY_SIGNATURE_BYTES_MAX];
    ProjectOrigin__Registry__V1__Transaction whole =
        PROJECT_ORIGIN__REGISTRY__V1__TRANSACTION__INIT;
    whole.header = &header;
    whole.header_signature.data = signature;
    whole.header_signature.len =
        key_sign(order->key, packing_bytes(&header.base, arena), signature);
    whole.payload = packing_binary(payload.data, payload.length);
    transaction->bytes = packing_bytes(&whole.base, arena);
    if (transaction->bytes.length > ORIGIN_TRANSACTION_BYTES_MAX) {
        return error_set(error, RESULT_INVALID, "the transaction has %u bytes; at most %d",
                         transaction->bytes.length, ORIGIN_TRANSACTION_BYTES_MAX);
    }
    transaction->id = id_of(transaction->bytes, arena);
    return RESULT_OK;
}
