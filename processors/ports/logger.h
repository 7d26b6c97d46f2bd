/* Where every room says what happened to it: one call a happening, fields that machines can read.
 */
#ifndef MILLRACE_PORTS_LOGGER_H
#define MILLRACE_PORTS_LOGGER_H

#include <stdint.h>

#include "domain/values.h"
#include "ports/error.h"

enum logger_level {
    LOGGER_LEVEL_DEBUG = 0,
    LOGGER_LEVEL_INFO,
    LOGGER_LEVEL_WARNING, /* goes on by itself, but somebody should know */
    LOGGER_LEVEL_ERROR,   /* does not go on by itself; the text says what to do next */
};

enum logger_field_kind {
    LOGGER_FIELD_END = 0, /* behind the last field */
    LOGGER_FIELD_TEXT,
    LOGGER_FIELD_NUMBER,
    LOGGER_FIELD_UUID,
    LOGGER_FIELD_ERROR, /* shown as two: err.code and err.msg */
};

/* A named value; it refers to the caller's memory and is used only during the call. The names that
 * every room shares: command_id, certificate_id, topic, partition, offset, trace_id. Never a
 * payload, never a secret. */
struct logger_field {
    const char *name;
    enum logger_field_kind kind;
    union {
        struct text text;
        int64_t number;
        const struct uuid *uuid;
        const struct error *error;
    };
};

/* Small and copied by value: each room has its own with its name in it. All zero = silent. */
struct logger {
    void *self;
    const char *component; /* the room that speaks: "lane", "kafka"; lives as long as the process */
    int32_t lane;          /* its partition; -1: none */
    /* `message` is constant text that lives as long as the process: repeats of the same component,
     * lane and message are held back for a while. Safe from any thread; never fails. */
    void (*write)(void *self, enum logger_level level, const char *component, int32_t lane,
                  const char *message, const struct logger_field *fields);
};

/* The same place to write to, for another room. */
static inline struct logger logger_for(const struct logger *logger, const char *component,
                                       int32_t lane) {
    struct logger other = *logger;
    other.component = component;
    other.lane = lane;
    return other;
}

static inline struct logger logger_silent(void) {
    return (struct logger){.component = "", .lane = -1};
}

/* Fields of one call: LOGGER_FIELDS(logger_number("offset", 7), logger_text("topic", name)). */
#define LOGGER_FIELDS(...) ((const struct logger_field[]){__VA_ARGS__, {.name = NULL}})
#define LOGGER_NO_FIELDS ((const struct logger_field[]){{.name = NULL}})

static inline struct logger_field logger_text(const char *name, struct text text) {
    return (struct logger_field){.name = name, .kind = LOGGER_FIELD_TEXT, .text = text};
}

static inline struct logger_field logger_string(const char *name, const char *string) {
    return logger_text(name, text_of(string));
}

static inline struct logger_field logger_number(const char *name, int64_t number) {
    return (struct logger_field){.name = name, .kind = LOGGER_FIELD_NUMBER, .number = number};
}

static inline struct logger_field logger_uuid(const char *name, const struct uuid *uuid) {
    return (struct logger_field){.name = name, .kind = LOGGER_FIELD_UUID, .uuid = uuid};
}

static inline struct logger_field logger_error_field(const struct error *error) {
    return (struct logger_field){.name = "err", .kind = LOGGER_FIELD_ERROR, .error = error};
}

static inline void logger_say(const struct logger *logger, enum logger_level level,
                              const char *message, const struct logger_field *fields) {
    if (logger->write != NULL) {
        logger->write(logger->self, level, logger->component, logger->lane, message, fields);
    }
}

static inline void logger_debug(const struct logger *logger, const char *message,
                                const struct logger_field *fields) {
    logger_say(logger, LOGGER_LEVEL_DEBUG, message, fields);
}

static inline void logger_info(const struct logger *logger, const char *message,
                               const struct logger_field *fields) {
    logger_say(logger, LOGGER_LEVEL_INFO, message, fields);
}

static inline void logger_warning(const struct logger *logger, const char *message,
                                  const struct logger_field *fields) {
    logger_say(logger, LOGGER_LEVEL_WARNING, message, fields);
}

static inline void logger_error(const struct logger *logger, const char *message,
                                const struct logger_field *fields) {
    logger_say(logger, LOGGER_LEVEL_ERROR, message, fields);
}

#endif
