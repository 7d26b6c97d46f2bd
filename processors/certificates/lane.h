/* What the files of this room share: one lane of the certificates processor. */
#ifndef MILLRACE_CERTIFICATES_LANE_H
#define MILLRACE_CERTIFICATES_LANE_H

#include <stdbool.h>
#include <stdint.h>

#include "certificates/certificates.h"
#include "certificates/seen.h"
#include "domain/certificate.h"
#include "generated/c/certificates_answers.h"
#include "generated/c/certificates_state.h"
#include "wire/message.h"
#include "wire/payload_hash.h"
#include "wire/schema_cache.h"

/* Indices into the topology. Inputs stand in order of precedence. */
enum { INPUT_REGISTRY_EVENTS, INPUT_OPERATIONS, INPUT_COMMANDS };
enum {
    OUTPUT_EVENTS,
    OUTPUT_STATE,
    OUTPUT_ANSWERS,
    OUTPUT_REGISTRY_COMMANDS,
    OUTPUT_REGISTRY_OPERATIONS,
    OUTPUT_DEAD_LETTERS,
};
enum { CHANGELOG_STATE, CHANGELOG_ANSWERS };
enum {
    TABLE_STATE, /* certificate id -> value of certificates.state */
    TABLE_SEEN,  /* certificate id, command id -> the last of certificates.answers, see seen.h */
    TABLES_COUNT,
};

struct certificates_lane {
    const struct certificates_config *config;
    struct logger logger;
    struct schemas schemas;
    struct schema_cache *cache;
    int32_t partition;
    int32_t partitions; /* of every topic; known once started */
    struct seen_origins origins;
};

/* The handling of one record: the certificate it is about, and what it has come to. */
struct handling {
    struct certificates_lane *lane;
    struct turn *turn;
    const struct log_record *record;
    struct trace trace; /* of the record */
    struct certificates_state_certificate_state state;
    bool changed; /* the state is to be written */
};

/* A command, as it came or as it waited. */
struct arrived {
    struct message message;
    struct certificate_command_head head;
    uint8_t hash[PAYLOAD_HASH_BYTES];
    struct trace trace;
};

/* --- state.c: what is kept of a certificate ------------------------------------------------------
 */

/* Load a certificate's state, or an empty one. AGAIN, INVALID: as `processor.handle`. */
enum result handling_load(struct handling *handling, const struct uuid *certificate_id,
                          struct error *error);
/* Write the state, if it has changed. */
void handling_save(struct handling *handling);
/* Encoded size of the state as it is now, in bytes. */
size_t handling_state_size(const struct handling *handling);

/* The answer that was given to a command, if it had the same payload; else `answer` is NULL.
 * NOT_FOUND: none yet. */
enum result seen_find(struct handling *handling, const struct arrived *arrived,
                      const struct certificates_answers_command_answered **answer,
                      struct error *error);

/* Remember the encoded answer as the last one to its command. */
void seen_put(struct handling *handling, const struct certificates_answers_command_answered *answer,
              struct bytes value);

enum result certificates_restore(void *self, uint32_t changelog, const struct log_record *record,
                                 struct turn *turn, struct error *error);

/* A record of a topic of our own. `refuse_other`: a decision depends on its enums, so that a symbol
 * we do not know makes it unreadable. INVALID: the lane must stop here; `error` says why. */
enum result own_decode(struct certificates_lane *lane, const struct log_record *record,
                       bool refuse_other, struct turn *turn, struct message *message,
                       struct error *error);

/* --- mailbox.c: commands that wait ---------------------------------------------------------------
 */

/* The command as the mailbox keeps it, in the turn's arena. */
struct certificates_state_waiting_command mailbox_entry(const struct handling *handling,
                                                        const struct arrived *arrived);
/* How many bytes it takes in the encoded state. */
size_t mailbox_entry_size(const struct certificates_state_waiting_command *entry);
void mailbox_append(struct handling *handling,
                    const struct certificates_state_waiting_command *waiting);
/* Read a command back. AGAIN: the schema registry is away; INVALID: it cannot be read any more. */
enum result mailbox_read(const struct handling *handling,
                         const struct certificates_state_waiting_command *waiting,
                         struct arrived *arrived, struct error *error);

/* --- work.c: what decisions come to --------------------------------------------------------------
 */

/* Nothing is at the registry and nothing suspends it: the next command may be decided. */
bool work_is_idle(const struct handling *handling);
/* Decide on a command that finds the certificate idle, and carry the decision out. */
void work_run(struct handling *handling, const struct arrived *arrived);
/* The same for an operation, which passes the mailbox. `in_flight`: at the registry; NULL: none. */
void work_operate(struct handling *handling, const struct arrived *operation,
                  const struct arrived *in_flight);
/* Refuse a command before its turn has come. */
void work_refuse(struct handling *handling, const struct arrived *arrived,
                 enum millrace_reason reason, const char *detail);
/* Would the state stay within its limit if these events happened? */
bool work_has_room_for_events(struct handling *handling,
                              const struct certificate_decision *decision);
/* Carry out what an event of the registry led to. */
void work_settle(struct handling *handling, const struct message *event,
                 const struct arrived *in_flight, const struct certificate_decision *decision);

/* The command at the registry and those of the mailbox, read in advance: once something is staged
 * it is too late to wait for the schema registry. */
struct work_ahead {
    struct arrived *in_flight; /* NULL: none */
    struct arrived *commands;
    uint32_t count;
};
enum result work_look_ahead(const struct handling *handling, struct work_ahead *ahead,
                            struct error *error);
/* Decide on waiting commands, oldest first, while the certificate is idle. */
void work_drain_mailbox(struct handling *handling, const struct work_ahead *ahead);

struct certificate_context work_context(const struct handling *handling);

/* --- arrival.c, outcome.c: the inputs ------------------------------------------------------------
 */

enum result arrival_handle(struct handling *handling, bool operation, struct error *error);
enum result outcome_handle(struct handling *handling, struct error *error);

#endif
