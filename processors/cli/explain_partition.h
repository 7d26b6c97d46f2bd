/* `send --explain-partition`: where a key belongs, for those who wonder where their records went.
 */
#ifndef MILLRACE_CLI_EXPLAIN_PARTITION_H
#define MILLRACE_CLI_EXPLAIN_PARTITION_H

#include "cli/invocation.h"

/* Of `partitions`; 0: of as many as topics.yaml says, or Kafka where there is no such file. Returns
 * the exit code. */
int explain_partition(const struct invocation *invocation, const char *key, int32_t partitions);

#endif
