/* What `verify` remembers while it folds; the room's own. */
#ifndef MILLRACE_CLI_VERIFY_STATE_H
#define MILLRACE_CLI_VERIFY_STATE_H

#include "cli/verify/uuid_map.h"
#include "cli/verify/verify.h"
#include "domain/arena.h"
#include "wire/plan.h"

enum {
    VERIFY_MODEL_BYTES_MAX = 4 * 1024 * 1024,
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

/* One fold beside the state that must be equal to it: a certificate's model, or its ledger. */
struct verify_fold {
    struct verify_encoded folded; /* none: no event yet, the initial value */
    struct verify_encoded state;  /* of the newest state record; none: there is no state */
    bool due;     /* the cut was passed: from here on the state may be equal to it */
    bool matched; /* it was, at some prefix behind the cut */
    bool broken;  /* an event did not fit: nothing further is said about it */
    bool has_events;
    struct verify_place state_place;
    struct verify_place event_place; /* of the last event */
};

/* A certificate, and what its two states say about work under way. */
struct verify_certificate {
    struct uuid id;
    struct verify_fold model;
    struct verify_fold ledger;
    int64_t sequence;       /* of the last SubmitTransaction */
    struct uuid *under_way; /* commands at the registry and waiting, by certificates.state */
    uint32_t under_way_count;
    bool has_current;   /* the first of them is at the registry */
    struct uuid queued; /* the submission under way, by registry.state */
    bool has_queued;
};

enum verify_outcome {
    VERIFY_OUTCOME_NONE = 0,
    VERIFY_OUTCOME_EXECUTED,
    VERIFY_OUTCOME_NOT_EXECUTED,
};

/* A command and its submission: both have one id, UUIDv5(certificate, command). */
struct verify_command {
    struct uuid submission_id;
    struct uuid certificate_id;
    struct uuid command_id;
    bool seen;    /* a record that is no dead letter */
    bool due;     /* one of them is before the cut and was read */
    bool unread;  /* the first of them was not read yet */
    bool waiting; /* in a mailbox */
    bool current; /* at the registry */
    bool own_books_only;
    struct verify_place place; /* of the first */
    bool answered_unknown;
    enum verify_outcome answer; /* EXECUTED: Applied */
    bool answer_late;
    struct verify_place answer_place;
    bool submitted;
    bool submit_due;
    int64_t sequence;
    struct verify_place submit_place;
    int32_t attempts; /* the last intent's number */
    bool intent_open; /* an intent stands: no NotSent, no outcome */
    bool unknown;     /* SubmissionUnknown, not resolved */
    enum verify_outcome outcome;
    struct verify_place outcome_place;
};

/* An event of certificates.events by its own id. */
struct verify_event {
    struct uuid id;
    struct uuid certificate_id;
};

/* A record that was dead-lettered, by where it had lain. */
struct verify_letter {
    struct uuid place; /* made of topic, partition and offset */
};

/* How often a submission was intended, and what the registry answered. */
struct verify_intents {
    struct uuid submission_id;
    uint32_t count;
    bool succeeded;
    bool refused;
};

/* What a registry's own ledger says about a submission. */
struct verify_witness {
    struct uuid submission_id;
    bool asked_before; /* a request stood there before the cut */
    uint32_t requests;
    uint32_t executions;
};

struct verify {
    struct verify_report report;
    int32_t partition;
    struct verify_positions positions;
    struct arena scratch; /* for one record, its fold and its encoding; grows */
    struct plan model_plan;
    struct plan ledger_plan;
    struct uuid_map certificates; /* struct verify_certificate; of the partition */
    struct uuid_map commands;     /* struct verify_command; of the partition */
    struct uuid_map events;       /* struct verify_event; of the partition */
    struct uuid_map operations;   /* ids of operations; of the partition */
    struct uuid_map letters;      /* struct verify_letter; of all */
    struct uuid_map intents;      /* struct verify_intents; of all */
    struct uuid_map witnesses;    /* struct verify_witness; of all */
    bool witnessed;               /* a registry's ledger was read */
    struct verify_sets *sets;     /* transactions of Kafka; of all */
};

__attribute__((format(printf, 3, 4))) void verify_breach(struct verify *verify,
                                                         const struct verify_place *place,
                                                         const char *format, ...);

static inline struct verify_place verify_place_of(const struct log_record *record) {
    return (struct verify_place){
        .topic = record->topic, .partition = record->partition, .offset = record->offset};
}

/* An id as text in a buffer of the caller's. */
enum { VERIFY_ID_SIZE = 37 };
const char *verify_id(const struct uuid *id, char text[VERIFY_ID_SIZE]);

/* The certificate that a record's key names; NULL (and a breach): the key is none. */
struct verify_certificate *verify_certificate_of(struct verify *verify,
                                                 const struct verify_record *record);
/* By certificate and command; made when it is new. */
struct verify_command *verify_command_of(struct verify *verify, const struct uuid *certificate_id,
                                         const struct uuid *command_id);

/* Make the scratch arena large enough to decode `bytes` of models and to fold one event into each
 * of them. Only while nothing is in it. */
void verify_scratch_reserve(struct verify *verify, size_t bytes);

/* Each concern has one file. */
void verify_letters_take(struct verify *verify, const struct verify_record *record);
bool verify_letters_have(const struct verify *verify, const struct log_record *record);

void verify_commands_take(struct verify *verify, const struct verify_record *record);
void verify_operations_take(struct verify *verify, const struct verify_record *record);
void verify_answers_take(struct verify *verify, const struct verify_record *record);
void verify_commands_end(struct verify *verify);

void verify_certificate_states_take(struct verify *verify, const struct verify_record *record);
void verify_certificate_events_take(struct verify *verify, const struct verify_record *record);
void verify_ledger_states_take(struct verify *verify, const struct verify_record *record);
void verify_ledger_events_take(struct verify *verify, const struct verify_record *record);
void verify_folds_end(struct verify *verify);

void verify_submissions_take(struct verify *verify, const struct verify_record *record);
void verify_outcomes_take(struct verify *verify, const struct verify_record *record);
void verify_submissions_end(struct verify *verify);

void verify_witnesses_finish(struct verify *verify);

struct verify_sets *verify_sets_open(void);
void verify_sets_begin(struct verify *verify);
void verify_sets_take(struct verify *verify, const struct verify_record *record);
void verify_sets_finish(struct verify *verify);
void verify_sets_close(struct verify_sets *sets);

#endif
