#include "tests/simulate/world.h"

void figures_add(struct world_figures *sum, const struct world_figures *figures) {
    sum->virtual_ms += figures->virtual_ms;
    sum->commands += figures->commands;
    sum->submissions += figures->submissions;
    sum->deeds += figures->deeds;
    sum->can_be_asked += figures->can_be_asked;
    sum->questions += figures->questions;
    sum->streams_read += figures->streams_read;
    sum->asked_unknown += figures->asked_unknown;
    sum->asked_at_rest_unknown += figures->asked_at_rest_unknown;
    sum->at_rest_unknown += figures->at_rest_unknown;
    sum->not_sent += figures->not_sent;
    sum->ever_unknown += figures->ever_unknown;
    sum->resolved += figures->resolved;
    sum->late_sends += figures->late_sends;
    sum->incidents += figures->incidents;
    sum->faults += figures->faults;
    sum->steps += figures->steps;
    sum->lives += figures->lives;
    sum->looks += figures->looks;
    for (uint32_t i = 0; i < POINTS_COUNT; i++) {
        sum->reached[i] += figures->reached[i];
        sum->hit[i] += figures->hit[i];
    }
    for (uint32_t i = 0; i < FAULT_KINDS; i++) {
        sum->kinds[i] += figures->kinds[i];
    }
    sum->kafka.commits += figures->kafka.commits;
    sum->kafka.commits_in_doubt += figures->kafka.commits_in_doubt;
    sum->kafka.ends_late += figures->kafka.ends_late;
    sum->kafka.ends_refused += figures->kafka.ends_refused;
    sum->kafka.ends_of_another += figures->kafka.ends_of_another;
    sum->kafka.timed_out += figures->kafka.timed_out;
    sum->kafka.fenced += figures->kafka.fenced;
    sum->kafka.rebalances += figures->kafka.rebalances;
    sum->kafka.evicted += figures->kafka.evicted;
    sum->kafka.compacted += figures->kafka.compacted;
}
