/* Which call misbehaves, and how: what becomes of the transaction, and what of the answer. */
#ifndef MILLRACE_STANDIN_PROJECT_ORIGIN_FAULT_H
#define MILLRACE_STANDIN_PROJECT_ORIGIN_FAULT_H

#include "standin/rule.h"

enum { MIMIC_FAULTS_MAX = 64 };

enum mimic_action {
    MIMIC_ACTION_NONE, /* no rule applies */
    MIMIC_ACTION_REFUSE,
    MIMIC_ACTION_LOSE,
    MIMIC_ACTION_POISON,
    MIMIC_ACTION_IGNORE,
    MIMIC_ACTION_LOSE_ANSWER,
    MIMIC_ACTION_UNAVAILABLE,
    MIMIC_ACTION_UNAVAILABLE_AFTER,
    MIMIC_ACTION_FAIL,
    MIMIC_ACTION_FAIL_EXECUTED,
    MIMIC_ACTION_RESET,
    MIMIC_ACTION_RESET_AFTER,
    MIMIC_ACTION_HANG_UP,
    MIMIC_ACTION_HANG_UP_AFTER,
    MIMIC_ACTION_HALF_REPLY,
    MIMIC_ACTION_REFUSE_STREAM,
    MIMIC_ACTION_GOAWAY,
    MIMIC_ACTION_GOAWAY_AFTER,
    MIMIC_ACTIONS,
};

enum mimic_fate {
    MIMIC_FATE_RUN,         /* executed when its turn comes */
    MIMIC_FATE_REFUSED,     /* FAILED when its turn comes */
    MIMIC_FATE_LOST,        /* gone from the queue when its turn comes */
    MIMIC_FATE_POISON,      /* tried again for ever when its turn comes */
    MIMIC_FATE_DROPPED,     /* not queued, and nobody is told */
    MIMIC_FATE_UNPROCESSED, /* not queued, and the sender is told so */
};

enum mimic_reply {
    MIMIC_REPLY_ANSWER,      /* as it should be */
    MIMIC_REPLY_NONE,        /* never any */
    MIMIC_REPLY_UNAVAILABLE, /* grpc-status 14 in the only HEADERS frame */
    MIMIC_REPLY_FAIL,        /* grpc-status 2 in trailers behind headers */
    MIMIC_REPLY_RESET,       /* RST_STREAM, INTERNAL_ERROR */
    MIMIC_REPLY_HANG_UP,     /* no byte more, and no farewell */
    MIMIC_REPLY_HALF,        /* headers and half of the message, then no byte more */
    MIMIC_REPLY_REFUSED,     /* RST_STREAM, REFUSED_STREAM */
    MIMIC_REPLY_GOAWAY,      /* GOAWAY below the stream */
    MIMIC_REPLY_LAST_GOAWAY, /* GOAWAY that counts the stream as processed, then no byte more */
};

struct mimic_fault {
    enum mimic_action action;
    struct standin_rule when; /* its own action is not used */
};

struct mimic_faults {
    struct mimic_fault each[MIMIC_FAULTS_MAX]; /* the first that applies decides */
    uint32_t count;
    struct standin_chance *chance;
};

/* As an option of the command line and in the ledger: "execute" where no rule applies. */
const char *mimic_action_name(enum mimic_action action);
enum mimic_fate mimic_action_fate(enum mimic_action action);
enum mimic_reply mimic_action_reply(enum mimic_action action);

/* False: `rule` is no rule, or there are too many. */
bool mimic_fault_add(struct mimic_faults *faults, enum mimic_action action, const char *rule);
/* "ACTION RULE". */
bool mimic_fault_add_line(struct mimic_faults *faults, const char *line);

/* What happens to a transaction; rules with the kind `*` count. */
enum mimic_action mimic_fault_of_transaction(struct mimic_faults *faults,
                                             const struct standin_request *request);
/* What happens to a call that only reads, of this kind: "status", "stream", "blocks" or "proof". */
enum mimic_action mimic_fault_of_reading(struct mimic_faults *faults, const char *kind);

#endif
