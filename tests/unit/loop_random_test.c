/* Whatever happens to two processes and the log between them: in the end every command counts once
 * and in order, and nothing was sent twice or without its commit. A failure prints its seed. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/support/toy.h"

enum { SEEDS = 40, STEPS = 400, PROCESSES = 2, COMMANDS_MAX = 250, CALM_MS = 120000 };

struct process {
    struct toy_member member;
    struct group *group;
    bool paused;
    uint32_t rejoins_seen;
};

struct run {
    struct toy_world world;
    struct process processes[PROCESSES];
    uint32_t owner[TOY_PARTITIONS]; /* for the coordinator */
    uint32_t commands[TOY_PARTITIONS];
    uint64_t random;
    uint32_t kills;
};

static struct run *run;

static uint32_t chance(uint32_t below) {
    run->random = run->random * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(run->random >> 33) % below;
}

static void open_process(struct process *process) {
    struct error error;
    *process = (struct process){0};
    toy_member_open(&process->member, &run->world);
    cr_assert_eq(group_open(&process->member.setup, &process->group, &error), RESULT_OK);
}

/* Its groups' lanes are closed too, which writes nothing any more. */
static void kill_process(struct process *process) {
    memory_log_crash(&process->member.log_group);
    group_close(process->group);
    toy_member_close(&process->member);
}

static void give(int32_t partition, uint32_t which) {
    run->owner[partition] = which;
    memory_log_assign(&run->processes[which].member.log_group, &partition, 1);
}

/* The coordinator gives back what a member had that left and joined again, and starts anew what has
 * ended. */
static void attend(uint32_t which) {
    struct process *process = &run->processes[which];
    const uint32_t rejoins = memory_log_rejoins(&process->member.log_group);
    bool again = rejoins != process->rejoins_seen;
    process->rejoins_seen = rejoins;
    if (!process->paused && !group_step(process->group, 0)) {
        kill_process(process);
        open_process(process);
        again = true;
    }
    for (int32_t p = 0; p < TOY_PARTITIONS && again; p++) {
        if (run->owner[p] == which) {
            give(p, which);
        }
    }
}

static void pass(int64_t duration_ms) {
    for (int64_t i = 0; i < duration_ms; i++) {
        for (uint32_t which = 0; which < PROCESSES; which++) {
            attend(which);
        }
        run->world.now_ms++;
    }
}

static void command(void) {
    const int32_t p = (int32_t)chance(TOY_PARTITIONS);
    char value[32];
    if (run->commands[p] < COMMANDS_MAX / TOY_PARTITIONS) {
        snprintf(value, sizeof value, "send-%u-%u", (uint32_t)p, run->commands[p]++);
        toy_command(&run->world, p, value);
    }
}

static void trouble(void) {
    static const enum memory_fault faults[] = {
        MEMORY_FAULT_DOUBTFUL_COMMITTED,
        MEMORY_FAULT_DOUBTFUL_ABORTED,
        MEMORY_FAULT_DOUBTFUL_OPEN,
        MEMORY_FAULT_FAILED,
        MEMORY_FAULT_FENCED,
        MEMORY_FAULT_DENIED,
        MEMORY_FAULT_SLOW,
    };
    const int32_t p = (int32_t)chance(TOY_PARTITIONS);
    const uint32_t which = chance(PROCESSES);
    switch (chance(8)) {
    case 0:
    case 1:
    case 2:
        memory_log_fault(run->world.log, "toy", p, faults[chance(7)]);
        break;
    case 3:
        (void)memory_log_deliver_late_end(run->world.log, "toy", p);
        break;
    case 4:
        /* A process stands still, and wakes up some day without knowing. */
        run->processes[which].paused = !run->processes[which].paused;
        break;
    case 5:
        kill_process(&run->processes[which]);
        open_process(&run->processes[which]);
        run->kills++;
        for (int32_t q = 0; q < TOY_PARTITIONS; q++) {
            if (run->owner[q] == which) {
                give(q, chance(PROCESSES));
            }
        }
        break;
    case 6:
        /* Another owner, while the old one is told late. */
        if (run->owner[p] != which) {
            const uint32_t old = run->owner[p];
            give(p, which);
            pass(chance(20));
            memory_log_lose(&run->processes[old].member.log_group, &p, 1);
        }
        break;
    case 7:
        memory_log_away(run->world.log, chance(3) == 0);
        break;
    }
}

static void heal(void) {
    memory_log_away(run->world.log, false);
    for (int32_t p = 0; p < TOY_PARTITIONS; p++) {
        memory_log_fault(run->world.log, "toy", p, MEMORY_FAULT_NONE);
    }
    for (uint32_t which = 0; which < PROCESSES; which++) {
        run->processes[which].paused = false;
    }
    for (uint32_t i = 0; i < CALM_MS / 50; i++) {
        pass(2);
        run->world.now_ms += 48;
    }
}

/* How often a word stands in a text of words with a space behind each. */
static uint32_t count_of(const char *text, const char *word) {
    uint32_t count = 0;
    const size_t length = strlen(word);
    for (const char *found = strstr(text, word); found != NULL;
         found = strstr(found + length, word)) {
        count += found[length] == ' ';
    }
    return count;
}

static void judge(uint64_t seed) {
    for (int32_t p = 0; p < TOY_PARTITIONS; p++) {
        static char expected[TOY_TEXT_MAX];
        uint32_t length = 0;
        expected[0] = '\0';
        for (uint32_t i = 0; i < run->commands[p]; i++) {
            char value[32];
            snprintf(value, sizeof value, "send-%u-%u", (uint32_t)p, i);
            length += (uint32_t)snprintf(expected + length, sizeof expected - length, "%s ", value);
            cr_assert_leq(count_of(run->world.toy.sent, value), 1, "seed %lu: %s was sent twice",
                          seed, value);
        }
        cr_assert_str_eq(toy_events(&run->world, p), expected, "seed %lu", seed);
        if (length > 0) {
            expected[length - 1] = '\0';
        }
        cr_assert_str_eq(toy_state(&run->world, p), expected, "seed %lu", seed);
    }
}

static void play(uint64_t seed) {
    run = calloc(1, sizeof *run);
    cr_assert_not_null(run);
    run->random = seed;
    toy_world_open(&run->world);
    for (uint32_t which = 0; which < PROCESSES; which++) {
        open_process(&run->processes[which]);
    }
    for (int32_t p = 0; p < TOY_PARTITIONS; p++) {
        give(p, (uint32_t)p % PROCESSES);
    }
    for (uint32_t i = 0; i < STEPS; i++) {
        command();
        if (chance(6) == 0) {
            trouble();
        }
        pass(chance(12));
    }
    heal();
    judge(seed);
    for (uint32_t which = 0; which < PROCESSES; which++) {
        kill_process(&run->processes[which]);
    }
    toy_world_close(&run->world);
    free(run);
}

Test(loop_random, counts_every_command_once_whatever_happens) {
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        play(seed);
    }
}
