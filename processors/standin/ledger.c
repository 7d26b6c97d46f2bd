#include "standin/ledger.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "domain/values.h"
#include "standin/ledger_lines.h"

enum { BUCKETS = 65536 };

/* How often a submission was asked for. */
struct seen {
    uint32_t times;
    struct seen *next;
    char submission_id[]; /* whole, however long a sender makes it */
};

struct standin_ledger {
    int file;
    int64_t number; /* of the last line */
    struct seen *buckets[BUCKETS];
};

static uint32_t bucket_of(const char *id) {
    const struct bytes bytes = {(const uint8_t *)id, (uint32_t)strlen(id)};
    return (uint32_t)(bytes_hash(0, bytes) >> 32) % BUCKETS;
}

static uint32_t count_request(struct standin_ledger *ledger, const char *submission_id) {
    struct seen **bucket = &ledger->buckets[bucket_of(submission_id)];
    for (struct seen *seen = *bucket; seen != NULL; seen = seen->next) {
        if (strcmp(seen->submission_id, submission_id) == 0) {
            return ++seen->times;
        }
    }
    const size_t size = strlen(submission_id) + 1;
    struct seen *seen = malloc(sizeof *seen + size);
    assert(seen != NULL);
    memcpy(seen->submission_id, submission_id, size);
    seen->times = 1;
    seen->next = *bucket;
    *bucket = seen;
    return 1;
}

/* Take over what a line says. */
static const char *take(void *self, const json_t *entry) {
    struct standin_ledger *ledger = self;
    const char *what = json_string_value(json_object_get(entry, "what"));
    const char *id = json_string_value(json_object_get(entry, "submissionId"));
    if (what == NULL || id == NULL) {
        return "is not from a ledger of a stand-in";
    }
    ledger->number++;
    if (strcmp(what, "request") == 0) {
        (void)count_request(ledger, id);
    }
    return NULL;
}

enum result standin_ledger_open(const char *path, struct standin_ledger **out,
                                struct error *error) {
    struct standin_ledger *ledger = calloc(1, sizeof *ledger);
    assert(ledger != NULL);
    ledger->file = -1;
    enum result result = standin_ledger_lines(path, take, ledger, error);
    if (result == RESULT_OK) {
        ledger->file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
        if (ledger->file < 0) {
            result = error_set(error, RESULT_FAILED, "%s: %s", path, strerror(errno));
        }
    }
    if (result != RESULT_OK) {
        standin_ledger_close(ledger);
        return result;
    }
    *out = ledger;
    return RESULT_OK;
}

void standin_ledger_close(struct standin_ledger *ledger) {
    for (uint32_t i = 0; i < BUCKETS; i++) {
        while (ledger->buckets[i] != NULL) {
            struct seen *seen = ledger->buckets[i];
            ledger->buckets[i] = seen->next;
            free(seen);
        }
    }
    if (ledger->file >= 0) {
        (void)close(ledger->file);
    }
    free(ledger);
}

/* Text of any bytes as JSON; what is no UTF-8 is said to be so. */
static json_t *text_json(const char *text) {
    json_t *json = json_string(text);
    return json != NULL ? json : json_string("(no UTF-8)");
}

static json_t *fields_json(const struct standin_request *request) {
    json_t *fields = json_array();
    for (uint32_t i = 0; i < request->fields_count; i++) {
        json_t *name = text_json(request->fields[i].name);
        json_array_append_new(fields,
                              json_pack("[o, o]", name, text_json(request->fields[i].value)));
    }
    return fields;
}

uint32_t standin_ledger_write(struct standin_ledger *ledger, enum standin_ledger_what what,
                              const struct standin_request *request, const char *action,
                              int64_t wall_ms) {
    static const char *const names[] = {"request", "execution", "refusal", "unprocessed"};
    const uint32_t times =
        what == LEDGER_REQUEST ? count_request(ledger, request->submission_id) : 0;
    json_t *entry =
        json_pack("{s:I, s:I, s:s, s:o, s:o, s:o, s:o, s:o}", "n", (json_int_t)++ledger->number,
                  "atMs", (json_int_t)wall_ms, "what", names[what], "submissionId",
                  text_json(request->submission_id), "attempt", text_json(request->attempt),
                  "certificateId", text_json(request->certificate_id), "transactionId",
                  text_json(request->transaction_id), "operation", text_json(request->operation));
    if (what == LEDGER_REQUEST) {
        json_object_set_new(entry, "fields", fields_json(request));
        json_object_set_new(entry, "action", json_string(action));
        json_object_set_new(entry, "times", json_integer(times));
    }
    if (what == LEDGER_EXECUTION && request->whole != NULL) {
        json_object_set_new(entry, "transaction", json_string(request->whole));
    }
    char *line = json_dumps(entry, JSON_COMPACT | JSON_PRESERVE_ORDER);
    assert(line != NULL);
    const size_t length = strlen(line);
    line[length] = '\n'; /* in place of the NUL: one write, so that no line is ever half there */
    const ssize_t written = write(ledger->file, line, length + 1);
    if (written != (ssize_t)length + 1) {
        (void)fprintf(stderr, "standin: the ledger cannot be written: %s\n",
                      written < 0 ? strerror(errno) : "disk full");
        exit(EXIT_FAILURE);
    }
    free(line);
    json_decref(entry);
    return times;
}
