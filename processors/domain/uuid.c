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

/* The value of a lower-case hex digit, or -1. */
static int digit_value(char c) {
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

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
        const int high = digit_value(text.data[at++]);
        const int low = digit_value(text.data[at++]);
        if (high < 0 || low < 0) {
            return false;
        }
        read.bytes[i] = (uint8_t)(high << 4 | low);
    }
    assert(at == UUID_CHARACTERS);
    *uuid = read;
    return true;
}
