/* Which partition a key belongs to: murmur2 as the Java clients compute it, and CRC32 only
 * to explain where a record lies that was placed by librdkafka's default. */
#ifndef MILLRACE_DOMAIN_PLACEMENT_H
#define MILLRACE_DOMAIN_PLACEMENT_H

#include <stdint.h>

#include "domain/values.h"

/* The 32-bit murmur2 of a key, with the seed that the Java clients use. */
uint32_t placement_murmur2(struct bytes key);

/* The partition of a key among `partitions` (at least 1) of a topic. */
int32_t placement_partition(struct bytes key, int32_t partitions);

/* The partition of a key as librdkafka's default partitioner for keys has it: CRC-32 (IEEE 802.3).
 * For explanations only. */
int32_t placement_partition_crc32(struct bytes key, int32_t partitions);

#endif
