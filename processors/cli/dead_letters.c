#include "cli/dead_letters.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "outside/clock_os/clock_os.h"

enum { PLACE_SIZE = 64 };

static int64_t time_of(const char *option, const char *argument, struct argp_state *state) {
    const struct clock clock = clock_os();
    struct moment moment;
    if (!moment_parse(argument, clock.wall_ms(clock.self), &moment) || moment.kind != MOMENT_TIME) {
        argp_error(state, "%s is a time or a duration, not \"%s\"", option, argument);
    }
    return moment.value;
}

void letters_take(struct letters_choice *choice, int key, const char *argument,
                  struct argp_state *state) {
    switch (key) {
    case LETTERS_KEY_REASON:
        choice->reason = argument;
        break;
    case LETTERS_KEY_KEY:
        choice->key = argument;
        break;
    case LETTERS_KEY_FROM:
        choice->has_from = true;
        choice->from_ms = time_of("--from", argument, state);
        break;
    default:
        assert(key == LETTERS_KEY_UNTIL);
        choice->has_until = true;
        choice->until_ms = time_of("--until", argument, state);
    }
}

/* Where a dead letter lies: what `show` and `release` take. */
static void place_of(const struct log_record *record, char place[PLACE_SIZE]) {
    (void)snprintf(place, PLACE_SIZE, "%d@%lld", record->partition, (long long)record->offset);
}

static bool is_wanted(const struct letters_choice *choice, const struct log_record *record) {
    char place[PLACE_SIZE];
    place_of(record, place);
    const struct text id = reading_header(record, "millrace.commandid");
    for (uint32_t i = 0; i < choice->wanted_count; i++) {
        if (strcmp(place, choice->wanted[i]) == 0 || text_equal(id, text_of(choice->wanted[i]))) {
            return true;
        }
    }
    return choice->wanted_count == 0;
}

static bool is_chosen(const struct letters_choice *choice, const struct log_record *record) {
    const struct text key = {(const char *)record->key.data, record->key.length};
    return is_wanted(choice, record) &&
           (choice->reason == NULL ||
            text_equal(reading_header(record, "millrace.reason"), text_of(choice->reason))) &&
           (choice->key == NULL || (!record->key_null && text_equal(key, text_of(choice->key)))) &&
           (!choice->has_from || record->timestamp_ms >= choice->from_ms) &&
           (!choice->has_until || record->timestamp_ms < choice->until_ms);
}

struct choosing {
    const struct letters_choice *choice;
    bool (*visit)(void *context, const struct read_record *read);
    void *context;
};

static bool pass_on(void *context, const struct read_record *read) {
    const struct choosing *choosing = context;
    return !is_chosen(choosing->choice, read->record) || choosing->visit(choosing->context, read);
}

void letters_each(struct reading *reading, const struct letters_choice *choice,
                  bool (*visit)(void *context, const struct read_record *read), void *context) {
    assert(visit != NULL && (choice->wanted_count == 0 || choice->wanted != NULL));
    static const char *const topics[] = {"dead-letters"};
    const struct kafka_reader_plan plan = {
        .topics = topics,
        .topics_count = 1,
        .partition = -1,
        .from = choice->has_from ? KAFKA_READER_FROM_TIME : KAFKA_READER_FROM_BEGINNING,
        .from_value = choice->from_ms,
        .until = KAFKA_READER_UNTIL_STABLE,
    };
    struct choosing choosing = {.choice = choice, .visit = visit, .context = context};
    reading_each(reading, &plan, pass_on, &choosing);
}

static json_t *header_json(const struct log_record *record, const char *name) {
    const struct text value = reading_header(record, name);
    json_t *text = value.length == 0 ? NULL : json_stringn(value.data, value.length);
    return text == NULL ? json_null() : text;
}

json_t *letters_row(const struct read_record *read) {
    const struct log_record *record = read->record;
    char place[PLACE_SIZE];
    place_of(record, place);
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
    json_decref(view);
    return row;
}
