#include "standin/project_origin/signature.h"

#include <assert.h>
#include <secp256k1.h>
#include <sodium.h>
#include <string.h>

const uint8_t mimic_ed25519_prefix[MIMIC_ED25519_PREFIX_BYTES] = {
    0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00};

/* NULL: it is none. */
static const uint8_t *ed25519_of(const ProtobufCBinaryData *content) {
    return content->len == sizeof mimic_ed25519_prefix + crypto_sign_ed25519_PUBLICKEYBYTES &&
                   memcmp(content->data, mimic_ed25519_prefix, sizeof mimic_ed25519_prefix) == 0
               ? content->data + sizeof mimic_ed25519_prefix
               : NULL;
}

static bool secp256k1_of(const ProtobufCBinaryData *content, secp256k1_pubkey *key) {
    return secp256k1_ec_pubkey_parse(secp256k1_context_static, key, content->data, content->len) ==
           1;
}

bool mimic_key_is_valid(const ProjectOrigin__Electricity__V1__PublicKey *key) {
    secp256k1_pubkey point;
    if (key == NULL) {
        return false;
    }
    switch ((int)key->type) {
    case PROJECT_ORIGIN__ELECTRICITY__V1__KEY_TYPE__Secp256k1:
        return secp256k1_of(&key->content, &point);
    case PROJECT_ORIGIN__ELECTRICITY__V1__KEY_TYPE__ED25519:
        return ed25519_of(&key->content) != NULL;
    default:
        return false;
    }
}

static enum mimic_signature check_secp256k1(const ProtobufCBinaryData *content,
                                            const uint8_t *bytes, size_t length,
                                            const ProtobufCBinaryData *signature) {
    secp256k1_pubkey key;
    secp256k1_ecdsa_signature parsed;
    uint8_t hash[crypto_hash_sha256_BYTES];
    const bool read = secp256k1_of(content, &key);
    assert(read);
    if (secp256k1_ecdsa_signature_parse_der(secp256k1_context_static, &parsed, signature->data,
                                            signature->len) != 1) {
        return MIMIC_SIGNATURE_MALFORMED;
    }
    (void)crypto_hash_sha256(hash, bytes, length);
    return secp256k1_ecdsa_verify(secp256k1_context_static, &parsed, hash, &key) == 1
               ? MIMIC_SIGNATURE_RIGHT
               : MIMIC_SIGNATURE_WRONG;
}

enum mimic_signature mimic_signature_check(const ProjectOrigin__Electricity__V1__PublicKey *key,
                                           const uint8_t *bytes, size_t length,
                                           const ProtobufCBinaryData *signature) {
    assert(mimic_key_is_valid(key));
    if (key->type == PROJECT_ORIGIN__ELECTRICITY__V1__KEY_TYPE__Secp256k1) {
        return check_secp256k1(&key->content, bytes, length, signature);
    }
    return signature->len == crypto_sign_ed25519_BYTES &&
                   crypto_sign_ed25519_verify_detached(signature->data, bytes, length,
                                                       ed25519_of(&key->content)) == 0
               ? MIMIC_SIGNATURE_RIGHT
               : MIMIC_SIGNATURE_WRONG;
}
