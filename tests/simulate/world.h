/* One run: everything that there is for one seed, and the time that passes over it. */
#ifndef MILLRACE_SIMULATE_WORLD_H
#define MILLRACE_SIMULATE_WORLD_H

#include "tests/simulate/auditor.h"
#include "tests/simulate/faults.h"
#include "tests/simulate/instance.h"
#include "tests/simulate/ledger_watch.h"
#include "tests/simulate/narrator.h"
#include "tests/simulate/onlooker.h"
#include "tests/simulate/operator.h"
#include "tests/simulate/workload.h"
#include "tests/support/fake_schemas.h"

enum { WORLD_PLACES_MAX = 6 };

/* What a seed draws besides its faults. */
struct world_settings {
    uint64_t seed;
    int32_t partitions;
    uint32_t places;                  /* where a process may run: 3 … WORLD_PLACES_MAX */
    uint32_t parts[WORLD_PLACES_MAX]; /* the processors that it runs, a bit for each */
    bool is_static[WORLD_PLACES_MAX];
    bool keeps_disk[WORLD_PLACES_MAX];
    int64_t starts_ms[WORLD_PLACES_MAX]; /* when its process is started first */
    uint32_t commands;
    uint32_t certificates;
    int64_t begin_ms; /* commands and faults come in this time */
    int64_t end_ms;
    int64_t trouble_ms; /* from then on nothing is wrong any more */
    bool can_be_asked;  /* the registry; the yardstick is one that cannot */
    bool can_be_read;   /* its streams */
};

/* Where a process may run, one life after the other. */
struct world_place {
    struct instance *instance; /* NULL: none now */
    uint32_t life;
    bool stopping;   /* it was told to end */
    bool keeps_out;  /* its process is not started again */
    int64_t away_ms; /* how long after its end it is started again */
    struct disk disk;
};

/* What a run has come to. */
struct world_figures {
    int64_t virtual_ms;
    uint64_t commands;
    uint64_t submissions;
    uint64_t deeds;                 /* of the registry */
    uint64_t can_be_asked;          /* runs in which it can be */
    uint64_t questions;             /* that it has read */
    uint64_t streams_read;          /* StreamReads */
    uint64_t asked_unknown;         /* of `ever_unknown`: in those runs */
    uint64_t asked_at_rest_unknown; /* of `at_rest_unknown`: likewise */
    uint64_t at_rest_unknown;       /* with the faults over, before the operator */
    uint64_t not_sent;
    uint64_t ever_unknown;
    uint64_t resolved;
    uint64_t late_sends;
    uint64_t incidents;
    uint64_t faults;
    uint64_t steps;
    uint64_t lives;
    uint64_t looks; /* of `millrace verify`, while all was at work */
    uint64_t reached[POINTS_COUNT];
    uint64_t hit[POINTS_COUNT];
    uint64_t kinds[FAULT_KINDS];
    struct kafka_counts kafka;
};

/* Add what another run has come to. */
void figures_add(struct world_figures *sum, const struct world_figures *figures);

struct world {
    struct world_settings settings;
    struct timeline timeline;
    struct transcript transcript;
    struct options options;
    struct fake_schemas fake_schemas;
    struct schemas schemas;
    struct schema_cache *cache; /* of those who look on */
    struct kafka *kafka;
    struct lying_registry *registry;
    struct workload *workload;
    struct operator* operator;
    struct ledger_watch *watch;
    struct narrator narrator;
    struct onlooker onlooker;
    struct deployment deployment;
    struct world_place places[WORLD_PLACES_MAX];
    struct instance *ended; /* the last life that ended */
    struct fault faults[FAULTS_MAX];
    uint32_t faults_count;
    bool faults_on;
    bool begun[FAULTS_MAX]; /* of those that last */
    uint32_t depth;         /* how many processes stand still on the stack */
    uint64_t idle_steps;    /* since time last moved */
    struct world_figures figures;
};

/* A world for a seed, with its faults drawn, and nothing begun. From malloc. */
struct world *world_open(uint64_t seed);
/* A world as it is wanted, in fair weather, without faults. */
struct world *world_open_as(const struct world_settings *settings);
void world_close(struct world *world);

/* The whole run: trouble, rest, resolution, judgement. The transcript has what was violated. */
void world_run(struct world *world);

/* Let everything happen until a moment, or until a violation. */
void world_pass(struct world *world, int64_t until_ms);

/* The last part of a run: faults off, rest, resolution, judgement. */
void world_ends(struct world *world);

/* For scenarios: pieces of a run. */
void world_start_place(struct world *world, uint32_t place);
void world_kill(struct world *world, uint32_t place);

/* judge.c: is each unknown outcome shown by a suspended certificate? */
void judge_unknown_is_shown(struct world *world);
/* Has each misaligned certificate been compared with the registry, and stayed so for a reason? */
void judge_misaligned_is_read(struct world *world);
/* Is everything in the topics as it must be, at rest? */
void judge_topics(struct world *world);

#endif
