#include "tests/simulate/faults.h"

#include <assert.h>
#include <stdio.h>

#include "tests/simulate/chance.h"

/* How a kind of fault is drawn. */
static const struct {
    const char *name;
    uint32_t weight;
    int64_t lasts_least_ms; /* how long it lasts, or how long the process is away */
    int64_t lasts_most_ms;
} kinds[FAULT_KINDS] = {
    [FAULT_KILL] = {"kill", 6, 0, 20000},
    [FAULT_KILL_AT] = {"kill-at", 10, 0, 20000},
    [FAULT_PAUSE] = {"pause", 4, 100, 350000},
    [FAULT_PAUSE_AT] = {"pause-at", 10, 100, 350000},
    [FAULT_STOP] = {"stop", 4, 0, 30000},
    [FAULT_KAFKA_CUT] = {"kafka-cut", 4, 500, 60000},
    [FAULT_REGISTRY_CUT] = {"registry-cut", 3, 500, 60000},
    [FAULT_KAFKA_AWAY] = {"kafka-away", 2, 500, 45000},
    [FAULT_REGISTRY_AWAY] = {"registry-away", 3, 500, 60000},
    [FAULT_SCHEMAS_AWAY] = {"schemas-away", 1, 500, 60000},
    [FAULT_KAFKA_SLOW] = {"kafka-slow", 3, 5000, 60000},
    [FAULT_END_LOST] = {"end-lost", 3, 5000, 60000},
    [FAULT_ANSWER_LOST] = {"answer-lost", 3, 5000, 60000},
    [FAULT_END_AGAIN] = {"end-again", 4, 5000, 60000},
    [FAULT_HEARTBEAT_LOST] = {"heartbeat-lost", 2, 5000, 60000},
    [FAULT_REGISTRY_SILENT] = {"registry-silent", 3, 5000, 60000},
    [FAULT_REGISTRY_RESET] = {"registry-reset", 3, 5000, 60000},
    [FAULT_REGISTRY_GARBLED] = {"registry-garbled", 2, 5000, 60000},
    [FAULT_REGISTRY_LATE] = {"registry-late", 3, 5000, 60000},
    [FAULT_WALL_CLOCK] = {"wall-clock", 1, 1000, 200000},
    [FAULT_COMPACTION] = {"compaction", 3, 0, 0},
    [FAULT_OFFSETS_LOST] = {"offsets-lost", 2, 0, 0},
    [FAULT_DISK_LOST] = {"disk-lost", 2, 0, 10000},
    [FAULT_OPERATOR] = {"operator", 4, 20000, 300000},
};

/* Where the protocol can be hurt most is hit most often. */
static const uint32_t point_weights[POINTS_COUNT] = {
    [POINT_FENCE] = 2,     [POINT_FENCED] = 3,   [POINT_POSITIONS] = 3, [POINT_RESTORE] = 2,
    [POINT_START] = 2,     [POINT_POLL] = 1,     [POINT_PRODUCE] = 2,   [POINT_END] = 4,
    [POINT_COMMITTED] = 4, [POINT_SEND] = 6,     [POINT_WIRE] = 6,      [POINT_WIRED] = 4,
    [POINT_REPLY] = 4,     [POINT_WITHDRAW] = 3, [POINT_EVIDENCE] = 3,  [POINT_REVOKE_DONE] = 2,
    [POINT_ASK] = 2,
};

enum { FAULTS_DRAWN_MOST = 20, POINT_AFTER_MOST = 8 };

const char *fault_name(enum fault_kind kind) {
    assert(kind < FAULT_KINDS);
    return kinds[kind].name;
}

/* Swarm: about half of the kinds are on in a run, so that each combination gets its turn. */
static uint32_t swarm(const struct faults_setup *setup, bool on[FAULT_KINDS]) {
    struct chance chance = chance_stream(setup->seed, "swarm");
    uint32_t weight = 0;
    for (uint32_t kind = 0; kind < FAULT_KINDS; kind++) {
        on[kind] = chance_below(&chance, 2) == 0;
        weight += on[kind] ? kinds[kind].weight : 0;
    }
    if (weight == 0) {
        on[FAULT_KILL_AT] = true;
        weight = kinds[FAULT_KILL_AT].weight;
    }
    return weight;
}

static enum fault_kind draw_kind(struct chance *chance, const bool on[FAULT_KINDS],
                                 uint32_t weight) {
    uint32_t drawn = chance_below(chance, weight);
    uint32_t kind = 0;
    while (!on[kind] || drawn >= kinds[kind].weight) {
        drawn -= on[kind] ? kinds[kind].weight : 0;
        kind++;
        assert(kind < FAULT_KINDS);
    }
    return (enum fault_kind)kind;
}

/* Most of what lasts is short, some of it longer than every time-out. Who stands still between his
 * intent and his request mostly does so until others have taken over and said unknown. */
static int64_t draw_duration(struct chance *chance, const struct fault *fault) {
    const int64_t least = kinds[fault->kind].lasts_least_ms;
    const int64_t most = kinds[fault->kind].lasts_most_ms;
    const bool dangerous = fault->kind == FAULT_PAUSE_AT &&
                           (fault->point == POINT_SEND || fault->point == POINT_WIRE ||
                            fault->point == POINT_COMMITTED);
    const bool is_long = chance_below(chance, 3) < (dangerous ? 2 : 1);
    const int64_t shorter = least + (most - least) / 10;
    return chance_between(chance, is_long ? shorter : least, is_long ? most : shorter);
}

static enum point draw_point(struct chance *chance) {
    uint32_t weight = 0;
    for (uint32_t point = 0; point < POINTS_COUNT; point++) {
        weight += point_weights[point];
    }
    uint32_t drawn = chance_below(chance, weight);
    uint32_t point = 0;
    while (drawn >= point_weights[point]) {
        drawn -= point_weights[point];
        point++;
    }
    return (enum point)point;
}

uint32_t faults_draw(const struct faults_setup *setup, struct fault faults[FAULTS_MAX]) {
    bool on[FAULT_KINDS];
    const uint32_t weight = swarm(setup, on);
    struct chance number = chance_stream(setup->seed, "number of faults");
    const uint32_t count = (uint32_t)chance_between(&number, FAULTS_LEAST, FAULTS_DRAWN_MOST);
    assert(count <= FAULTS_MAX);
    for (uint32_t i = 0; i < count; i++) {
        char subject[32];
        (void)snprintf(subject, sizeof subject, "fault %u", i);
        struct chance chance = chance_stream(setup->seed, subject);
        struct fault *fault = &faults[i];
        *fault = (struct fault){.kind = draw_kind(&chance, on, weight)};
        fault->begin_ms = chance_between(&chance, setup->begin_ms, setup->end_ms);
        fault->place = chance_below(&chance, setup->places);
        fault->point = draw_point(&chance);
        fault->lasts_ms = draw_duration(&chance, fault);
        fault->after = chance_below(&chance, POINT_AFTER_MOST);
        fault->after = chance_below(&chance, 3) > 0 ? 0 : fault->after;
        fault->permille = (uint32_t)chance_between(&chance, 50, 700);
    }
    return count;
}
