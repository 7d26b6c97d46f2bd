#include "domain/uuid.h"

#include <assert.h>

/* Where the two digits of each byte stand; between them, hyphens. */
static const uint8_t places[] = {0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34};
static const uint8_t hyphens[] = {8, 13, 18, 23};
_Static_assert(sizeof places == sizeof(struct uuid), "one for each byte");

/* Both digits of every byte. */
static const char digits[] =
    "000102030405060708090a0b0c0d0e0f"
    "101112131415161718191a1b1c1d1e1f"
    "202122232425262728292a2b2c2d2e2f"
    "303132333435363738393a3b3c3d3e3f"
    "404142434445464748494a4b4c4d4e4f"
    "505152535455565758595a5b5c5d5e5f"
    "606162636465666768696a6b6c6d6e6f"
    "707172737475767778797a7b7c7d7e7f"
    "808182838485868788898a8b8c8d8e8f"
    "909192939495969798999a9b9c9d9e9f"
    "a0a1a2a3a4a5a6a7a8a9aaabacadaeaf"
    "b0b1b2b3b4b5b6b7b8b9babbbcbdbebf"
    "c0c1c2c3c4c5c6c7c8c9cacbcccdcecf"
    "d0d1d2d3d4d5d6d7d8d9dadbdcdddedf"
    "e0e1e2e3e4e5e6e7e8e9eaebecedeeef"
    "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff";

void uuid_to_text(const struct uuid *uuid, char text[UUID_CHARACTERS]) {
    assert(uuid != NULL && text != NULL);
    for (uint32_t i = 0; i < sizeof places; i++) {
        memcpy(text + places[i], digits + 2 * (size_t)uuid->bytes[i], 2);
    }
    for (uint32_t i = 0; i < sizeof hyphens; i++) {
        text[hyphens[i]] = '-';
    }
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
    for (uint32_t i = 0; i < sizeof hyphens; i++) {
        if (text.data[hyphens[i]] != '-') {
            return false;
        }
    }
    struct uuid read;
    for (uint32_t i = 0; i < sizeof places; i++) {
        const uint8_t high = digit_values[(uint8_t)text.data[places[i]]];
        const uint8_t low = digit_values[(uint8_t)text.data[places[i] + 1]];
        if (high == 0 || low == 0) {
            return false;
        }
        read.bytes[i] = (uint8_t)((high - 1) << 4 | (low - 1));
    }
    *uuid = read;
    return true;
}
