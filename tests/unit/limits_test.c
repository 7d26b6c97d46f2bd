/* The README's table of limits says what domain/limits.h says. */
#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "domain/limits.h"
#include "loop/turn.h"
#include "ports/log.h"

enum { TEXT_MAX = 128, FILE_MAX = 64 * 1024 };

struct row {
    const char *limits; /* the names that it is about */
    const char *title;
    char text[TEXT_MAX];
};

/* With a comma between thousands. */
static const char *number(int64_t value) {
    static char texts[4][32];
    static uint32_t next;
    char *text = texts[next++ % 4];
    char digits[32];
    const int length = snprintf(digits, sizeof digits, "%" PRId64, value);
    char *end = text;
    for (int i = 0; i < length; i++) {
        if (i > 0 && (length - i) % 3 == 0) {
            *end++ = ',';
        }
        *end++ = digits[i];
    }
    *end = '\0';
    return text;
}

static int64_t year_of(int64_t time_ms) {
    const time_t time_s = (time_t)(time_ms / 1000);
    struct tm calendar;
    cr_assert_not_null(gmtime_r(&time_s, &calendar));
    return calendar.tm_year + INT64_C(1900);
}

__attribute__((format(printf, 4, 5))) static void say(struct row *row, const char *limits,
                                                      const char *title, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    *row = (struct row){.limits = limits, .title = title};
    (void)vsnprintf(row->text, sizeof row->text, format, arguments);
    va_end(arguments);
}

enum { ROWS = 13 };

static void fill_rows(struct row rows[ROWS]) {
    enum { MINUTE_MS = 60 * 1000, HOUR_MS = 60 * MINUTE_MS };
    struct row *row = rows;
    say(row++, "LIMIT_QUANTITY_WH_MAX", "quantity of a certificate or slice", "1 … %s Wh",
        number(LIMIT_QUANTITY_WH_MAX));
    say(row++, "LIMIT_PERIOD_MS_MIN LIMIT_PERIOD_MS_MAX", "period",
        "%g minute … %g hour, whole seconds, end exclusive",
        (double)LIMIT_PERIOD_MS_MIN / MINUTE_MS, (double)LIMIT_PERIOD_MS_MAX / HOUR_MS);
    say(row++, "LIMIT_PARTS_MIN LIMIT_PARTS_MAX", "parts of a slicing",
        "%s … %s, adding up to the slice", number(LIMIT_PARTS_MIN), number(LIMIT_PARTS_MAX));
    say(row++, "LIMIT_SLICES_MAX", "slices of a certificate", "%s", number(LIMIT_SLICES_MAX));
    say(row++, "LIMIT_WAITING_MAX", "commands waiting per certificate", "%s, then `TooManyWaiting`",
        number(LIMIT_WAITING_MAX));
    say(row++, "LIMIT_ATTRIBUTES_MAX LIMIT_ATTRIBUTE_BYTES_MAX", "attributes",
        "%s, key and value of %s bytes each", number(LIMIT_ATTRIBUTES_MAX),
        number(LIMIT_ATTRIBUTE_BYTES_MAX));
    say(row++, "LIMIT_OWNER_BYTES_MAX", "owner", "1 … %s of `A-Z a-z 0-9 . _ : -`",
        number(LIMIT_OWNER_BYTES_MAX));
    say(row++, "LIMIT_COMMAND_BYTES_MAX", "a command", "%g KiB", LIMIT_COMMAND_BYTES_MAX / 1024.0);
    say(row++, "LIMIT_STATE_BYTES_MAX", "state of a certificate", "%g kB",
        LIMIT_STATE_BYTES_MAX / 1000.0);
    say(row++, "LIMIT_SPENT_ALLOCATIONS_MAX", "allocation ids that a certificate remembers", "%s",
        number(LIMIT_SPENT_ALLOCATIONS_MAX));
    say(row++, "LIMIT_PERIOD_START_MS_MAX", "start of a period", "1970 … %" PRId64,
        year_of(LIMIT_PERIOD_START_MS_MAX));
    say(row++, "LOG_HEADERS_MAX", "headers kept of a record", "%s", number(LOG_HEADERS_MAX));
    say(row++, "TRACE_BYTES_MAX", "a trace header that is passed on", "%d KiB",
        TRACE_BYTES_MAX / 1024);
    cr_assert_eq(row, rows + ROWS);
}

static char *read_whole(const char *path) {
    static char memory[2][FILE_MAX];
    static uint32_t next;
    char *text = memory[next++];
    FILE *file = fopen(path, "re");
    cr_assert_not_null(file, "%s: the suites run where it lies", path);
    const size_t length = fread(text, 1, FILE_MAX - 1, file);
    cr_assert(feof(file), "%s is longer than %d bytes", path, FILE_MAX);
    text[length] = '\0';
    (void)fclose(file);
    return text;
}

Test(limits, are_in_the_readme_as_they_are) {
    static const char head[] = "| limit | |\n|---|---|\n";
    struct row rows[ROWS];
    fill_rows(rows);
    const char *table = strstr(read_whole("README.md"), head);
    cr_assert_not_null(table);
    const char *line = table + strlen(head);
    for (uint32_t i = 0; i < ROWS; i++) {
        char expected[2 * TEXT_MAX];
        (void)snprintf(expected, sizeof expected, "| %s | %s |\n", rows[i].title, rows[i].text);
        cr_expect_eq(strncmp(line, expected, strlen(expected)), 0, "expected %sfound %.*s",
                     expected, (int)strcspn(line, "\n"), line);
        line += strcspn(line, "\n") + 1;
    }
    cr_expect_eq(*line, '\n', "the table has more rows: %.*s", (int)strcspn(line, "\n"), line);
}

/* A limit that is added belongs into the table, but for what nobody can exceed. */
Test(limits, are_all_in_the_readme) {
    static const char *const internal[] = {"LIMIT_DETAIL_BYTES_MAX"};
    struct row rows[ROWS];
    fill_rows(rows);
    const char *text = read_whole("processors/domain/limits.h");
    uint32_t count = 0;
    for (const char *name = strstr(text, "LIMIT_"); name != NULL; name = strstr(name, "LIMIT_")) {
        const size_t length = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_");
        char limit[TEXT_MAX];
        (void)snprintf(limit, sizeof limit, "%.*s", (int)length, name);
        bool known = strcmp(limit, internal[0]) == 0;
        for (uint32_t i = 0; i < ROWS; i++) {
            known = known || strstr(rows[i].limits, limit) != NULL;
        }
        cr_expect(known, "%s is in no row", limit);
        name += length;
        count++;
    }
    cr_expect_geq(count, ROWS);
}
