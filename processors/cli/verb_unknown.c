#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "cli/history.h"
#include "cli/unknown.h"
#include "cli/verbs.h"
#include "domain/uuid.h"
#include "outside/clock_os/clock_os.h"

static const struct output_column columns[] = {
    {"SUBMISSION", "submissionId"},
    {"CERTIFICATE", "certificateId"},
    {"COMMAND", "commandId"},
    {"REGISTRY", "registry"},
    {"SINCE", "since"},
    {"AGE (s)", "ageSeconds"},
};

static json_t *list_now(const struct invocation *invocation, struct reading *reading) {
    const struct clock clock = clock_os();
    reading_open(invocation, reading);
    return unknown_list(reading, clock.wall_ms(clock.self));
}

int verb_unknown_ls(struct invocation *invocation, int argc, char **argv) {
    static struct reading reading;
    invocation_begin(invocation, argc, argv, NULL);
    json_t *list = list_now(invocation, &reading);
    output_rows(stdout, invocation->format, list, columns, sizeof columns / sizeof columns[0]);
    if (json_array_size(list) > 0) {
        note(invocation,
             "each of these holds its certificate; settle it with `millrace unknown "
             "resolve SUBMISSION` when you have seen in the registry what happened");
    }
    json_decref(list);
    reading_close(&reading);
    return EXIT_CODE_OK;
}

/* The records about one submission, as far as they are messages with its id. */
static json_t *messages_of(const struct history *history, const json_t *submission_id) {
    json_t *messages = json_array();
    size_t index;
    const json_t *view;
    json_array_foreach(history->views, index, view) {
        const json_t *message = json_object_get(view, "message");
        const json_t *id = json_object_get(message, "submissionId");
        if (id != NULL && json_equal(id, submission_id) == 1) {
            json_t *entry = json_deep_copy(message);
            json_object_set(entry, "type", json_object_get(view, "type"));
            json_array_append_new(messages, entry);
        }
    }
    return messages;
}

int verb_unknown_show(struct invocation *invocation, int argc, char **argv) {
    static struct reading reading;
    invocation_begin(invocation, argc, argv, NULL);
    (void)invocation_id(invocation->arguments[0]);
    json_t *list = list_now(invocation, &reading);
    const json_t *unknown = unknown_find(list, invocation->arguments[0]);
    if (unknown == NULL) {
        complain("nothing about %s is unknown now: `millrace unknown ls` lists what is",
                 invocation->arguments[0]);
        json_decref(list);
        return EXIT_CODE_NOT_FOUND;
    }
    struct uuid certificate_id = {{0}};
    const char *certificate = json_string_value(json_object_get(unknown, "certificateId"));
    const bool valid = uuid_from_text(text_of(certificate), &certificate_id);
    assert(valid);
    struct history history;
    history_collect(&reading, &certificate_id, invocation_partitions(invocation), &history);
    json_t *shown = json_deep_copy(unknown);
    json_object_set_new(shown, "messages",
                        messages_of(&history, json_object_get(unknown, "submissionId")));
    /* Nested as it is, a table would hide most of it. */
    output_object(
        stdout, invocation->format == OUTPUT_FORMAT_TABLE ? OUTPUT_FORMAT_YAML : invocation->format,
        shown);
    json_decref(shown);
    history_deinit(&history);
    json_decref(list);
    reading_close(&reading);
    return EXIT_CODE_OK;
}
