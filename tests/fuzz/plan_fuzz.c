/* Any text as a writer's schema of a probe, and any bytes as what that writer wrote. Text and bytes
 * are divided by a NUL. */
#include <string.h>

#include "tests/fuzz/fuzz.h"
#include "tests/support/probe/probe_values.h"
#include "wire/decode.h"

static void try_record(const struct writer_schema *schema, const struct record_descriptor *record,
                       struct bytes input) {
    struct plan plan;
    struct error error;
    if (plan_open(schema, record, &plan, &error) != RESULT_OK) {
        return;
    }
    void *body;
    struct decode_error wrong;
    if (!decode(&plan, input, fuzz_arena(), &body, &wrong)) {
        fuzz_require(wrong.reason != DECODE_OK);
    }
    plan_close(&plan);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const uint8_t *end = size == 0 ? NULL : memchr(data, 0, size);
    const size_t length = end == NULL ? size : (size_t)(end - data);
    const size_t rest = length == size ? 0 : size - length - 1;
    const struct text text = {.data = (const char *)data, .length = (uint32_t)length};
    const struct bytes input = {.data = data + size - rest, .length = (uint32_t)rest};
    struct writer_schema *schema;
    struct error error;
    if (writer_schema_open(text, &schema, &error) == RESULT_OK) {
        try_record(schema, &probe_values_evolved_descriptor, input);
        try_record(schema, &probe_values_everything_descriptor, input);
        try_record(schema, &probe_values_inner_descriptor, input);
        writer_schema_close(schema);
    }
    return 0;
}
