#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "cli/dead_letters.h"
#include "cli/verbs.h"
#include "loop/headers.h"
#include "outside/clock_os/clock_os.h"
#include "outside/kafka/kafka_sender.h"

enum {
    RATE_DEFAULT = 10, /* records a second: a thousand mistakes are a thousand answers to people */
    RATE_MAX = 10000,
    SAY_EVERY_MS = 5000,
};

enum { KEY_RATE = LETTERS_KEY_OWN };

struct release {
    const struct invocation *invocation;
    struct letters_choice choice;
    int64_t rate; /* records a second */
    bool yes;

    struct reading reading; /* large */
    struct kafka_sender *sender;
    struct clock clock;
    int64_t first_ms; /* monotonic: when the first one went */
    int64_t said_ms;
    json_t *rows;
    uint32_t released; /* or would be */
    uint32_t kept;     /* cannot be released */
    enum result result;
    struct error error; /* result is not OK */
};

const struct argp_option verb_dead_letters_release_options[] = {
    LETTERS_OPTIONS,
    {"rate", KEY_RATE, "NUMBER", 0, "Write so many a second, at most (default 10)", 0},
    {"yes", 'y', NULL, 0, "Write them; without it, say what would be written", 0},
    {0},
};

static void take(void *values, int key, const char *argument, struct argp_state *state) {
    struct release *release = values;
    if (key == 'y') {
        release->yes = true;
    } else if (key == KEY_RATE) {
        char *end = NULL;
        errno = 0;
        release->rate = strtoll(argument, &end, 10);
        if (errno != 0 || *argument == '\0' || *end != '\0' || release->rate < 1 ||
            release->rate > RATE_MAX) {
            argp_error(state, "--rate is 1 to %d, not \"%s\"", RATE_MAX, argument);
        }
    } else {
        letters_take(&release->choice, key, argument, state);
    }
}

/* A topic that others may write, so that a record released to it is what any other arrival is.
 * Nothing that is read by the processors alone is ever written here, whatever a header says. */
static const char *topic_of(const struct log_record *letter) {
    static const char *const open[] = {"certificates.commands", "certificates.operations",
                                       "registry.operations"};
    const struct text named = reading_header(letter, "__streams.errors.topic");
    for (size_t i = 0; i < sizeof open / sizeof open[0]; i++) {
        if (text_equal(named, text_of(open[i]))) {
            return open[i];
        }
    }
    return NULL;
}

/* NULL: it can be released. */
static const char *why_not(const struct log_record *letter) {
    if (topic_of(letter) == NULL) {
        return "it does not come from a topic that takes records from outside";
    }
    if (letter->key_null || letter->key.length == 0) {
        return "it has no key to be placed by: send the command anew";
    }
    if (letter->value_null) {
        return "there is nothing in it: send the command anew";
    }
    return NULL;
}

/* A number in a header, or -1. */
static int64_t number_of(const struct log_record *letter, const char *name) {
    const struct text text = reading_header(letter, name);
    char digits[24] = "";
    if (text.length == 0 || text.length >= sizeof digits) {
        return -1;
    }
    memcpy(digits, text.data, text.length);
    char *end = NULL;
    const int64_t number = strtoll(digits, &end, 10);
    return *end == '\0' && number >= 0 ? number : -1;
}

static enum result send(struct release *release, const char *topic, const struct log_record *record,
                        struct kafka_sender_delivery *delivery) {
    struct log_header *headers = calloc((size_t)record->headers_count + 1, sizeof *headers);
    assert(headers != NULL);
    uint32_t count = 0;
    for (uint32_t i = 0; i < record->headers_count; i++) {
        if (!headers_is_of_dead_letter(record->headers[i].name)) {
            headers[count++] = record->headers[i];
        }
    }
    const struct kafka_sender_record released = {
        .topic = topic,
        .key = record->key,
        .value = record->value,
        .headers = headers,
        .headers_count = count,
    };
    const enum result result =
        kafka_sender_send(release->sender, &released, delivery, &release->error);
    free(headers);
    return result;
}

/* A letter that was too large to be copied whole: what is released is the record itself. */
static enum result send_original(struct release *release, const char *topic,
                                 const struct log_record *letter,
                                 struct kafka_sender_delivery *delivery) {
    const char *const topics[] = {topic};
    const int64_t offset = number_of(letter, "__streams.errors.offset");
    const struct kafka_reader_plan plan = {
        .topics = topics,
        .topics_count = 1,
        .partition = (int32_t)number_of(letter, "__streams.errors.partition"),
        .from = KAFKA_READER_FROM_OFFSET,
        .from_value = offset,
        .until = KAFKA_READER_UNTIL_WRITTEN,
    };
    struct kafka_reader *reader = NULL;
    struct kafka_reader_event event = {.kind = KAFKA_READER_NOTHING};
    enum result result =
        plan.partition < 0 || offset < 0
            ? error_set(&release->error, RESULT_INVALID, "it does not say where it was read")
            : kafka_reader_open(&release->reading.connection.kafka, &plan, READING_TIMEOUT_MS,
                                &reader, &release->error);
    if (result == RESULT_OK) {
        result = kafka_reader_next(reader, READING_TIMEOUT_MS, &event, &release->error);
    }
    if (result == RESULT_OK &&
        (event.kind != KAFKA_READER_RECORD || event.record.offset != offset)) {
        result = error_set(&release->error, RESULT_NOT_FOUND,
                           "%s[%d]@%lld, which it is the beginning of, cannot be read any more",
                           topic, plan.partition, (long long)offset);
    }
    if (result == RESULT_OK) {
        result = send(release, topic, &event.record, delivery);
    }
    kafka_reader_close(reader);
    return result;
}

/* The n-th goes no sooner than n shares of a second after the first. */
static void keep_to_the_rate(struct release *release) {
    const int64_t now_ms = release->clock.monotonic_ms(release->clock.self);
    if (release->released == 0) {
        release->first_ms = now_ms;
        release->said_ms = now_ms;
    }
    const int64_t due_ms = release->first_ms + (int64_t)release->released * 1000 / release->rate;
    if (due_ms > now_ms) {
        (void)poll(NULL, 0, (int)(due_ms - now_ms));
    }
    if (now_ms - release->said_ms >= SAY_EVERY_MS) {
        release->said_ms = now_ms;
        note(release->invocation, "%u written again so far", release->released);
    }
}

static enum result write_it(struct release *release, const struct log_record *letter, json_t *row) {
    const char *topic = topic_of(letter);
    struct kafka_sender_delivery delivery;
    keep_to_the_rate(release);
    const enum result result = reading_header(letter, "millrace.cut").length > 0
                                   ? send_original(release, topic, letter, &delivery)
                                   : send(release, topic, letter, &delivery);
    if (result == RESULT_OK) {
        json_object_set_new(
            row, "to",
            json_sprintf("%s[%d]@%lld", topic, delivery.partition, (long long)delivery.offset));
    }
    return result;
}

static bool release_one(void *context, const struct read_record *read) {
    struct release *release = context;
    json_t *row = letters_row(read);
    const char *why = why_not(read->record);
    json_object_set_new(row, "to", json_null());
    json_object_set_new(row, "why", json_null());
    json_array_append_new(release->rows, row);
    if (why != NULL) {
        json_object_set_new(row, "why", json_string(why));
        release->kept++;
        return true;
    }
    if (release->yes) {
        release->result = write_it(release, read->record, row);
        if (release->result != RESULT_OK) {
            (void)error_wrap(&release->error, "dead letter %d@%lld", read->record->partition,
                             (long long)read->record->offset);
        }
    } else {
        json_object_set_new(row, "to", json_string(topic_of(read->record)));
    }
    release->released += release->result == RESULT_OK;
    return release->result == RESULT_OK;
}

static bool chooses_something(const struct letters_choice *choice) {
    return choice->wanted_count > 0 || choice->reason != NULL || choice->key != NULL ||
           choice->has_from || choice->has_until;
}

static enum exit_code say_what_came_of_it(const struct invocation *invocation,
                                          const struct release *release) {
    if (release->result != RESULT_OK) {
        complain("%s; %u were written before it", release->error.text, release->released);
        return exit_code_of(release->result);
    }
    if (release->released + release->kept == 0) {
        complain("no dead letter was chosen: `millrace dead-letters ls` lists them");
        return EXIT_CODE_NOT_FOUND;
    }
    if (release->kept > 0) {
        complain("%u of them cannot be released; WHY says what to do", release->kept);
    }
    if (!release->yes) {
        note(invocation, "%u would be written again; --yes does it", release->released);
        return release->released > 0 ? EXIT_CODE_DRIFT : EXIT_CODE_REFUSED;
    }
    note(invocation, "%u written again", release->released);
    return release->kept > 0 ? EXIT_CODE_REFUSED : EXIT_CODE_OK;
}

int verb_dead_letters_release(struct invocation *invocation, int argc, char **argv) {
    static const struct output_column columns[] = {
        {"PLACE", "place"},       {"REASON", "reason"}, {"KEY", "key"},
        {"COMMAND", "commandId"}, {"TO", "to"},         {"WHY", "why"},
    };
    static struct release release;
    release = (struct release){.invocation = invocation, .rate = RATE_DEFAULT, .clock = clock_os()};
    const struct verb_options own = {.take = take, .values = &release};
    invocation_begin(invocation, argc, argv, &own);
    release.choice.wanted = invocation->arguments;
    release.choice.wanted_count = invocation->arguments_count;
    if (!chooses_something(&release.choice)) {
        complain("say which: PLACE or COMMAND, --reason, --key, --from or --until");
        return EXIT_CODE_USAGE;
    }
    reading_open(invocation, &release.reading);
    if (release.yes) {
        release.result =
            kafka_sender_open(&release.reading.connection.kafka, &release.sender, &release.error);
    }
    release.rows = json_array();
    if (release.result == RESULT_OK) {
        letters_each(&release.reading, &release.choice, release_one, &release);
    }
    output_rows(stdout, invocation->format, release.rows, columns,
                sizeof columns / sizeof columns[0]);
    json_decref(release.rows);
    kafka_sender_close(release.sender);
    reading_close(&release.reading);
    return (int)say_what_came_of_it(invocation, &release);
}
