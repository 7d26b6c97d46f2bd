#include "cli/unknown.h"
#include "domain/uuid.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "wire/json.h"
#include "wire/rfc3339.h"

static void put(json_t *object, const char *name, const json_t *value) {
    json_object_set_new(object, name, value == NULL ? json_null() : json_deep_copy(value));
}

static json_t *age_of(const json_t *since, int64_t now_ms) {
    int64_t since_ms = 0;
    const char *text = json_string_value(since);
    return text != NULL && rfc3339_parse(text, strlen(text), &since_ms)
               ? json_integer((now_ms - since_ms) / 1000)
               : json_null();
}

json_t *unknown_of_ledger(const json_t *ledger, int64_t now_ms) {
    static const char *const members[] = {"submissionId", "registry", "attempt",   "transactionId",
                                          "incarnation",  "writer",   "intendedAt"};
    const json_t *model = json_object_get(ledger, "ledger");
    const json_t *submission = json_object_get(model, "submission");
    const char *state = json_string_value(json_object_get(submission, "state"));
    if (state == NULL || strcmp(state, "Unknown") != 0) {
        return NULL;
    }
    json_t *unknown = json_object();
    put(unknown, "certificateId", json_object_get(ledger, "certificateId"));
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
        put(unknown, members[i], json_object_get(submission, members[i]));
    }
    put(unknown, "commandId", NULL);
    put(unknown, "since", json_object_get(submission, "unknownAt"));
    json_object_set_new(unknown, "ageSeconds",
                        age_of(json_object_get(submission, "unknownAt"), now_ms));
    put(unknown, "evidence", json_object_get(json_object_get(ledger, "work"), "evidence"));
    return unknown;
}

struct listing {
    json_t *by_certificate; /* object of unknown ones */
    int64_t now_ms;
};

static bool take_ledger(void *context, const struct read_record *read) {
    struct listing *listing = context;
    if (!read->readable || read->message.type != MESSAGE_REGISTRY_STATE_LEDGER_STATE) {
        return true;
    }
    json_t *ledger = json_from_struct(message_types[read->message.type].record, read->message.body);
    const char *certificate = json_string_value(json_object_get(ledger, "certificateId"));
    json_t *unknown = unknown_of_ledger(ledger, listing->now_ms);
    if (unknown != NULL) {
        json_object_set_new(listing->by_certificate, certificate, unknown);
    } else {
        json_object_del(listing->by_certificate, certificate);
    }
    json_decref(ledger);
    return true;
}

/* The certificate knows which of its commands the submission is for. */
static bool take_certificate(void *context, const struct read_record *read) {
    struct listing *listing = context;
    char key[64];
    (void)snprintf(key, sizeof key, "%.*s", (int)read->record->key.length,
                   (const char *)read->record->key.data);
    json_t *unknown = json_object_get(listing->by_certificate, key);
    if (unknown == NULL || !read->readable ||
        read->message.type != MESSAGE_CERTIFICATES_STATE_CERTIFICATE_STATE) {
        return true;
    }
    json_t *state = json_from_struct(message_types[read->message.type].record, read->message.body);
    const json_t *current = json_object_get(json_object_get(state, "work"), "current");
    const json_t *submission = json_object_get(current, "submissionId");
    if (submission != NULL &&
        json_equal(submission, json_object_get(unknown, "submissionId")) == 1) {
        put(unknown, "commandId",
            json_object_get(json_object_get(current, "command"), "commandId"));
    }
    json_decref(state);
    return true;
}

static const char *since_of(const json_t *unknown) {
    const char *since = json_string_value(json_object_get(unknown, "since"));
    return since == NULL ? "" : since;
}

/* Takes the members of the object over, the oldest first; times of this form sort as texts. */
static json_t *sorted(json_t *by_certificate) {
    json_t *list = json_array();
    const char *key;
    json_t *unknown;
    json_object_foreach(by_certificate, key, unknown) {
        size_t place = json_array_size(list);
        while (place > 0 &&
               strcmp(since_of(json_array_get(list, place - 1)), since_of(unknown)) > 0) {
            place--;
        }
        json_array_insert(list, place, unknown);
    }
    return list;
}

json_t *unknown_list(struct reading *reading, int64_t now_ms) {
    assert(reading != NULL);
    static const char *const ledgers[] = {"registry.state"};
    static const char *const certificates[] = {"certificates.state"};
    struct listing listing = {.by_certificate = json_object(), .now_ms = now_ms};
    struct kafka_reader_plan plan = {
        .topics = ledgers,
        .topics_count = 1,
        .partition = -1,
        .from = KAFKA_READER_FROM_BEGINNING,
        .until = KAFKA_READER_UNTIL_STABLE,
    };
    reading_each(reading, &plan, take_ledger, &listing);
    if (json_object_size(listing.by_certificate) > 0) {
        plan.topics = certificates;
        reading_each(reading, &plan, take_certificate, &listing);
    }
    json_t *list = sorted(listing.by_certificate);
    json_decref(listing.by_certificate);
    return list;
}

const json_t *unknown_find(const json_t *list, const char *id) {
    static const char *const members[] = {"submissionId", "certificateId", "commandId"};
    size_t index;
    const json_t *unknown;
    json_array_foreach(list, index, unknown) {
        for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
            const char *value = json_string_value(json_object_get(unknown, members[i]));
            if (value != NULL && strcmp(value, id) == 0) {
                return unknown;
            }
        }
    }
    return NULL;
}
