#include "registry_connector/flight.h"

#include <assert.h>
#include <stdlib.h>

static struct flight **bucket_of(struct flights *flights, const struct uuid *certificate_id) {
    /* Ids of certificates may come from anywhere; their last bytes are the least orderly. */
    uint32_t word;
    memcpy(&word, certificate_id->bytes + sizeof certificate_id->bytes - sizeof word, sizeof word);
    return &flights->buckets[word % FLIGHTS_BUCKETS];
}

static uint32_t copy_text(char *to, size_t size, struct text text) {
    assert(text.length <= size);
    memcpy(to, text.data, text.length);
    return text.length;
}

void flight_subject_init(struct flight_subject *subject, const struct registry_call *call,
                         const struct uuid *incarnation, struct text transaction_id,
                         const struct millrace_metadata *intended) {
    assert(intended->has_correlation_id);
    *subject = (struct flight_subject){
        .call = *call,
        .incarnation = *incarnation,
        .intended_id = intended->id,
        .correlation_id = intended->correlation_id,
    };
    subject->transaction_id_length =
        copy_text(subject->transaction_id, sizeof subject->transaction_id, transaction_id);
    if (intended->has_channel) {
        subject->channel_length =
            copy_text(subject->channel, sizeof subject->channel, intended->channel);
    }
}

static struct bytes copy_bytes(struct bytes bytes) {
    uint8_t *copy = malloc(bytes.length + 1);
    assert(copy != NULL);
    memcpy(copy, bytes.data, bytes.length);
    return (struct bytes){.data = copy, .length = bytes.length};
}

static struct flight *next_of(struct flight *flight, const struct uuid *certificate_id) {
    while (flight != NULL && !uuid_equal(&flight->subject.call.certificate_id, certificate_id)) {
        flight = flight->bucket_next;
    }
    return flight;
}

/* Of what is left of older submissions the newest is kept for its late reply. */
static void outlive(struct flights *flights, const struct uuid *certificate_id) {
    struct flight *older = flights_find(flights, certificate_id);
    if (older == NULL || older->stage == FLIGHT_OUTLIVED) {
        return;
    }
    assert(older->stage == FLIGHT_UNKNOWN); /* settled since; no reply of it is awaited */
    struct flight *oldest = next_of(older->bucket_next, certificate_id);
    if (oldest != NULL) {
        flights_remove(flights, oldest);
    }
    older->stage = FLIGHT_OUTLIVED;
}

struct flight *flights_add(struct flights *flights, uint32_t registry,
                           const struct registry_events_submission_intended *intended) {
    outlive(flights, &intended->certificate_id);
    struct flight *flight = calloc(1, sizeof *flight);
    assert(flight != NULL);
    const struct registry_call call = {
        .certificate_id = intended->certificate_id,
        .submission_id = intended->submission_id,
        .attempt = intended->attempt,
    };
    flight_subject_init(&flight->subject, &call, &intended->incarnation, intended->transaction_id,
                        &intended->metadata);
    flight->registry = registry;
    flight->transaction = copy_bytes(intended->transaction);
    struct flight **bucket = bucket_of(flights, &intended->certificate_id);
    flight->bucket_next = *bucket;
    *bucket = flight;
    flight->staged_next = flights->staged;
    flights->staged = flight;
    return flight;
}

struct flight *flights_find(const struct flights *flights, const struct uuid *certificate_id) {
    return next_of(*bucket_of((struct flights *)flights, certificate_id), certificate_id);
}

struct flight *flights_find_call(const struct flights *flights, const struct registry_call *call) {
    struct flight *flight = flights_find(flights, &call->certificate_id);
    while (flight != NULL &&
           (!uuid_equal(&flight->subject.call.submission_id, &call->submission_id) ||
            flight->subject.call.attempt != call->attempt)) {
        flight = next_of(flight->bucket_next, &call->certificate_id);
    }
    return flight;
}

static void flight_free(struct flight *flight) {
    free((void *)flight->transaction.data);
    free(flight);
}

void flights_remove(struct flights *flights, struct flight *flight) {
    assert(flight->stage != FLIGHT_STAGED);
    struct flight **link = bucket_of(flights, &flight->subject.call.certificate_id);
    while (*link != flight) {
        assert(*link != NULL);
        link = &(*link)->bucket_next;
    }
    *link = flight->bucket_next;
    flight_free(flight);
}

void flights_each(struct flights *flights, void (*visit)(void *context, struct flight *flight),
                  void *context) {
    for (uint32_t i = 0; i < FLIGHTS_BUCKETS; i++) {
        struct flight *flight = flights->buckets[i];
        while (flight != NULL) {
            struct flight *next = flight->bucket_next;
            visit(context, flight);
            flight = next;
        }
    }
}

void flights_deinit(struct flights *flights) {
    for (uint32_t i = 0; i < FLIGHTS_BUCKETS; i++) {
        struct flight *flight = flights->buckets[i];
        while (flight != NULL) {
            struct flight *next = flight->bucket_next;
            flight_free(flight);
            flight = next;
        }
        flights->buckets[i] = NULL;
    }
    flights->staged = NULL;
}
