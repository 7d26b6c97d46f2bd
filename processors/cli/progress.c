#include "cli/progress.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "outside/clock_os/clock_os.h"

enum {
    QUIET_MS = 2000,   /* nothing is said about what takes less */
    BAR_MS = 200,      /* between two drawings */
    LINE_MS = 5000,    /* between two lines */
    CLOCK_EVERY = 256, /* calls between two looks at the clock */
    BAR_CELLS = 24,
};

void progress_begin(struct progress *progress, bool silent, uint64_t total) {
    assert(progress != NULL);
    const struct clock clock = clock_os();
    const int64_t now_ms = clock.monotonic_ms(clock.self);
    *progress = (struct progress){
        .silent = silent,
        .terminal = isatty(STDERR_FILENO) == 1,
        .total = total,
        .start_ms = now_ms,
        .said_ms = now_ms,
    };
}

void progress_format(const struct progress *progress, uint64_t done, uint64_t records,
                     uint64_t records_per_s, char line[PROGRESS_LINE_MAX]) {
    uint64_t percent = progress->total == 0 ? 0 : done * 100 / progress->total;
    percent = percent > 100 ? 100 : percent;
    char bar[BAR_CELLS + 1] = "";
    if (progress->terminal) {
        const size_t filled = (size_t)percent * BAR_CELLS / 100;
        memset(bar, '#', filled);
        memset(bar + filled, '.', BAR_CELLS - filled);
        bar[BAR_CELLS] = '\0';
    }
    const int length = snprintf(
        line, PROGRESS_LINE_MAX, "%s%s%3" PRIu64 " %%, %" PRIu64 " records, %" PRIu64 " records/s",
        bar, progress->terminal ? " " : "", percent, records, records_per_s);
    assert(length > 0 && length < PROGRESS_LINE_MAX);
}

bool progress_due(struct progress *progress, int64_t now_ms, uint64_t done, uint64_t records,
                  char line[PROGRESS_LINE_MAX]) {
    const int64_t since_ms = now_ms - progress->said_ms;
    if (now_ms - progress->start_ms < QUIET_MS ||
        since_ms < (progress->terminal ? BAR_MS : LINE_MS)) {
        return false;
    }
    progress_format(progress, done, records, (records - progress->said) * 1000 / (uint64_t)since_ms,
                    line);
    progress->said_ms = now_ms;
    progress->said = records;
    return true;
}

void progress_tell(struct progress *progress, uint64_t done, uint64_t records) {
    assert(progress != NULL);
    char line[PROGRESS_LINE_MAX];
    if (progress->silent || ++progress->skipped < CLOCK_EVERY) {
        return;
    }
    progress->skipped = 0;
    const struct clock clock = clock_os();
    if (!progress_due(progress, clock.monotonic_ms(clock.self), done, records, line)) {
        return;
    }
    if (progress->terminal) {
        (void)fprintf(stderr, "\r%s\x1b[K", line);
        (void)fflush(stderr);
        progress->drawn = true;
    } else {
        (void)fprintf(stderr, "millrace: %s\n", line);
    }
}

void progress_end(struct progress *progress) {
    assert(progress != NULL);
    if (progress->drawn) {
        (void)fprintf(stderr, "\r\x1b[K");
        (void)fflush(stderr);
        progress->drawn = false;
    }
}
