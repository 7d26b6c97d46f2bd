#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "cli/duration.h"
#include "cli/explain_partition.h"
#include "cli/message_fields.h"
#include "cli/outbox.h"
#include "cli/verbs.h"
#include "wire/json.h"

enum { WAIT_MS = 30000 }; /* unless --wait says otherwise */

enum { KEY_LIST = 256, KEY_JSON, KEY_WAIT, KEY_NO_WAIT, KEY_EXPLAIN, KEY_PARTITIONS };

struct send {
    bool list;
    const char *json; /* file, or "-" */
    int64_t wait_ms;  /* 0: do not wait */
    const char *explain;
    int32_t partitions; /* to explain with; 0: as topics.yaml or Kafka says */
    bool has_type;
    enum message_type type;
    uint32_t fields_from; /* index of the first NAME=VALUE among the arguments */
};

const struct argp_option verb_send_options[] = {
    {"json", KEY_JSON, "FILE", 0,
     "Read one or many JSON objects from FILE (-: standard input); each may name its \"type\"", 0},
    {"wait", KEY_WAIT, "TIME", 0, "Wait so long for the answer: 500ms, 30s, 2m (default 30s)", 0},
    {"no-wait", KEY_NO_WAIT, NULL, 0, "Do not wait for an answer", 0},
    {"list", KEY_LIST, NULL, 0, "List the types that can be sent, and stop", 0},
    {"explain-partition", KEY_EXPLAIN, "KEY", 0,
     "Show where murmur2, which is right, and CRC32, the default of many clients, put this key, "
     "and stop",
     0},
    {"partitions", KEY_PARTITIONS, "NUMBER", 0,
     "With --explain-partition: of so many, instead of what topics.yaml says, or Kafka where there "
     "is no such file",
     0},
    {0},
};

static void take(void *values, int key, const char *argument, struct argp_state *state) {
    struct send *send = values;
    char *end = NULL;
    switch (key) {
    case KEY_JSON:
        send->json = argument;
        break;
    case KEY_WAIT:
        if (!duration_parse(argument, &send->wait_ms)) {
            argp_error(state, "--wait is a time such as 500ms, 30s or 2m, not \"%s\"", argument);
        }
        break;
    case KEY_NO_WAIT:
        send->wait_ms = 0;
        break;
    case KEY_LIST:
        send->list = true;
        break;
    case KEY_EXPLAIN:
        send->explain = argument;
        break;
    case KEY_PARTITIONS:
        send->partitions = (int32_t)strtol(argument, &end, 10);
        if (*end != '\0' || send->partitions < 1 || send->partitions > TOPIC_PARTITIONS_MAX) {
            argp_error(state, "--partitions is a number from 1 to %d, not \"%s\"",
                       TOPIC_PARTITIONS_MAX, argument);
        }
        break;
    default:
        assert(false);
    }
}

static int list_types(void) {
    for (uint32_t i = 0; i < MESSAGE_TYPES_COUNT; i++) {
        enum message_type type;
        struct error error;
        if (compose_type(message_types[i].full_name, &type, &error) == RESULT_OK) {
            (void)printf("%s\n", message_types[i].full_name);
        }
    }
    return EXIT_CODE_OK;
}

/* What is invalid before anything is sent was typed by the user. */
__attribute__((noreturn)) static void die(const struct error *error) {
    complain("%s", error->text);
    exit(error->result == RESULT_INVALID ? EXIT_CODE_USAGE : (int)exit_code_of(error->result));
}

/* The type that an object names, or the one of the command line. */
static enum message_type type_of(const struct send *send, json_t *object) {
    struct error error;
    enum message_type type = send->type;
    const char *name = json_string_value(json_object_get(object, "type"));
    if (name != NULL && compose_type(name, &type, &error) != RESULT_OK) {
        die(&error);
    }
    if (name == NULL && !send->has_type) {
        complain(
            "say what is to be sent: a TYPE, or \"type\" in the JSON; `millrace send --list` "
            "names them");
        exit(EXIT_CODE_USAGE);
    }
    json_object_del(object, "type");
    return type;
}

static void add(const struct invocation *invocation, const struct send *send, struct outbox *outbox,
                struct reading *reading, json_t *object) {
    struct error error;
    const enum message_type type = type_of(send, object);
    for (uint32_t i = send->fields_from; i < invocation->arguments_count; i++) {
        if (json_set_argument(message_types[type].record, object, invocation->arguments[i],
                              &error) != RESULT_OK) {
            die(&error);
        }
    }
    if (outbox_add(outbox, reading, type, object, &error) != RESULT_OK) {
        die(&error);
    }
}

/* Every object of a stream of JSON texts, or of an array in it. */
static void add_from(const struct invocation *invocation, const struct send *send,
                     struct outbox *outbox, struct reading *reading) {
    FILE *file = strcmp(send->json, "-") == 0 ? stdin : fopen(send->json, "re");
    if (file == NULL) {
        complain("%s cannot be opened", send->json);
        exit(EXIT_CODE_USAGE);
    }
    for (;;) {
        const int next = fgetc(file);
        if (next == EOF) {
            break;
        }
        if (strchr(" \t\r\n", next) != NULL) {
            continue;
        }
        (void)ungetc(next, file);
        json_error_t what;
        json_t *json = json_loadf(file, JSON_DISABLE_EOF_CHECK | JSON_REJECT_DUPLICATES, &what);
        json_t *list = json_is_array(json) ? json : json_pack("[o]", json);
        size_t index;
        json_t *object;
        json_array_foreach(list, index, object) {
            if (!json_is_object(object)) {
                complain("%s: a message is a JSON object", send->json);
                exit(EXIT_CODE_USAGE);
            }
            add(invocation, send, outbox, reading, object);
        }
        if (json == NULL) {
            complain("%s: message %u: %s", send->json, outbox->count + 1, what.text);
            exit(EXIT_CODE_USAGE);
        }
        json_decref(list);
    }
    if (file != stdin) {
        (void)fclose(file);
    }
}

static const struct output_column columns[] = {
    {"COMMAND", "id"},    {"CERTIFICATE", "certificateId"}, {"VERDICT", "verdict"},
    {"REASON", "reason"}, {"VERSION", "version"},           {"DETAIL", "detail"},
};

static void print(const struct invocation *invocation, const struct outbox *outbox) {
    if (outbox->count == 1) {
        json_t *view = outbox_view(outbox, 0);
        output_object(stdout, invocation->format, view);
        json_decref(view);
        return;
    }
    json_t *rows = json_array();
    for (uint32_t i = 0; i < outbox->count; i++) {
        json_array_append_new(rows, outbox_view(outbox, i));
    }
    output_rows(stdout, invocation->format, rows, columns, sizeof columns / sizeof columns[0]);
    json_decref(rows);
}

static void say_what_next(const struct invocation *invocation, const struct outbox *outbox,
                          enum exit_code code) {
    char id[UUID_CHARACTERS];
    uuid_to_text(&outbox->items[0].composed.id, id);
    if (code == EXIT_CODE_TIMED_OUT) {
        note(invocation, "no answer yet; it may still run: `millrace show %.36s`", id);
    } else if (code == EXIT_CODE_UNKNOWN) {
        note(invocation,
             "nobody knows whether the registry did it; the certificate waits for "
             "evidence: `millrace unknown ls`");
    }
}

static int send_all(const struct invocation *invocation, const struct send *send,
                    struct reading *reading, struct outbox *outbox) {
    struct topics_file *topics = invocation_topics(invocation);
    struct kafka_reader *reader = send->wait_ms > 0 ? outbox_listen(outbox, reading, topics) : NULL;
    struct error error;
    topics_file_close(topics);
    const enum result result = outbox_send(outbox, &reading->connection, &error);
    if (result != RESULT_OK) {
        kafka_reader_close(reader);
        complain("%s", error.text);
        return (int)exit_code_of(result);
    }
    if (reader == NULL) {
        print(invocation, outbox);
        return EXIT_CODE_OK;
    }
    outbox_wait(outbox, reading, reader, send->wait_ms);
    print(invocation, outbox);
    const enum exit_code code = awaiting_exit_code(outbox->awaited, outbox->count);
    say_what_next(invocation, outbox, code);
    return (int)code;
}

int verb_send(struct invocation *invocation, int argc, char **argv) {
    static struct reading reading;
    struct send send = {.wait_ms = WAIT_MS};
    struct outbox outbox = {.items = NULL};
    struct error error;
    const struct verb_options own = {.take = take, .values = &send};
    invocation_begin(invocation, argc, argv, &own);
    if (send.list) {
        return list_types();
    }
    if (send.explain != NULL) {
        return explain_partition(invocation, send.explain, send.partitions);
    }
    if (invocation->arguments_count > 0 && strchr(invocation->arguments[0], '=') == NULL) {
        if (compose_type(invocation->arguments[0], &send.type, &error) != RESULT_OK) {
            die(&error);
        }
        send.has_type = true;
        send.fields_from = 1;
    }
    reading_open(invocation, &reading);
    if (send.json != NULL) {
        add_from(invocation, &send, &outbox, &reading);
    } else {
        json_t *object = json_object();
        add(invocation, &send, &outbox, &reading, object);
        json_decref(object);
    }
    if (outbox.count == 0) {
        complain("there is no message in %s", send.json);
        exit(EXIT_CODE_USAGE);
    }
    const int code = send_all(invocation, &send, &reading, &outbox);
    outbox_deinit(&outbox);
    reading_close(&reading);
    return code;
}
