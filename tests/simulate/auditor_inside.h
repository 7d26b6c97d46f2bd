/* The rooms of the auditor among themselves. */
#ifndef MILLRACE_SIMULATE_AUDITOR_INSIDE_H
#define MILLRACE_SIMULATE_AUDITOR_INSIDE_H

#include "domain/arena.h"
#include "domain/certificate_heads.h"
#include "domain/message.h"
#include "generated/c/certificates_answers.h"
#include "generated/c/certificates_commands.h"
#include "generated/c/certificates_events.h"
#include "generated/c/certificates_operations.h"
#include "generated/c/certificates_state.h"
#include "generated/c/registry_commands.h"
#include "generated/c/registry_events.h"
#include "tests/simulate/auditor.h"

/* A record that was read, in the list of its certificate and topic, oldest first. */
struct audit_item {
    struct audit_item *next;
    const char *topic;
    int32_t partition;
    int64_t offset;
    int64_t timestamp_ms;
    struct memory_moment moment;
    struct bytes value;
    struct message message;
};

struct audit_items {
    struct audit_item *first;
    struct audit_item *last;
};

/* ---- a certificate, as it must be ---- */

struct audit_allocation {
    struct uuid id;
    bool has_claim_id;
    struct uuid claim_id;
    struct uuid counterpart;
};

struct audit_slice {
    struct uuid id;
    int64_t quantity;
    struct text owner;
    enum millrace_slice_state state;
    bool has_reservation;
    struct uuid reservation;
    struct audit_allocation allocation; /* unless Available */
    bool has_hash;
    struct bytes hash; /* the registry's name */
    bool has_blinding;
    struct bytes blinding;
};

struct audit_model {
    int64_t version;
    const struct certificates_commands_issue_certificate *issue; /* NULL: never issued */
    bool withdrawn;
    enum millrace_suspension_cause suspended; /* Other: it is not */
    bool has_suspended_by;
    struct uuid suspended_by;
    struct audit_slice *slices; /* in the order in which they came to be */
    uint32_t slices_count;
    struct uuid *spent; /* allocation ids that are on no slice any more */
    uint32_t spent_count;
};

/* ---- a command, and what must have become of it ---- */

enum audit_fate {
    AUDIT_OPEN, /* as far as can be seen it is under way */
    AUDIT_APPLIED,
    AUDIT_REJECTED,
};

enum { AUDIT_EVENTS_MAX = 3 }; /* of one step */

/* What an answer must say. */
struct audit_result {
    int64_t version;
    struct uuid parent_id; /* of the answer */
    struct uuid event_ids[AUDIT_EVENTS_MAX];
    uint32_t event_ids_count;
};

struct audit_command {
    struct audit_command *next; /* of the same certificate and topic */
    const struct audit_item *item;
    struct certificate_command_head head;
    struct bytes content; /* the whole of it but the metadata */
    bool operation;
    struct audit_items repeats;

    bool submitted;
    struct uuid submission_id;
    bool unknown; /* an answer says so */
    struct audit_result unknown_result;
    enum audit_fate fate;
    enum millrace_reason reason; /* AUDIT_REJECTED */
    bool has_detail;             /* AUDIT_REJECTED for RegistryRefused */
    struct text detail;
    bool refused_by_registry;   /* in its own words, not an operator's */
    struct audit_result result; /* unless AUDIT_OPEN */
    bool out_of_turn;           /* refused as it came: it never waited */
    bool may_be_wrong;          /* an operator took the risk that it was executed all the same */
    struct audit_items answers;
};

struct audit_case {
    struct uuid id;
    int32_t partition;
    struct audit_command *commands; /* oldest first */
    struct audit_command *commands_last;
    struct audit_command *operations;
    struct audit_command *operations_last;
    struct audit_items events;
    struct audit_items answers;
    struct audit_items submissions; /* registry.commands */
    struct audit_items registry;    /* registry.events */
    struct bytes state;             /* the newest; empty: none */
    int64_t state_offset;

    struct audit_model model; /* after all of `events` */
    struct audit_command *current;
    int64_t sequence;
    bool registry_used_up; /* nothing of registry.events is still to be taken */
    bool was_read;         /* it is misaligned, and a reading could not set it right */
};

/* A record that must be dead. */
struct audit_letter {
    struct audit_letter *next;
    const char *topic;
    int32_t partition;
    int64_t offset;
    const char *reason;
    bool value_null;
    struct bytes key;
    struct bytes value;
    uint32_t seen;
};

enum { AUDIT_CASES_MAX = 512 };

struct audit {
    const struct auditor_setup *setup;
    struct arena arena;
    struct audit_case *cases;
    uint32_t cases_count;
    struct audit_letter *letters;
};

static inline bool audit_stopped(const struct audit *audit) {
    return audit->setup->transcript->violated;
}

/* ---- auditor_say.c: violations, with the place and whom it is about; each may be NULL ---- */

__attribute__((format(printf, 6, 7))) void audit_violation(
    struct audit *audit, const char *invariant, const struct audit_case *certificate,
    const struct audit_command *command, const struct audit_item *item, const char *format, ...);
const char *audit_type_name(enum message_type type); /* without its topic */
const char *audit_reason_name(enum millrace_reason reason);

/* ---- auditor_read.c ---- */

/* Everything that is visible, sorted by certificate. */
void audit_read(struct audit *audit);
struct audit_case *audit_case_find(struct audit *audit, const struct uuid *id);
struct audit_command *audit_command_find(const struct audit_case *certificate,
                                         const struct uuid *command_id);

/* ---- auditor_rules.c ---- */

/* The reasons for which a command may be refused, a bit each: several where more than one thing of
 * the same rank is wrong with it. 0: it is right. */
uint64_t audit_refusals(const struct audit_model *model, const struct audit_command *command);
/* More than 64 KiB: refused as it comes. */
bool audit_is_too_large(const struct audit_command *command);
/* The same for a realignment; `in_flight`: a command is at the registry. */
uint64_t audit_realign_refusals(const struct audit_model *model,
                                const struct audit_command *operation, bool in_flight);
/* Do the slices that were picked for a reservation follow the rule? */
bool audit_picks_right(struct audit *audit, const struct audit_model *model,
                       const struct certificates_commands_reserve_slices *reserve,
                       const struct uuid *picked, uint32_t picked_count);

/* ---- auditor_operations.c ---- */

/* Is what was submitted what a command asks for? */
bool audit_operation_right(const struct audit_model *model, const struct audit_command *command,
                           const struct millrace_operation *operation);

/* ---- auditor_model.c ---- */

struct audit_slice *audit_slice_find(const struct audit_model *model, const struct uuid *id);
/* What a command's event must say; the registry's names of new slices are in `hashes`. Applies it.
 * NULL: it says that. Otherwise what is wrong with it. */
struct audit_names {
    const struct millrace_slice_hash *hashes;
    uint32_t hashes_count;
};
const char *audit_apply(struct audit *audit, struct audit_model *model,
                        const struct audit_command *command, const struct audit_names *names,
                        const struct message *event);
/* The books as they are to be from now on, whoever says so. */
struct audit_realigned {
    const struct millrace_realigned_slice *slices;
    uint32_t slices_count;
    bool withdrawn;
};
const char *audit_realign(struct audit *audit, struct audit_model *model,
                          const struct audit_realigned *books, const struct message *event);
/* NULL: energy is conserved. */
const char *audit_conserved(const struct audit_model *model);
/* NULL: a state's model is this one. */
const char *audit_same_model(const struct audit_model *model,
                             const struct certificates_state_certificate_model *state);

/* ---- auditor_replay.c ---- */

/* Walks through the events of a certificate: what else could have happened? Sets what must have
 * become of each command. */
void audit_replay(struct audit *audit, struct audit_case *certificate);

/* ---- auditor_answers.c, auditor_letters.c, auditor_state.c, auditor_ledger.c ---- */

void audit_answers(struct audit *audit, struct audit_case *certificate);
void audit_letters(struct audit *audit);
void audit_state(struct audit *audit, const struct audit_case *certificate);
void audit_ledger(struct audit *audit);

#endif
