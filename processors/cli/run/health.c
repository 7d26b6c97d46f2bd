#include "cli/run/health.h"

#include <assert.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "cli/run/part.h"
#include "metrics/table.h"
#include "outside/clock_os/clock_os.h"
#include "registry_connector/gauges.h"

enum { REASON_MAX = 800 }; /* bytes */

/* Words of others may be anything; JSON takes UTF-8 only. */
static json_t *text_of_others(const char *text) {
    json_t *string = json_string(text);
    if (string == NULL) {
        char *copy = strdup(text);
        assert(copy != NULL);
        for (char *c = copy; *c != '\0'; c++) {
            *c = (signed char)*c < 0 ? '?' : *c;
        }
        string = json_string(copy);
        free(copy);
    }
    assert(string != NULL);
    return string;
}

__attribute__((format(printf, 2, 3))) static void add_reason(json_t *reasons, const char *format,
                                                             ...) {
    char text[REASON_MAX];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    const int failed = json_array_append_new(reasons, text_of_others(text));
    assert(failed == 0);
    (void)failed;
}

/* --- Judging. --- */

static void judge_lane(struct health *health, const char *processor,
                       const struct lane_status *lane) {
    const char *state = metric_lane_states[lane->state];
    switch (lane->state) {
    case LANE_STATE_WORKING:
        break;
    case LANE_STATE_RESTORING:
        add_reason(health->unready, "%s, partition %d: restoring, %lld records remain%s%s",
                   processor, lane->partition, (long long)lane->restore_remaining,
                   lane->reason[0] == '\0' ? "" : "; ", lane->reason);
        break;
    case LANE_STATE_OPENING:
    case LANE_STATE_FENCING:
    case LANE_STATE_LOCATING:
    case LANE_STATE_STARTING:
    case LANE_STATE_WAITING:
    case LANE_STATE_STOPPED:
        add_reason(health->unready, "%s, partition %d: %s%s%s", processor, lane->partition, state,
                   lane->reason[0] == '\0' ? "" : ": ", lane->reason);
        break;
    case LANE_STATE_ENDED:
        add_reason(health->unready, "%s, partition %d: no lane works on it%s%s", processor,
                   lane->partition, lane->reason[0] == '\0' ? "" : ": ", lane->reason);
        break;
    }
}

static void judge_silence(struct health *health, const struct run *run, const char *processor,
                          const struct health_part *part) {
    const struct clock clock = clock_os();
    const int64_t now_ms = clock.monotonic_ms(clock.self);
    const int64_t silent_ms = run->deployment.options.lane_silent_ms;
    if (now_ms - part->group.ticked_ms > silent_ms) {
        add_reason(health->dead, "%s: the group has not moved for %lld ms", processor,
                   (long long)(now_ms - part->group.ticked_ms));
    }
    for (uint32_t i = 0; i < part->lanes_count; i++) {
        const struct lane_status *lane = &part->lanes[i];
        if (lane->state != LANE_STATE_ENDED && now_ms - lane->ticked_ms > silent_ms) {
            add_reason(health->dead, "%s, partition %d: the lane has not moved for %lld ms",
                       processor, lane->partition, (long long)(now_ms - lane->ticked_ms));
        }
    }
}

static void judge(struct health *health, const struct run *run, const struct health_part *part,
                  const char *waits) {
    const char *processor = part->processor->name;
    if (!part->working) {
        add_reason(health->unready, "%s: starting%s%s", processor, waits[0] == '\0' ? "" : ": ",
                   waits);
        return;
    }
    judge_silence(health, run, processor, part);
    if (part->group.stopping) {
        add_reason(health->unready, "%s: ending", processor);
    } else if (part->lanes_count == 0) {
        add_reason(health->unready, "%s: no partition is assigned", processor);
    }
    for (uint32_t i = 0; i < part->lanes_count; i++) {
        judge_lane(health, processor, &part->lanes[i]);
    }
}

static bool has_begun(const struct health_part *part) {
    bool begun = part->working && part->group.assigned;
    for (uint32_t i = 0; i < part->lanes_count; i++) {
        begun = begun && part->lanes[i].state == LANE_STATE_WORKING;
    }
    return begun;
}

/* Under the run's mutex. */
static void look_at(struct health *health, const struct run *run, const struct run_part *part) {
    struct health_part *seen = &health->parts[health->parts_count++];
    *seen = (struct health_part){.processor = part->processor, .working = part->group != NULL};
    if (seen->working) {
        const uint32_t partitions = (uint32_t)part->partitions;
        seen->lanes = calloc(partitions, sizeof *seen->lanes);
        assert(seen->lanes != NULL);
        group_status(part->group, &seen->group, seen->lanes, partitions);
        seen->lanes_count = seen->group.lanes_count;
    }
    judge(health, run, seen, part->waits);
}

void health_look(struct run *run, struct health *health) {
    *health = (struct health){.dead = json_array(), .unready = json_array()};
    assert(health->dead != NULL && health->unready != NULL);
    pthread_mutex_lock(&run->mutex);
    for (uint32_t i = 0; i < run->parts_count; i++) {
        if (run->parts[i] != NULL && run->parts[i]->processor != NULL) {
            look_at(health, run, run->parts[i]);
        }
    }
    pthread_mutex_unlock(&run->mutex);
    if (health->parts_count == 0) {
        add_reason(health->unready, "no processor runs");
    }
    health->begun = health->parts_count > 0;
    for (uint32_t i = 0; i < health->parts_count; i++) {
        health->begun = health->begun && has_begun(&health->parts[i]);
    }
    health->alive = json_array_size(health->dead) == 0;
    health->ready = health->alive && json_array_size(health->unready) == 0;
}

void health_free(struct health *health) {
    for (uint32_t i = 0; i < health->parts_count; i++) {
        free(health->parts[i].lanes);
    }
    json_decref(health->dead);
    json_decref(health->unready);
}

bool health_alive(struct run *run) {
    struct health health;
    health_look(run, &health);
    const bool alive = health.alive;
    health_free(&health);
    return alive;
}

bool health_ready(struct run *run) {
    struct health health;
    health_look(run, &health);
    const bool ready = health.ready;
    health_free(&health);
    return ready;
}

/* --- The report. --- */

static json_t *report_lane(const struct lane_status *lane) {
    return json_pack("{s:i, s:s, s:I, s:o}", "partition", (int)lane->partition, "state",
                     metric_lane_states[lane->state], "restore_remaining",
                     (json_int_t)lane->restore_remaining, "reason", text_of_others(lane->reason));
}

static json_t *report_processors(const struct health *health) {
    json_t *processors = json_array();
    for (uint32_t i = 0; i < health->parts_count; i++) {
        const struct health_part *part = &health->parts[i];
        int64_t remaining = 0;
        json_t *lanes = json_array();
        for (uint32_t lane = 0; lane < part->lanes_count; lane++) {
            remaining += part->lanes[lane].restore_remaining;
            (void)json_array_append_new(lanes, report_lane(&part->lanes[lane]));
        }
        (void)json_array_append_new(
            processors, json_pack("{s:s, s:i, s:I, s:o}", "processor", part->processor->name,
                                  "partitions", (int)part->lanes_count, "restore_remaining",
                                  (json_int_t)remaining, "lanes", lanes));
    }
    return processors;
}

static json_t *report_registries(struct run *run) {
    json_t *registries = json_array();
    const struct connector_gauges *gauges = run_gauges(run);
    for (uint32_t i = 0; gauges != NULL && i < run->deployment.registries_count; i++) {
        const uint32_t open = gauges_circuits_open(gauges, run->topics->partitions, i);
        (void)json_array_append_new(
            registries, json_pack("{s:o, s:s, s:i}", "registry",
                                  text_of_others(run->deployment.registries[i].name), "circuit",
                                  open == 0 ? "closed" : "open", "lanes_open", (int)open));
    }
    return registries;
}

json_t *health_report(struct run *run, const struct health *health) {
    json_t *report =
        json_pack("{s:s, s:O, s:O, s:o, s:o}", "status", health->ready ? "ready" : "not ready",
                  "dead", health->dead, "reasons", health->unready, "processors",
                  report_processors(health), "registries", report_registries(run));
    assert(report != NULL);
    return report;
}
