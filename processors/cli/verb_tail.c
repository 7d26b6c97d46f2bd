#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "cli/moment.h"
#include "cli/reading.h"
#include "cli/verbs.h"
#include "configuration/topics_file.h"
#include "outside/clock_os/clock_os.h"

struct tail {
    struct moment from;
    bool from_given;
    bool follow;
    const char *key;
    int32_t partition; /* -1: all */
};

const struct argp_option verb_tail_options[] = {
    {"from", 'F', "WHERE", 0,
     "Begin at beginning, end, an offset, a time (2026-01-01T00:00:00Z) or so long ago (10m). "
     "Without it: at the end with --follow, else at the beginning",
     0},
    {"follow", 'f', NULL, 0, "Go on with what comes", 0},
    {"key", 'k', "KEY", 0, "Only records with this key", 0},
    {"partition", 'p', "NUMBER", 0, "Only this partition", 0},
    {0},
};

static void take(void *values, int key, const char *argument, struct argp_state *state) {
    struct tail *tail = values;
    const struct clock clock = clock_os();
    char *end = NULL;
    switch (key) {
    case 'F':
        tail->from_given = true;
        if (!moment_parse(argument, clock.wall_ms(clock.self), &tail->from)) {
            argp_error(state,
                       "--from is beginning, end, an offset, a time or a duration, not "
                       "\"%s\"",
                       argument);
        }
        break;
    case 'f':
        tail->follow = true;
        break;
    case 'k':
        tail->key = argument;
        break;
    case 'p':
        tail->partition = (int32_t)strtol(argument, &end, 10);
        if (*end != '\0' || tail->partition < 0) {
            argp_error(state, "--partition is a number from 0, not \"%s\"", argument);
        }
        break;
    default:
        assert(false);
    }
}

static bool print(void *context, const struct read_record *read) {
    const struct tail *tail = context;
    const struct text key = {.data = (const char *)read->record->key.data,
                             .length = read->record->key.length};
    if (tail->key == NULL || (!read->record->key_null && text_equal(key, text_of(tail->key)))) {
        json_t *view = reading_view(read);
        const int printed = json_dumpf(view, stdout, JSON_COMPACT);
        json_decref(view);
        (void)fputc('\n', stdout);
        if (tail->follow) {
            (void)fflush(stdout);
        }
        return printed == 0 && ferror(stdout) == 0;
    }
    return true;
}

static enum kafka_reader_from from_of(enum moment_kind kind) {
    switch (kind) {
    case MOMENT_BEGINNING:
        return KAFKA_READER_FROM_BEGINNING;
    case MOMENT_END:
        return KAFKA_READER_FROM_END;
    case MOMENT_OFFSET:
        return KAFKA_READER_FROM_OFFSET;
    case MOMENT_TIME:
        return KAFKA_READER_FROM_TIME;
    }
    assert(false);
    return KAFKA_READER_FROM_BEGINNING;
}

/* The topic is not there. One that topics.yaml does not name either was probably misspelt; and
 * where there is no such file, Kafka's word is all there is. */
static void say_what_is_there(const struct invocation *invocation, const char *topic,
                              const struct error *not_found) {
    const char *path = settings_text(&invocation->settings, "topics.file");
    struct topics_file *file = NULL;
    struct error error;
    const bool opened = topics_file_open(path, &file, &error) == RESULT_OK;
    if (!opened || topics_file_find(file, topic) != NULL) {
        complain("%s", not_found->text);
    } else {
        const char *nearest = topics_file_nearest(file, topic);
        if (nearest != NULL) {
            complain("there is no topic %s: did you mean %s?", topic, nearest);
        } else {
            complain("there is no topic %s; topics.yaml names those of Millrace", topic);
        }
    }
    if (opened) {
        topics_file_close(file);
    }
}

int verb_tail(struct invocation *invocation, int argc, char **argv) {
    static struct reading reading;
    struct tail tail = {.partition = -1};
    const struct verb_options own = {.take = take, .values = &tail};
    invocation_begin(invocation, argc, argv, &own);
    if (!tail.from_given) {
        tail.from.kind = tail.follow ? MOMENT_END : MOMENT_BEGINNING;
    }
    const struct kafka_reader_plan plan = {
        .topics = invocation->arguments,
        .topics_count = 1,
        .partition = tail.partition,
        .from = from_of(tail.from.kind),
        .from_value = tail.from.value,
        .until = tail.follow ? KAFKA_READER_UNTIL_STOPPED : KAFKA_READER_UNTIL_WRITTEN,
    };
    reading_open(invocation, &reading);
    struct error error;
    const enum result result = reading_try(&reading, &plan, print, &tail, &error);
    if (result != RESULT_OK) {
        say_what_is_there(invocation, invocation->arguments[0], &error);
    }
    reading_close(&reading);
    return (int)exit_code_of(result);
}
