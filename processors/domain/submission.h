/* The send-once ledger of one certificate: which submission is under way, where it stands, and what
 * may happen next. Nothing here sends; it decides what is written down before and after. */
#ifndef MILLRACE_DOMAIN_SUBMISSION_H
#define MILLRACE_DOMAIN_SUBMISSION_H

#include <stdbool.h>
#include <stdint.h>

#include "domain/arena.h"
#include "domain/message.h"
#include "domain/values.h"
#include "generated/c/registry_commands.h"
#include "generated/c/registry_events.h"
#include "generated/c/registry_evidence.h"
#include "generated/c/registry_operations.h"
#include "generated/c/registry_state.h"

enum {
    SUBMISSION_FORMAT_VERSION = 1,    /* the newest of registry.state.LedgerState that we know */
    SUBMISSION_EVENTS_MAX = 2,        /* events of one decision */
    SUBMISSION_EVIDENCE_HELD_MAX = 8, /* pieces held for one certificate; the oldest give way */
};

enum submission_input_kind {
    SUBMISSION_INPUT_SUBMIT,    /* a SubmitTransaction came */
    SUBMISSION_INPUT_INTEND,    /* a slot is free: write the intent; only when startable */
    SUBMISSION_INPUT_REFUSE,    /* it can never be sent: no transaction can be made of it; only when
                                   startable and never attempted */
    SUBMISSION_INPUT_REPLY,     /* the registry, or the way to it, answered our call */
    SUBMISSION_INPUT_HOLD_OVER, /* another incarnation's intent was held open long enough */
    SUBMISSION_INPUT_RESOLVE,   /* a ResolveSubmission came */
    SUBMISSION_INPUT_EVIDENCE,  /* an EvidenceFound came */
    SUBMISSION_INPUT_READ,      /* a ReadStream came */
    SUBMISSION_INPUT_STREAM,    /* the stream that it is about was read */
};

enum submission_reply_kind {
    SUBMISSION_REPLY_ACCEPTED,
    SUBMISSION_REPLY_SUCCEEDED,
    SUBMISSION_REPLY_REFUSED,
    SUBMISSION_REPLY_NOT_SENT,
    SUBMISSION_REPLY_UNKNOWN,
};

/* What became of a call of this lane's. */
struct submission_reply {
    struct uuid submission_id;
    int32_t attempt;
    enum submission_reply_kind kind;
    enum millrace_not_sent_cause not_sent_cause; /* of NOT_SENT */
    enum millrace_unknown_cause unknown_cause;   /* of UNKNOWN */
    struct text words;                           /* the registry's, or ours about what went wrong */
};

/* What the lane knows about an unknown outcome when an operator's verdict is read. */
struct submission_facts {
    bool quarantine_set;    /* a quarantine is configured; without one nothing is ever over */
    bool writer_dead;       /* the process that wrote the open intent is proven dead */
    bool quarantine_over;   /* it has passed, for the closing rule that the verdict names: since the
                               writer was found dead, or since the outcome became unknown */
    int64_t quarantined_ms; /* how long that is by now */
    bool written_after;     /* the verdict was written down after the quarantine's end */
};

/* What a certificate's stream says, and what the ledger said when it was asked. */
struct submission_reading {
    int64_t sequence; /* of the ledger, before the reading began */
    struct registry_events_stream_slice *slices;
    uint32_t slices_count;
    bool withdrawn;
    int64_t transactions;
};

struct submission_input {
    enum submission_input_kind kind;
    union {
        struct {
            const struct registry_commands_submit_transaction *command;
            struct text traceparent; /* empty: none */
        } submit;
        struct {
            struct text transaction_id;
            struct bytes transaction; /* later attempts: the stored bytes, again */
        } intend;
        struct text refuse; /* why no transaction can be made */
        struct submission_reply reply;
        struct {
            const struct registry_operations_resolve_submission *operation;
            struct submission_facts facts;
        } resolve;
        const struct registry_evidence_evidence_found *evidence;
        struct {
            const struct registry_operations_read_stream *operation;
            struct text traceparent; /* empty: none */
        } read;
        struct submission_reading stream;
    };
};

/* Who decides, and when: the same for all decisions of a turn. */
struct submission_context {
    struct uuid incarnation;       /* of this lane */
    struct millrace_writer writer; /* this process */
    struct millrace_source source; /* of the messages that are made */
    int64_t now_ms;                /* wall clock, for timestamps only */
    struct arena *arena;           /* for what the decision points to; must outlive it */
};

enum submission_verdict {
    SUBMISSION_VERDICT_NOTHING = 0, /* nothing happens: a replay, or too late to matter */
    SUBMISSION_VERDICT_CHANGED,     /* write the events, evolve by them, keep the new work */
    SUBMISSION_VERDICT_TESTIFY,     /* a reply contradicts a settled outcome: write it down as
                                       evidence; it comes back as EvidenceFound */
    SUBMISSION_VERDICT_MALFORMED,   /* an operation that cannot be worked on: `field` says where */
    SUBMISSION_VERDICT_BROKEN,      /* a topic of our own breaks its rules: `breach` says which */
};

enum submission_breach {
    SUBMISSION_BREACH_NONE = 0,
    SUBMISSION_BREACH_SEQUENCE_REUSED,   /* this sequence belongs to another submission */
    SUBMISSION_BREACH_SEQUENCE_GAP,      /* sequences between are missing, or it is not positive */
    SUBMISSION_BREACH_STILL_OPEN,        /* the submission before it is not settled */
    SUBMISSION_BREACH_NOT_ONE_OPERATION, /* none is set, or several are, or one we do not know */
};

struct submission_decision {
    enum submission_verdict verdict;
    struct message events[SUBMISSION_EVENTS_MAX]; /* structs of registry.events, in the arena */
    uint32_t events_count;
    struct registry_state_ledger_work work; /* of CHANGED: what is under way from now on */
    const char *field;                      /* of MALFORMED: a field's name */
    enum submission_breach breach;          /* of BROKEN */
};

/* An empty ledger. */
void submission_init(struct registry_state_ledger_state *state, const struct uuid *certificate_id);

/* May this event come next? The table of the states; `evolve` asserts it, `verify` asks it. */
bool submission_follows(const struct registry_state_ledger_model *model,
                        const struct message *event);

/* The fold. New records come from `arena`; texts and bytes are those of the event. */
void submission_evolve(struct registry_state_ledger_model *model, const struct message *event,
                       struct arena *arena);

/* What an input does. Nothing in `state` changes; the decision refers to it and to the input. */
void submission_decide(const struct registry_state_ledger_state *state,
                       const struct submission_input *input,
                       const struct submission_context *context,
                       struct submission_decision *decision);

/* Carry out a decision that is CHANGED: evolve by its events, keep its work. */
void submission_apply(struct registry_state_ledger_state *state,
                      const struct submission_decision *decision, struct arena *arena);

/* Is there a submission without an outcome: queued, under way, or unknown? */
bool submission_open(const struct registry_state_ledger_state *state);

/* May its stream be read now: was that asked for, and is no submission open? */
bool submission_readable(const struct registry_state_ledger_state *state);

/* Is there a submission whose intent may be written now: queued, and no intent of it stands? */
bool submission_startable(const struct registry_state_ledger_state *state);

/* The bytes that earlier attempts of the startable submission were to send, which every later one
 * must send again. False: there was no attempt yet, they are still to be built. */
bool submission_prepared(const struct registry_state_ledger_state *state,
                         struct text *transaction_id, struct bytes *transaction);

/* The metadata of the last attempt's SubmissionIntended, as far as it can be told again: its id and
 * its root, not who wrote it and when. Only of a submission that is open and was intended. */
struct millrace_metadata submission_intended(const struct registry_state_ledger_state *state);

/* The submission that is held open: intended or at the registry, by another incarnation. NULL:
 * none. */
const struct registry_state_submission_model *submission_held(
    const struct registry_state_ledger_state *state, const struct uuid *incarnation);

#endif
