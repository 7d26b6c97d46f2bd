#include <assert.h>

#include "cli/invocation.h"
#include "cli/verbs.h"

static const struct output_column columns[] = {
    {"SETTING", "name"},
    {"VALUE", "value"},
    {"FROM", "from"},
};

static json_t *shown(const struct setting *setting) {
    if (setting->value == NULL) {
        return json_null();
    }
    return json_string(setting_is_secret(setting->name) ? "(secret)" : setting->value);
}

int verb_config_show(struct invocation *invocation, int argc, char **argv) {
    invocation_begin(invocation, argc, argv, NULL);
    const struct settings *settings = &invocation->settings;
    json_t *rows = json_array();
    for (uint32_t i = 0; i < settings->count; i++) {
        const struct setting *setting = &settings->items[i];
        const int appended =
            json_array_append_new(rows, json_pack("{s:s, s:o, s:s}", "name", setting->name, "value",
                                                  shown(setting), "from", setting->origin));
        assert(appended == 0);
    }
    output_rows(stdout, invocation->format, rows, columns, sizeof columns / sizeof columns[0]);
    json_decref(rows);
    return EXIT_CODE_OK;
}
