/* Any text as JSON of a message, or as one argument: the first byte is the type, the next says
 * which of both. */
#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/fuzz.h"
#include "wire/json.h"

static void try_json(enum message_type type, const json_t *json) {
    void *body;
    struct error error;
    if (json_to_struct(message_types[type].record, json, fuzz_arena(), &body, &error) ==
        RESULT_OK) {
        fuzz_round_trip(type, body);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 2) {
        return 0;
    }
    const enum message_type type = (enum message_type)(data[0] % MESSAGE_TYPES_COUNT);
    json_t *json = NULL;
    if (data[1] % 2 == 0) {
        json = json_loadb((const char *)data + 2, size - 2, 0, NULL);
    } else {
        char *argument = fuzz_string(data + 2, size - 2);
        struct error error;
        json = json_object();
        (void)json_set_argument(message_types[type].record, json, argument, &error);
        free(argument);
    }
    if (json != NULL) {
        try_json(type, json);
        json_decref(json);
    }
    return 0;
}
