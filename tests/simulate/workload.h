/* Teams that write commands: all kinds, right and wrong, again and again, and what is no command at
 * all. They know what they asked for, and nothing of what became of it but what they can read. */
#ifndef MILLRACE_SIMULATE_WORKLOAD_H
#define MILLRACE_SIMULATE_WORKLOAD_H

#include "domain/rules.h"
#include "loop/emitter.h"
#include "tests/simulate/chance.h"
#include "tests/simulate/timeline.h"
#include "tests/simulate/transcript.h"
#include "tests/support/memory_log.h"

struct workload_setup {
    struct timeline *timeline;
    struct transcript *transcript;
    struct memory_log *log;
    const struct emitter *emitter; /* schema ids */
    struct chance chance;
    int32_t partitions;
    uint32_t certificates; /* of them, at most */
    uint32_t commands;     /* to be written in all, those that are none included */
    int64_t begin_ms;      /* spread over this time */
    int64_t end_ms;
    /* Which kinds of trouble there are, in a thousand commands. */
    uint32_t duplicate_permille;   /* the same record again */
    uint32_t rebuilt_permille;     /* the same command with other metadata */
    uint32_t conflicting_permille; /* the same id with other content */
    uint32_t impossible_permille;  /* refused by our rules */
    uint32_t malformed_permille;   /* no command */
    uint32_t burst_permille;       /* many at once on one certificate */
};

struct workload;

/* Writes by itself from now on, as time goes. */
struct workload *workload_open(const struct workload_setup *setup);
void workload_close(struct workload *workload);
/* The rules that its certificates are subject to: issuers, owners, the registries "main" and
 * "other"; no expiry. */
const struct rules *workload_rules(void);

#endif
