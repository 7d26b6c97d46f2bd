#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "cli/beside.h"
#include "cli/history.h"
#include "cli/status.h"
#include "cli/verbs.h"
#include "domain/uuid.h"

static const struct output_column slice_columns[] = {
    {"SLICE", "sliceId"}, {"QUANTITY", "quantity"},         {"OWNER", "owner"},
    {"STATE", "state"},   {"RESERVATION", "reservationId"},
};

static const struct output_column command_columns[] = {
    {"COMMAND", "commandId"}, {"TYPE", "type"},   {"STATUS", "status"},
    {"BEHIND", "behind"},     {"SINCE", "since"}, {"SUBMISSION", "submissionId"},
};

/* Of a certificate whose books are not the registry's. */
static const struct output_column beside_columns[] = {
    {"REGISTRY'S NAME", "registryHash"},
    {"SLICE", "sliceId"},
    {"HERE", "here"},
    {"THERE", "there"},
    {"OWNER", "owner"},
    {"OWNER'S KEY THERE", "ownerKey"},
};

/* As a table: the facts, then the slices, then what is under way. */
static void print_certificate(const struct invocation *invocation, json_t *status) {
    if (invocation->format != OUTPUT_FORMAT_TABLE) {
        output_object(stdout, invocation->format, status);
        return;
    }
    json_t *slices = json_incref(json_object_get(status, "slices"));
    json_t *commands = json_incref(json_object_get(status, "commands"));
    json_object_del(status, "slices");
    json_object_del(status, "commands");
    json_t *beside = json_incref(json_object_get(status, "beside"));
    json_object_del(status, "beside");
    output_object(stdout, invocation->format, status);
    if (json_array_size(slices) > 0) {
        (void)puts("");
        output_rows(stdout, invocation->format, slices, slice_columns,
                    sizeof slice_columns / sizeof slice_columns[0]);
    }
    if (json_array_size(commands) > 0) {
        (void)puts("");
        output_rows(stdout, invocation->format, commands, command_columns,
                    sizeof command_columns / sizeof command_columns[0]);
    }
    if (json_array_size(beside) > 0) {
        (void)puts("");
        output_rows(stdout, invocation->format, beside, beside_columns,
                    sizeof beside_columns / sizeof beside_columns[0]);
    }
    json_decref(beside);
    json_decref(slices);
    json_decref(commands);
}

/* What is to be set right, while it is. */
static void put_stream(json_t *status, const json_t *stream) {
    const char *cause = json_string_value(json_object_get(status, "suspendedFor"));
    const bool misaligned = cause != NULL && strcmp(cause, "Misaligned") == 0;
    if (misaligned && stream != NULL) {
        json_object_set(status, "streamTransactions", json_object_get(stream, "transactions"));
        json_object_set_new(status, "beside", beside_of(json_object_get(status, "slices"), stream));
    }
}

static bool show_certificate(const struct invocation *invocation, struct reading *reading,
                             const struct uuid *id, int32_t partitions) {
    struct history history;
    history_collect(reading, id, partitions, &history);
    const bool known = history.state != NULL;
    if (known) {
        json_t *status =
            status_of_certificate(history.state, history.ledger, history_suspension(&history));
        put_stream(status, history_stream(&history));
        print_certificate(invocation, status);
        json_decref(status);
    }
    history_deinit(&history);
    return known;
}

static const char *type_of(const struct history *history, const char *command_id) {
    size_t index;
    const json_t *view;
    json_array_foreach(history->views, index, view) {
        const json_t *metadata = json_object_get(json_object_get(view, "message"), "metadata");
        const char *id = json_string_value(json_object_get(metadata, "id"));
        if (id != NULL && strcmp(id, command_id) == 0) {
            return json_string_value(json_object_get(view, "type"));
        }
    }
    return NULL;
}

static json_t *command_status(struct reading *reading, const char *key, const char *command_id,
                              int32_t partitions) {
    struct history history;
    struct uuid certificate_id;
    json_t *status = json_object();
    /* A dead letter may have any key; then there is no certificate to look at. */
    const bool keyed = uuid_from_text(text_of(key), &certificate_id);
    json_object_set_new(status, "commandId", json_string(command_id));
    json_object_set_new(status, "certificateId", json_string(key));
    if (!keyed) {
        json_object_set_new(status, "status", json_string("DeadLettered"));
        return status;
    }
    history_collect(reading, &certificate_id, partitions, &history);
    json_t *found =
        status_of_command(command_id, history_answer(&history, command_id),
                          history_letter(&history, command_id), history.state, history.ledger);
    json_object_set_new(status, "type", json_pack("s?", type_of(&history, command_id)));
    json_object_update_missing(status, found);
    json_decref(found);
    history_deinit(&history);
    return status;
}

static int show_command(const struct invocation *invocation, struct reading *reading,
                        const struct uuid *id, int32_t partitions) {
    json_t *keys = history_find(reading, id);
    size_t index;
    const json_t *key;
    json_array_foreach(keys, index, key) {
        json_t *status =
            command_status(reading, json_string_value(key), invocation->arguments[0], partitions);
        output_object(stdout, invocation->format, status);
        json_decref(status);
    }
    const bool found = json_array_size(keys) > 0;
    json_decref(keys);
    if (!found) {
        complain("%s is neither a certificate nor a command that anybody has sent",
                 invocation->arguments[0]);
        return EXIT_CODE_NOT_FOUND;
    }
    return EXIT_CODE_OK;
}

int verb_show(struct invocation *invocation, int argc, char **argv) {
    static struct reading reading;
    invocation_begin(invocation, argc, argv, NULL);
    const struct uuid id = invocation_id(invocation->arguments[0]);
    const int32_t partitions = invocation_partitions(invocation);
    reading_open(invocation, &reading);
    const bool shown = show_certificate(invocation, &reading, &id, partitions);
    const int code = shown ? EXIT_CODE_OK : show_command(invocation, &reading, &id, partitions);
    reading_close(&reading);
    return code;
}
