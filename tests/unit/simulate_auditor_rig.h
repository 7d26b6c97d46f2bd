/* The real certificates processor on the log in memory, in one lane a partition, with the teams of
 * the simulation, and with the test as an honest connector and as the operator. One run at a time.
 */
#ifndef MILLRACE_TESTS_UNIT_SIMULATE_AUDITOR_RIG_H
#define MILLRACE_TESTS_UNIT_SIMULATE_AUDITOR_RIG_H

#include "domain/message.h"
#include "tests/simulate/auditor.h"

enum { AUDITOR_RIG_PARTITIONS = 3 };

/* `troubled`: outcomes are refused, unknown, and contradicted as well. */
void auditor_rig_open(uint64_t seed, bool troubled);
void auditor_rig_close(void);
/* To the end of everything; the auditor looks in between, and must be content. */
void auditor_rig_run(uint64_t seed);

struct auditor_setup auditor_rig_audit(bool at_rest);
void auditor_rig_look(bool at_rest);
const struct transcript *auditor_rig_transcript(void);

struct memory_log *auditor_rig_log(void);
/* All records of a topic; what `auditor_rig_read` returns lives as long as the partition lasts. */
void auditor_rig_each(const char *topic,
                      void (*visit)(void *context, const struct log_record *record), void *context);
struct message auditor_rig_read(const struct log_record *record);
/* The bytes of a message, until the next call. */
struct bytes auditor_rig_value(const struct message *message);

#endif
