/* The coordinator of a group: members with sessions, generations, eager rebalances, the range
 * assignor, and places that are kept for static members. */
#include <assert.h>
#include <string.h>

#include "tests/simulate/kafka_inside.h"

struct sim_coordinator *sim_coordinator(struct kafka *kafka, const char *processor) {
    struct memory_group *group = memory_group(kafka->log, processor);
    for (uint32_t i = 0; i < kafka->coordinators_count; i++) {
        if (kafka->coordinators[i].group == group) {
            return &kafka->coordinators[i];
        }
    }
    assert(kafka->coordinators_count < SIM_COORDINATORS_MAX);
    struct sim_coordinator *coordinator = &kafka->coordinators[kafka->coordinators_count++];
    coordinator->kafka = kafka;
    coordinator->group = group;
    return coordinator;
}

static struct sim_seat *seat_by_id(struct sim_coordinator *coordinator, uint32_t id) {
    for (uint32_t i = 0; i < coordinator->seats_count && id != SIM_NONE; i++) {
        if (coordinator->seats[i].id == id) {
            return &coordinator->seats[i];
        }
    }
    return NULL;
}

static struct sim_seat *seat_by_instance(struct sim_coordinator *coordinator,
                                         const char *instance) {
    for (uint32_t i = 0; i < coordinator->seats_count && instance != NULL; i++) {
        const char *other = coordinator->seats[i].client->instance;
        if (other != NULL && strcmp(other, instance) == 0) {
            return &coordinator->seats[i];
        }
    }
    return NULL;
}

/* --- Rebalances. --- */

/* Static members by name, then the others by age: whoever returns has its old place. */
static bool is_before(const struct sim_seat *a, const struct sim_seat *b) {
    const char *const one = a->client->instance;
    const char *const other = b->client->instance;
    if (one != NULL && other != NULL) {
        return strcmp(one, other) < 0;
    }
    return one != NULL || (other == NULL && a->id < b->id);
}

static void sort_seats(struct sim_coordinator *coordinator) {
    for (uint32_t i = 1; i < coordinator->seats_count; i++) {
        const struct sim_seat seat = coordinator->seats[i];
        uint32_t at = i;
        for (; at > 0 && is_before(&seat, &coordinator->seats[at - 1]); at--) {
            coordinator->seats[at] = coordinator->seats[at - 1];
        }
        coordinator->seats[at] = seat;
    }
}

static void answer(struct sim_coordinator *coordinator, const struct sim_seat *seat) {
    const struct sim_membership membership = {.verdict = SIM_VERDICT_OK,
                                              .id = seat->id,
                                              .generation = coordinator->generation,
                                              .given = seat->given};
    sim_member_answer(seat->client, &membership);
}

static void assign(struct sim_coordinator *coordinator) {
    const uint32_t partitions = (uint32_t)coordinator->kafka->log->partitions;
    const uint32_t members = coordinator->seats_count;
    uint32_t next = 0;
    sort_seats(coordinator);
    for (uint32_t i = 0; i < members; i++) {
        const uint32_t count = partitions / members + (i < partitions % members ? 1 : 0);
        coordinator->seats[i].given = 0;
        for (uint32_t p = next; p < next + count; p++) {
            coordinator->seats[i].given |= (uint64_t)1 << p;
        }
        next += count;
    }
}

static void finish(struct sim_coordinator *coordinator) {
    coordinator->preparing = false;
    coordinator->generation++;
    assign(coordinator);
    transcript_say(coordinator->kafka->transcript, "%s: generation %u has %u members",
                   coordinator->group->processor, coordinator->generation,
                   coordinator->seats_count);
    for (uint32_t i = 0; i < coordinator->seats_count; i++) {
        coordinator->seats[i].joined = false;
        coordinator->seats[i].heard_ms = coordinator->kafka->timeline->now_ms;
    }
    for (uint32_t i = 0; i < coordinator->seats_count; i++) {
        answer(coordinator, &coordinator->seats[i]);
    }
}

static void finish_when_all_joined(struct sim_coordinator *coordinator) {
    for (uint32_t i = 0; i < coordinator->seats_count; i++) {
        if (!coordinator->seats[i].joined) {
            return;
        }
    }
    if (coordinator->preparing) {
        finish(coordinator);
    }
}

static void take_seat_away(struct sim_coordinator *coordinator, struct sim_seat *seat) {
    const uint32_t at = (uint32_t)(seat - coordinator->seats);
    coordinator->seats_count--;
    memmove(seat, seat + 1, (coordinator->seats_count - at) * sizeof *seat);
}

static void evict(struct sim_coordinator *coordinator, struct sim_seat *seat, const char *why) {
    transcript_say(coordinator->kafka->transcript, "%s: process %u is out of the group: %s",
                   coordinator->group->processor, seat->client->process->number, why);
    coordinator->kafka->counts.evicted++;
    take_seat_away(coordinator, seat);
}

/* Whoever has not joined when the time for it is over is out. */
static void preparation_ends(void *context, uint64_t number) {
    struct sim_coordinator *coordinator = context;
    if (!coordinator->preparing || coordinator->preparations != number) {
        return;
    }
    for (uint32_t i = coordinator->seats_count; i-- > 0;) {
        if (!coordinator->seats[i].joined) {
            evict(coordinator, &coordinator->seats[i], "it did not join in time");
        }
    }
    finish_when_all_joined(coordinator);
}

static void prepare(struct sim_coordinator *coordinator) {
    struct kafka *kafka = coordinator->kafka;
    if (coordinator->preparing) {
        return;
    }
    coordinator->preparing = true;
    kafka->counts.rebalances++;
    timeline_in(kafka->timeline, kafka->options->max_poll_interval_ms, preparation_ends,
                coordinator, ++coordinator->preparations);
}

/* Somebody is not there any more. */
static void go_on_without(struct sim_coordinator *coordinator) {
    if (coordinator->seats_count == 0) {
        coordinator->preparing = false;
        coordinator->generation++;
    } else {
        prepare(coordinator);
        finish_when_all_joined(coordinator);
    }
}

/* --- Sessions. --- */

static void session_ends(void *context, uint64_t id) {
    struct sim_coordinator *coordinator = context;
    struct kafka *kafka = coordinator->kafka;
    struct sim_seat *seat = seat_by_id(coordinator, (uint32_t)id);
    if (seat == NULL) {
        return;
    }
    const int64_t end_ms = seat->heard_ms + kafka->options->session_timeout_ms;
    if (seat->joined) {
        /* Who waits for the others is not asked for heartbeats. */
        timeline_in(kafka->timeline, kafka->options->session_timeout_ms, session_ends, coordinator,
                    id);
    } else if (kafka->timeline->now_ms < end_ms) {
        timeline_at(kafka->timeline, end_ms, session_ends, coordinator, id);
    } else {
        evict(coordinator, seat, "nothing was heard of it for a session");
        go_on_without(coordinator);
    }
}

enum sim_verdict sim_coordinator_hear(struct sim_coordinator *coordinator,
                                      const struct sim_member *member, uint32_t id,
                                      uint32_t generation) {
    struct sim_seat *seat = seat_by_id(coordinator, id);
    if (seat == NULL) {
        return seat_by_instance(coordinator, member->instance) != NULL ? SIM_VERDICT_FENCED
                                                                       : SIM_VERDICT_UNKNOWN;
    }
    if (generation != coordinator->generation) {
        return SIM_VERDICT_UNKNOWN;
    }
    seat->heard_ms = coordinator->kafka->timeline->now_ms;
    return coordinator->preparing && !seat->joined ? SIM_VERDICT_REBALANCE : SIM_VERDICT_OK;
}

bool sim_coordinator_knows(const struct sim_coordinator *coordinator, uint32_t id,
                           uint32_t generation) {
    for (uint32_t i = 0; i < coordinator->seats_count; i++) {
        if (coordinator->seats[i].id == id) {
            return coordinator->generation == generation;
        }
    }
    return false;
}

/* --- Joining and leaving. --- */

static void refuse(struct sim_member *member, enum sim_verdict verdict) {
    const struct sim_membership refusal = {.verdict = verdict};
    sim_member_answer(member, &refusal);
}

static struct sim_seat *add_seat(struct sim_coordinator *coordinator, struct sim_member *member) {
    assert(coordinator->seats_count < SIM_SEATS_MAX);
    struct sim_seat *seat = &coordinator->seats[coordinator->seats_count++];
    *seat = (struct sim_seat){.id = ++coordinator->ids,
                              .client = member,
                              .heard_ms = coordinator->kafka->timeline->now_ms};
    timeline_in(coordinator->kafka->timeline, coordinator->kafka->options->session_timeout_ms,
                session_ends, coordinator, seat->id);
    return seat;
}

/* A process with a name that is known takes that one's place, which is thereby fenced. */
static void take_place(struct sim_coordinator *coordinator, struct sim_seat *seat,
                       struct sim_member *member) {
    if (seat->joined && seat->client != member) {
        refuse(seat->client, SIM_VERDICT_FENCED);
    }
    seat->id = ++coordinator->ids;
    seat->client = member;
    seat->heard_ms = coordinator->kafka->timeline->now_ms;
    timeline_in(coordinator->kafka->timeline, coordinator->kafka->options->session_timeout_ms,
                session_ends, coordinator, seat->id);
}

void sim_coordinator_join(struct sim_coordinator *coordinator, struct sim_member *member) {
    struct sim_seat *seat = seat_by_id(coordinator, member->membership.id);
    struct sim_seat *namesake = seat_by_instance(coordinator, member->instance);
    if (member->membership.id != SIM_NONE && seat == NULL) {
        refuse(member, namesake != NULL ? SIM_VERDICT_FENCED : SIM_VERDICT_UNKNOWN);
        return;
    }
    if (seat == NULL && namesake != NULL) {
        take_place(coordinator, namesake, member);
        seat = namesake;
    }
    if (seat == NULL) {
        seat = add_seat(coordinator, member);
        prepare(coordinator);
    }
    seat->heard_ms = coordinator->kafka->timeline->now_ms;
    if (coordinator->preparing) {
        seat->joined = true;
        finish_when_all_joined(coordinator);
    } else {
        answer(coordinator, seat); /* an answer was lost, or a known name is back */
    }
}

void sim_coordinator_leave(struct sim_coordinator *coordinator, uint32_t id) {
    struct sim_seat *seat = seat_by_id(coordinator, id);
    if (seat != NULL) {
        take_seat_away(coordinator, seat);
        go_on_without(coordinator);
    }
}
