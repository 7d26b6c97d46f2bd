/* One processor of a process: what must be true before it starts, its thread, and its end. */
#ifndef MILLRACE_CLI_RUN_PART_H
#define MILLRACE_CLI_RUN_PART_H

#include "cli/run/run.h"

/* Check and join: schemas, topics, partitions. Waits for servers that are away, and says so.
 * INVALID: something must be done first, `error` says what. AGAIN: told to end meanwhile. */
enum result run_part_open(struct run_part *part, struct run *run,
                          const struct run_processor *processor, struct error *error);
/* Start its thread. */
enum result run_part_start(struct run_part *part, struct error *error);
/* Drain and end; returns at once. */
void run_part_stop(const struct run_part *part);
/* Wait for the end of its lanes and of what they left behind. Returns how it ended. */
enum result run_part_end(struct run_part *part);
/* Leave the group: last of all, since a Kafka client may hang at its end, and the process with it.
 */
void run_part_leave(struct run_part *part);

#endif
