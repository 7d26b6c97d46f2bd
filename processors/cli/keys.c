#include "cli/keys.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "domain/limits.h"
#include "domain/rules.h"

void keys_whose(const struct invocation *invocation, enum key_role *role, struct text *name) {
    assert(invocation->arguments_count >= 2);
    if (!key_role_of_word(text_of(invocation->arguments[0]), role)) {
        complain("a key is one of an owner or of an issuer, not of \"%s\"",
                 invocation->arguments[0]);
        exit(EXIT_CODE_USAGE);
    }
    *name = text_of(invocation->arguments[1]);
    if (!rules_is_name(*name)) {
        complain("\"%s\" is no name: 1 to %d of A-Z a-z 0-9 . _ : -", invocation->arguments[1],
                 LIMIT_OWNER_BYTES_MAX);
        exit(EXIT_CODE_USAGE);
    }
}

json_t *keys_shown(enum key_role role, struct text name, const struct key *key) {
    static const char digits[] = "0123456789abcdef";
    char hex[2 * KEY_PUBLIC_BYTES_MAX];
    for (size_t i = 0; i < key->public_length; i++) {
        hex[2 * i] = digits[key->public_bytes[i] >> 4];
        hex[2 * i + 1] = digits[key->public_bytes[i] & 0x0f];
    }
    json_t *shown = json_pack("{s:s, s:s%, s:s, s:s, s:s%}", "role", key_role_word(role), "name",
                              name.data, (size_t)name.length, "kind", key_kind_word(key->kind),
                              "has", key->secret != NULL ? "secret" : "public", "public", hex,
                              (size_t)key->public_length * 2);
    assert(shown != NULL);
    return shown;
}

int keys_add(const struct invocation *invocation, enum key_role role, struct text name,
             const struct key *key) {
    static const char *const words[] = {
        [KEYRING_CHANGE_NONE] = "was there before",
        [KEYRING_CHANGE_ADDED] = "is new",
        [KEYRING_CHANGE_COMPLETED] = "has its secret now",
    };
    const char *path = invocation_require(invocation, "keys.file");
    struct error error;
    enum keyring_change change = KEYRING_CHANGE_NONE;
    const enum result result = keyring_add(path, role, name, key, &change, &error);
    if (result != RESULT_OK) {
        complain("%s", error.text);
        return (int)(result == RESULT_DENIED ? EXIT_CODE_REFUSED : exit_code_of(result));
    }
    json_t *shown = keys_shown(role, name, key);
    output_object(stdout, invocation->format, shown);
    json_decref(shown);
    note(invocation, "the key of %s %.*s %s in %s", key_role_word(role), (int)name.length,
         name.data, words[change], path);
    return EXIT_CODE_OK;
}
