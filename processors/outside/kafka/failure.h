/* What an error of librdkafka means for us. */
#ifndef MILLRACE_OUTSIDE_KAFKA_FAILURE_H
#define MILLRACE_OUTSIDE_KAFKA_FAILURE_H

#include <librdkafka/rdkafka.h>
#include <stdbool.h>

#include "ports/error.h"

/* Somebody else has the transactional id or the membership: for Kafka this process is a zombie. */
bool kafka_is_fenced(rd_kafka_resp_err_t code);

/* Passes by itself: a broker is away, a coordinator moves, an answer is late. */
bool kafka_is_passing(rd_kafka_resp_err_t code);

/* This principal lacks a right. */
bool kafka_is_forbidden(rd_kafka_resp_err_t code);

/* Forbidden, or not let in at all: the brokers do not believe who we say that we are. */
bool kafka_is_denied(rd_kafka_resp_err_t code);

/* FENCED, DENIED, AGAIN (passing), else FAILED; the sentence is "<what>: <Kafka's text>; <what to
 * do>". `what` names the thing that it was about, `right` what one must be allowed with a topic for
 * it ("Read"). */
enum result kafka_failed(rd_kafka_resp_err_t code, struct error *error, const char *what,
                         const char *right);

/* The same for a call on `handle` that returns an error object, which is destroyed; NULL is OK. The
 * handle is a producer's. */
enum result kafka_failed_object(rd_kafka_t *handle, rd_kafka_error_t *object, struct error *error,
                                const char *what);

#endif
