#include "outside/clock_os/clock_os.h"

#include <assert.h>
#include <stddef.h>
#include <time.h>

static int64_t read_us(clockid_t id) {
    struct timespec now;
    const int failed = clock_gettime(id, &now);
    assert(failed == 0);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static int64_t monotonic_ms(void *self) {
    (void)self;
    return read_us(CLOCK_MONOTONIC) / 1000;
}

static int64_t wall_ms(void *self) {
    (void)self;
    return clock_os_wall_us() / 1000;
}

int64_t clock_os_wall_us(void) {
    return read_us(CLOCK_REALTIME);
}

struct clock clock_os(void) {
    return (struct clock){.self = NULL, .monotonic_ms = monotonic_ms, .wall_ms = wall_ms};
}
