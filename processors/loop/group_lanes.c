/* The lanes of a group: opened, told to end, closed. */
#include <assert.h>

#include "loop/group_inside.h"

static void set_lane(struct group *group, struct group_lane *place, struct lane *lane) {
    pthread_mutex_lock(&group->mutex);
    place->lane = lane;
    pthread_mutex_unlock(&group->mutex);
}

void group_lane_open(struct group *group, int32_t partition) {
    struct group_lane *place = &group->lanes[partition];
    assert(place->assigned && place->lane == NULL);
    struct lane *lane = NULL;
    struct error error;
    place->leaving = false;
    enum result result = lane_open(&group->setup->lanes, partition, &lane, &error);
    if (result == RESULT_OK && group->setup->threads) {
        result = lane_thread_start(&place->thread, lane, &group->setup->lanes.clock, group->wake_fd,
                                   &error);
        place->threaded = result == RESULT_OK;
        if (!place->threaded) {
            lane_close(lane);
        }
    }
    if (result == RESULT_OK) {
        set_lane(group, place, lane);
        return;
    }
    place->dead_since_ms = group_now_ms(group);
    logger_error(&group->logger, "no lane can be opened",
                 LOGGER_FIELDS(logger_number("partition", partition), logger_error_field(&error)));
}

void group_lane_close(struct group *group, struct group_lane *place) {
    struct lane *lane = place->lane;
    assert(lane_ended(lane));
    if (place->threaded) {
        lane_thread_join(&place->thread);
        place->threaded = false;
    }
    struct lane_status last;
    lane_status(lane, &last);
    pthread_mutex_lock(&group->mutex);
    place->last = last;
    place->lane = NULL;
    pthread_mutex_unlock(&group->mutex);
    place->dead_since_ms = group_now_ms(group);
    lane_close(lane);
}

void group_lane_drain(struct group *group, struct group_lane *place, enum drain_cause cause) {
    if (place->lane == NULL) {
        return;
    }
    place->leaving = true;
    lane_drain(place->lane, cause,
               group_now_ms(group) + group->setup->lanes.options->revoke_drain_ms);
    if (place->threaded) {
        lane_thread_wake(&place->thread);
    }
}

void group_lane_ask_to_close(struct group_lane *place) {
    if (place->lane == NULL) {
        return;
    }
    place->leaving = true;
    lane_ask_to_close(place->lane);
    if (place->threaded) {
        lane_thread_wake(&place->thread);
    }
}

bool group_lanes_left(struct group *group) {
    bool left = true;
    for (int32_t p = 0; p < group->partitions; p++) {
        struct group_lane *place = &group->lanes[p];
        if (place->lane == NULL || !place->leaving) {
            continue;
        }
        if (lane_ended(place->lane)) {
            group_lane_close(group, place);
        } else {
            left = false;
        }
    }
    return left;
}
