/* Tells in the transcript what becomes visible in the topics, as one who reads them would. */
#ifndef MILLRACE_SIMULATE_NARRATOR_H
#define MILLRACE_SIMULATE_NARRATOR_H

#include "tests/simulate/transcript.h"
#include "tests/support/memory_broker.h"
#include "wire/schema_cache.h"

struct narrator {
    struct memory_log *log;
    struct schema_cache *cache;
    struct transcript *transcript;
    int32_t partitions;
    bool places;                             /* each line begins with where the record lies */
    int64_t next[16][MEMORY_PARTITIONS_MAX]; /* by topic */
};

/* Say what is new since the last time. Costs nothing when nobody listens. */
void narrator_tell(struct narrator *narrator);

#endif
