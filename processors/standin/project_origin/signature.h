/* Whose signature is it? secp256k1 and Ed25519, as the registry's library checks them. */
#ifndef MILLRACE_STANDIN_PROJECT_ORIGIN_SIGNATURE_H
#define MILLRACE_STANDIN_PROJECT_ORIGIN_SIGNATURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "electricity.pb-c.h"

enum { MIMIC_ED25519_PREFIX_BYTES = 12 };

/* What stands before the 32 bytes of an Ed25519 key in its SubjectPublicKeyInfo (RFC 8410). */
extern const uint8_t mimic_ed25519_prefix[MIMIC_ED25519_PREFIX_BYTES];

enum mimic_signature {
    MIMIC_SIGNATURE_RIGHT,
    MIMIC_SIGNATURE_WRONG,
    MIMIC_SIGNATURE_MALFORMED, /* upstream's library throws */
};

/* Can it be read? NULL cannot. */
bool mimic_key_is_valid(const ProjectOrigin__Electricity__V1__PublicKey *key);

/* Of a key that can be read. secp256k1: ECDSA over the SHA-256 of the bytes, DER, low S; Ed25519:
 * 64 bytes over the bytes. */
enum mimic_signature mimic_signature_check(const ProjectOrigin__Electricity__V1__PublicKey *key,
                                           const uint8_t *bytes, size_t length,
                                           const ProtobufCBinaryData *signature);

#endif
