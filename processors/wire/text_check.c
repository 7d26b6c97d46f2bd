#include "wire/text_check.h"

#include <assert.h>
#include <string.h>

/* How many bytes follow this first byte, and the range of the second one, which is where overlong
 * forms, surrogates and too large code points show. */
static bool utf8_lead(uint8_t lead, unsigned *more, uint8_t *low, uint8_t *high) {
    *low = 0x80;
    *high = 0xbf;
    if (lead >= 0xc2 && lead <= 0xdf) {
        *more = 1;
        return true;
    }
    if (lead >= 0xe0 && lead <= 0xef) {
        *more = 2;
        *low = lead == 0xe0 ? 0xa0 : 0x80;
        *high = lead == 0xed ? 0x9f : 0xbf;
        return true;
    }
    if (lead >= 0xf0 && lead <= 0xf4) {
        *more = 3;
        *low = lead == 0xf0 ? 0x90 : 0x80;
        *high = lead == 0xf4 ? 0x8f : 0xbf;
        return true;
    }
    return false;
}

bool utf8_valid(const uint8_t *data, size_t length) {
    size_t i = 0;
    while (i < length) {
        uint64_t eight;
        if (length - i >= sizeof eight) {
            memcpy(&eight, data + i, sizeof eight);
            if ((eight & UINT64_C(0x8080808080808080)) == 0) {
                i += sizeof eight;
                continue;
            }
        }
        if (data[i] < 0x80) {
            i++;
            continue;
        }
        unsigned more;
        uint8_t low;
        uint8_t high;
        if (!utf8_lead(data[i], &more, &low, &high) || length - i <= more) {
            return false;
        }
        if (data[i + 1] < low || data[i + 1] > high) {
            return false;
        }
        for (unsigned k = 2; k <= more; k++) {
            if ((data[i + k] & 0xc0) != 0x80) {
                return false;
            }
        }
        i += 1 + more;
    }
    return true;
}

enum { NIBBLE_INVALID = 0x80, NIBBLE_UPPER = 0x40 };

static unsigned nibble(char c) {
    if (c >= '0' && c <= '9') {
        return (unsigned)(c - '0');
    }
    if (c >= 'a' && c <= 'f') {
        return (unsigned)(c - 'a') + 10;
    }
    if (c >= 'A' && c <= 'F') {
        return ((unsigned)(c - 'A') + 10) | NIBBLE_UPPER;
    }
    return NIBBLE_INVALID;
}

/* Where the two digits of each byte stand in the text. */
static const uint8_t digit_at[16] = {0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34};

enum uuid_text uuid_parse(const char *data, size_t length, struct uuid *uuid) {
    if (length != UUID_TEXT_LENGTH || data[8] != '-' || data[13] != '-' || data[18] != '-' ||
        data[23] != '-') {
        return UUID_TEXT_INVALID;
    }
    unsigned seen = 0;
    struct uuid parsed;
    for (unsigned i = 0; i < sizeof parsed.bytes; i++) {
        const unsigned high = nibble(data[digit_at[i]]);
        const unsigned low = nibble(data[digit_at[i] + 1]);
        seen |= high | low;
        parsed.bytes[i] = (uint8_t)((high & 0xf) << 4 | (low & 0xf));
    }
    if ((seen & NIBBLE_INVALID) != 0) {
        return UUID_TEXT_INVALID;
    }
    *uuid = parsed;
    return (seen & NIBBLE_UPPER) != 0 ? UUID_TEXT_UPPER_CASE : UUID_TEXT_CANONICAL;
}

void uuid_format(const struct uuid *uuid, char text[UUID_TEXT_LENGTH]) {
    static const char digits[] = "0123456789abcdef";
    assert(uuid != NULL && text != NULL);
    text[8] = text[13] = text[18] = text[23] = '-';
    for (unsigned i = 0; i < sizeof uuid->bytes; i++) {
        text[digit_at[i]] = digits[uuid->bytes[i] >> 4];
        text[digit_at[i] + 1] = digits[uuid->bytes[i] & 0xf];
    }
}
