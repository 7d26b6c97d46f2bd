/* A key: with it an owner or an issuer signs, and by it others know whom they give to. */
#ifndef MILLRACE_REGISTRY_PROJECT_ORIGIN_KEY_H
#define MILLRACE_REGISTRY_PROJECT_ORIGIN_KEY_H

#include <stdbool.h>
#include <stdint.h>

#include "domain/values.h"

enum {
    KEY_SECRET_BYTES = 32,        /* of both kinds */
    KEY_POINT_BYTES = 32,         /* of an Ed25519 key without what says that it is one */
    KEY_PUBLIC_BYTES_MAX = 44,    /* Secp256k1: 33, Ed25519: 44 */
    KEY_SIGNATURE_BYTES_MAX = 72, /* Secp256k1: at most 72, most often 70 or 71; Ed25519: 64 */
};

enum key_kind {
    KEY_KIND_SECP256K1, /* of owners */
    KEY_KIND_ED25519,   /* of issuers */
};

struct key {
    enum key_kind kind;
    uint8_t public_bytes[KEY_PUBLIC_BYTES_MAX]; /* as the registry is given it: Secp256k1: a
                                                   compressed point (SEC 1, 2.3.3); Ed25519: its
                                                   SubjectPublicKeyInfo (RFC 8410) in DER */
    uint32_t public_length;                     /* bytes of it */
    const uint8_t *secret; /* KEY_SECRET_BYTES, in memory of whoever made the key; NULL: it is not
                              known, so nothing can be signed. Secp256k1: a number, big endian;
                              Ed25519: the seed (RFC 8032, 5.1.5) */
};

/* The key of a secret, which must outlive it. False: it is none (0, or beyond the group's order).
 */
bool key_from_secret(enum key_kind kind, const uint8_t secret[KEY_SECRET_BYTES], struct key *key);

/* A key of which only the public half is known, in the form that the registry is given; false: that
 * is no key of this kind, or a weak one. */
bool key_from_public(enum key_kind kind, struct bytes public_bytes, struct key *key);

/* The same of Ed25519's 32 bytes alone. */
bool key_from_point(const uint8_t point[KEY_POINT_BYTES], struct key *key);

/* Sign a message with a key whose secret is known; the length of the signature. The same key and
 * message give the same signature. Secp256k1: ECDSA over the message's SHA-256, nonce by RFC 6979,
 * the lower of both s, in DER; Ed25519: RFC 8032, over the message itself. */
uint32_t key_sign(const struct key *key, struct bytes message,
                  uint8_t signature[KEY_SIGNATURE_BYTES_MAX]);

/* A new secret by chance, into memory that the caller locks and clears. */
void key_generate(enum key_kind kind, uint8_t secret[KEY_SECRET_BYTES]);

#endif
