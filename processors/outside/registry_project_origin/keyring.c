#include "outside/registry_project_origin/keyring.h"

#include <assert.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "outside/registry_project_origin/keyring_inside.h"

static const struct {
    const char *word;
    enum key_kind kind;
} roles[KEY_ROLES_COUNT] = {
    [KEY_ROLE_OWNER] = {"owner", KEY_KIND_SECP256K1},
    [KEY_ROLE_ISSUER] = {"issuer", KEY_KIND_ED25519},
};

const char *key_role_word(enum key_role role) {
    assert(role < KEY_ROLES_COUNT);
    return roles[role].word;
}

bool key_role_of_word(struct text word, enum key_role *role) {
    for (int i = 0; i < KEY_ROLES_COUNT; i++) {
        if (text_equal(word, text_of(roles[i].word))) {
            *role = (enum key_role)i;
            return true;
        }
    }
    return false;
}

enum key_kind key_role_kind(enum key_role role) {
    assert(role < KEY_ROLES_COUNT);
    return roles[role].kind;
}

const char *key_kind_word(enum key_kind kind) {
    return kind == KEY_KIND_SECP256K1 ? "Secp256k1" : "Ed25519";
}

int keyring_compare_names(const void *one, const void *other) {
    const struct keyring_entry *a = one;
    const struct keyring_entry *b = other;
    if (a->role != b->role) {
        return a->role < b->role ? -1 : 1;
    }
    const uint32_t shorter = a->name.length < b->name.length ? a->name.length : b->name.length;
    const int order = memcmp(a->name.data, b->name.data, shorter);
    return order != 0 ? order
                      : (a->name.length > b->name.length) - (a->name.length < b->name.length);
}

void keyring_close(struct keyring *keyring) {
    free(keyring->entries);
    free(keyring->names);
    sodium_free(keyring->secrets);
    *keyring = (struct keyring){0};
}

const struct keyring_entry *keyring_entry_find(const struct keyring *keyring, enum key_role role,
                                               struct text name) {
    assert(keyring != NULL && role < KEY_ROLES_COUNT);
    const struct keyring_entry wanted = {.role = role, .name = name};
    return keyring->count == 0 ? NULL
                               : bsearch(&wanted, keyring->entries, keyring->count,
                                         sizeof *keyring->entries, keyring_compare_names);
}

const struct key *keyring_find(const struct keyring *keyring, enum key_role role,
                               struct text name) {
    const struct keyring_entry *entry = keyring_entry_find(keyring, role, name);
    return entry == NULL ? NULL : &entry->key;
}
