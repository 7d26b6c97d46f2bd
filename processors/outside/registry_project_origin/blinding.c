#include "outside/registry_project_origin/blinding.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

_Static_assert(BLINDING_SECRET_MAX <= crypto_generichash_KEYBYTES_MAX, "a secret is a key");
_Static_assert(BLINDING_SECRET_MIN >= crypto_generichash_KEYBYTES, "and long enough for one");
_Static_assert(WIDE_BYTES == crypto_generichash_BYTES_MAX, "a hash makes a scalar");

/* What the hash is for; it changes when what follows it does. */
static const char domain[] = "millrace slice blinding 1";

void blinding_secrets_init(struct blinding_secrets *secrets) {
    assert(secrets != NULL);
    memset(secrets, 0, sizeof *secrets);
}

void blinding_secrets_deinit(struct blinding_secrets *secrets) {
    assert(secrets != NULL);
    sodium_memzero(secrets, sizeof *secrets);
}

static const struct blinding_secret *secret_named(const struct blinding_secrets *secrets,
                                                  struct text name) {
    for (uint32_t i = 0; i < secrets->count; i++) {
        const struct blinding_secret *secret = &secrets->secrets[i];
        const struct text own = {.data = secret->name, .length = secret->name_length};
        if (text_equal(own, name)) {
            return secret;
        }
    }
    return NULL;
}

static bool is_name(struct text name) {
    for (uint32_t i = 0; i < name.length; i++) {
        const char character = name.data[i];
        const bool fits = (character >= 'a' && character <= 'z') ||
                          (character >= 'A' && character <= 'Z') ||
                          (character >= '0' && character <= '9') || character == '.' ||
                          character == '_' || character == '-';
        if (!fits) {
            return false;
        }
    }
    return name.length > 0 && name.length <= BLINDING_NAME_MAX;
}

enum result blinding_secrets_add(struct blinding_secrets *secrets, struct text name,
                                 struct bytes secret, struct error *error) {
    assert(secrets != NULL && error != NULL);
    assert(secret.data != NULL || secret.length == 0);
    if (!is_name(name)) {
        return error_set(error, RESULT_INVALID,
                         "a blinding secret has no name that can be used; give it 1 to %d of a-z, "
                         "A-Z, 0-9, '.', '_' and '-'",
                         BLINDING_NAME_MAX);
    }
    const int length = (int)name.length;
    if (secret_named(secrets, name) != NULL) {
        return error_set(error, RESULT_INVALID,
                         "there are two blinding secrets named \"%.*s\"; slices know theirs by its "
                         "name, so give the newer one another name",
                         length, name.data);
    }
    if (secret.length < BLINDING_SECRET_MIN || secret.length > BLINDING_SECRET_MAX) {
        return error_set(error, RESULT_INVALID,
                         "the blinding secret \"%.*s\" is %u bytes long; it must be %d to %d bytes "
                         "that nobody can guess",
                         length, name.data, secret.length, BLINDING_SECRET_MIN,
                         BLINDING_SECRET_MAX);
    }
    if (secrets->count == BLINDING_SECRETS_MAX) {
        return error_set(error, RESULT_INVALID,
                         "the blinding secret \"%.*s\" is one too many; there may be %d", length,
                         name.data, BLINDING_SECRETS_MAX);
    }
    struct blinding_secret *added = &secrets->secrets[secrets->count];
    memcpy(added->name, name.data, name.length);
    memcpy(added->secret, secret.data, secret.length);
    added->name_length = (uint8_t)name.length;
    added->secret_length = (uint8_t)secret.length;
    secrets->count++;
    return RESULT_OK;
}

/* The two ids have always the same length, so no two slices have the same input. */
enum result blinding_derive(const struct blinding_secrets *secrets, struct text name,
                            const struct uuid *certificate_id, const struct uuid *slice_id,
                            struct scalar *blinding, struct error *error) {
    assert(secrets != NULL && certificate_id != NULL && slice_id != NULL);
    assert(blinding != NULL && error != NULL);
    const struct blinding_secret *secret = secret_named(secrets, name);
    if (secret == NULL) {
        return error_set(error, RESULT_NOT_FOUND,
                         "the blinding secret \"%.*s\" is not there, and a slice was made with it; "
                         "configure it again, for without it the slice cannot be worked with",
                         name.length <= BLINDING_NAME_MAX ? (int)name.length : BLINDING_NAME_MAX,
                         name.length > 0 ? name.data : "");
    }
    crypto_generichash_state state;
    uint8_t wide[WIDE_BYTES];
    const bool hashed =
        crypto_generichash_init(&state, secret->secret, secret->secret_length, sizeof wide) == 0 &&
        crypto_generichash_update(&state, (const uint8_t *)domain, sizeof domain) == 0 &&
        crypto_generichash_update(&state, certificate_id->bytes, sizeof certificate_id->bytes) ==
            0 &&
        crypto_generichash_update(&state, slice_id->bytes, sizeof slice_id->bytes) == 0 &&
        crypto_generichash_final(&state, wide, sizeof wide) == 0;
    assert(hashed);
    scalar_reduce(wide, blinding);
    sodium_memzero(&state, sizeof state);
    sodium_memzero(wide, sizeof wide);
    return RESULT_OK;
}
