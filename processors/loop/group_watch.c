/* No partition without a living lane: a new one where the old one's producer was in doubt, and
 * leaving and joining again where nothing else helps. */
#include <assert.h>

#include "loop/group_inside.h"

enum { REACHABLE_MS = 2000 }; /* a broker that does not answer by then is away */

/* Note one more time. False: that is one too many. */
static bool may_rejoin(struct group *group) {
    const int64_t now_ms = group_now_ms(group);
    uint32_t recent = 0;
    uint32_t oldest = 0;
    for (uint32_t i = 0; i < GROUP_REJOINS_MAX; i++) {
        if (group->rejoined_ms[i] != INT64_MIN &&
            now_ms - group->rejoined_ms[i] < GROUP_REJOINS_WINDOW_MS) {
            recent++;
        }
        if (group->rejoined_ms[i] < group->rejoined_ms[oldest]) {
            oldest = i;
        }
    }
    if (recent < GROUP_REJOINS_MAX) {
        group->rejoined_ms[oldest] = now_ms;
    }
    return recent < GROUP_REJOINS_MAX;
}

void group_rejoin(struct group *group, const struct error *why, enum group_rejoin_cause cause) {
    if (cause != GROUP_REJOIN_FORGOTTEN && !may_rejoin(group)) {
        struct error error = *why;
        error.result = error.result == RESULT_DENIED ? RESULT_DENIED : RESULT_FAILED;
        error_wrap(&error, "left and joined again %d times in %d minutes, and still",
                   GROUP_REJOINS_MAX, GROUP_REJOINS_WINDOW_MS / 60000);
        group_fail(group, &error);
        return;
    }
    logger_warning(&group->logger, "leaving the group to join it again",
                   LOGGER_FIELDS(logger_error_field(why)));
    group_enter(group, GROUP_PHASE_REJOINING);
    for (int32_t p = 0; p < group->partitions; p++) {
        if (cause == GROUP_REJOIN_LANE_DEAD) {
            group_lane_drain(group, &group->lanes[p], DRAIN_REVOKED);
        } else {
            group_lane_ask_to_close(&group->lanes[p]);
        }
    }
}

/* A lane ended that nobody told to. */
static void reap(struct group *group, int32_t partition) {
    struct group_lane *place = &group->lanes[partition];
    group_lane_close(group, place);
    if (place->last.end == LANE_END_ANEW) {
        pthread_mutex_lock(&group->mutex);
        group->status.rebuilt++;
        pthread_mutex_unlock(&group->mutex);
        group_lane_open(group, partition);
    }
}

bool group_is_cut_off(struct group *group) {
    const struct log_group *log_group = group->setup->lanes.log_group;
    if (log_group->reachable(log_group->self, REACHABLE_MS)) {
        return false;
    }
    group->cut_off_ms = group_now_ms(group);
    logger_warning(&group->logger, "no broker answers; whatever waits for one has time until then",
                   LOGGER_NO_FIELDS);
    return true;
}

/* Since when the brokers could be reached, of the time since then. */
static int64_t reached_since_ms(const struct group *group, int64_t began_ms) {
    return began_ms > group->cut_off_ms ? began_ms : group->cut_off_ms;
}

int64_t group_lane_dead_ms(const struct group *group, const struct group_lane *place) {
    return reached_since_ms(group, place->dead_since_ms) +
           group->setup->lanes.options->session_timeout_ms;
}

/* A lane without a thread is stepped by whoever would find it silent. */
static bool is_silent(const struct group *group, const struct lane *lane, int64_t now_ms) {
    return group->setup->threads && now_ms - reached_since_ms(group, lane_ticked_ms(lane)) >
                                        group->setup->lanes.options->lane_silent_ms;
}

/* Has this partition no living lane? One that was fenced usually hears soon that the partition was
 * taken away; that is waited for as long as a session lasts. */
static bool is_dead(const struct group *group, int32_t partition, int64_t now_ms,
                    struct error *error) {
    const struct group_lane *place = &group->lanes[partition];
    if (!place->assigned) {
        return false;
    }
    if (place->lane != NULL) {
        const bool silent = is_silent(group, place->lane, now_ms);
        if (silent) {
            error_set(error, RESULT_FAILED,
                      "the lane of partition %d has shown no life for %lld ms", partition,
                      (long long)(now_ms - lane_ticked_ms(place->lane)));
        }
        return silent;
    }
    error_set(error, place->last.end == LANE_END_DENIED ? RESULT_DENIED : RESULT_FAILED,
              "partition %d is ours, but its lane has ended: %s", partition, place->last.reason);
    return now_ms >= group_lane_dead_ms(group, place);
}

void group_watch(struct group *group, int64_t now_ms) {
    for (int32_t p = 0; p < group->partitions; p++) {
        if (group->lanes[p].lane != NULL && lane_ended(group->lanes[p].lane)) {
            reap(group, p);
        }
    }
    for (int32_t p = 0; p < group->partitions; p++) {
        struct error error;
        if (is_dead(group, p, now_ms, &error)) {
            if (!group_is_cut_off(group)) {
                group_rejoin(group, &error, GROUP_REJOIN_LANE_DEAD);
            }
            return;
        }
    }
}
