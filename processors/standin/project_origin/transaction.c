#include "standin/project_origin/transaction.h"

#include <assert.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

static_assert(crypto_hash_sha256_BYTES == MIMIC_ID_BYTES, "the id is a SHA-256");

static uint8_t *pack(const ProtobufCMessage *message, size_t *length) {
    *length = protobuf_c_message_get_packed_size(message);
    uint8_t *bytes = malloc(*length + 1); /* an empty message is no NULL */
    assert(bytes != NULL);
    (void)protobuf_c_message_pack(message, bytes);
    return bytes;
}

struct mimic_transaction *mimic_transaction_open(
    const ProjectOrigin__Registry__V1__Transaction *message) {
    struct mimic_transaction *transaction = calloc(1, sizeof *transaction);
    assert(transaction != NULL);
    transaction->bytes = pack(&message->base, &transaction->length);
    transaction->message = project_origin__registry__v1__transaction__unpack(
        NULL, transaction->length, transaction->bytes);
    assert(transaction->message != NULL);
    if (message->header != NULL) {
        transaction->header = pack(&message->header->base, &transaction->header_length);
    }
    (void)crypto_hash_sha256(transaction->id, transaction->bytes, transaction->length);
    (void)sodium_bin2base64(transaction->id_text, sizeof transaction->id_text, transaction->id,
                            sizeof transaction->id, sodium_base64_VARIANT_ORIGINAL);
    return transaction;
}

struct mimic_transaction *mimic_transaction_parse(const uint8_t *bytes, size_t length) {
    ProjectOrigin__Registry__V1__Transaction *message =
        project_origin__registry__v1__transaction__unpack(NULL, length, bytes);
    if (message == NULL) {
        return NULL;
    }
    struct mimic_transaction *transaction = mimic_transaction_open(message);
    project_origin__registry__v1__transaction__free_unpacked(message, NULL);
    return transaction;
}

void mimic_transaction_close(struct mimic_transaction *transaction) {
    project_origin__registry__v1__transaction__free_unpacked(transaction->message, NULL);
    free(transaction->header);
    free(transaction->bytes);
    free(transaction);
}

static const ProjectOrigin__Common__V1__FederatedStreamId *stream_of(
    const struct mimic_transaction *transaction) {
    const ProjectOrigin__Registry__V1__TransactionHeader *header = transaction->message->header;
    return header == NULL ? NULL : header->federated_stream_id;
}

const char *mimic_transaction_stream(const struct mimic_transaction *transaction) {
    const ProjectOrigin__Common__V1__FederatedStreamId *stream = stream_of(transaction);
    return stream == NULL || stream->stream_id == NULL ? NULL : stream->stream_id->value;
}

const char *mimic_transaction_registry(const struct mimic_transaction *transaction) {
    const ProjectOrigin__Common__V1__FederatedStreamId *stream = stream_of(transaction);
    return stream == NULL ? NULL : stream->registry;
}

bool mimic_uuid_parse(const char *text, uint8_t uuid[MIMIC_UUID_BYTES]) {
    static const uint8_t groups[] = {8, 4, 4, 4, 12};
    char digits[2 * MIMIC_UUID_BYTES];
    size_t count = 0;
    size_t length = 0;
    for (size_t i = 0; i < sizeof groups; i++) {
        if (strspn(text, "0123456789abcdefABCDEF") != groups[i] ||
            text[groups[i]] != (i + 1 < sizeof groups ? '-' : '\0')) {
            return false;
        }
        memcpy(digits + count, text, groups[i]);
        count += groups[i];
        text += groups[i] + 1;
    }
    return sodium_hex2bin(uuid, MIMIC_UUID_BYTES, digits, sizeof digits, NULL, &length, NULL) ==
               0 &&
           length == MIMIC_UUID_BYTES;
}

void mimic_uuid_write(const uint8_t uuid[MIMIC_UUID_BYTES], char text[MIMIC_UUID_TEXT_SIZE]) {
    static const char digits[] = "0123456789abcdef";
    for (int i = 0; i < MIMIC_UUID_BYTES; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10) {
            *text++ = '-';
        }
        *text++ = digits[uuid[i] >> 4];
        *text++ = digits[uuid[i] & 15];
    }
    *text = '\0';
}
