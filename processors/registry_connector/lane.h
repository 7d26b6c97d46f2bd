/* What the files of this room share: one lane of the connector. */
#ifndef MILLRACE_REGISTRY_CONNECTOR_LANE_H
#define MILLRACE_REGISTRY_CONNECTOR_LANE_H

#include <stdbool.h>
#include <stdint.h>

#include "domain/submission.h"
#include "generated/c/registry_state.h"
#include "registry_connector/asking.h"
#include "registry_connector/circuit.h"
#include "registry_connector/flight.h"
#include "registry_connector/lineup.h"
#include "registry_connector/quarantine.h"
#include "registry_connector/reading.h"
#include "registry_connector/registry_connector.h"
#include "wire/message.h"
#include "wire/schema_cache.h"

/* Indices into the topology. Inputs stand in order of precedence. */
enum { INPUT_EVIDENCE, INPUT_OPERATIONS, INPUT_COMMANDS };
enum { OUTPUT_EVENTS, OUTPUT_STATE, OUTPUT_DEAD_LETTERS };
enum {
    TABLE_LEDGER, /* certificate id -> value of registry.state */
    TABLES_COUNT,
};
enum {
    REPLIES_AT_ONCE = 32,
    RETRY_MS = 100, /* until something that could not be read is tried again */
};

/* One registry as this lane has it. */
struct lane_registry {
    const struct registry_config *config;
    struct registry registry;
    struct circuit circuit;
    struct lineup lineup; /* certificates whose submission may be intended */
    uint32_t slots;       /* calls of this lane at once: its share of the registry's */
    uint32_t in_flight;   /* flights that are STAGED, COMMITTED or STARTED */
    bool started;         /* something was started since its connection was last driven */
    struct asking asking;
    struct readings readings;
};

/* A reply that this turn has used. If the turn is never committed it becomes evidence. */
struct reply_in_hand {
    struct flight_subject subject;
    struct registry_reply reply;
    struct reply_in_hand *next;
};

struct connector_lane {
    const struct registry_connector_config *config;
    struct logger logger;
    struct schemas schemas;
    struct schema_cache *cache;
    int32_t partition;

    /* Known once started. */
    struct lane_identity identity;
    int64_t started_ms; /* monotonic */
    struct uuid *held;  /* certificates with an intent of another incarnation; from malloc */
    uint32_t held_count;
    uint32_t held_capacity;
    uint32_t held_done; /* the first of them that are unknown or settled by now */

    struct lane_registry registries[REGISTRIES_MAX];
    uint32_t registries_count;
    struct flights flights;
    uint32_t withheld; /* flights that are COMMITTED: the last look did not let them go */
    struct quarantines quarantines;
    int64_t open;                                   /* submissions without an outcome */
    struct registry_reply replies[REPLIES_AT_ONCE]; /* fetched; those from `replies_done` on wait */
    uint32_t replies_count;
    uint32_t replies_done;
    struct reply_in_hand *in_hand;
    int64_t retry_ms; /* monotonic; INT64_MAX: nothing is to be tried again */
    bool draining;
    int epoll; /* holds the registries' descriptors */
};

/* One certificate's ledger while something happens to it. */
struct handling {
    struct connector_lane *lane;
    struct turn *turn;
    struct trace trace; /* of what is written */
    struct registry_state_ledger_state state;
};

/* --- ledger.c: what is kept, read and written ---------------------------------------------------
 */

/* Load a certificate's ledger, or an empty one. AGAIN, INVALID: as `processor.handle`. */
enum result ledger_load(struct handling *handling, const struct uuid *certificate_id,
                        struct error *error);
/* Decide on an input; nothing happens yet. */
void ledger_decide(struct handling *handling, const struct submission_input *input,
                   struct submission_decision *decision);
/* Stage the events of a decision and the state that they lead to, if it changes anything. */
void ledger_stage(struct handling *handling, const struct submission_decision *decision);
enum result ledger_restore(void *self, uint32_t changelog, const struct log_record *record,
                           struct turn *turn, struct error *error);
/* The value of a registry.state record. INVALID: it cannot be read, or has a newer format. A store
 * outlives its program: that may be met there too, once a newer version was taken back. */
enum result ledger_decode(struct connector_lane *lane, struct bytes value, struct turn *turn,
                          struct registry_state_ledger_state *state, struct error *error);

/* --- incoming.c: the inputs ---------------------------------------------------------------------
 */

enum result incoming_evidence(struct connector_lane *lane, const struct log_record *record,
                              struct turn *turn, struct error *error);
enum result incoming_operation(struct connector_lane *lane, const struct log_record *record,
                               struct turn *turn, struct error *error);
enum result incoming_command(struct connector_lane *lane, const struct log_record *record,
                             struct turn *turn, struct error *error);

/* --- memory.c: what is kept in memory only, built anew by every lane -----------------------------
 */

/* INVALID: a submission needs a registry that is not configured; the lane must stop. */
enum result memory_build(struct connector_lane *lane, struct turn *turn, struct error *error);
/* NULL: not configured. */
struct lane_registry *memory_registry(struct connector_lane *lane, struct text name);
/* The certificate's submission may be intended: it stands in line. */
void memory_line_up(struct connector_lane *lane, const struct registry_state_ledger_state *state);

/* --- sending.c: intents, and what is done once they are committed --------------------------------
 */

/* Write intents for who is next in line, as long as there are slots and room.
 * OK: nobody can go on now. AGAIN: the turn is full. INVALID: one cannot be built. */
enum result sending_intend(struct connector_lane *lane, struct turn *turn, struct error *error);
/* The intents of the turn are committed: send. */
void sending_start(struct connector_lane *lane);
/* Withdraw what the last look did not let go: the lane may live on, and nobody else would ever say
 * what became of it. AGAIN: the turn is full. */
enum result sending_withdraw_withheld(struct connector_lane *lane, struct turn *turn,
                                      struct error *error);
/* Draining: withdraw what has not left. AGAIN: the turn is full. */
enum result sending_withdraw(struct connector_lane *lane, enum drain_cause cause, struct turn *turn,
                             struct error *error);
/* When somebody in line may go on although nothing happens; monotonic. */
int64_t sending_next_ms(const struct connector_lane *lane);

/* --- settling.c: replies, and intents that were held long enough ---------------------------------
 */

/* OK: all was taken. AGAIN: there is more, or the turn is full. */
enum result settling_replies(struct connector_lane *lane, struct turn *turn, struct error *error);
enum result settling_held(struct connector_lane *lane, struct turn *turn, struct error *error);
int64_t settling_next_ms(const struct connector_lane *lane);
/* The turn is committed: nothing is in hand any more. */
void settling_committed(struct connector_lane *lane);
/* The lane ends: what is in hand or out goes to the collector. Closes the registries. */
void settling_hand_over(struct connector_lane *lane);
/* A started flight gives its slot back; its reply may still come. */
void settling_await_late_reply(struct connector_lane *lane, struct flight *flight);
/* Count what became of its call, once. */
void settling_count(struct connector_lane *lane, struct flight *flight,
                    enum metric_request_verdict verdict, int64_t now_ms);
/* A flight's call is over. */
void settling_end_flight(struct connector_lane *lane, struct flight *flight);

#endif
