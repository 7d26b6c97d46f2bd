#include "outside/registry_project_origin/key.h"

#include <assert.h>
#include <pthread.h>
#include <secp256k1.h>
#include <sodium.h>
#include <string.h>

enum {
    SECP256K1_PUBLIC_BYTES = 33,
    ED25519_PREFIX_BYTES = KEY_PUBLIC_BYTES_MAX - KEY_POINT_BYTES,
};

/* What stands before the 32 bytes of an Ed25519 key in its SubjectPublicKeyInfo: a sequence of the
 * algorithm's identifier 1.3.101.112 and a string of bits (RFC 8410, 4). */
static const uint8_t ed25519_prefix[ED25519_PREFIX_BYTES] = {
    0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00,
};

/* Made once and never changed, so that any thread may use it; it ends with the process. */
static secp256k1_context *curve;
static pthread_once_t curve_once = PTHREAD_ONCE_INIT;

/* The random bytes only blind what the curve's arithmetic lets others measure; no result depends on
 * them. */
static void make_curve(void) {
    uint8_t blinding[32];
    const int ready = sodium_init();
    assert(ready >= 0);
    curve = secp256k1_context_create(SECP256K1_CONTEXT_NONE);
    assert(curve != NULL);
    randombytes_buf(blinding, sizeof blinding);
    const int blinded = secp256k1_context_randomize(curve, blinding);
    assert(blinded == 1);
    sodium_memzero(blinding, sizeof blinding);
}

/* Also makes libsodium ready. */
static const secp256k1_context *curve_of_process(void) {
    const int once = pthread_once(&curve_once, make_curve);
    assert(once == 0 && curve != NULL);
    return curve;
}

static void set_secp256k1(const secp256k1_pubkey *point, struct key *key) {
    size_t length = SECP256K1_PUBLIC_BYTES;
    *key = (struct key){.kind = KEY_KIND_SECP256K1};
    const int written = secp256k1_ec_pubkey_serialize(curve_of_process(), key->public_bytes,
                                                      &length, point, SECP256K1_EC_COMPRESSED);
    assert(written == 1 && length == SECP256K1_PUBLIC_BYTES);
    key->public_length = SECP256K1_PUBLIC_BYTES;
}

static void set_ed25519(const uint8_t point[KEY_POINT_BYTES], struct key *key) {
    *key = (struct key){.kind = KEY_KIND_ED25519, .public_length = KEY_PUBLIC_BYTES_MAX};
    memcpy(key->public_bytes, ed25519_prefix, ED25519_PREFIX_BYTES);
    memcpy(key->public_bytes + ED25519_PREFIX_BYTES, point, KEY_POINT_BYTES);
}

bool key_from_secret(enum key_kind kind, const uint8_t secret[KEY_SECRET_BYTES], struct key *key) {
    assert(secret != NULL && key != NULL);
    const secp256k1_context *context = curve_of_process();
    if (kind == KEY_KIND_SECP256K1) {
        secp256k1_pubkey point;
        if (secp256k1_ec_pubkey_create(context, &point, secret) != 1) {
            return false;
        }
        set_secp256k1(&point, key);
    } else {
        assert(kind == KEY_KIND_ED25519);
        uint8_t point[KEY_POINT_BYTES];
        uint8_t both[crypto_sign_ed25519_SECRETKEYBYTES];
        crypto_sign_ed25519_seed_keypair(point, both, secret);
        sodium_memzero(both, sizeof both);
        set_ed25519(point, key);
    }
    key->secret = secret;
    return true;
}

bool key_from_public(enum key_kind kind, struct bytes public_bytes, struct key *key) {
    assert(key != NULL);
    const secp256k1_context *context = curve_of_process();
    if (kind == KEY_KIND_SECP256K1) {
        secp256k1_pubkey point;
        if (public_bytes.length != SECP256K1_PUBLIC_BYTES ||
            secp256k1_ec_pubkey_parse(context, &point, public_bytes.data, public_bytes.length) !=
                1) {
            return false;
        }
        set_secp256k1(&point, key);
        return true;
    }
    assert(kind == KEY_KIND_ED25519);
    return public_bytes.length == KEY_PUBLIC_BYTES_MAX &&
           memcmp(public_bytes.data, ed25519_prefix, ED25519_PREFIX_BYTES) == 0 &&
           key_from_point(public_bytes.data + ED25519_PREFIX_BYTES, key);
}

bool key_from_point(const uint8_t point[KEY_POINT_BYTES], struct key *key) {
    assert(point != NULL && key != NULL);
    (void)curve_of_process();
    if (crypto_core_ed25519_is_valid_point(point) != 1) {
        return false;
    }
    set_ed25519(point, key);
    return true;
}

static uint32_t sign_secp256k1(const struct key *key, struct bytes message, uint8_t *signature) {
    uint8_t digest[crypto_hash_sha256_BYTES];
    secp256k1_ecdsa_signature parts;
    size_t length = KEY_SIGNATURE_BYTES_MAX;
    crypto_hash_sha256(digest, message.data, message.length);
    /* Its own function for the nonce is that of RFC 6979, and of both s it takes the lower one. */
    const int is_signed =
        secp256k1_ecdsa_sign(curve_of_process(), &parts, digest, key->secret, NULL, NULL);
    assert(is_signed == 1);
    const int written =
        secp256k1_ecdsa_signature_serialize_der(curve_of_process(), signature, &length, &parts);
    assert(written == 1 && length <= KEY_SIGNATURE_BYTES_MAX);
    return (uint32_t)length;
}

static uint32_t sign_ed25519(const struct key *key, struct bytes message, uint8_t *signature) {
    uint8_t point[KEY_POINT_BYTES];
    uint8_t both[crypto_sign_ed25519_SECRETKEYBYTES];
    crypto_sign_ed25519_seed_keypair(point, both, key->secret);
    /* With another public half in it a signature would give the secret away. */
    assert(memcmp(point, key->public_bytes + ED25519_PREFIX_BYTES, sizeof point) == 0);
    crypto_sign_ed25519_detached(signature, NULL, message.data, message.length, both);
    sodium_memzero(both, sizeof both);
    return crypto_sign_ed25519_BYTES;
}

uint32_t key_sign(const struct key *key, struct bytes message,
                  uint8_t signature[KEY_SIGNATURE_BYTES_MAX]) {
    assert(key != NULL && key->secret != NULL);
    assert(message.data != NULL && message.length > 0);
    return key->kind == KEY_KIND_SECP256K1 ? sign_secp256k1(key, message, signature)
                                           : sign_ed25519(key, message, signature);
}

void key_generate(enum key_kind kind, uint8_t secret[KEY_SECRET_BYTES]) {
    struct key key;
    (void)curve_of_process();
    do {
        randombytes_buf(secret, KEY_SECRET_BYTES);
    } while (!key_from_secret(kind, secret, &key)); /* again once in 2^127 times */
}
