#include <assert.h>
#include <stdlib.h>

#include "registry_connector/lane.h"

struct lane_registry *memory_registry(struct connector_lane *lane, struct text name) {
    for (uint32_t i = 0; i < lane->registries_count; i++) {
        if (text_equal(name, text_of(lane->registries[i].config->name))) {
            return &lane->registries[i];
        }
    }
    return NULL;
}

void memory_line_up(struct connector_lane *lane, const struct registry_state_ledger_state *state) {
    assert(submission_startable(state));
    const struct registry_state_queued_submission *queued = state->work.queued;
    struct lane_registry *registry = memory_registry(lane, queued->registry);
    assert(registry != NULL);
    lineup_add(&registry->lineup, queued->queued_at, &state->certificate_id);
}

static void hold(struct connector_lane *lane, const struct uuid *certificate_id) {
    if (lane->held_count == lane->held_capacity) {
        lane->held_capacity = lane->held_capacity == 0 ? 256 : lane->held_capacity * 2;
        lane->held = realloc(lane->held, lane->held_capacity * sizeof *lane->held);
        assert(lane->held != NULL);
    }
    lane->held[lane->held_count++] = *certificate_id;
}

struct building {
    struct connector_lane *lane;
    struct turn *turn;
    enum result result;
    struct error *error;
};

static bool build_one(void *context, struct bytes key, struct bytes value) {
    struct building *building = context;
    struct connector_lane *lane = building->lane;
    struct arena *arena = turn_arena(building->turn);
    const size_t mark = arena->used;
    struct registry_state_ledger_state state;
    (void)key;
    building->result = ledger_decode(lane, value, building->turn, &state, building->error);
    if (building->result != RESULT_OK) {
        (void)error_wrap(building->error, "registry.state, partition %d", (int)lane->partition);
        return false;
    }
    /* What was unknown when the lane began is in quarantine since then: no clock reaches back over
     * a restart, and a quarantine may be too long but never too short. */
    lane->open += submission_open(&state) ? 1 : 0;
    quarantines_follow(&lane->quarantines, &state, turn_monotonic_ms(building->turn));
    asking_follow(lane, &state, turn_monotonic_ms(building->turn));
    reading_follow(lane, &state, turn_monotonic_ms(building->turn));
    if (submission_held(&state, &lane->identity.incarnation) != NULL) {
        hold(lane, &state.certificate_id);
    } else if (submission_startable(&state)) {
        if (memory_registry(lane, state.work.queued->registry) == NULL) {
            const struct text name = state.work.queued->registry;
            building->result = error_set(
                building->error, RESULT_INVALID,
                "a submission waits for registry \"%.*s\", which is not configured here: give the "
                "connector the same `registries` as certificates and start it again",
                (int)name.length, name.data);
            return false;
        }
        memory_line_up(lane, &state);
    }
    arena->used = mark;
    return true;
}

static void forget(struct connector_lane *lane) {
    lane->held_count = 0;
    lane->open = 0;
    quarantines_deinit(&lane->quarantines);
    for (uint32_t i = 0; i < lane->registries_count; i++) {
        lineup_deinit(&lane->registries[i].lineup);
        asking_deinit(&lane->registries[i].asking);
        reading_end(&lane->registries[i]);
    }
}

enum result memory_build(struct connector_lane *lane, struct turn *turn, struct error *error) {
    assert(lane->held_count == 0 && lane->flights.staged == NULL);
    struct building building = {lane, turn, RESULT_OK, error};
    const enum result result = turn_each(turn, TABLE_LEDGER, build_one, &building, error);
    if (result != RESULT_OK || building.result != RESULT_OK) {
        forget(lane); /* it is called again where that may help */
        return result != RESULT_OK ? result : building.result;
    }
    if (lane->held_count > 0) {
        logger_info(&lane->logger, "intents of an earlier owner are held open",
                    LOGGER_FIELDS(logger_number("count", lane->held_count)));
    }
    return RESULT_OK;
}
