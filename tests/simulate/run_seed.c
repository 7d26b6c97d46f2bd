#include "tests/simulate/run_seed.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

struct seed_result *seed_results_open(uint32_t count) {
    struct seed_result *results = mmap(NULL, count * sizeof *results, PROT_READ | PROT_WRITE,
                                       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert(results != MAP_FAILED);
    return results;
}

static void run_one(const struct seed_order *order, struct seed_result *result) {
    struct world *world = world_open(result->seed);
    world->transcript.out = order->prints ? stdout : NULL;
    world->transcript.keep = order->prints_last;
    world->deployment.tells_logs = order->tells_logs;
    if (order->prints) {
        (void)printf("seed %llu\n", (unsigned long long)result->seed);
    }
    for (uint32_t i = 0; i < world->faults_count; i++) {
        world->faults[i].left_out = order->left_out[i];
    }
    result->faults_count = world->faults_count;
    world_run(world);
    result->violated = world->transcript.violated;
    memcpy(result->invariant, world->transcript.invariant, sizeof result->invariant);
    memcpy(result->violation, world->transcript.violation, sizeof result->violation);
    figures_add(&result->figures, &world->figures);
    result->seeds++;
    if (order->prints_last && world->transcript.violated) {
        transcript_print_kept(&world->transcript, stdout);
    }
    /* A run that was broken off has processes on the stack, which cannot be closed. */
    if (!world->transcript.violated) {
        world_close(world);
    }
    result->ended = true;
}

static void run_all(const struct seed_order *order, struct seed_result *result) {
    for (uint64_t seed = order->first; seed <= order->last && !result->violated; seed++) {
        result->ended = false;
        result->seed = seed;
        run_one(order, result);
    }
}

pid_t seed_start(const struct seed_order *order, struct seed_result *result) {
    *result = (struct seed_result){.ended = false};
    (void)fflush(stdout);
    const pid_t pid = fork();
    assert(pid >= 0);
    if (pid == 0) {
        run_all(order, result);
        (void)fflush(stdout);
        _exit(EXIT_SUCCESS);
    }
    return pid;
}

void seed_ended(struct seed_result *result, int status) {
    if (result->ended && WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS) {
        return;
    }
    result->violated = true;
    result->seeds++;
    (void)snprintf(result->invariant, sizeof result->invariant, "crash");
    (void)snprintf(result->violation, sizeof result->violation,
                   "the simulation ended by %s %d; what it said stands above",
                   WIFSIGNALED(status) ? "signal" : "exit code",
                   WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
}

void seed_run(const struct seed_order *order, struct seed_result *result) {
    const pid_t pid = seed_start(order, result);
    int status = 0;
    const pid_t waited = waitpid(pid, &status, 0);
    assert(waited == pid);
    seed_ended(result, status);
}
