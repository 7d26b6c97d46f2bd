#include <assert.h>

#include "cli/invocation.h"
#include "cli/verbs.h"

static const struct output_column columns[] = {
    {"SETTING", "name"},
    {"DEFAULT", "default"},
    {"UNIT", "unit"},
    {"WHAT IT IS FOR", "doc"},
};

static const char *unit_of(const struct setting_key *key) {
    if (key->unit != NULL) {
        return key->unit;
    }
    return key->type == SETTING_CHOICE ? key->choices : key->type == SETTING_LIST ? "a,b,c" : NULL;
}

int verb_config_keys(struct invocation *invocation, int argc, char **argv) {
    invocation_parse(invocation, argc, argv, NULL);
    json_t *rows = json_array();
    for (uint32_t i = 0; i < setting_keys_count; i++) {
        const struct setting_key *key = &setting_keys[i];
        const int appended = json_array_append_new(
            rows, json_pack("{s:s, s:s?, s:s?, s:s}", "name", key->name, "default", key->fallback,
                            "unit", unit_of(key), "doc", key->doc));
        assert(appended == 0);
    }
    output_rows(stdout, invocation->format, rows, columns, sizeof columns / sizeof columns[0]);
    json_decref(rows);
    return EXIT_CODE_OK;
}
