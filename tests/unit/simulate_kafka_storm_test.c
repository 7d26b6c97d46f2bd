/* All troubles of the simulated Kafka at once, by seeds: whatever it does to the real loop, each
 * command has its effect once and in order. STORM=n runs n seeds and prints what they met. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/simulate_kafka_rig.h"

TestSuite(simulate_kafka_storm);

enum { ROUNDS = 60, COMMANDS = 2 * ROUNDS, CALM_MS = 240000 };

static const int64_t second_ms = 1000;

static struct kafka_rig *rig;
static struct chance chance;
static char expected[TOY_PARTITIONS][COMMANDS * 8];

static void command(uint32_t number) {
    const uint32_t p = chance_below(&chance, TOY_PARTITIONS);
    char value[8];
    snprintf(value, sizeof value, "%u", number);
    toy_command(&rig->world, (int32_t)p, value);
    const size_t length = strlen(expected[p]);
    snprintf(expected[p] + length, sizeof expected[p] - length, "%s ", value);
}

static void start(uint32_t which) {
    static const char *const names[KAFKA_RIG_PROCESSES] = {"one", "two", NULL};
    kafka_rig_join(rig, which, names[which]);
    kafka_rig_group(rig, which);
}

static void weather_changes(void) {
    *rig->weather = (struct kafka_weather){
        .way_most_ms = chance_between(&chance, 0, 50),
        .slow_permille = chance_below(&chance, 30),
        .slow_most_ms = 10000,
        .end_lost_permille = chance_below(&chance, 100),
        .answer_lost_permille = chance_below(&chance, 100),
        .end_again_permille = chance_below(&chance, 100),
        .again_most_ms = 20000,
        .heartbeat_lost_permille = chance_below(&chance, 600),
        .away = chance_permille(&chance, 50),
    };
}

static void blow_falls(uint32_t which) {
    struct sim_process *process = &rig->processes[which];
    process->blow = chance_permille(&chance, 500) ? BLOW_KILL : BLOW_PAUSE;
    process->blow_point = (enum point)chance_below(&chance, POINTS_COUNT);
    process->blow_after = chance_below(&chance, 3);
    process->pause_ms = chance_between(&chance, 1, 60000);
}

static void revive(void) {
    for (uint32_t i = 0; i < KAFKA_RIG_PROCESSES; i++) {
        if (rig->processes[i].dead || rig->ended[i]) {
            kafka_rig_bury(rig, i);
            start(i);
        }
    }
}

static void storm(void) {
    for (uint32_t round = 0, number = 0; round < ROUNDS; round++) {
        weather_changes();
        const uint32_t which = chance_below(&chance, KAFKA_RIG_PROCESSES);
        switch (chance_below(&chance, 5)) {
        case 0:
            kafka_rig_kill(rig, which);
            break;
        case 1:
        case 2:
            blow_falls(which);
            break;
        case 3:
            rig->processes[which].no_kafka = !rig->processes[which].no_kafka;
            break;
        default:
            kafka_compact(rig->kafka);
            break;
        }
        for (uint32_t burst = chance_below(&chance, 3); burst > 0; burst--) {
            command(number++);
        }
        kafka_rig_pass(rig, chance_between(&chance, 0, 4 * second_ms));
        revive();
    }
}

static void calm(void) {
    *rig->weather = (struct kafka_weather){0};
    for (uint32_t i = 0; i < KAFKA_RIG_PROCESSES; i++) {
        rig->processes[i].no_kafka = false;
        rig->processes[i].blow = BLOW_NONE;
    }
    for (int64_t passed_ms = 0; passed_ms < CALM_MS; passed_ms += second_ms) {
        kafka_rig_pass(rig, second_ms);
        revive();
    }
}

static void run(uint64_t seed) {
    chance = chance_stream(seed, "storm");
    memset(expected, 0, sizeof expected);
    kafka_rig_open(rig, seed);
    for (uint32_t i = 0; i < KAFKA_RIG_PROCESSES; i++) {
        start(i);
    }
    storm();
    calm();
    for (int32_t p = 0; p < TOY_PARTITIONS; p++) {
        const char *events = toy_events(&rig->world, p);
        cr_expect_str_eq(events, expected[p], "seed %llu, partition %d: %s, not %s",
                         (unsigned long long)seed, p, events, expected[p]);
    }
    if (getenv("STORM") != NULL) {
        const struct kafka_counts *c = rig->counts;
        fprintf(stderr,
                "seed %llu: commits %llu doubt %llu late %llu refused %llu another %llu timed %llu "
                "fenced %llu rebalances %llu evicted %llu compacted %llu\n",
                (unsigned long long)seed, (unsigned long long)c->commits,
                (unsigned long long)c->commits_in_doubt, (unsigned long long)c->ends_late,
                (unsigned long long)c->ends_refused, (unsigned long long)c->ends_of_another,
                (unsigned long long)c->timed_out, (unsigned long long)c->fenced,
                (unsigned long long)c->rebalances, (unsigned long long)c->evicted,
                (unsigned long long)c->compacted);
    }
    kafka_rig_close(rig);
}

Test(simulate_kafka_storm, each_command_has_its_effect_once) {
    const char *seeds = getenv("STORM");
    rig = calloc(1, sizeof *rig);
    cr_assert_not_null(rig);
    for (uint64_t seed = 1; seed <= (seeds == NULL ? 10 : strtoull(seeds, NULL, 10)); seed++) {
        memset(rig, 0, sizeof *rig);
        run(seed);
    }
    free(rig);
}
