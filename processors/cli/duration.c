#include "cli/duration.h"

#include <assert.h>
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

bool duration_parse(const char *text, int64_t *duration_ms) {
    static const struct {
        const char *word;
        int64_t ms;
    } units[] = {{"ms", 1}, {"s", 1000}, {"", 1000}, {"m", 60000}, {"h", 3600000}};
    static const int64_t week_ms = INT64_C(7) * 24 * 3600 * 1000;
    assert(text != NULL && duration_ms != NULL);
    char *end = NULL;
    errno = 0;
    const long long number = strtoll(text, &end, 10);
    if (errno != 0 || end == text || number < 0 || number > week_ms) {
        return false;
    }
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (strcmp(end, units[i].word) == 0 && number <= week_ms / units[i].ms) {
            *duration_ms = number * units[i].ms;
            return true;
        }
    }
    return false;
}
