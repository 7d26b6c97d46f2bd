/* A proxy in front of one Kafka broker that can hold requests back, cut connections and swallow
 * answers: what networks do, at a moment of the test's choosing. The broker's own address is
 * replaced in what passes, so that clients come back to the proxy. */
#ifndef MILLRACE_TESTS_SUPPORT_KAFKA_PROXY_H
#define MILLRACE_TESTS_SUPPORT_KAFKA_PROXY_H

#include <stdbool.h>
#include <stdint.h>

/* Kinds of requests, by Kafka's number. */
enum kafka_proxy_api {
    KAFKA_PROXY_PRODUCE = 0,
    KAFKA_PROXY_LIST_OFFSETS = 2,
    KAFKA_PROXY_ADD_PARTITIONS_TO_TXN = 24,
    KAFKA_PROXY_ADD_OFFSETS_TO_TXN = 25,
    KAFKA_PROXY_END_TXN = 26,
    KAFKA_PROXY_TXN_OFFSET_COMMIT = 28,
};

enum kafka_proxy_fault {
    KAFKA_PROXY_HOLD,    /* the request, and all behind it on its connection, wait */
    KAFKA_PROXY_CUT,     /* the same, and the client's connection is reset */
    KAFKA_PROXY_SWALLOW, /* the request passes; its answer does not, and the client is reset */
};

struct kafka_proxy;

/* `upstream` is host:port of a cluster of one broker. Asserts if it cannot listen. */
struct kafka_proxy *kafka_proxy_open(const char *upstream);
void kafka_proxy_close(struct kafka_proxy *proxy);
/* host:port for clients; lives as long as the proxy. */
const char *kafka_proxy_address(const struct kafka_proxy *proxy);

/* The next `count` requests of a kind meet with a fault; UINT32_MAX: all of them. */
void kafka_proxy_arm(struct kafka_proxy *proxy, enum kafka_proxy_api api,
                     enum kafka_proxy_fault fault, uint32_t count);

/* The broker goes away: all connections are reset and new ones too, until it comes back. */
void kafka_proxy_away(struct kafka_proxy *proxy, bool away);

/* How many requests have met with a fault so far. */
uint32_t kafka_proxy_hits(struct kafka_proxy *proxy);
void kafka_proxy_await_hits(struct kafka_proxy *proxy, uint32_t hits, int32_t timeout_ms);

/* Send the request that was held first to the broker now, late, and what is behind it on its
 * connection. Waits for the broker's answer and returns the error in it (of EndTxn only): Kafka's
 * number, 0 is success. */
int16_t kafka_proxy_release(struct kafka_proxy *proxy, int32_t timeout_ms);
/* Forget what is held: it never arrives. */
void kafka_proxy_forget(struct kafka_proxy *proxy);

#endif
