/* The certificates processor on the log in memory, in one lane, with the test as producer, operator
 * and connector. Each Test is a process of its own, so there is one rig.
 *
 *      someone_sends(transfer_slice(first_slice(), "alice", "bob"));
 *     let_run();
 *     then_written(MESSAGE_REGISTRY_COMMANDS_SUBMIT_TRANSACTION);
 *     nothing_else_is_written();
 *
 * Commands come from certificate_spec.h, whose one certificate is the one here too. */
#ifndef MILLRACE_TESTS_SUPPORT_CERTIFICATES_RIG_H
#define MILLRACE_TESTS_SUPPORT_CERTIFICATES_RIG_H

#include "generated/c/certificates_answers.h"
#include "generated/c/registry_commands.h"
#include "generated/c/registry_events.h"
#include "generated/c/registry_operations.h"
#include "loop/lane.h"
#include "tests/support/certificate_spec.h"
#include "tests/support/fake_schemas.h"
#include "tests/support/memory_log.h"
#include "wire/schema_cache.h"

enum { RIG_PARTITIONS = 4 };

/* For .init and .fini of a TestSuite. The lane is open and works. */
void rig_open(void);
void rig_close(void);

/* ---- time and trouble ---- */

/* Everything that is there is handled and committed; some seconds pass. */
void let_run(void);
/* The process dies without a word; another one takes over and restores. */
void the_process_dies(void);
struct fake_schemas *the_schema_registry(void);
/* Whoever checks openings; nobody does from the start. */
struct openings *the_openings(void);
/* The lane's store has this state, without its changelog having it: a newer program was here. */
void the_store_has(const struct certificates_state_certificate_state *state);
struct lane_status the_lane(void);
/* It has stopped, and its reason has these words. */
void expect_stopped(const char *because);
/* The most that the handling of one record has taken of its turn's memory so far. */
size_t the_largest_handling(void);

/* ---- who the processor meets ---- */

/* A producer or an operator writes it, keyed and placed as it should be. */
void someone_sends(struct message message);
/* The same, with a traceparent. */
void someone_sends_traced(struct message message, const char *traceparent);
/* The same command, addressed to another certificate. */
struct message to_certificate(struct message command, struct uuid certificate_id);
/* A certificate that lies in the lane's partition as well, and one that does not. */
struct uuid another_certificate(void);
struct uuid certificate_elsewhere(void);

/* A record of any kind. `key` NULL: none. */
struct raw_record {
    const char *topic;
    int32_t partition;
    const char *key;
    struct bytes value;
    bool value_null;
    const struct log_header *headers;
    uint32_t headers_count;
};
void send_raw(const struct raw_record *record);
/* The value that `someone_sends` would write, in the spec's arena. */
struct bytes value_of(struct message message);
int32_t partition_of(const struct uuid *certificate_id);

/* The connector writes what became of submission number `index`, counted from 0 over all
 * certificates of the partition. */
void registry_executes(uint32_t index);
void registry_refuses(uint32_t index, const char *message);
void registry_is_unknown(uint32_t index);
void registry_is_resolved(uint32_t index, bool executed);
/* It writes any event. */
void registry_writes(struct message event);

/* What was counted so far. */
const struct counts *the_counts(void);

/* ---- what comes of it ---- */

/* The next record of this type's topic, oldest first, is of this type; its struct is returned. */
const void *then_written(enum message_type type);
/* The next dead letter has this reason; its record is returned. */
const struct log_record *then_dead_letter(const char *reason);
/* Everything that was written was named; the state is not asked for. */
void nothing_else_is_written(void);
/* All of it is as good as named. */
void whatever_was_written(void);
/* Of the last record that `then_written` returned the struct of. */
struct text header_of_last(const char *name);
struct text header_in(const struct log_record *record, const char *name);

/* Submission number `index`, as it was asked for. */
const struct registry_commands_submit_transaction *submission(uint32_t index);
/* The newest state; NULL: none was ever written. */
const struct certificates_state_certificate_state *state_of(struct uuid certificate_id);

/* The next answer: to this command, with this verdict. */
const struct certificates_answers_command_answered *then_answered(struct message command,
                                                                  enum millrace_verdict verdict);

/* For those who read and write by themselves. */
struct memory_log *rig_log(void);
const struct emitter *rig_emitter(void);
struct schema_cache *rig_cache(void);

#endif
