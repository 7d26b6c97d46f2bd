#include "tests/support/memory_member.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "domain/placement.h"

static void push_event(struct memory_member *member, enum log_group_event_kind kind,
                       const int32_t *partitions, uint32_t count) {
    assert(member->events_count < MEMORY_EVENTS_MAX && count <= MEMORY_PARTITIONS_MAX);
    struct memory_event *event =
        &member->events[(member->events_first + member->events_count++) % MEMORY_EVENTS_MAX];
    event->kind = kind;
    event->partitions_count = count;
    for (uint32_t i = 0; i < count; i++) {
        event->partitions[i] = partitions[i];
    }
    pthread_cond_signal(&member->arrived);
}

static void wait_for_event(struct memory_member *member, int32_t timeout_ms) {
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += timeout_ms / 1000;
    until.tv_nsec += (long)(timeout_ms % 1000) * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    int failed = 0;
    while (member->events_count == 0 && failed == 0) {
        failed = pthread_cond_timedwait(&member->arrived, &member->log->mutex, &until);
    }
}

static void take_note(struct memory_member *member, const struct memory_event *event) {
    for (uint32_t i = 0; i < event->partitions_count; i++) {
        if (event->kind == LOG_GROUP_ASSIGNED) {
            member->assigned[event->partitions[i]] = true;
        } else if (event->kind == LOG_GROUP_LOST) {
            member->assigned[event->partitions[i]] = false;
        }
    }
}

static enum result poll_group(void *self, int32_t timeout_ms, struct log_group_event *event,
                              struct error *error) {
    struct memory_member *member = self;
    *event = (struct log_group_event){.kind = LOG_GROUP_NOTHING};
    pthread_mutex_lock(&member->log->mutex);
    if (member->fenced != LOG_GROUP_NOTHING) {
        event->kind = member->fenced;
        member->fenced = LOG_GROUP_NOTHING;
        pthread_mutex_unlock(&member->log->mutex);
        return error_set(error, RESULT_FENCED, "another member has this name");
    }
    if (member->events_count == 0 && timeout_ms > 0) {
        wait_for_event(member, timeout_ms);
    }
    if (member->events_count > 0) {
        member->current = member->events[member->events_first];
        member->events_first = (member->events_first + 1) % MEMORY_EVENTS_MAX;
        member->events_count--;
        take_note(member, &member->current);
        *event = (struct log_group_event){.kind = member->current.kind,
                                          .partitions = member->current.partitions,
                                          .partitions_count = member->current.partitions_count};
    }
    pthread_mutex_unlock(&member->log->mutex);
    return RESULT_OK;
}

static void revoke_done(void *self) {
    struct memory_member *member = self;
    pthread_mutex_lock(&member->log->mutex);
    assert(member->current.kind == LOG_GROUP_REVOKED || member->current.kind == LOG_GROUP_LOST);
    for (uint32_t i = 0; i < member->current.partitions_count; i++) {
        member->assigned[member->current.partitions[i]] = false;
    }
    pthread_mutex_unlock(&member->log->mutex);
}

static enum result lane_open(void *self, int32_t partition, struct log *log, struct error *error) {
    struct memory_member *member = self;
    pthread_mutex_lock(&member->log->mutex);
    const enum result result = memory_lane_open(member, partition, log, error);
    pthread_mutex_unlock(&member->log->mutex);
    return result;
}

static void assert_no_lanes(const struct memory_member *member) {
    for (uint32_t i = 0; i < member->log->lanes_count; i++) {
        assert(member->log->lanes[i]->member != member);
    }
}

static enum result rejoin(void *self, struct error *error) {
    struct memory_member *member = self;
    (void)error;
    pthread_mutex_lock(&member->log->mutex);
    assert_no_lanes(member);
    memset(member->assigned, 0, sizeof member->assigned);
    member->events_count = 0;
    member->rejoins++;
    pthread_mutex_unlock(&member->log->mutex);
    return RESULT_OK;
}

static bool reachable(void *self, int32_t timeout_ms) {
    struct memory_member *member = self;
    (void)timeout_ms;
    pthread_mutex_lock(&member->log->mutex);
    const bool away = member->away;
    member->missed += away ? 1 : 0;
    pthread_mutex_unlock(&member->log->mutex);
    return !away;
}

static void close_member(void *self) {
    struct memory_member *member = self;
    pthread_mutex_lock(&member->log->mutex);
    assert_no_lanes(member);
    pthread_mutex_unlock(&member->log->mutex);
    pthread_cond_destroy(&member->arrived);
    free(member);
}

struct log_group memory_log_join(struct memory_log *log, const struct log_topology *topology) {
    struct memory_member *member = calloc(1, sizeof *member);
    assert(member != NULL);
    member->log = log;
    member->topology = topology;
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&member->arrived, &attributes);
    pthread_condattr_destroy(&attributes);
    pthread_mutex_lock(&log->mutex);
    member->group = memory_group(log, topology->processor);
    pthread_mutex_unlock(&log->mutex);
    return (struct log_group){
        .self = member,
        .poll = poll_group,
        .revoke_done = revoke_done,
        .lane_open = lane_open,
        .rejoin = rejoin,
        .reachable = reachable,
        .close = close_member,
    };
}

/* --- What tests do to a member. --- */

static void tell(const struct log_group *group, enum log_group_event_kind kind,
                 const int32_t *partitions, uint32_t count) {
    struct memory_member *member = group->self;
    pthread_mutex_lock(&member->log->mutex);
    for (uint32_t i = 0; i < count && kind == LOG_GROUP_ASSIGNED; i++) {
        member->group->generations[partitions[i]]++;
    }
    push_event(member, kind, partitions, count);
    pthread_mutex_unlock(&member->log->mutex);
}

void memory_log_assign(const struct log_group *group, const int32_t *partitions, uint32_t count) {
    tell(group, LOG_GROUP_ASSIGNED, partitions, count);
}

void memory_log_revoke(const struct log_group *group, const int32_t *partitions, uint32_t count) {
    tell(group, LOG_GROUP_REVOKED, partitions, count);
}

void memory_log_lose(const struct log_group *group, const int32_t *partitions, uint32_t count) {
    tell(group, LOG_GROUP_LOST, partitions, count);
}

void memory_log_fail(const struct log_group *group) {
    tell(group, LOG_GROUP_FAILED, NULL, 0);
}

void memory_log_fence_member(const struct log_group *group, bool forgotten) {
    struct memory_member *member = group->self;
    pthread_mutex_lock(&member->log->mutex);
    member->fenced = forgotten ? LOG_GROUP_FORGOTTEN : LOG_GROUP_FAILED;
    pthread_mutex_unlock(&member->log->mutex);
}

void memory_log_cut_off(const struct log_group *group, bool away) {
    struct memory_member *member = group->self;
    pthread_mutex_lock(&member->log->mutex);
    member->away = away;
    pthread_mutex_unlock(&member->log->mutex);
}

uint32_t memory_log_missed(const struct log_group *group) {
    struct memory_member *member = group->self;
    pthread_mutex_lock(&member->log->mutex);
    const uint32_t missed = member->missed;
    pthread_mutex_unlock(&member->log->mutex);
    return missed;
}

void memory_log_unheard(const struct log_group *group, bool unheard) {
    struct memory_member *member = group->self;
    pthread_mutex_lock(&member->log->mutex);
    member->unheard = unheard;
    pthread_mutex_unlock(&member->log->mutex);
}

uint32_t memory_log_rejoins(const struct log_group *group) {
    struct memory_member *member = group->self;
    pthread_mutex_lock(&member->log->mutex);
    const uint32_t rejoins = member->rejoins;
    pthread_mutex_unlock(&member->log->mutex);
    return rejoins;
}

void memory_log_crash(const struct log_group *group) {
    struct memory_member *member = group->self;
    pthread_mutex_lock(&member->log->mutex);
    member->crashed = true;
    for (uint32_t i = 0; i < member->log->lanes_count; i++) {
        if (member->log->lanes[i]->member == member) {
            member->log->lanes[i]->crashed = true;
        }
    }
    pthread_mutex_unlock(&member->log->mutex);
}

/* --- The producer without transactions. --- */

static enum result write_plain(void *self, const char *topic, struct bytes key, struct bytes value,
                               const struct log_header *headers, uint32_t headers_count,
                               struct error *error) {
    struct memory_log *log = self;
    (void)error;
    const struct memory_record record = {
        .key = key, .value = value, .headers = headers, .headers_count = headers_count};
    memory_log_append(log, topic, placement_partition(key, log->partitions), &record);
    return RESULT_OK;
}

static enum result flush_plain(void *self, int32_t timeout_ms, struct error *error) {
    (void)self;
    (void)timeout_ms;
    (void)error;
    return RESULT_OK;
}

static void close_plain(void *self) {
    (void)self;
}

struct log_plain memory_log_plain(struct memory_log *log) {
    return (struct log_plain){
        .self = log, .write = write_plain, .flush = flush_plain, .close = close_plain};
}
