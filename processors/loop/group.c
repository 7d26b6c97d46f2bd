#include "loop/group.h"

#include <assert.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "loop/group_inside.h"
#include "ports/fault.h"

int64_t group_now_ms(const struct group *group) {
    const struct clock *clock = &group->setup->lanes.clock;
    return clock->monotonic_ms(clock->self);
}

void group_enter(struct group *group, enum group_phase phase) {
    const struct options *options = group->setup->lanes.options;
    group->phase = phase;
    group->pressed = false;
    /* A lane may drain, and then wait for its last commit. */
    group->phase_deadline_ms =
        group_now_ms(group) + options->revoke_drain_ms + options->transaction_timeout_ms;
    pthread_mutex_lock(&group->mutex);
    group->status.stopping = phase == GROUP_PHASE_STOPPING || phase == GROUP_PHASE_ENDED;
    pthread_mutex_unlock(&group->mutex);
}

static void stop_lanes(struct group *group) {
    group_enter(group, GROUP_PHASE_STOPPING);
    for (int32_t p = 0; p < group->partitions; p++) {
        group_lane_drain(group, &group->lanes[p], DRAIN_STOPPING);
    }
}

void group_fail(struct group *group, const struct error *error) {
    logger_error(&group->logger, "this processor cannot go on and ends",
                 LOGGER_FIELDS(logger_error_field(error)));
    group->error = *error;
    stop_lanes(group);
}

/* --- What the group's coordinator says. --- */

static void set_assigned(struct group *group, int32_t partition, bool assigned) {
    assert(partition >= 0 && partition < group->partitions);
    pthread_mutex_lock(&group->mutex);
    if (group->lanes[partition].assigned != assigned) {
        group->lanes[partition].assigned = assigned;
        group->status.lanes_count += assigned ? 1 : UINT32_MAX;
    }
    pthread_mutex_unlock(&group->mutex);
}

static void take_event(struct group *group, const struct log_group_event *event) {
    const struct logger_field count = logger_number("partitions", event->partitions_count);
    struct error error;
    switch (event->kind) {
    case LOG_GROUP_NOTHING:
        break;
    case LOG_GROUP_ASSIGNED:
        logger_info(&group->logger, "partitions assigned", LOGGER_FIELDS(count));
        pthread_mutex_lock(&group->mutex);
        group->status.assigned = true;
        pthread_mutex_unlock(&group->mutex);
        for (uint32_t i = 0; i < event->partitions_count; i++) {
            set_assigned(group, event->partitions[i], true);
            if (group->lanes[event->partitions[i]].lane == NULL) {
                group_lane_open(group, event->partitions[i]);
            }
        }
        break;
    case LOG_GROUP_REVOKED:
    case LOG_GROUP_LOST:
        logger_info(&group->logger, "partitions taken away", LOGGER_FIELDS(count));
        FAULT("revoke.begin");
        group_enter(group, GROUP_PHASE_REVOKING);
        for (uint32_t i = 0; i < event->partitions_count; i++) {
            struct group_lane *place = &group->lanes[event->partitions[i]];
            set_assigned(group, event->partitions[i], false);
            if (event->kind == LOG_GROUP_REVOKED) {
                group_lane_drain(group, place, DRAIN_REVOKED);
            } else {
                group_lane_ask_to_close(place);
            }
        }
        break;
    case LOG_GROUP_FAILED:
    case LOG_GROUP_FORGOTTEN:
        error_set(&error, RESULT_FAILED, "the membership of the group cannot go on");
        group_fail(group, &error);
        break;
    }
}

static void work(struct group *group, int32_t timeout_ms) {
    const struct log_group *log_group = group->setup->lanes.log_group;
    struct log_group_event event = {.kind = LOG_GROUP_NOTHING};
    struct error error;
    const enum result result = log_group->poll(log_group->self, timeout_ms, &event, &error);
    if (result == RESULT_FENCED) {
        group_rejoin(
            group, &error,
            event.kind == LOG_GROUP_FORGOTTEN ? GROUP_REJOIN_FORGOTTEN : GROUP_REJOIN_FENCED);
        return;
    }
    if (result != RESULT_OK && result != RESULT_AGAIN) {
        group_fail(group, &error);
        return;
    }
    if (result == RESULT_OK) {
        take_event(group, &event);
    }
    if (group->phase == GROUP_PHASE_WORKING) {
        group_watch(group, group_now_ms(group));
    }
}

/* --- Phases in which lanes end. --- */

static void wait_for_lanes(struct group *group, int32_t timeout_ms) {
    struct pollfd waited = {.fd = group->wake_fd, .events = POLLIN};
    if (timeout_ms > 0 && poll(&waited, 1, timeout_ms) > 0) {
        uint64_t wakes;
        const ssize_t taken = read(group->wake_fd, &wakes, sizeof wakes);
        (void)taken;
    }
}

static void join_again(struct group *group) {
    const struct log_group *log_group = group->setup->lanes.log_group;
    struct error error;
    for (int32_t p = 0; p < group->partitions; p++) {
        set_assigned(group, p, false);
    }
    pthread_mutex_lock(&group->mutex);
    group->status.rejoins++;
    pthread_mutex_unlock(&group->mutex);
    FAULT("rejoin.before");
    if (log_group->rejoin(log_group->self, &error) == RESULT_OK) {
        FAULT("rejoin.after");
        group_enter(group, GROUP_PHASE_WORKING);
    } else {
        group_fail(group, &error);
    }
}

static void finish_phase(struct group *group) {
    const struct log_group *log_group = group->setup->lanes.log_group;
    switch (group->phase) {
    case GROUP_PHASE_REVOKING:
        FAULT("revoke.end");
        log_group->revoke_done(log_group->self);
        group_enter(group, GROUP_PHASE_WORKING);
        break;
    case GROUP_PHASE_REJOINING:
        if (atomic_load(&group->stop)) {
            group_enter(group, GROUP_PHASE_ENDED);
        } else {
            join_again(group);
        }
        break;
    case GROUP_PHASE_STOPPING:
        group_enter(group, GROUP_PHASE_ENDED);
        break;
    case GROUP_PHASE_WORKING:
    case GROUP_PHASE_ENDED:
        assert(false);
        break;
    }
}

/* Their time is over, be it because the whole process stood still: they are to hand over what is
 * out and to end without a commit. Only one that hangs does not do even that. */
static void press_lanes(struct group *group) {
    group->pressed = true;
    group->phase_deadline_ms = group_now_ms(group) + group->setup->lanes.options->lane_silent_ms;
    for (int32_t p = 0; p < group->partitions; p++) {
        if (group->lanes[p].leaving) {
            group_lane_ask_to_close(&group->lanes[p]);
        }
    }
}

static void wait_phase(struct group *group, int32_t timeout_ms) {
    if (!group_lanes_left(group)) {
        wait_for_lanes(group, timeout_ms);
    }
    if (group_lanes_left(group)) {
        finish_phase(group);
    } else if (group_now_ms(group) >= group->phase_deadline_ms && !group->pressed) {
        press_lanes(group);
    } else if (group_now_ms(group) >= group->phase_deadline_ms &&
               group->phase != GROUP_PHASE_STOPPING && group_is_cut_off(group)) {
        /* Whoever was told to stop does, whatever Kafka does. */
        group->phase_deadline_ms =
            group_now_ms(group) + group->setup->lanes.options->lane_silent_ms;
    } else if (group_now_ms(group) >= group->phase_deadline_ms) {
        error_set(&group->error, RESULT_FAILED,
                  "a lane does not end though it was told to; the process must end");
        logger_error(&group->logger, "a lane does not end", LOGGER_NO_FIELDS);
        group_enter(group, GROUP_PHASE_ENDED);
    }
}

bool group_step(struct group *group, int32_t timeout_ms) {
    atomic_store(&group->ticked_ms, group_now_ms(group));
    if (group->phase == GROUP_PHASE_WORKING && atomic_load(&group->stop)) {
        logger_info(&group->logger, "stopping", LOGGER_NO_FIELDS);
        stop_lanes(group);
    }
    if (group->phase == GROUP_PHASE_WORKING) {
        work(group, timeout_ms);
    } else if (group->phase != GROUP_PHASE_ENDED) {
        wait_phase(group, timeout_ms);
    }
    for (int32_t p = 0; p < group->partitions && !group->setup->threads; p++) {
        if (group->lanes[p].lane != NULL && !lane_ended(group->lanes[p].lane)) {
            (void)lane_step(group->lanes[p].lane);
        }
    }
    return group->phase != GROUP_PHASE_ENDED;
}

int64_t group_due_ms(const struct group *group) {
    assert(!group->setup->threads);
    const bool works = group->phase == GROUP_PHASE_WORKING;
    bool waits = works;
    int64_t due_ms = works ? INT64_MAX : group->phase_deadline_ms;
    for (int32_t p = 0; p < group->partitions; p++) {
        const struct group_lane *place = &group->lanes[p];
        int64_t lane_ms = INT64_MAX;
        if (place->lane != NULL) {
            waits = waits || place->leaving;
            lane_ms = lane_ended(place->lane) ? group_now_ms(group) : lane_due_ms(place->lane);
        } else if (place->assigned && works) {
            lane_ms = group_lane_dead_ms(group, place);
        }
        due_ms = lane_ms < due_ms ? lane_ms : due_ms;
    }
    return waits ? due_ms : group_now_ms(group);
}

enum result group_result(const struct group *group, struct error *error) {
    assert(group->phase == GROUP_PHASE_ENDED);
    *error = group->error;
    return group->error.result;
}

enum result group_run(struct group *group, struct error *error) {
    assert(group->setup->threads);
    while (group_step(group, GROUP_POLL_MS)) {
    }
    return group_result(group, error);
}

void group_stop(struct group *group) {
    const uint64_t one = 1;
    atomic_store(&group->stop, true);
    const ssize_t written = write(group->wake_fd, &one, sizeof one);
    (void)written;
}

void group_status(struct group *group, struct group_status *status, struct lane_status *lanes,
                  uint32_t lanes_max) {
    uint32_t count = 0;
    pthread_mutex_lock(&group->mutex);
    *status = group->status;
    status->ticked_ms = atomic_load(&group->ticked_ms);
    for (int32_t p = 0; p < group->partitions && count < lanes_max; p++) {
        const struct group_lane *place = &group->lanes[p];
        if (!place->assigned) {
            continue;
        }
        if (place->lane != NULL) {
            lane_status(place->lane, &lanes[count]);
        } else {
            lanes[count] = place->last;
        }
        count++;
    }
    pthread_mutex_unlock(&group->mutex);
}

enum result group_open(const struct group_setup *setup, struct group **group, struct error *error) {
    const int32_t partitions = setup->lanes.partitions;
    assert(partitions >= 1 && setup->lanes.log_group != NULL);
    struct group *opened = calloc(1, sizeof *opened + (size_t)partitions * sizeof opened->lanes[0]);
    const int wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (opened == NULL || wake_fd < 0) {
        free(opened);
        return error_set(error, RESULT_FAILED,
                         "no memory or descriptor for %d lanes; look at the limits of this process",
                         partitions);
    }
    opened->setup = setup;
    opened->logger = logger_for(&setup->lanes.logger, "group", -1);
    opened->partitions = partitions;
    opened->wake_fd = wake_fd;
    atomic_store(&opened->ticked_ms, group_now_ms(opened));
    opened->cut_off_ms = INT64_MIN;
    for (uint32_t i = 0; i < GROUP_REJOINS_MAX; i++) {
        opened->rejoined_ms[i] = INT64_MIN;
    }
    for (int32_t p = 0; p < partitions; p++) {
        opened->lanes[p].last.partition = p;
        opened->lanes[p].last.state = LANE_STATE_ENDED;
    }
    const int failed = pthread_mutex_init(&opened->mutex, NULL);
    assert(failed == 0);
    *group = opened;
    return RESULT_OK;
}

void group_close(struct group *group) {
    for (int32_t p = 0; p < group->partitions; p++) {
        if (group->lanes[p].lane != NULL && group->lanes[p].threaded) {
            /* It hangs in a call that never returns: nothing it uses may be freed any more. */
            pthread_detach(group->lanes[p].thread.thread);
            return;
        }
        if (group->lanes[p].lane != NULL) {
            lane_close(group->lanes[p].lane);
        }
    }
    close(group->wake_fd);
    pthread_mutex_destroy(&group->mutex);
    free(group);
}
