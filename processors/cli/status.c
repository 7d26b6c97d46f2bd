#include "cli/status.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

static const json_t *at(const json_t *object, const char *first, const char *second) {
    const json_t *inner = json_object_get(object, first);
    return second == NULL ? inner : json_object_get(inner, second);
}

static bool same(const json_t *a, const json_t *b) {
    return json_is_string(a) && json_is_string(b) && json_equal(a, b) == 1;
}

/* A copy of a member, null where there is none. */
static json_t *copy(const json_t *value) {
    return value == NULL ? json_null() : json_deep_copy(value);
}

static void put(json_t *object, const char *name, const json_t *value) {
    json_object_set_new(object, name, copy(value));
}

static const char *state_word(const json_t *model) {
    if (!json_is_object(json_object_get(model, "issued"))) {
        return "NotIssued";
    }
    if (json_is_object(json_object_get(model, "suspension"))) {
        return "Suspended";
    }
    return json_is_true(json_object_get(model, "withdrawn")) ? "Withdrawn" : "Issued";
}

/* Where the command stands that is at the registry, by what the ledger says about its submission.
 */
static void put_submission(json_t *status, const json_t *current, const json_t *ledger) {
    const json_t *id = json_object_get(current, "submissionId");
    const json_t *submission = at(ledger, "ledger", "submission");
    const json_t *queued = at(ledger, "work", "queued");
    const char *word = "Queued";
    const json_t *since = NULL;
    if (same(id, json_object_get(submission, "submissionId"))) {
        const char *state = json_string_value(json_object_get(submission, "state"));
        const bool unknown = strcmp(state, "Unknown") == 0;
        const bool not_sent = strcmp(state, "NotSent") == 0;
        word = unknown ? "Unknown" : not_sent ? "Queued" : "AtRegistry";
        since = json_object_get(submission, unknown ? "unknownAt" : "intendedAt");
    }
    if (strcmp(word, "Queued") == 0 && same(id, json_object_get(queued, "submissionId"))) {
        since = json_object_get(queued, "queuedAt");
    }
    if (json_is_true(json_object_get(current, "unknown"))) {
        word = "Unknown"; /* the certificate has heard of it */
    }
    json_object_set_new(status, "status", json_string(word));
    json_object_set_new(status, "behind", json_integer(0));
    put(status, "since", since);
    put(status, "submissionId", id);
}

static json_t *status_of_current(const json_t *current, const json_t *ledger) {
    json_t *status = json_object();
    put(status, "commandId", at(current, "command", "commandId"));
    put(status, "type", at(current, "command", "type"));
    put_submission(status, current, ledger);
    return status;
}

static json_t *status_of_waiting(const json_t *waiting, size_t behind) {
    json_t *status = json_object();
    put(status, "commandId", json_object_get(waiting, "commandId"));
    put(status, "type", json_object_get(waiting, "type"));
    json_object_set_new(status, "status", json_string("Waiting"));
    json_object_set_new(status, "behind", json_integer((json_int_t)behind));
    put(status, "since", NULL);
    put(status, "submissionId", NULL);
    return status;
}

/* The commands under way, the one at the registry first. */
static json_t *under_way(const json_t *state, const json_t *ledger) {
    json_t *commands = json_array();
    const json_t *current = at(state, "work", "current");
    const json_t *waiting = at(state, "work", "waiting");
    size_t index;
    const json_t *command;
    const size_t before = json_is_object(current) ? 1 : 0;
    if (before > 0) {
        json_array_append_new(commands, status_of_current(current, ledger));
    }
    json_array_foreach(waiting, index, command) {
        json_array_append_new(commands, status_of_waiting(command, index + before));
    }
    return commands;
}

/* What ends a suspension, for whoever looks at it; null where there is none. */
static json_t *settled_by(const json_t *model, const json_t *current) {
    const char *cause = json_string_value(at(model, "suspension", "cause"));
    const char *submission = json_string_value(json_object_get(current, "submissionId"));
    if (cause == NULL) {
        return json_null();
    }
    if (strcmp(cause, "OutcomeUnknown") == 0 && submission != NULL) {
        return json_sprintf(
            "a late reply of the registry, by itself; or what you find out there: "
            "`millrace unknown show %s`, then `millrace unknown resolve`",
            submission);
    }
    return json_string(
        "the registry's stream, by itself, if it can be read and shows only slices and keys that "
        "are known here; or a RealignCertificate on certificates.operations that says how the "
        "slices "
        "are at the registry");
}

json_t *status_of_certificate(const json_t *state, const json_t *ledger, const json_t *suspension) {
    assert(json_is_object(state));
    const json_t *model = json_object_get(state, "model");
    static const char *const facts[] = {"certificateType", "gridArea", "periodStart", "periodEnd",
                                        "quantity",        "registry", "assetId"};
    json_t *status = json_object();
    put(status, "certificateId", json_object_get(state, "certificateId"));
    json_object_set_new(status, "state", json_string(state_word(model)));
    put(status, "version", json_object_get(model, "version"));
    put(status, "suspendedFor", at(model, "suspension", "cause"));
    put(status, "suspendedAt",
        json_is_object(json_object_get(model, "suspension"))
            ? at(suspension, "metadata", "timestamp")
            : NULL);
    json_object_set_new(status, "settledBy", settled_by(model, at(state, "work", "current")));
    for (size_t i = 0; i < sizeof facts / sizeof facts[0]; i++) {
        put(status, facts[i], at(model, "issued", facts[i]));
    }
    put(status, "slices", json_object_get(model, "slices"));
    json_object_set_new(status, "commands", under_way(state, ledger));
    return status;
}

/* The entry of a command that is under way; NULL: it is not. Borrowed from `commands`. */
static json_t *find_under_way(const json_t *commands, const char *command_id) {
    size_t index;
    json_t *command;
    json_array_foreach(commands, index, command) {
        const char *id = json_string_value(json_object_get(command, "commandId"));
        if (id != NULL && strcmp(id, command_id) == 0) {
            return command;
        }
    }
    return NULL;
}

static void put_answer(json_t *status, const json_t *answer) {
    put(status, "status", json_object_get(answer, "verdict"));
    put(status, "reason", json_object_get(answer, "reason"));
    put(status, "detail", json_object_get(answer, "detail"));
    put(status, "version", json_object_get(answer, "version"));
    put(status, "eventIds", json_object_get(answer, "eventIds"));
}

json_t *status_of_command(const char *command_id, const json_t *answer, const json_t *letter,
                          const json_t *state, const json_t *ledger) {
    assert(command_id != NULL);
    json_t *commands = under_way(state, ledger);
    json_t *entry = find_under_way(commands, command_id);
    json_t *status = entry != NULL ? json_deep_copy(entry) : json_object();
    json_object_set_new(status, "commandId", json_string(command_id));
    const char *verdict = json_string_value(json_object_get(answer, "verdict"));
    const bool final = verdict != NULL && strcmp(verdict, "Unknown") != 0;
    if (final || (verdict != NULL && entry == NULL)) {
        put_answer(status, answer);
    } else if (entry == NULL && letter != NULL) {
        const json_t *headers = json_object_get(letter, "headers");
        json_object_set_new(status, "status", json_string("DeadLettered"));
        put(status, "reason", json_object_get(headers, "millrace.reason"));
        put(status, "detail", json_object_get(headers, "__streams.errors.message"));
    } else if (entry == NULL) {
        json_object_set_new(status, "status", json_string("NotRead"));
    }
    json_decref(commands);
    return status;
}
