#include "outside/logging/logging.h"

#include <assert.h>
#include <unistd.h>

#include "domain/uuid.h"
#include "outside/clock_os/clock_os.h"
#include "outside/logging/line.h"

static const char *const level_names[] = {
    [LOGGER_LEVEL_DEBUG] = "debug",
    [LOGGER_LEVEL_INFO] = "info",
    [LOGGER_LEVEL_WARNING] = "warning",
    [LOGGER_LEVEL_ERROR] = "error",
};

static const char *const result_names[] = {
    [RESULT_OK] = "ok",
    [RESULT_AGAIN] = "again",
    [RESULT_NOT_FOUND] = "not-found",
    [RESULT_INVALID] = "invalid",
    [RESULT_DENIED] = "denied",
    [RESULT_FENCED] = "fenced",
    [RESULT_DOUBTFUL] = "doubtful",
    [RESULT_FAILED] = "failed",
};

static void add_name(struct line *line, enum logging_format format, const char *name) {
    if (format == LOGGING_FORMAT_JSON) {
        line_add(line, ",");
        line_add_quoted(line, text_of(name));
        line_add(line, ":");
    } else {
        line_add(line, " ");
        line_add(line, name);
        line_add(line, "=");
    }
}

static void add_text(struct line *line, enum logging_format format, const char *name,
                     struct text text) {
    add_name(line, format, name);
    if (format == LOGGING_FORMAT_JSON) {
        line_add_quoted(line, text);
    } else {
        line_add_plain(line, text);
    }
}

static void add_number(struct line *line, enum logging_format format, const char *name,
                       int64_t number) {
    add_name(line, format, name);
    line_add_number(line, number);
}

/* A field is written whole or not at all, so that the line is well-formed whatever is too long. */
static void add_field(struct line *line, enum logging_format format,
                      const struct logger_field *field) {
    const uint32_t before = line->length;
    char uuid[UUID_CHARACTERS];
    switch (field->kind) {
    case LOGGER_FIELD_END:
        break;
    case LOGGER_FIELD_TEXT:
        add_text(line, format, field->name, field->text);
        break;
    case LOGGER_FIELD_NUMBER:
        add_number(line, format, field->name, field->number);
        break;
    case LOGGER_FIELD_UUID:
        uuid_to_text(field->uuid, uuid);
        add_text(line, format, field->name, (struct text){uuid, UUID_CHARACTERS});
        break;
    case LOGGER_FIELD_ERROR:
        add_text(line, format, "err.code", text_of(result_names[field->error->result]));
        add_text(line, format, "err.msg", text_of(field->error->text));
        break;
    }
    if (line->full) {
        line->length = before;
        line->full = false;
    }
}

static void begin_json(struct line *line, enum logger_level level, const char *component,
                       int32_t lane, const char *message) {
    line_add(line, "{\"ts\":\"");
    line_add_time(line, clock_os_wall_us());
    line_add(line, "\"");
    add_text(line, LOGGING_FORMAT_JSON, "level", text_of(level_names[level]));
    add_text(line, LOGGING_FORMAT_JSON, "msg", text_of(message));
    add_text(line, LOGGING_FORMAT_JSON, "component", text_of(component));
    if (lane >= 0) {
        add_number(line, LOGGING_FORMAT_JSON, "lane", lane);
    }
}

static void begin_text(struct line *line, enum logger_level level, const char *component,
                       int32_t lane, const char *message) {
    line_add_time(line, clock_os_wall_us());
    line_add(line, " ");
    line_add(line, level_names[level]);
    line_add(line, " ");
    line_add(line, component);
    if (lane >= 0) {
        line_add(line, "/");
        line_add_number(line, lane);
    }
    line_add(line, ": ");
    line_add(line, message);
}

/* Where repeats of this kind of line are counted. Another kind in the same place is forgotten,
 * which at worst writes a line too many. */
static struct logging_repeat *repeat_of(struct logging *logging, const char *component,
                                        int32_t lane, const char *message) {
    const struct bytes bytes = {(const uint8_t *)message, (uint32_t)strlen(message)};
    const uint64_t hash = bytes_hash((uint32_t)lane, bytes) >> 32;
    struct logging_repeat *repeat = &logging->repeats[hash % LOGGING_REPEATS];
    if (repeat->message == NULL || repeat->lane != lane || strcmp(repeat->message, message) != 0 ||
        strcmp(repeat->component, component) != 0) {
        *repeat = (struct logging_repeat){
            .component = component, .message = message, .lane = lane, .window_start_ms = INT64_MIN};
    }
    return repeat;
}

/* May this line be written? With how many before it held back. */
static bool may_write(struct logging *logging, const char *component, int32_t lane,
                      const char *message, uint32_t *held_back) {
    const int64_t now_ms = logging->clock.monotonic_ms(logging->clock.self);
    struct logging_repeat *repeat = repeat_of(logging, component, lane, message);
    if (repeat->window_start_ms == INT64_MIN ||
        now_ms - repeat->window_start_ms >= LOGGING_REPEATS_WINDOW_MS) {
        repeat->window_start_ms = now_ms;
        repeat->written = 0;
    }
    if (repeat->written >= LOGGING_REPEATS_MAX) {
        repeat->held_back++;
        return false;
    }
    repeat->written++;
    *held_back = repeat->held_back;
    repeat->held_back = 0;
    return true;
}

static void write_line(void *self, enum logger_level level, const char *component, int32_t lane,
                       const char *message, const struct logger_field *fields) {
    struct logging *logging = self;
    if (level < logging->level_min) {
        return;
    }
    struct line line;
    line.length = 0;
    line.full = false;
    uint32_t held_back = 0;
    pthread_mutex_lock(&logging->mutex);
    if (may_write(logging, component, lane, message, &held_back)) {
        const bool json = logging->format == LOGGING_FORMAT_JSON;
        (json ? begin_json : begin_text)(&line, level, component, lane, message);
        for (uint32_t i = 0; fields[i].name != NULL; i++) {
            add_field(&line, logging->format, &fields[i]);
        }
        if (held_back > 0) {
            add_number(&line, logging->format, "held_back", held_back);
        }
        line_close(&line, json ? "}\n" : "\n");
        /* There is nobody to tell that the log cannot be written. */
        const ssize_t written = write(logging->fd, line.data, line.length);
        (void)written;
    }
    pthread_mutex_unlock(&logging->mutex);
}

void logging_init(struct logging *logging, int fd, enum logging_format format,
                  enum logger_level level_min, const struct clock *clock) {
    assert(logging != NULL && fd >= 0);
    *logging =
        (struct logging){.fd = fd, .format = format, .level_min = level_min, .clock = *clock};
    const int failed = pthread_mutex_init(&logging->mutex, NULL);
    assert(failed == 0);
}

void logging_deinit(struct logging *logging) {
    pthread_mutex_destroy(&logging->mutex);
}

struct logger logging_logger(struct logging *logging, const char *component) {
    assert(logging != NULL && component != NULL);
    return (struct logger){
        .self = logging, .component = component, .lane = -1, .write = write_line};
}

enum logging_format logging_format_of(int fd) {
    return isatty(fd) ? LOGGING_FORMAT_TEXT : LOGGING_FORMAT_JSON;
}
