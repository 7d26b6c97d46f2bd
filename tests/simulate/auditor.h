/* Knows the right answers: from what the teams wrote and what the registry really did it works out
 * for each command what must have become of it, and for each certificate how it must look, by rules
 * of its own. Of ours it uses the structs and the codecs, nothing that decides. */
#ifndef MILLRACE_SIMULATE_AUDITOR_H
#define MILLRACE_SIMULATE_AUDITOR_H

#include "tests/simulate/lying_registry.h"
#include "tests/simulate/transcript.h"
#include "tests/support/memory_log.h"
#include "wire/schema_cache.h"

struct auditor_setup {
    struct memory_log *log;
    const struct lying_registry *registry; /* NULL: nothing is compared with its ledger */
    struct schema_cache *cache;            /* to read with */
    int32_t partitions;
    struct transcript *transcript; /* where violations go */
    uint32_t readings;             /* how often all inputs may have been read, at least 1 */
    bool at_rest; /* everything has come to its end: nothing may be open any more */
    bool is_read; /* all streams that can be read have been, as far as anybody had to */
};

/* One look at everything that is visible. Stops at the first violation. */
void auditor_look(const struct auditor_setup *setup);

#endif
