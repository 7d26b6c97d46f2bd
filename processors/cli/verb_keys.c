#include "cli/keys.h"
#include "cli/verbs.h"
#include "outside/registry_project_origin/new_key.h"

static const struct output_column columns[] = {
    {"ROLE", "role"},        {"NAME", "name"},         {"KIND", "kind"},
    {"THERE IS ITS", "has"}, {"PUBLIC KEY", "public"},
};

int verb_keys_generate(struct invocation *invocation, int argc, char **argv) {
    enum key_role role;
    struct text name;
    struct error error;
    struct new_key made;
    invocation_begin(invocation, argc, argv, NULL);
    keys_whose(invocation, &role, &name);
    const enum result result = new_key_generate(key_role_kind(role), &made, &error);
    if (result != RESULT_OK) {
        complain("%s", error.text);
        return (int)exit_code_of(result);
    }
    const int code = keys_add(invocation, role, name, &made.key);
    new_key_close(&made);
    return code;
}

int verb_keys_list(struct invocation *invocation, int argc, char **argv) {
    struct error error;
    struct keyring keyring;
    invocation_begin(invocation, argc, argv, NULL);
    const enum result result =
        keyring_open(invocation_require(invocation, "keys.file"), &keyring, &error);
    if (result != RESULT_OK) {
        complain("%s", error.text);
        return (int)exit_code_of(result);
    }
    json_t *rows = json_array();
    for (uint32_t i = 0; i < keyring.count; i++) {
        const struct keyring_entry *entry = &keyring.entries[i];
        json_array_append_new(rows, keys_shown(entry->role, entry->name, &entry->key));
    }
    output_rows(stdout, invocation->format, rows, columns, sizeof columns / sizeof columns[0]);
    json_decref(rows);
    keyring_close(&keyring);
    return EXIT_CODE_OK;
}
