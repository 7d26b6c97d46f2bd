#include "wire/utf8.h"

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
