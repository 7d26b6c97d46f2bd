/* The registry as the connector may see it: one call, one attempt; it never retries by itself. */
#ifndef MILLRACE_PORTS_REGISTRY_H
#define MILLRACE_PORTS_REGISTRY_H

#include <stdbool.h>
#include <stdint.h>

#include "domain/arena.h"
#include "domain/values.h"
#include "generated/c/millrace.h"
#include "generated/c/registry_events.h"
#include "ports/clock.h"
#include "ports/error.h"

enum {
    REGISTRY_TEXT_MAX = 1024,          /* bytes of a registry's words that are kept */
    REGISTRY_STREAM_SLICES_MAX = 5000, /* of a stream: what fits into one record */
};

/* What an adapter can do besides sending. `none` (0) is what everything must work with. */
enum registry_capability {
    REGISTRY_CAPABILITY_STATUS = 1u << 0, /* can be asked what became of a transaction: `ask` */
    REGISTRY_CAPABILITY_STREAM = 1u << 1, /* can read a certificate's stream: `read_stream` */
};

/* A transaction, built and signed once; the same bytes are sent by every attempt. */
struct registry_transaction {
    struct text id;     /* the registry's own name for it */
    struct bytes bytes; /* what goes on the wire */
};

/* The one attempt that a request or a reply is about. */
struct registry_call {
    struct uuid certificate_id;
    struct uuid submission_id;
    int32_t attempt; /* counted from 1 within the submission */
};

struct registry_request {
    struct registry_call call;
    struct registry_transaction transaction; /* copied by `start` */
    int64_t deadline_ms; /* monotonic: a call without its reply by then gets UNKNOWN, or NOT_SENT
                            where no byte of it was handed to the kernel */
};

/* What became of a transaction that was sent, or may have been or may yet be, by whomever. */
struct registry_question {
    struct registry_call call;               /* that was to send it */
    struct registry_transaction transaction; /* as it is stored; copied by `ask` */
    int64_t deadline_ms;                     /* monotonic: by then there is a reply */
};

enum registry_reply_kind {
    REGISTRY_REPLY_ACCEPTED,  /* the registry said that it has it; the outcome comes later */
    REGISTRY_REPLY_SUCCEEDED, /* executed; a complete, well-formed reply for our transaction */
    REGISTRY_REPLY_REFUSED,   /* a documented business refusal: not executed */
    REGISTRY_REPLY_NOT_SENT,  /* no byte was handed to the kernel, or the protocol says so; the
                                 attempt is destroyed and will never be sent */
    REGISTRY_REPLY_UNKNOWN,   /* anything else */
};

/* How an outcome was learnt. */
enum registry_learnt {
    REGISTRY_LEARNT_BY_REPLY = 0, /* the request was answered */
    REGISTRY_LEARNT_BY_STATUS,    /* it was asked for */
    REGISTRY_LEARNT_BY_STREAM,    /* the certificate's stream has these very bytes */
};

/* The replies of one call: ACCEPTED at most once, then exactly one other. Only after UNKNOWN may
 * one SUCCEEDED or REFUSED still follow, when the registry answers late after all. A question has
 * one reply: SUCCEEDED, REFUSED (the one request that there was has failed, and the stream does not
 * have it either), or UNKNOWN: nothing was learnt. That it is not there yet is nothing. */
struct registry_reply {
    struct registry_call call;
    enum registry_reply_kind kind;
    bool to_question;                            /* else to the request itself */
    enum registry_learnt learnt;                 /* SUCCEEDED, REFUSED: how */
    enum millrace_not_sent_cause not_sent_cause; /* NOT_SENT: why */
    enum millrace_unknown_cause unknown_cause;   /* UNKNOWN: why */
    uint32_t text_length;                        /* bytes of `text` */
    char text[REGISTRY_TEXT_MAX]; /* the registry's words, or ours about what went wrong; UTF-8 */
};

/* What a certificate's stream says, or why it could not be read. */
struct registry_stream {
    struct uuid certificate_id;
    bool is_read;         /* else there is nothing but the words */
    struct text words;    /* not read: why; UTF-8, at most REGISTRY_TEXT_MAX bytes */
    int64_t transactions; /* that the stream has */
    struct registry_events_stream_slice *slices; /* as they stand behind all of them */
    uint32_t slices_count;                       /* at most REGISTRY_STREAM_SLICES_MAX */
    bool withdrawn;                              /* the certificate is */
};

/* One lane's connection to one registry, used by one thread at a time; nothing blocks. */
struct registry {
    void *self;
    uint32_t capabilities; /* enum registry_capability, or-ed */

    /* Build and sign the transaction of an operation in `arena`; the same inputs give the same
     * bytes. INVALID: this registry must never be sent such a thing (`error` says why, to whoever
     * gave the command). */
    enum result (*prepare)(void *self, const struct uuid *submission_id,
                           const struct uuid *certificate_id,
                           const struct millrace_operation *operation, struct arena *arena,
                           struct registry_transaction *transaction, struct error *error);

    /* The registry's own names for the slices that a transaction of this operation makes, told from
     * its bytes as they were stored. In `arena`; returns how many, 0 where there are none. NULL:
     * the registry has no names of its own. */
    uint32_t (*slices_of)(void *self, const struct millrace_operation *operation,
                          struct bytes transaction, struct arena *arena,
                          struct millrace_slice_hash **hashes);

    /* Begin the one attempt; its bytes leave with the next `poll`. Whatever becomes of it, a
     * refused connection too, comes as a reply. */
    void (*start)(void *self, const struct registry_request *request);

    /* Drives the connections and gives out replies that have come, at most `replies_max`, which may
     * be 0. Never waits. A reply is given out once: from then on it is the caller's to keep. */
    uint32_t (*poll)(void *self, struct registry_reply *replies, uint32_t replies_max);

    /* Destroy an attempt of which no byte was handed to the kernel. True: it is gone, will never
     * be sent and gets no reply. False: too late, or unknown here. */
    bool (*withdraw)(void *self, const struct registry_call *call);

    /* Ask what became of a transaction: nothing is sent by it, and nobody has to have sent it. One
     * question about an attempt at a time. It is no call: `calls_out` does not count it, and
     * `close` drops it. NULL without the capability STATUS. */
    void (*ask)(void *self, const struct registry_question *question);

    /* Read a certificate's stream; one reading of a certificate at a time. By the deadline
     * (monotonic) it has an answer. It is no call: `calls_out` does not count it. NULL without the
     * capability STREAM, as the next two are. */
    void (*read_stream)(void *self, const struct uuid *certificate_id, int64_t deadline_ms);
    /* An answer to a reading that `poll` has brought, with what it points to in `arena`; each is
     * given out once. False: there is none. */
    bool (*stream_answer)(void *self, struct arena *arena, struct registry_stream *stream);
    /* Nobody waits for readings any more: what is out of them, and their answers, are dropped. */
    void (*forget_streams)(void *self);

    /* Calls that are started and still owe a reply other than ACCEPTED. */
    uint32_t (*calls_out)(void *self);

    /* When there is work for `poll`, the one is readable or the other has passed (monotonic;
     * INT64_MAX: never). The descriptor stays the same. */
    int (*wait_fd)(void *self);
    int64_t (*next_deadline_ms)(void *self);

    /* Ends the connections. What is out then may still be executed, and nobody hears of it. */
    void (*close)(void *self);
};

/* A registry by its configured name. The strings outlive every lane. */
struct registry_config {
    const char *name;    /* as certificates name it */
    const char *adapter; /* how it is spoken to: "plain" */
    const char *address; /* the adapter's own notation */
    uint32_t
        in_flight_max; /* calls out at once, shared by all lanes of the deployment; at least 1 */
};

/* A way to speak to a kind of registry. */
struct registry_adapter {
    const char *name; /* as in registry_config.adapter */
    void *self;
    /* One lane's connection. Contacts nothing yet: a registry that is down stops no lane.
     * INVALID: the configuration cannot be worked with. */
    enum result (*open)(void *self, const struct registry_config *config, const struct clock *clock,
                        struct registry *registry, struct error *error);
};

#endif
