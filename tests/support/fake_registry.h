/* A registry in memory behind ports/registry.h: it does what the test says, and remembers every
 * call that was ever started, by whichever lane. */
#ifndef MILLRACE_TESTS_FAKE_REGISTRY_H
#define MILLRACE_TESTS_FAKE_REGISTRY_H

#include "ports/registry.h"

enum {
    FAKE_REGISTRY_CALLS_MAX = 8192,
    FAKE_REGISTRY_QUESTIONS_MAX = 4096,
    FAKE_REGISTRY_READINGS_MAX = 256,
    FAKE_REGISTRY_BYTES_MAX = 256,
};

enum fake_call_stage {
    FAKE_CALL_UNSENT,   /* no byte was handed over */
    FAKE_CALL_SENT,     /* the registry has it */
    FAKE_CALL_ANSWERED, /* its reply was given out, or waits to be */
    FAKE_CALL_LATE,     /* its UNKNOWN was given out; it may still be answered */
    FAKE_CALL_WITHDRAWN,
};

/* A transaction as it came in. */
struct fake_transaction {
    char id[64];
    uint8_t bytes[FAKE_REGISTRY_BYTES_MAX];
    uint32_t length;
};

struct fake_call {
    struct registry_call call;
    char registry[32]; /* its configured name */
    struct fake_transaction transaction;
    int64_t deadline_ms;
    int64_t started_ms;
    enum fake_call_stage stage;
    bool has_reply; /* `reply` waits to be fetched */
    struct registry_reply reply;
    const void *connection; /* NULL: closed */
};

/* It was asked what became of a transaction. */
struct fake_question {
    struct registry_call call;
    char registry[32];
    struct fake_transaction transaction;
    int64_t asked_ms;
    int64_t deadline_ms;
    bool told;      /* it has its reply, or nobody waits for it any more */
    bool has_reply; /* `reply` waits to be fetched */
    struct registry_reply reply;
    const void *connection; /* NULL: closed */
};

/* A certificate's stream was to be read. */
struct fake_reading {
    struct uuid certificate_id;
    char registry[32];
    int64_t asked_ms;
    int64_t deadline_ms;
    bool told;       /* it has its answer, or nobody waits for it any more */
    bool has_answer; /* `stream` waits to be taken */
    struct registry_stream stream;
    const void *connection; /* NULL: closed */
};

struct fake_registry {
    struct fake_call calls[FAKE_REGISTRY_CALLS_MAX];
    uint32_t count;
    struct fake_question questions[FAKE_REGISTRY_QUESTIONS_MAX];
    uint32_t questions_count;
    struct fake_reading readings[FAKE_REGISTRY_READINGS_MAX];
    uint32_t readings_count;
    uint32_t capabilities; /* of the connections that are opened from now on */
    uint32_t edition;      /* of the adapter: each builds other bytes */
    bool refuses;          /* nobody can connect: every new call is NOT_SENT at once */
    bool keeps_unsent;     /* calls stay UNSENT until `fake_registry_take` */
    bool impossible;       /* nothing can be made into a transaction */
    bool names_slices;     /* a transferred slice is called by the bytes that were sent */
    uint32_t connections;  /* open now */
    /* Called in `start`, before anything else: the other half of the promise is checked there. */
    void (*watch)(void *context, const struct registry_request *request);
    void *watch_context;
};

/* The adapter "fake" onto it. */
struct registry_adapter fake_registry_adapter(struct fake_registry *fake);

/* The registry gets what is unsent. */
void fake_registry_take(struct fake_registry *fake);
/* Answer a call by its number, counted from 0 in the order in which they were started. */
void fake_registry_answer(struct fake_registry *fake, uint32_t number,
                          enum registry_reply_kind kind);
/* Answer a question by its number, counted from 0 in the order in which they were asked. */
void fake_registry_tell(struct fake_registry *fake, uint32_t number, enum registry_reply_kind kind,
                        enum registry_learnt learnt);
/* Answer a reading by its number, counted from 0 in the order in which they were begun. What the
 * stream points to must outlive the taking of it. */
void fake_registry_show(struct fake_registry *fake, uint32_t number,
                        const struct registry_stream *stream);
/* The connection of a call's breaks: it, and all that are out there, become unknown. */
void fake_registry_break(struct fake_registry *fake, uint32_t number);

#endif
