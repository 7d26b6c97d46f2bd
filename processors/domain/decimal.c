#include "domain/decimal.h"

#include <assert.h>

struct text decimal_of(int64_t number, char characters[DECIMAL_CHARACTERS_MAX]) {
    assert(characters != NULL);
    uint32_t at = DECIMAL_CHARACTERS_MAX;
    uint64_t left = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
    do {
        assert(at > 0);
        characters[--at] = (char)('0' + left % 10);
        left /= 10;
    } while (left > 0);
    if (number < 0) {
        assert(at > 0);
        characters[--at] = '-';
    }
    return (struct text){.data = characters + at, .length = DECIMAL_CHARACTERS_MAX - at};
}
