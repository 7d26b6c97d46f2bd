#include "standin/chance.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* splitmix64 (Steele, Lea, Flood): any seed will do, 0 too. */
static uint64_t next(struct standin_chance *chance) {
    uint64_t z = chance->state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

double standin_chance_draw(struct standin_chance *chance) {
    assert(chance != NULL);
    return (double)(next(chance) >> 11) / (double)(UINT64_C(1) << 53);
}

int64_t standin_latency_draw(const struct standin_latency *latency, struct standin_chance *chance) {
    switch (latency->shape) {
    case LATENCY_FIXED:
        return latency->low_ms;
    case LATENCY_UNIFORM: {
        const double width = (double)(latency->high_ms - latency->low_ms + 1);
        return latency->low_ms + (int64_t)(standin_chance_draw(chance) * width);
    }
    case LATENCY_EXPONENTIAL:
        return (int64_t)(-log(1.0 - standin_chance_draw(chance)) * (double)latency->low_ms);
    }
    assert(false);
    return 0;
}

bool standin_duration_parse(const char *text, int64_t *duration_ms) {
    static const struct {
        const char *unit;
        int64_t ms;
    } units[] = {{"", 1}, {"ms", 1}, {"s", 1000}, {"m", 60000}};
    const size_t digits = strspn(text, "0123456789");
    if (digits == 0 || digits > 9) {
        return false;
    }
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (strcmp(text + digits, units[i].unit) == 0) {
            *duration_ms = strtoll(text, NULL, 10) * units[i].ms;
            return true;
        }
    }
    return false;
}

bool standin_latency_parse(const char *text, struct standin_latency *latency) {
    char shape[16];
    char low[16];
    char high[16] = "";
    int end = 0;
    if (sscanf(text, "%15[a-z]:%15[0-9a-z]%n..%15[0-9a-z]%n", shape, low, &end, high, &end) < 2 ||
        text[end] != '\0') {
        return false;
    }
    *latency = (struct standin_latency){.shape = LATENCY_FIXED};
    if (!standin_duration_parse(low, &latency->low_ms)) {
        return false;
    }
    if (strcmp(shape, "uniform") == 0) {
        latency->shape = LATENCY_UNIFORM;
        return standin_duration_parse(high, &latency->high_ms) &&
               latency->high_ms >= latency->low_ms;
    }
    if (strcmp(shape, "exponential") == 0) {
        latency->shape = LATENCY_EXPONENTIAL;
    } else if (strcmp(shape, "fixed") != 0) {
        return false;
    }
    return high[0] == '\0';
}
