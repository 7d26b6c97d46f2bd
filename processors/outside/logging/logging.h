/* Log lines on a file descriptor: text for people on a terminal, else one JSON object a line. */
#ifndef MILLRACE_OUTSIDE_LOGGING_H
#define MILLRACE_OUTSIDE_LOGGING_H

#include <pthread.h>
#include <stdint.h>

#include "ports/clock.h"
#include "ports/logger.h"

enum {
    LOGGING_REPEATS = 128,             /* kinds of lines whose repeats are counted at a time */
    LOGGING_REPEATS_MAX = 10,          /* lines of one kind that are written in one window */
    LOGGING_REPEATS_WINDOW_MS = 10000, /* further ones are counted and told with the next */
};

enum logging_format {
    LOGGING_FORMAT_TEXT,
    LOGGING_FORMAT_JSON,
};

/* One kind of line: same component, lane and message. */
struct logging_repeat {
    const char *component;
    const char *message;
    int32_t lane;
    int64_t window_start_ms; /* monotonic */
    uint32_t written;        /* in this window */
    uint32_t held_back;      /* since the last line that was written */
};

struct logging {
    int fd;
    enum logging_format format;
    enum logger_level level_min;
    struct clock clock;
    pthread_mutex_t mutex; /* guards `repeats` and the order of lines */
    struct logging_repeat repeats[LOGGING_REPEATS];
};

/* Write to `fd`, which stays the caller's, from `level_min` on. */
void logging_init(struct logging *logging, int fd, enum logging_format format,
                  enum logger_level level_min, const struct clock *clock);
void logging_deinit(struct logging *logging);

/* The port over it, for a first component. `logging` must outlive every copy. */
struct logger logging_logger(struct logging *logging, const char *component);

/* Text where `fd` is a terminal, else JSON. */
enum logging_format logging_format_of(int fd);

#endif
