/* Any text as a writer's schema of our own messages, and any bytes as what that writer wrote. Text
 * and bytes are divided by a NUL. */
#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/fuzz.h"
#include "tests/support/fake_schemas.h"
#include "wire/message.h"

/* On the topic where its type may travel, as far as it has one; else on any. */
static void read_message(struct schema_cache *cache, struct bytes value) {
    const struct schema_entry *entry;
    struct error error;
    fuzz_require(schema_cache_find(cache, 1, 0, &entry, &error) == RESULT_OK);
    fuzz_require(entry->state == SCHEMA_READABLE || entry->text[0] != '\0');
    const struct wire_input input = {
        .topic = message_types[entry->type].topic, .value = value, .refuse_other = true};
    struct message message;
    struct wire_failure failure;
    const enum result result = wire_decode(cache, &input, fuzz_arena(), 0, &message, &failure);
    fuzz_require(result == RESULT_OK || result == RESULT_INVALID);
    fuzz_require(result == RESULT_OK || failure.text[0] != '\0');
    if (result == RESULT_OK) {
        fuzz_round_trip(message.type, message.body);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const uint8_t *end = size == 0 ? NULL : memchr(data, 0, size);
    if (end == NULL) {
        return 0;
    }
    struct fake_schemas fake = {0};
    const struct schemas port = fake_schemas_port(&fake);
    (void)fake_schemas_add(&fake, "any", (const char *)data);
    struct schema_cache *cache = schema_cache_open(&port, NULL);
    const struct bytes value = fuzz_framed(1, end + 1, size - (size_t)(end - data) - 1);
    read_message(cache, value);
    free((void *)value.data);
    schema_cache_close(cache);
    return 0;
}
