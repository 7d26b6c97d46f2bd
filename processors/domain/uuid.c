#include "domain/uuid.h"

#include <assert.h>

/* Bytes before which the text form has a hyphen. */
static bool hyphen_before(uint32_t byte) {
    return byte == 4 || byte == 6 || byte == 8 || byte == 10;
}

void uuid_to_text(const struct uuid *uuid, char text[UUID_CHARACTERS]) {
    static const char digits[] = "0123456789abcdef";
    assert(uuid != NULL && text != NULL);
    uint32_t at = 0;
    for (uint32_t i = 0; i < sizeof uuid->bytes; i++) {
        if (hyphen_before(i)) {
            text[at++] = '-';
        }
        text[at++] = digits[uuid->bytes[i] >> 4];
        text[at++] = digits[uuid->bytes[i] & 0x0f];
    }
    assert(at == UUID_CHARACTERS);
}

/* The value of each lower-case hex digit and one; 0: it is none. A table, since half of all digits
 * are letters, and no processor can guess which. */
static const uint8_t digit_values[UINT8_MAX + 1] = {
    ['0'] = 1, ['1'] = 2,  ['2'] = 3,  ['3'] = 4,  ['4'] = 5,  ['5'] = 6,  ['6'] = 7,  ['7'] = 8,
    ['8'] = 9, ['9'] = 10, ['a'] = 11, ['b'] = 12, ['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16,
};

bool uuid_from_text(struct text text, struct uuid *uuid) {
    assert(uuid != NULL);
    if (text.length != UUID_CHARACTERS) {
        return false;
    }
    struct uuid read;
    uint32_t at = 0;
    for (uint32_t i = 0; i < sizeof read.bytes; i++) {
        if (hyphen_before(i) && text.data[at++] != '-') {
            return false;
        }
        const uint8_t high = digit_values[(uint8_t)text.data[at++]];
        const uint8_t low = digit_values[(uint8_t)text.data[at++]];
        if (high == 0 || low == 0) {
            return false;
        }
        read.bytes[i] = (uint8_t)((high - 1) << 4 | (low - 1));
    }
    assert(at == UUID_CHARACTERS);
    *uuid = read;
    return true;
}
