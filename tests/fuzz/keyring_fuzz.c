/* Any text as a file of keys, as one of blinding secrets, and as a key that others wrote. */
#include <stdlib.h>
#include <string.h>

#include "outside/registry_project_origin/blinding_file.h"
#include "outside/registry_project_origin/keyring.h"
#include "outside/registry_project_origin/new_key.h"
#include "tests/fuzz/fuzz.h"

enum { SIGNED_MAX = 4 }; /* keys of one input that sign something; it takes its time */

static void try_key(const struct key *key) {
    struct key again;
    const struct bytes public_bytes = {key->public_bytes, key->public_length};
    fuzz_require(key_from_public(key->kind, public_bytes, &again));
    fuzz_require(
        bytes_equal((struct bytes){again.public_bytes, again.public_length}, public_bytes));
    if (key->secret != NULL) {
        uint8_t signature[KEY_SIGNATURE_BYTES_MAX];
        fuzz_require(key_sign(key, public_bytes, signature) >= 8);
    }
}

static void try_keyring(struct text text) {
    struct error error = {0};
    struct keyring keyring;
    if (keyring_parse("keys", text, &keyring, &error) != RESULT_OK) {
        fuzz_require(error.text[0] != '\0' && keyring.entries == NULL);
        return;
    }
    for (uint32_t i = 0; i < keyring.count; i++) {
        const struct keyring_entry *entry = &keyring.entries[i];
        fuzz_require(keyring_entry_find(&keyring, entry->role, entry->name) == entry);
        fuzz_require(entry->offset + entry->length <= text.length);
        fuzz_require(entry->key.kind == key_role_kind(entry->role));
        if (i < SIGNED_MAX) {
            try_key(&entry->key);
        }
    }
    keyring_close(&keyring);
}

static void try_blinding(struct text text) {
    struct error error = {0};
    struct blinding_secrets *secrets;
    if (blinding_file_parse("blinding", text, &secrets, &error) != RESULT_OK) {
        fuzz_require(error.text[0] != '\0' && secrets == NULL);
        return;
    }
    fuzz_require(secrets->count > 0 && secrets->count <= BLINDING_SECRETS_MAX);
    blinding_file_close(secrets);
}

static void try_new_key(enum key_kind kind, bool is_secret, struct text text) {
    struct error error = {0};
    struct new_key made;
    if (new_key_parse(kind, is_secret, text, &made, &error) != RESULT_OK) {
        fuzz_require(error.text[0] != '\0' && made.secret == NULL);
        return;
    }
    fuzz_require(made.key.kind == kind && (made.key.secret != NULL) == is_secret);
    try_key(&made.key);
    new_key_close(&made);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char *string = fuzz_string(data, size);
    const struct text text = {.data = string, .length = (uint32_t)size};
    try_keyring(text);
    try_blinding(text);
    for (int kind = KEY_KIND_SECP256K1; kind <= KEY_KIND_ED25519; kind++) {
        try_new_key((enum key_kind)kind, true, text);
        try_new_key((enum key_kind)kind, false, text);
    }
    free(string);
    return 0;
}
