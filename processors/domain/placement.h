/* Which partition a key belongs to: murmur2 as the Java clients compute it, and nothing else. */
#ifndef MILLRACE_DOMAIN_PLACEMENT_H
#define MILLRACE_DOMAIN_PLACEMENT_H

#include <stdint.h>

#include "domain/values.h"

/* The 32-bit murmur2 of a key, with the seed that the Java clients use. */
uint32_t placement_murmur2(struct bytes key);

/* The partition of a key among `partitions` (at least 1) of a topic. */
int32_t placement_partition(struct bytes key, int32_t partitions);

#endif
