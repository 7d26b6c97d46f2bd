/* Log lines: well-formed whatever is in them, repeats held back and counted. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "outside/logging/logging.h"

static int64_t fake_now_ms;

static int64_t fake_clock(void *self) {
    (void)self;
    return fake_now_ms;
}

static const struct clock test_clock = {.monotonic_ms = fake_clock, .wall_ms = fake_clock};

/* What was written, and where; one test is one process, so statics are fresh. */
static int pipe_ends[2];
static char written[65536];

static struct logger open_logger(struct logging *logging, enum logging_format format) {
    const int failed = pipe2(pipe_ends, O_NONBLOCK);
    cr_assert_eq(failed, 0);
    logging_init(logging, pipe_ends[1], format, LOGGER_LEVEL_INFO, &test_clock);
    return logging_logger(logging, "test");
}

static const char *read_written(void) {
    const ssize_t length = read(pipe_ends[0], written, sizeof written - 1);
    written[length < 0 ? 0 : length] = '\0';
    return written;
}

static uint32_t lines_written(void) {
    uint32_t lines = 0;
    for (const char *c = read_written(); *c != '\0'; c++) {
        lines += *c == '\n';
    }
    return lines;
}

Test(logging, writes_json_that_can_be_read) {
    struct logging logging;
    const struct logger logger = open_logger(&logging, LOGGING_FORMAT_JSON);
    const struct logger lane = logger_for(&logger, "lane", 3);
    struct error error;
    error_set(&error, RESULT_FAILED, "it \"broke\"\n");
    const struct uuid id = {{0xab}};
    const struct text bad = {"a\xff\xc3\xa9\xed\xa0\x80", 7};
    logger_warning(&lane, "something",
                   LOGGER_FIELDS(logger_number("offset", -7), logger_text("key", bad),
                                 logger_uuid("command_id", &id), logger_error_field(&error)));
    json_error_t reason;
    json_t *line = json_loads(read_written(), 0, &reason);
    cr_assert_not_null(line, "%s in %s", reason.text, written);
    cr_expect_str_eq(json_string_value(json_object_get(line, "level")), "warning");
    cr_expect_str_eq(json_string_value(json_object_get(line, "msg")), "something");
    cr_expect_str_eq(json_string_value(json_object_get(line, "component")), "lane");
    cr_expect_eq(json_integer_value(json_object_get(line, "lane")), 3);
    cr_expect_eq(json_integer_value(json_object_get(line, "offset")), -7);
    cr_expect_str_eq(json_string_value(json_object_get(line, "key")),
                     "a\xef\xbf\xbd\xc3\xa9\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
    cr_expect_str_eq(json_string_value(json_object_get(line, "command_id")),
                     "ab000000-0000-0000-0000-000000000000");
    cr_expect_str_eq(json_string_value(json_object_get(line, "err.code")), "failed");
    cr_expect_str_eq(json_string_value(json_object_get(line, "err.msg")), "it \"broke\"\n");
    cr_expect_eq(strlen(json_string_value(json_object_get(line, "ts"))),
                 strlen("2026-11-21T12:00:00.000000Z"));
    json_decref(line);
    logging_deinit(&logging);
}

Test(logging, leaves_out_what_does_not_fit) {
    struct logging logging;
    const struct logger logger = open_logger(&logging, LOGGING_FORMAT_JSON);
    static char large[5000];
    for (uint32_t length = 3900; length < 4200; length++) {
        memset(large, length % 2 == 0 ? 'x' : '"', length);
        fake_now_ms += LOGGING_REPEATS_WINDOW_MS;
        logger_info(&logger, "large",
                    LOGGER_FIELDS(logger_text("key", (struct text){large, length}),
                                  logger_number("offset", 1)));
        json_t *line = json_loads(read_written(), 0, NULL);
        cr_assert_not_null(line, "length %u", length);
        cr_expect(json_object_get(line, "key") != NULL || json_object_get(line, "offset") != NULL,
                  "one that is too large leaves room for the next, length %u", length);
        json_decref(line);
    }
    logging_deinit(&logging);
}

Test(logging, writes_text_for_people) {
    struct logging logging;
    const struct logger logger = open_logger(&logging, LOGGING_FORMAT_TEXT);
    logger_error(&logger, "broken",
                 LOGGER_FIELDS(logger_string("topic", "a.b"), logger_string("why", "no luck")));
    cr_expect_not_null(strstr(read_written(), "Z error test: broken topic=a.b why=\"no luck\"\n"),
                       "%s", written);
    logging_deinit(&logging);
}

Test(logging, holds_back_repeats_and_counts_them) {
    struct logging logging;
    const struct logger logger = open_logger(&logging, LOGGING_FORMAT_TEXT);
    for (uint32_t i = 0; i < LOGGING_REPEATS_MAX + 5; i++) {
        logger_info(&logger, "again and again", LOGGER_NO_FIELDS);
    }
    cr_expect_eq(lines_written(), LOGGING_REPEATS_MAX);
    logger_info(&logger, "something else", LOGGER_NO_FIELDS);
    cr_expect_eq(lines_written(), 1);
    fake_now_ms += LOGGING_REPEATS_WINDOW_MS;
    logger_info(&logger, "again and again", LOGGER_NO_FIELDS);
    cr_expect_not_null(strstr(read_written(), "held_back=5"), "%s", written);
    logging_deinit(&logging);
}

Test(logging, keeps_the_level_and_can_be_silent) {
    struct logging logging;
    const struct logger logger = open_logger(&logging, LOGGING_FORMAT_TEXT);
    logger_debug(&logger, "too fine", LOGGER_NO_FIELDS);
    const struct logger silent = logger_silent();
    logger_error(&silent, "unheard", LOGGER_NO_FIELDS);
    cr_expect_eq(lines_written(), 0);
    logging_deinit(&logging);
}
