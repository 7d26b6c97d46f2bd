/* ports/log.h: a process's membership in a group, eager, as librdkafka has it. Its heartbeats go on
 * while the process stands, whatever its lanes do. */
#include <assert.h>
#include <stdlib.h>

#include "tests/simulate/kafka_inside.h"

enum { HEARTBEATS_PER_SESSION = 3 };

static bool is_gone(const struct sim_member *member) {
    return member->dead || member->process->dead;
}

static void push(struct sim_member *member, enum log_group_event_kind kind) {
    assert(member->events_count < SIM_EVENTS_MAX);
    member->events[member->events_count++] = kind;
    member->kafka->changes++;
}

/* --- Joining. --- */

static void join_arrives(void *context, uint64_t number) {
    struct sim_member *member = context;
    if (member->closed || number != member->joins) {
        return;
    }
    if (!sim_reaches(member->kafka, member->process)) {
        member->repeat_ms = sim_break_ms(member->kafka);
        return;
    }
    member->repeat_ms = INT64_MAX; /* it is answered when all have joined */
    sim_coordinator_join(member->coordinator, member);
}

static void join(struct sim_member *member) {
    member->state = SIM_MEMBER_JOINING;
    member->joins++;
    member->repeat_ms = member->kafka->timeline->now_ms + SIM_REQUEST_TIMEOUT_MS;
    sim_later(member->kafka, sim_way_ms(member->kafka), join_arrives, member, member->joins);
}

static void fail(struct sim_member *member) {
    member->lost = true;
    member->state = SIM_MEMBER_FAILED;
    member->events_count = 0;
    push(member, LOG_GROUP_FAILED);
}

static void join_answered(void *context, uint64_t number) {
    struct sim_member *member = context;
    if (member->closed || is_gone(member) || number != member->joins ||
        member->state != SIM_MEMBER_JOINING) {
        return;
    }
    if (!sim_reaches(member->kafka, member->process)) {
        member->repeat_ms = sim_break_ms(member->kafka);
        return;
    }
    switch (member->answer.verdict) {
    case SIM_VERDICT_OK:
        member->membership = member->answer;
        member->state = SIM_MEMBER_STEADY;
        member->lost = false;
        push(member, LOG_GROUP_ASSIGNED);
        break;
    case SIM_VERDICT_UNKNOWN:
        member->membership.id = SIM_NONE;
        join(member);
        break;
    case SIM_VERDICT_FENCED:
        fail(member);
        break;
    case SIM_VERDICT_REBALANCE:
        assert(false && "a join is not answered so");
    }
}

void sim_member_answer(struct sim_member *member, const struct sim_membership *answer) {
    member->answer = *answer;
    sim_later(member->kafka, sim_way_ms(member->kafka), join_answered, member, member->joins);
}

/* --- Heartbeats. --- */

/* The process must give up what it has before it joins again. */
static void tell(struct sim_member *member, enum log_group_event_kind kind) {
    if (kind == LOG_GROUP_LOST) {
        member->lost = true;
        member->membership.id = SIM_NONE;
        for (uint32_t i = 0; i < member->events_count; i++) {
            if (member->events[i] == LOG_GROUP_REVOKED) {
                member->events[i] = LOG_GROUP_LOST;
            }
        }
    }
    if (member->state == SIM_MEMBER_STEADY) {
        member->state = SIM_MEMBER_TOLD;
        push(member, kind);
    }
}

/* An answer counts for the membership in whose name was asked. */
struct heartbeat {
    uint32_t id;
    uint32_t generation;
    enum sim_verdict verdict;
};

static uint64_t pack(const struct heartbeat *heartbeat) {
    return (uint64_t)heartbeat->id << 32 | heartbeat->generation << 2 |
           (uint32_t)heartbeat->verdict;
}

static struct heartbeat unpack(uint64_t argument) {
    return (struct heartbeat){.id = (uint32_t)(argument >> 32),
                              .generation = (uint32_t)argument >> 2,
                              .verdict = (enum sim_verdict)(argument & 3)};
}

static void heartbeat_answered(void *context, uint64_t argument) {
    struct sim_member *member = context;
    const struct heartbeat heartbeat = unpack(argument);
    if (member->closed || is_gone(member) || member->state == SIM_MEMBER_JOINING ||
        heartbeat.id != member->membership.id ||
        heartbeat.generation != member->membership.generation ||
        !sim_reaches(member->kafka, member->process)) {
        return;
    }
    switch (heartbeat.verdict) {
    case SIM_VERDICT_OK:
        break;
    case SIM_VERDICT_REBALANCE:
        tell(member, LOG_GROUP_REVOKED);
        break;
    case SIM_VERDICT_UNKNOWN:
        transcript_say(member->kafka->transcript, "process %u hears that it is no member of %s",
                       member->process->number, member->topology->processor);
        tell(member, LOG_GROUP_LOST);
        break;
    case SIM_VERDICT_FENCED:
        fail(member);
        break;
    }
}

static void heartbeat_arrives(void *context, uint64_t argument) {
    struct sim_member *member = context;
    struct heartbeat heartbeat = unpack(argument);
    if (member->closed || !sim_reaches(member->kafka, member->process)) {
        return;
    }
    heartbeat.verdict =
        sim_coordinator_hear(member->coordinator, member, heartbeat.id, heartbeat.generation);
    if (heartbeat.verdict != SIM_VERDICT_OK) {
        sim_later(member->kafka, sim_way_ms(member->kafka), heartbeat_answered, member,
                  pack(&heartbeat));
    }
}

/* What the client's own thread does by itself, as long as the process lives. */
static void tick(void *context, uint64_t argument) {
    struct sim_member *member = context;
    struct kafka *kafka = member->kafka;
    if (member->closed || is_gone(member)) {
        return;
    }
    timeline_in(kafka->timeline, kafka->options->session_timeout_ms / HEARTBEATS_PER_SESSION, tick,
                member, argument);
    const bool lost = chance_permille(&kafka->chance, kafka->weather.heartbeat_lost_permille);
    if (member->process->paused) {
        return;
    }
    if (member->state == SIM_MEMBER_JOINING) {
        if (kafka->timeline->now_ms >= member->repeat_ms) {
            join(member);
        }
    } else if (member->membership.id != SIM_NONE && !lost) {
        const struct heartbeat heartbeat = {.id = member->membership.id,
                                            .generation = member->membership.generation};
        sim_later(kafka, sim_way_ms(kafka), heartbeat_arrives, member, pack(&heartbeat));
    }
}

/* --- The port. --- */

static void give_up(struct sim_member *member) {
    assert(member->lanes_open == 0);
    member->assignment = SIM_NONE;
    member->held = (struct sim_membership){0};
    member->revoking = false;
}

static uint32_t list_partitions(struct sim_member *member) {
    uint32_t count = 0;
    for (int32_t p = 0; p < member->kafka->log->partitions; p++) {
        if ((member->held.given >> p & 1) != 0) {
            member->partitions[count++] = p;
        }
    }
    return count;
}

static void take_event(struct sim_member *member, enum log_group_event_kind kind,
                       struct log_group_event *event) {
    if (kind == LOG_GROUP_ASSIGNED) {
        if (!member->lost) { /* else it is lost already, which comes next */
            member->held = member->membership;
            member->assignment = ++member->assignments;
        }
    }
    const uint32_t count = list_partitions(member);
    if (count > 0 || kind == LOG_GROUP_FAILED) {
        event->kind = kind;
        event->partitions = member->partitions;
        event->partitions_count = count;
        member->revoking = kind == LOG_GROUP_REVOKED || kind == LOG_GROUP_LOST;
    } else if (kind != LOG_GROUP_ASSIGNED) {
        give_up(member); /* without lanes there is nothing to wait for */
        join(member);
    }
}

static enum result port_poll(void *self, int32_t timeout_ms, struct log_group_event *event,
                             struct error *error) {
    struct sim_member *member = self;
    (void)timeout_ms;
    *event = (struct log_group_event){.kind = LOG_GROUP_NOTHING};
    if (is_gone(member)) {
        return sim_gone(error);
    }
    member->polled_ms = sim_process_ms(member->process);
    if (member->events_count == 0) {
        return RESULT_OK;
    }
    const enum log_group_event_kind kind = member->events[0];
    member->events_count--;
    for (uint32_t i = 0; i < member->events_count; i++) {
        member->events[i] = member->events[i + 1];
    }
    take_event(member, kind, event);
    return kind == LOG_GROUP_FAILED
               ? error_set(error, RESULT_FENCED, "another process has this instance's name")
               : RESULT_OK;
}

static void port_revoke_done(void *self) {
    struct sim_member *member = self;
    assert(member->revoking);
    if (is_gone(member) || !process_comes_to(member->process, POINT_REVOKE_DONE)) {
        return;
    }
    give_up(member);
    join(member);
}

static enum result port_lane_open(void *self, int32_t partition, struct log *log,
                                  struct error *error) {
    struct sim_member *member = self;
    if (is_gone(member)) {
        return sim_gone(error);
    }
    assert(partition >= 0 && partition < member->kafka->log->partitions);
    assert((member->held.given >> partition & 1) != 0);
    *log = sim_lane_open(member, partition);
    return RESULT_OK;
}

static void leave_arrives(void *context, uint64_t id) {
    struct sim_member *member = context;
    if (sim_reaches(member->kafka, member->process)) {
        sim_coordinator_leave(member->coordinator, (uint32_t)id);
    }
}

/* A static member says nothing: its place is kept for whoever comes with its name. */
static void leave(struct sim_member *member) {
    assert(member->lanes_open == 0);
    if (!is_gone(member) && member->instance == NULL && member->membership.id != SIM_NONE) {
        sim_later(member->kafka, sim_way_ms(member->kafka), leave_arrives, member,
                  member->membership.id);
    }
}

static enum result port_rejoin(void *self, struct error *error) {
    struct sim_member *member = self;
    if (is_gone(member)) {
        return sim_gone(error);
    }
    leave(member);
    give_up(member);
    member->membership = (struct sim_membership){0};
    member->events_count = 0;
    member->lost = false;
    member->polled_ms = sim_process_ms(member->process);
    join(member);
    return RESULT_OK;
}

static bool port_reachable(void *self, int32_t timeout_ms) {
    const struct sim_member *member = self;
    (void)timeout_ms;
    return sim_reaches(member->kafka, member->process);
}

static void port_close(void *self) {
    struct sim_member *member = self;
    leave(member);
    member->closed = true;
}

struct log_group kafka_join(struct kafka *kafka, struct sim_process *process,
                            const struct log_topology *topology, const char *instance) {
    struct sim_member *member = calloc(1, sizeof *member);
    assert(member != NULL);
    member->kafka = kafka;
    member->process = process;
    member->topology = topology;
    member->instance = instance;
    member->coordinator = sim_coordinator(kafka, topology->processor);
    member->polled_ms = sim_process_ms(process);
    member->following = kafka->members;
    kafka->members = member;
    join(member);
    timeline_in(kafka->timeline, kafka->options->session_timeout_ms / HEARTBEATS_PER_SESSION, tick,
                member, 0);
    return (struct log_group){
        .self = member,
        .poll = port_poll,
        .revoke_done = port_revoke_done,
        .lane_open = port_lane_open,
        .rejoin = port_rejoin,
        .reachable = port_reachable,
        .close = port_close,
    };
}
