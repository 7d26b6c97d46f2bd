#include "tests/support/vectors.h"

#include <criterion/criterion.h>
#include <stdalign.h>
#include <string.h>

json_t *vectors_load(const char *path) {
    json_error_t error;
    json_t *json = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
    cr_assert_not_null(json, "%s:%d: %s", path, error.line, error.text);
    return json;
}

const char *vectors_text(const json_t *object, const char *name) {
    const char *text = json_string_value(json_object_get(object, name));
    cr_assert_not_null(text, "the vector has no text '%s'", name);
    return text;
}

static unsigned digit(char c) {
    const char *digits = "0123456789abcdef";
    const char *at = strchr(digits, c);
    cr_assert(c != '\0' && at != NULL, "'%c' is no digit of hex", c);
    return (unsigned)(at - digits);
}

struct bytes vectors_hex(const char *hex, struct arena *arena) {
    uint8_t *data = arena_take(arena, strlen(hex) / 2 + 1);
    uint32_t length = 0;
    while (*hex != '\0') {
        if (*hex == ' ') {
            hex++;
            continue;
        }
        data[length++] = (uint8_t)(digit(hex[0]) << 4 | digit(hex[1]));
        hex += 2;
    }
    return (struct bytes){.data = data, .length = length};
}

struct bytes vectors_bytes(const json_t *object, const char *name, struct arena *arena) {
    return vectors_hex(vectors_text(object, name), arena);
}

void vectors_expect(const char *what, const uint8_t *actual, uint32_t length, const char *hex) {
    static const char digits[] = "0123456789abcdef";
    char text[129];
    cr_assert_leq(2 * length + 1, sizeof text, "%s: so much is not compared as text", what);
    for (uint32_t i = 0; i < length; i++) {
        text[2 * i] = digits[actual[i] >> 4];
        text[2 * i + 1] = digits[actual[i] & 0x0f];
    }
    text[2 * length] = '\0';
    cr_expect_str_eq(text, hex, "%s is %s and not %s", what, text, hex);
}

struct arena vectors_arena(void) {
    static alignas(max_align_t) uint8_t memory[VECTORS_ARENA_BYTES];
    struct arena arena;
    arena_init(&arena, memory, sizeof memory);
    return arena;
}
