/* Writes records from outside the lanes: a door's commands and an operator's orders. */
#ifndef MILLRACE_OUTSIDE_KAFKA_SENDER_H
#define MILLRACE_OUTSIDE_KAFKA_SENDER_H

#include <stdint.h>

#include "domain/values.h"
#include "outside/kafka/kafka_config.h"
#include "ports/error.h"
#include "ports/log.h"

/* A record to be written. Copied before the call returns. */
struct kafka_sender_record {
    const char *topic; /* without the deployment's prefix */
    struct bytes key;  /* not empty: it is placed by it, by murmur2 */
    struct bytes value;
    const struct log_header *headers;
    uint32_t headers_count;
};

/* What became of a record. */
struct kafka_sender_delivery {
    /* AGAIN: not known yet. OK: all copies have it. INVALID: never will it be taken. FAILED,
     * DENIED: it was not written. DOUBTFUL: it may have been written, or may yet be. */
    enum result result;
    int32_t partition; /* where it belongs, known from the start */
    int64_t offset;    /* OK only */
    int32_t cause;     /* librdkafka's code, for `kafka_sender_explain` */
};

struct kafka_sender;

/* Nothing is contacted yet. INVALID: librdkafka refuses a property. */
enum result kafka_sender_open(const struct kafka_config *config, struct kafka_sender **sender,
                              struct error *error);

/* Write one record and wait for what becomes of it, which librdkafka bounds by message.timeout.ms.
 * The result is the delivery's, or NOT_FOUND (there is no such topic) or FAILED (Kafka did not
 * answer) before anything was sent. */
enum result kafka_sender_send(struct kafka_sender *sender, const struct kafka_sender_record *record,
                              struct kafka_sender_delivery *delivery, struct error *error);

/* The same for many: queue each, then flush. `delivery` is written to during any later call, so it
 * must not move until its result is no longer AGAIN or the sender is closed. Waits only while
 * the queue is full. OK: it is queued; else nothing was sent. */
enum result kafka_sender_queue(struct kafka_sender *sender,
                               const struct kafka_sender_record *record,
                               struct kafka_sender_delivery *delivery, struct error *error);

/* AGAIN: some deliveries are not known yet. OK: all are; look at each. */
enum result kafka_sender_flush(struct kafka_sender *sender, int32_t timeout_ms);

/* Why a delivery is not OK, for people. Returns its result. */
enum result kafka_sender_explain(const struct kafka_sender *sender,
                                 const struct kafka_sender_record *record,
                                 const struct kafka_sender_delivery *delivery, struct error *error);

/* What is still queued is given up; their deliveries say so. NULL is harmless. */
void kafka_sender_close(struct kafka_sender *sender);

#endif
