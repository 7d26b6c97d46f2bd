/* The registry as the connector may see it: one call, one attempt; it never retries by itself. */
#ifndef MILLRACE_PORTS_REGISTRY_H
#define MILLRACE_PORTS_REGISTRY_H

#include <stdbool.h>
#include <stdint.h>

#include "domain/arena.h"
#include "domain/values.h"
#include "generated/c/registry_commands.h"
#include "ports/error.h"

enum {
    REGISTRY_TEXT_MAX = 1024, /* bytes of a registry's message or evidence that are kept */
};

/* What an adapter can do besides sending. `none` (0) is what everything must work with. */
enum registry_capability {
    REGISTRY_CAPABILITY_STATUS = 1u << 0, /* can be asked for a transaction by its id */
    REGISTRY_CAPABILITY_STREAM = 1u << 1, /* can read a certificate's stream */
};

/* A transaction, built and signed once; the same bytes are sent by every attempt. */
struct registry_transaction {
    struct text id;     /* the registry's own name for it */
    struct bytes bytes; /* what goes on the wire */
};

/* One attempt. It is known by (submission_id, attempt) until its one reply. */
struct registry_request {
    struct uuid submission_id;
    struct uuid certificate_id;
    int32_t attempt; /* counted from 1 */
    struct registry_transaction transaction;
    int64_t deadline_ms; /* monotonic: no reply by then is REGISTRY_REPLY_UNKNOWN */
};

enum registry_reply_kind {
    REGISTRY_REPLY_ACCEPTED,  /* the registry said that it has it; the outcome comes later */
    REGISTRY_REPLY_SUCCEEDED, /* executed; a complete, well-formed reply for our transaction */
    REGISTRY_REPLY_REFUSED,   /* a documented business refusal: not executed */
    REGISTRY_REPLY_NOT_SENT,  /* no byte was handed to the kernel, or the protocol says so */
    REGISTRY_REPLY_UNKNOWN,   /* anything else */
};

struct registry_reply {
    struct uuid submission_id;
    int32_t attempt;
    enum registry_reply_kind kind;
    /* NOT_SENT, UNKNOWN: why; a word of the closed lists in registry.events. */
    enum registry_events_not_sent_cause not_sent_cause;
    enum registry_events_unknown_cause unknown_cause;
    uint32_t text_length;
    char text[REGISTRY_TEXT_MAX]; /* refusal message or evidence, UTF-8 */
};

/* One lane's connection to one registry, used by that lane's thread only; nothing blocks. */
struct registry {
    void *self;
    uint32_t capabilities; /* enum registry_capability, or-ed */

    /* Build and sign the transaction of an operation; the same inputs give the same bytes.
     * INVALID: this registry must never be sent such a thing (`error` says why). */
    enum result (*prepare)(void *self, const struct uuid *submission_id,
                           const struct uuid *certificate_id,
                           const struct millrace_operation *operation, struct arena *arena,
                           struct registry_transaction *transaction, struct error *error);

    /* Begin the one attempt. Always OK or AGAIN (no slot: nothing was done); every other outcome,
     * a refused connection too, comes as a reply. */
    enum result (*start)(void *self, const struct registry_request *request, struct error *error);

    /* Replies that have come, at most `replies_max`; also drives the connections. Never waits. */
    enum result (*poll)(void *self, int64_t now_ms, struct registry_reply *replies,
                        uint32_t replies_max, uint32_t *replies_count, struct error *error);

    /* Destroy an attempt of which no byte was handed to the kernel. True: it is gone and will never
     * be sent. False: too late, or unknown. */
    bool (*withdraw)(void *self, const struct uuid *submission_id, int32_t attempt);

    /* Attempts that are started and have had no reply yet. */
    uint32_t (*calls_out)(void *self);

    int (*wait_fd)(void *self);              /* readable when `poll` has work; for epoll */
    int64_t (*next_deadline_ms)(void *self); /* monotonic; INT64_MAX when there is none */
    void (*close)(void *self);
};

#endif
