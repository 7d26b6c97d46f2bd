/* What `verify` remembers while it folds; the room's own. */
#ifndef MILLRACE_CLI_VERIFY_STATE_H
#define MILLRACE_CLI_VERIFY_STATE_H

#include "cli/verify/uuid_map.h"
#include "cli/verify/verify.h"
#include "domain/arena.h"
#include "generated/c/millrace.h"
#include "wire/plan.h"

enum {
    VERIFY_MODEL_BYTES_MAX = 4 * 1024 * 1024,
    VERIFY_KINDS_COUNT = 2, /* processors that write in transactions, each with a compacted topic */
};

/* Where a record lies. */
struct verify_place {
    const char *topic;
    int32_t partition;
    int64_t offset;
};

/* An encoded value, from malloc. */
struct verify_encoded {
    uint8_t *data; /* NULL: none */
    uint32_t length;
};

/* A fold beside the state that must be equal to it: a certificate's model, or its ledger. */
struct verify_fold {
    struct verify_encoded folded; /* none: no event yet, the initial value */
    struct verify_encoded state;  /* of the newest state record before the cut; none: there is no
                                     such state, or the fold was equal to it and it is `passed` */
    int64_t state_offset;
    int64_t event_offset; /* of the last event */
    int64_t overtaken;    /* offset of the event that came after the one the state is of */
    bool has_state;       /* before the cut */
    bool has_newer;       /* behind it */
    bool has_events;
    bool passed;  /* the fold was equal to the state, after some event */
    bool equal;   /* it is now */
    bool due;     /* the cut was passed: from here on the state may be equal to the fold */
    bool matched; /* it was, at some prefix behind the cut */
    bool broken;  /* an event did not fit: nothing further is said about it */
};

/* A certificate, and what its two states say about work under way. */
struct verify_certificate {
    struct uuid id;
    struct verify_fold fold; /* of its ledger; once registry.events were read, of its model */
    int64_t sequence;        /* of the last SubmitTransaction */
    int64_t submitted;       /* offset + 1 of the last command that was submitted; 0: none */
    int64_t decided;         /* offset + 1 of the last command whose turn came; 0: none */
    struct uuid queued;      /* the submission under way, by registry.state */
    struct uuid *under_way;  /* commands at the registry and waiting, by certificates.state */
    uint32_t under_way_count;
    uint32_t number;  /* among the certificates */
    bool has_current; /* the first of them is at the registry */
    bool has_queued;
    bool is_suspended;   /* by its events so far */
    bool was_misaligned; /* an event suspended it as such */
    bool has_newer; /* a state behind the cut, of the kind whose folds have ended last: the one of
                       before the cut, and what it had under way, may be compacted away */
    bool counted;   /* as a certificate: not only a key that somebody used */
};

enum verify_outcome {
    VERIFY_OUTCOME_NONE = 0,
    VERIFY_OUTCOME_EXECUTED,
    VERIFY_OUTCOME_NOT_EXECUTED,
};

/* A command and its submission: both have one id, UUIDv5(certificate, command). There is one for
 * each command that ever was, so texts and ids are kept as 32 bits of a hash, and places as offsets
 * in the topic that is meant. */
struct verify_command {
    struct uuid submission_id;
    struct uuid command_id;
    int64_t offset;         /* of its first record that is no dead letter */
    int64_t submit_offset;  /* of its SubmitTransaction */
    int64_t outcome_offset; /* of its outcome; of its SubmissionUnknown while that is open */
    int64_t answer_offset;  /* of its last answer */
    uint32_t certificate;   /* its number */
    uint32_t payload;       /* hash of its payload hash */
    uint32_t descent;       /* hash of what all that comes of it inherits */
    uint32_t transaction;   /* hash of registry and bytes of its first intent */
    uint32_t transaction_id;
    uint32_t incarnation; /* hash of that of the last intent */
    uint32_t events;      /* hash of the ids of the events of its final decision, in order */
    uint32_t version;     /* of the last of them */
    uint32_t answer;      /* hash of its last answer */
    uint32_t sequence;
    uint32_t attempts;    /* the last intent's number */
    uint16_t type;        /* enum message_type; of `seen` ones */
    uint8_t events_count; /* in `events` */
    bool seen : 1;        /* a record that is no dead letter */
    bool operation : 1;   /* of certificates.operations: no command */
    bool due : 1;         /* one of its records is before the cut and was read */
    bool waiting : 1;     /* in a mailbox */
    bool current : 1;     /* at the registry */
    bool submitted : 1;
    bool submit_due : 1;
    bool asked_executed : 1;   /* an operator said so */
    bool asked_dead : 1;       /* an operator: not executed, WriterDead */
    bool asked_risk : 1;       /* an operator: not executed, MayExecuteTwice */
    bool intent_open : 1;      /* an intent stands: no NotSent, no outcome */
    bool not_sent : 1;         /* the last intent ended so */
    bool contradicted : 1;     /* evidence said that a NotSent was executed */
    bool unknown : 1;          /* SubmissionUnknown, not resolved */
    bool was_unknown : 1;      /* at any time */
    bool resolved : 1;         /* its outcome is a SubmissionResolved */
    bool outcome_late : 1;     /* likewise of SubmissionUnknown, while that is open */
    bool suspended : 1;        /* its SubmissionUnknown suspended the certificate */
    bool applied_event : 1;    /* the event that it is for is there */
    bool rejected_event : 1;   /* CommandRejected is there */
    bool events_due : 1;       /* one of those is before the cut */
    bool answered_unknown : 1; /* at any time */
    bool answer_late : 1;      /* the first final answer was */
    enum verify_outcome outcome : 2;
    enum verify_outcome answered : 2; /* EXECUTED: Applied; the final answer */
};

/* A record that was dead-lettered, by where it had lain. */
struct verify_letter {
    struct uuid place; /* made of topic, partition and offset */
};

/* A message that others may name as their parent: operations of the registry, evidence, incidents.
 */
struct verify_parent {
    struct uuid id;
};

/* A reply that was found: what it is about must have been intended. */
struct verify_evidence {
    struct uuid id;
    struct uuid submission_id;
    int64_t offset;
};

/* What became of a submission, for comparison with a registry's own ledger. */
struct verify_intents {
    struct uuid submission_id;
    uint32_t count;
    bool succeeded;
    bool refused;  /* also: resolved as not executed, by something else than an operator's risk */
    bool not_sent; /* the last intent ended so */
};

/* What a registry's own ledger says about a submission. */
struct verify_witness {
    struct uuid submission_id;
    uint32_t requests;
    uint32_t executions;
    bool asked_before;    /* a request stood there before the cut */
    bool executed_before; /* likewise an execution */
};

struct verify {
    struct verify_report report;
    int32_t partition;
    enum verify_topic topic; /* the one being read */
    struct verify_positions positions;
    struct arena scratch; /* for one record, its fold and its encoding; grows */
    struct plan model_plan;
    struct plan ledger_plan;
    /* Of the partition. */
    struct uuid_map certificates; /* struct verify_certificate */
    struct uuid_map commands;     /* struct verify_command */
    struct uuid_map parents;      /* struct verify_parent */
    struct uuid_map evidence;     /* struct verify_evidence */
    /* Of all. */
    struct uuid_map letters;   /* struct verify_letter */
    struct uuid_map intents;   /* struct verify_intents; only where a registry's ledger was read */
    struct uuid_map witnesses; /* struct verify_witness */
    bool witnessed;            /* a registry's ledger was read */
    struct verify_sets *sets;  /* transactions of Kafka */
};

__attribute__((format(printf, 3, 4))) void verify_breach(struct verify *verify,
                                                         const struct verify_place *place,
                                                         const char *format, ...);

static inline struct verify_place verify_place_of(const struct log_record *record) {
    return (struct verify_place){
        .topic = record->topic, .partition = record->partition, .offset = record->offset};
}

/* A place in the partition that is being read. */
static inline struct verify_place verify_place_at(const struct verify *verify,
                                                  enum verify_topic topic, int64_t offset) {
    return (struct verify_place){
        .topic = verify_topics[topic], .partition = verify->partition, .offset = offset};
}

/* An id as text in a buffer of the caller's. */
enum { VERIFY_ID_SIZE = 37 };
const char *verify_id(const struct uuid *id, char text[VERIFY_ID_SIZE]);

/* The certificate that a record of ours is about: its key, which its message repeats, and which
 * belongs to this partition. NULL: a breach. */
struct verify_certificate *verify_certificate_of(struct verify *verify,
                                                 const struct verify_record *record);
/* What a record of a topic with one type of message has. NULL: a breach. */
const void *verify_body_of(struct verify *verify, const struct verify_record *record,
                           enum message_type type);

/* By certificate and command; made when it is new. */
struct verify_command *verify_command_of(struct verify *verify, const struct uuid *certificate_id,
                                         const struct uuid *command_id);
/* By its submission, of this certificate. */
struct verify_command *verify_submission_of(struct verify *verify, const struct uuid *submission_id,
                                            const struct uuid *certificate_id);
const struct uuid *verify_certificate_id(const struct verify *verify,
                                         const struct verify_command *command);

/* Make the scratch arena large enough to decode `bytes` of models and to fold one event into each
 * of them. Only while nothing is in it. */
void verify_scratch_reserve(struct verify *verify, size_t bytes);

/* --- lineage.c: what comes of what --------------------------------------------------------------
 */

/* The id of the message of this type that handling `parent` makes. */
struct uuid verify_child_id(const struct uuid *certificate_id, const struct uuid *parent,
                            enum message_type type, uint32_t ordinal);
/* Those of a command's messages, of which the outcome must be known. */
struct uuid verify_submit_id(const struct verify *verify, const struct verify_command *command);
struct uuid verify_unknown_id(const struct verify *verify, const struct verify_command *command);
struct uuid verify_outcome_id(const struct verify *verify, const struct verify_command *command);

/* A message of ours has a time, a source and a parent, and an id that follows from it. False: a
 * breach. */
bool verify_lineage(struct verify *verify, const struct verify_record *record,
                    const struct uuid *certificate_id, uint32_t ordinal);
/* What a command hands down: its root and how it came in. False: a breach. */
bool verify_inherits(struct verify *verify, const struct verify_record *record,
                     const struct verify_command *command);
uint32_t verify_descent_of_root(const struct millrace_metadata *metadata);

/* --- Each concern has one file. ------------------------------------------------------------------
 */

void verify_letters_take(struct verify *verify, const struct verify_record *record);
bool verify_letters_have(const struct verify *verify, const struct log_record *record);

void verify_commands_take(struct verify *verify, const struct verify_record *record);
void verify_operations_take(struct verify *verify, const struct verify_record *record);
void verify_commands_end(struct verify *verify);

void verify_answers_take(struct verify *verify, const struct verify_record *record);

void verify_states_take(struct verify *verify, const struct verify_record *record);
void verify_ledger_states_take(struct verify *verify, const struct verify_record *record);

/* Fold an event; false: it does not fit, which was said. */
void verify_model_fold(struct verify *verify, struct verify_certificate *certificate,
                       const struct verify_record *record);
void verify_ledger_fold(struct verify *verify, struct verify_certificate *certificate,
                        const struct verify_record *record);
void verify_models_end(struct verify *verify);
void verify_ledgers_end(struct verify *verify);

/* NULL: the event keeps what must be kept; else what it breaks. */
const char *verify_conservation(const void *before, const void *after, enum message_type type);

void verify_events_take(struct verify *verify, const struct verify_record *record);

void verify_submissions_take(struct verify *verify, const struct verify_record *record);
void verify_submissions_end(struct verify *verify);

void verify_registry_operations_take(struct verify *verify, const struct verify_record *record);
void verify_evidence_take(struct verify *verify, const struct verify_record *record);
void verify_evidence_end(struct verify *verify);
void verify_outcomes_take(struct verify *verify, const struct verify_record *record);
/* Is the verdict on an unknown outcome one that may be given? NULL: yes; else why not. */
const char *verify_resolution(const struct verify_record *record,
                              const struct verify_command *command);

void verify_witnesses_finish(struct verify *verify);

struct verify_sets *verify_sets_open(void);
void verify_sets_begin(struct verify *verify);
void verify_sets_take(struct verify *verify, const struct verify_record *record);
/* A state topic has a key for the second time: behind this offset nothing was compacted. */
void verify_sets_key_again(struct verify *verify, int64_t offset);
void verify_sets_end(struct verify *verify);
void verify_sets_finish(struct verify *verify);
void verify_sets_close(struct verify_sets *sets);
/* The incarnation that wrote a record, by its header. False: none. */
bool verify_sets_incarnation(const struct verify_record *record, struct uuid *incarnation);

#endif
