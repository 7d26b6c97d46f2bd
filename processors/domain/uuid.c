#include "domain/uuid.h"

#include <assert.h>
#include <endian.h>

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

/* The same byte eight times. */
#define EACH(byte) (UINT64_C(0x0101010101010101) * (byte))

/* Eight digits at once, the first in the lowest byte: half of all digits are letters, and no
 * processor can guess which. False: one is no lower-case hex digit. */
static bool read_digits(uint64_t text, uint8_t bytes[4]) {
    const uint64_t letters = text >> 6 & EACH(1);
    const uint64_t values = (text & EACH(0x0f)) + letters * 9;
    const uint64_t above_nine = (values + EACH(6)) >> 4 & EACH(1);
    /* Each value has one spelling, and anything else is no digit. */
    const uint64_t spelt = values + EACH('0') + above_nine * ('a' - 10 - '0');
    if ((values & EACH(0xf0)) != 0 || spelt != text) {
        return false;
    }
    uint64_t packed = (values << 4 | values >> 8) & UINT64_C(0x00ff00ff00ff00ff);
    packed = (packed | packed >> 8) & UINT64_C(0x0000ffff0000ffff);
    const uint32_t low = htole32((uint32_t)(packed | packed >> 16));
    memcpy(bytes, &low, sizeof low);
    return true;
}

/* Four characters and four more, the first in the lowest byte. */
static uint64_t two_fours(const char *first, const char *second) {
    uint32_t low;
    uint32_t high;
    memcpy(&low, first, sizeof low);
    memcpy(&high, second, sizeof high);
    return le32toh(low) | (uint64_t)le32toh(high) << 32;
}

bool uuid_from_text(struct text text, struct uuid *uuid) {
    assert(uuid != NULL);
    if (text.length != UUID_CHARACTERS) {
        return false;
    }
    const char *data = text.data;
    for (uint32_t i = 0; i < sizeof hyphens; i++) {
        if (data[hyphens[i]] != '-') {
            return false;
        }
    }
    struct uuid read;
    if (!read_digits(two_fours(data, data + 4), read.bytes) ||
        !read_digits(two_fours(data + 9, data + 14), read.bytes + 4) ||
        !read_digits(two_fours(data + 19, data + 24), read.bytes + 8) ||
        !read_digits(two_fours(data + 28, data + 32), read.bytes + 12)) {
        return false;
    }
    *uuid = read;
    return true;
}
