/* The faults of one run: drawn from its seed, each by itself, so that one can be left out without
 * changing the others. */
#ifndef MILLRACE_SIMULATE_FAULTS_H
#define MILLRACE_SIMULATE_FAULTS_H

#include "tests/simulate/process.h"

enum fault_kind {
    FAULT_KILL,           /* kill -9 of a process, at any moment */
    FAULT_KILL_AT,        /* at a point of its way */
    FAULT_PAUSE,          /* SIGSTOP, later SIGCONT */
    FAULT_PAUSE_AT,       /* at a point */
    FAULT_STOP,           /* SIGTERM, and started again later */
    FAULT_KAFKA_CUT,      /* between a process and the brokers */
    FAULT_REGISTRY_CUT,   /* between a process and the registries */
    FAULT_KAFKA_AWAY,     /* no broker answers anybody */
    FAULT_REGISTRY_AWAY,  /* nobody can connect */
    FAULT_SCHEMAS_AWAY,   /* the schema registry answers nobody */
    FAULT_KAFKA_SLOW,     /* requests take seconds */
    FAULT_END_LOST,       /* requests to end a transaction are lost */
    FAULT_ANSWER_LOST,    /* their answers are */
    FAULT_END_AGAIN,      /* they arrive a second time, late */
    FAULT_HEARTBEAT_LOST, /* members seem dead that are not */
    FAULT_REGISTRY_SILENT,
    FAULT_REGISTRY_RESET,
    FAULT_REGISTRY_GARBLED,
    FAULT_REGISTRY_LATE, /* slower than a call may take */
    FAULT_WALL_CLOCK,    /* of a process: jumps by hours or years */
    FAULT_COMPACTION,
    FAULT_OFFSETS_LOST, /* a group's committed offsets are gone: everything is read again */
    FAULT_DISK_LOST,    /* of a place, with its process */
    FAULT_OPERATOR,     /* somebody in a hurry gives verdicts */
    FAULT_KINDS,
};

enum { FAULTS_MAX = 40, FAULTS_LEAST = 5 };

struct fault {
    enum fault_kind kind;
    int64_t begin_ms; /* on the timeline */
    int64_t lasts_ms;
    uint32_t place;    /* whose process */
    enum point point;  /* of *_AT */
    uint32_t after;    /* how often that point is passed before */
    uint32_t permille; /* how hard it hits */
    bool left_out;
};

struct faults_setup {
    uint64_t seed;
    uint32_t places;
    int64_t begin_ms; /* faults begin in this time */
    int64_t end_ms;
};

/* Draws the seed's faults. Returns how many. */
uint32_t faults_draw(const struct faults_setup *setup, struct fault faults[FAULTS_MAX]);

const char *fault_name(enum fault_kind kind);

#endif
