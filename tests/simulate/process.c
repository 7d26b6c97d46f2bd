#include "tests/simulate/process.h"

#include <assert.h>

static const char *const names[POINTS_COUNT] = {
    [POINT_FENCE] = "fence",
    [POINT_FENCED] = "fenced",
    [POINT_POSITIONS] = "positions",
    [POINT_RESTORE] = "restore",
    [POINT_START] = "start",
    [POINT_POLL] = "poll",
    [POINT_PRODUCE] = "produce",
    [POINT_END] = "end",
    [POINT_COMMITTED] = "committed",
    [POINT_SEND] = "send",
    [POINT_WIRE] = "wire",
    [POINT_WIRED] = "wired",
    [POINT_REPLY] = "reply",
    [POINT_WITHDRAW] = "withdraw",
    [POINT_ASK] = "ask",
    [POINT_EVIDENCE] = "evidence",
    [POINT_REVOKE_DONE] = "revoke-done",
};

const char *point_name(enum point point) {
    assert(point < POINTS_COUNT);
    return names[point];
}

static void hit(struct sim_process *process, enum point point) {
    const enum blow blow = process->blow;
    process->blow = BLOW_NONE;
    process->hit[point]++;
    if (blow == BLOW_KILL) {
        transcript_say(process->transcript, "process %u is killed at \"%s\"", process->number,
                       point_name(point));
        process->dead = true;
        process->died(process->world, process);
        return;
    }
    transcript_say(process->transcript, "process %u stands still at \"%s\" for %lld ms",
                   process->number, point_name(point), (long long)process->pause_ms);
    process->paused = true;
    process->meanwhile(process->world, process->timeline->now_ms + process->pause_ms);
    process->paused = false;
    transcript_say(process->transcript, "process %u goes on at \"%s\"", process->number,
                   point_name(point));
}

bool process_comes_to(struct sim_process *process, enum point point) {
    if (process->dead) {
        return false;
    }
    assert(!process->paused);
    process->reached[point]++;
    if (process->blow == BLOW_NONE || process->blow_point != point) {
        return true;
    }
    if (process->blow_after > 0) {
        process->blow_after--;
        return true;
    }
    hit(process, point);
    return !process->dead;
}

static int64_t monotonic_ms(void *self) {
    const struct sim_process *process = self;
    return process->timeline->now_ms + process->monotonic_offset_ms;
}

static int64_t wall_ms(void *self) {
    const struct sim_process *process = self;
    return process->timeline->now_ms + (int64_t)TIMELINE_WALL_OFFSET_S * 1000 +
           process->wall_offset_ms;
}

struct clock process_clock(struct sim_process *process) {
    return (struct clock){.self = process, .monotonic_ms = monotonic_ms, .wall_ms = wall_ms};
}
