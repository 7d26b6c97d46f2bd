/* Counts requests that were left without an answer: such a request may still be on its way.
 *
 * librdkafka repeats a request by itself when a connection breaks or an answer does not come in
 * time, and then reports success, so its results do not tell. Its error callback and its log do not
 * either: both hold back repeats. Hence an interceptor on the answers themselves. A connection
 * that breaks while nothing is asked on it leaves nothing behind, and does not count. */
#ifndef MILLRACE_OUTSIDE_KAFKA_WEAR_H
#define MILLRACE_OUTSIDE_KAFKA_WEAR_H

#include <librdkafka/rdkafka.h>
#include <stdatomic.h>
#include <stdint.h>

struct kafka_wear {
    _Atomic uint32_t unanswered; /* requests given up: connection lost, or timed out */
};

/* `wear` must outlive every instance made from the configuration. */
void kafka_wear_watch(rd_kafka_conf_t *conf, struct kafka_wear *wear);

#endif
