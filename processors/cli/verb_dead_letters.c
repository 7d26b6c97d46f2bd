#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "cli/moment.h"
#include "cli/reading.h"
#include "cli/verbs.h"
#include "outside/clock_os/clock_os.h"

struct letters {
    struct moment from;
    const char *reason; /* NULL: all */
    const char *wanted; /* `show`: an id or a place; NULL: all */
    json_t *found;      /* rows, or whole views for `show` */
};

enum { KEY_REASON = 256, KEY_FROM };

static const struct argp_option options[] = {
    {"reason", KEY_REASON, "WORD", 0, "Only those with this reason", 0},
    {"from", KEY_FROM, "WHERE", 0, "Begin at a time (2026-01-01T00:00:00Z) or so long ago (10m)",
     0},
    {0},
};

static void take(void *values, int key, const char *argument, struct argp_state *state) {
    struct letters *letters = values;
    const struct clock clock = clock_os();
    if (key == KEY_REASON) {
        letters->reason = argument;
        return;
    }
    assert(key == KEY_FROM);
    if (!moment_parse(argument, clock.wall_ms(clock.self), &letters->from) ||
        letters->from.kind != MOMENT_TIME) {
        argp_error(state, "--from is a time or a duration, not \"%s\"", argument);
    }
}

static json_t *header_json(const struct log_record *record, const char *name) {
    const struct text value = reading_header(record, name);
    json_t *text = value.length == 0 ? NULL : json_stringn(value.data, value.length);
    return text == NULL ? json_null() : text;
}

/* Where a dead letter lies: what `show` takes. */
static void place_of(const struct log_record *record, char *place, size_t size) {
    (void)snprintf(place, size, "%d@%lld", record->partition, (long long)record->offset);
}

static bool take_row(void *context, const struct read_record *read) {
    struct letters *letters = context;
    const struct log_record *record = read->record;
    const struct text reason = reading_header(record, "millrace.reason");
    char place[64];
    if (letters->reason != NULL && !text_equal(reason, text_of(letters->reason))) {
        return true;
    }
    place_of(record, place, sizeof place);
    const struct text topic = reading_header(record, "__streams.errors.topic");
    const struct text partition = reading_header(record, "__streams.errors.partition");
    const struct text offset = reading_header(record, "__streams.errors.offset");
    json_t *view = reading_view(read);
    json_t *row = json_object();
    json_object_set_new(row, "place", json_string(place));
    json_object_set(row, "time", json_object_get(view, "time"));
    json_object_set_new(row, "reason", header_json(record, "millrace.reason"));
    json_object_set_new(row, "field", header_json(record, "millrace.field"));
    json_object_set_new(row, "commandId", header_json(record, "millrace.commandid"));
    json_object_set(row, "key", json_object_get(view, "key"));
    json_object_set_new(
        row, "from",
        json_sprintf("%.*s[%.*s]@%.*s", (int)topic.length, topic.data, (int)partition.length,
                     partition.data, (int)offset.length, offset.data));
    json_object_set_new(row, "detail", header_json(record, "__streams.errors.message"));
    json_array_append_new(letters->found, row);
    json_decref(view);
    return true;
}

static bool take_wanted(void *context, const struct read_record *read) {
    struct letters *letters = context;
    char place[64];
    place_of(read->record, place, sizeof place);
    const struct text id = reading_header(read->record, "millrace.commandid");
    if (strcmp(place, letters->wanted) == 0 || text_equal(id, text_of(letters->wanted))) {
        json_array_append_new(letters->found, reading_view(read));
    }
    return true;
}

static void collect(const struct invocation *invocation, struct letters *letters,
                    bool (*visit)(void *context, const struct read_record *read)) {
    static struct reading reading;
    static const char *const topics[] = {"dead-letters"};
    const struct kafka_reader_plan plan = {
        .topics = topics,
        .topics_count = 1,
        .partition = -1,
        .from = letters->from.kind == MOMENT_TIME ? KAFKA_READER_FROM_TIME
                                                  : KAFKA_READER_FROM_BEGINNING,
        .from_value = letters->from.value,
        .until = KAFKA_READER_UNTIL_STABLE,
    };
    letters->found = json_array();
    reading_open(invocation, &reading);
    reading_each(&reading, &plan, visit, letters);
    reading_close(&reading);
}

int verb_dead_letters_ls(struct invocation *invocation, int argc, char **argv) {
    static const struct output_column columns[] = {
        {"PLACE", "place"}, {"TIME", "time"},         {"REASON", "reason"}, {"FIELD", "field"},
        {"FROM", "from"},   {"COMMAND", "commandId"}, {"DETAIL", "detail"},
    };
    struct letters letters = {.from = {.kind = MOMENT_BEGINNING}};
    const struct verb_options own = {.options = options, .take = take, .values = &letters};
    invocation_begin(invocation, argc, argv, &own);
    collect(invocation, &letters, take_row);
    output_rows(stdout, invocation->format, letters.found, columns,
                sizeof columns / sizeof columns[0]);
    json_decref(letters.found);
    return EXIT_CODE_OK;
}

int verb_dead_letters_show(struct invocation *invocation, int argc, char **argv) {
    struct letters letters = {.from = {.kind = MOMENT_BEGINNING}};
    invocation_begin(invocation, argc, argv, NULL);
    letters.wanted = invocation->arguments[0];
    collect(invocation, &letters, take_wanted);
    size_t index;
    const json_t *view;
    json_array_foreach(letters.found, index, view) {
        /* Nested as it is, a table would hide most of it. */
        output_object(
            stdout,
            invocation->format == OUTPUT_FORMAT_TABLE ? OUTPUT_FORMAT_YAML : invocation->format,
            view);
    }
    const bool found = json_array_size(letters.found) > 0;
    json_decref(letters.found);
    if (!found) {
        complain(
            "there is no dead letter %s: give a PLACE of `millrace dead-letters ls`, or a "
            "command's id",
            letters.wanted);
        return EXIT_CODE_NOT_FOUND;
    }
    return EXIT_CODE_OK;
}
