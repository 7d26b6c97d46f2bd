#include "configuration/nearest.h"

#include <assert.h>
#include <string.h>

static uint32_t least(uint32_t a, uint32_t b) {
    return a < b ? a : b;
}

uint32_t word_distance(const char *a, const char *b) {
    assert(a != NULL && b != NULL);
    const size_t a_length = strlen(a);
    const size_t b_length = strlen(b);
    if (a_length > NEAREST_WORD_MAX || b_length > NEAREST_WORD_MAX) {
        return UINT32_MAX;
    }
    /* Three rows of the usual table are enough: the swap looks two rows back. */
    uint32_t rows[3][NEAREST_WORD_MAX + 1];
    for (uint32_t j = 0; j <= b_length; j++) {
        rows[0][j] = j;
    }
    for (uint32_t i = 1; i <= a_length; i++) {
        uint32_t *row = rows[i % 3];
        const uint32_t *above = rows[(i + 2) % 3];
        const uint32_t *two_above = rows[(i + 1) % 3];
        row[0] = i;
        for (uint32_t j = 1; j <= b_length; j++) {
            const uint32_t replaced = above[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
            row[j] = least(replaced, least(above[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                row[j] = least(row[j], two_above[j - 2] + 1);
            }
        }
    }
    return rows[a_length % 3][b_length];
}

bool word_distance_is_near(const char *word, uint32_t distance) {
    assert(word != NULL);
    const size_t length = strlen(word);
    return distance <= (length < 6 ? 1 : length / 4 + 1);
}
