/* The connector on the log in memory, with a registry in memory, and the test as certificates,
 * operator and time. Processes come and go; the log, the registry and the clock stay.
 *
 *     submit(cert(1));
 *     run_for(10);
 *     then_ledger_event(MESSAGE_REGISTRY_EVENTS_SUBMISSION_INTENDED, cert(1));
 *     the_registry_answers(0, REGISTRY_REPLY_SUCCEEDED);
 *
 * Each Test is a process of its own, so there is one rig. */
#ifndef MILLRACE_TESTS_CONNECTOR_RIG_H
#define MILLRACE_TESTS_CONNECTOR_RIG_H

#include "generated/c/registry_commands.h"
#include "generated/c/registry_events.h"
#include "generated/c/registry_evidence.h"
#include "generated/c/registry_operations.h"
#include "generated/c/registry_state.h"
#include "loop/lane.h"
#include "registry_connector/gauges.h"
#include "tests/support/fake_registry.h"
#include "tests/support/fake_schemas.h"
#include "tests/support/memory_log.h"
#include "wire/schema_cache.h"

enum {
    CONNECTOR_PARTITIONS = 4,
    CONNECTOR_IN_FLIGHT_MAX = 4096, /* of each registry, by all partitions */
};

/* For .init and .fini of a TestSuite. A process runs, and its lane works. */
void connector_open(void);
void connector_close(void);

/* ---- time, processes and trouble ---- */

/* Steps and moves the clock, for so long. */
void run_for(int64_t duration_ms);
/* The wall clock is set anew, forwards or back. */
void the_wall_clock_jumps(int64_t by_ms);
/* The process dies without a word. Its calls stay out; nobody fetches their replies. */
void the_connector_dies(void);
/* Its lane is told to end at once, as when the partition is lost; its calls go to the collector. */
void the_lane_is_lost(void);
/* It is told to drain, with so much patience, and does. */
void the_lane_drains(enum drain_cause cause, int64_t patience_ms);
/* Another process takes over, and comes as far as working. */
void another_takes_over(void);
/* It has not heard of its group for a session, or has again. */
void the_group_is_unheard(bool unheard);
/* The next commit ends this way. */
void the_next_commit_is(enum memory_fault fault);
/* The collector of the last process fetches what has come late. */
void late_replies_are_collected(void);

struct lane_status the_connectors_lane(void);
bool the_lane_ended(void);
/* A lane that has ended is closed; its process goes on. */
void the_lane_is_gone(void);
struct fake_registry *the_registry(void);
struct fake_schemas *the_connectors_schemas(void);
struct options *the_options(void);
/* Is the writer of every older intent proven dead? */
void writers_are_dead(bool dead);

/* ---- what comes in ---- */

/* Certificates of the lane's partition, counted from 1. */
struct uuid cert(uint32_t number);
struct uuid submission_of(struct uuid certificate_id, int64_t sequence);

/* A SubmitTransaction with sequence 1 for the registry "main". */
void submit(struct uuid certificate_id);
void submit_next(struct uuid certificate_id, int64_t sequence, const char *registry);
void resolve(struct uuid certificate_id, int64_t sequence, bool executed,
             enum millrace_closing_rule rule, const char *evidence);
/* Any record, on any topic, by any key. */
void write_record(const char *topic, const struct uuid *key, struct bytes value);
void write_message(enum message_type type, const struct uuid *key, const void *body);

/* ---- the registry ---- */

/* Calls that were ever started. */
uint32_t calls_started(void);
/* Answer call number `number`, counted from 0. */
void the_registry_answers(uint32_t number, enum registry_reply_kind kind);

/* ---- what comes of it ---- */

/* The next event of the partition, oldest first, is this one. Returns its struct. */
const void *then_ledger_event(enum message_type type, struct uuid certificate_id);
void no_more_events(void);
/* How many visible events of this type there are. */
uint32_t events_of(enum message_type type);
/* The next dead letter has this reason. */
void then_operation_dead(const char *reason);
/* The next record of registry.evidence. */
const struct registry_evidence_evidence_found *then_evidence(void);
void no_more_evidence(void);
/* The newest visible ledger. */
struct registry_state_ledger_state ledger_of(struct uuid certificate_id);
/* The lane's store, as if it had kept this ledger. */
void the_store_has_ledger(const struct registry_state_ledger_state *state);
/* What the group has committed of registry.commands. */
int64_t commands_committed(void);

/* What was counted by all processes so far, and what the lane shows of itself. */
const struct counts *connector_counts(void);
const struct connector_gauges *the_lanes_gauges(void);

/* For those who read and write by themselves. */
struct memory_log *connector_log(void);
const struct emitter *connector_emitter(void);
struct schema_cache *connector_cache(void);

#endif
