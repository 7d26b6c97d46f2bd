/* One librdkafka instance: with our defaults, our log, and an end that is watched. */
#ifndef MILLRACE_OUTSIDE_KAFKA_CLIENT_H
#define MILLRACE_OUTSIDE_KAFKA_CLIENT_H

#include <librdkafka/rdkafka.h>
#include <stdbool.h>
#include <stdint.h>

#include "outside/kafka/kafka_config.h"
#include "outside/kafka/wear.h"
#include "ports/error.h"

enum {
    KAFKA_NAME_MAX = 256, /* bytes of a topic's, group's or client's name, with its zero */
};

enum kafka_role {
    KAFKA_ROLE_MEMBER,     /* the group's consumer, one per processor */
    KAFKA_ROLE_RESTORER,   /* reads a lane's changelogs to their ends */
    KAFKA_ROLE_READER,     /* reads committed records for a tool */
    KAFKA_ROLE_PEEKER,     /* the same, but sees what is not committed and what was aborted */
    KAFKA_ROLE_ASKER,      /* reads nothing: topics, watermarks, administration */
    KAFKA_ROLE_TRANSACTOR, /* a lane's producer */
    KAFKA_ROLE_PRODUCER,   /* idempotent, without transactions */
    KAFKA_ROLE_EVIDENCE,   /* likewise, and gives no record up as long as it lives */
    KAFKA_ROLE_PROBER,     /* asks for the right to write, by records that no broker takes */
};

/* Opaque of its instance, so it must not move while it is open. */
struct kafka_client {
    rd_kafka_t *handle;
    enum kafka_role role;
    struct logger logger;
    char name[KAFKA_NAME_MAX]; /* client.id */
    _Atomic bool ending;       /* what it still has to say matters to nobody */
    _Atomic int refused;       /* why a broker did not let it in; librdkafka's code, 0: none did */
    _Atomic int distrusted; /* what was wrong with the last certificate; OpenSSL's code, 0: none */
    /* Producers: called for each record that was delivered or given up, by the thread that
     * flushes. */
    void (*delivered)(void *context, const rd_kafka_message_t *message);
    void *delivered_context;
    struct kafka_statistics *statistics; /* members, where somebody wants them; else NULL */
    struct kafka_wear wear;              /* transactors and members: what broke on the wire */
};

/* What one client has beyond its role. */
struct kafka_client_plan {
    enum kafka_role role;
    int32_t partition;            /* of its lane, for the log; -1: none */
    const char *processor;        /* group.id is <application>.<processor>; NULL: no group */
    const char *transactional_id; /* NULL: none */
    void (*delivered)(void *context, const rd_kafka_message_t *message);
    void *delivered_context;
};

/* Nothing is contacted yet. INVALID: a property is wrong. FAILED: no threads or no memory. */
enum result kafka_client_open(struct kafka_client *client, const struct kafka_config *config,
                              const struct kafka_client_plan *plan, struct error *error);
/* All queues, topics and lists of the instance are given back before; harmless when not open. */
void kafka_client_close(struct kafka_client *client);

/* Why a call on an open client failed with this code: librdkafka reports a broker that does not let
 * one in as one that is away, and what it gave up for want of a right as given up; it says apart
 * what was wrong. */
rd_kafka_resp_err_t kafka_client_cause(rd_kafka_t *handle, rd_kafka_resp_err_t code);

/* A call came to nothing because no TLS connection can be made (`kafka_client_cause` is __SSL), and
 * goes on trying: AGAIN, and says what is wrong with whose certificate, and what to do. */
enum result kafka_client_distrusts(rd_kafka_t *handle, const char *what, struct error *error);

/* The topic's name in this deployment. INVALID: it is too long. */
enum result kafka_topic_name(const struct kafka_config *config, const char *topic,
                             char name[KAFKA_NAME_MAX], struct error *error);

#endif
