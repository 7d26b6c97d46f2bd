/* The same supervision with a thread a lane and real time; run it under the thread sanitizer. */
#include <criterion/criterion.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "outside/clock_os/clock_os.h"
#include "tests/support/toy.h"

enum { P = 1, DEADLINE_MS = 20000, EXIT_STUCK = 3 };

static struct toy_world *world;
static struct toy_member member;
static struct group *group;
static pthread_t runner;
static enum result run_result;
static atomic_bool ran;

static const int32_t all[] = {0, 1, 2, 3};

static int64_t now_ms(void) {
    return world->clock.monotonic_ms(world->clock.self);
}

static void *run(void *context) {
    struct error error;
    (void)context;
    run_result = group_run(group, &error);
    atomic_store(&ran, true);
    return NULL;
}

/* How long a lane that was told to end may take before it is pressed, if not as it is usual. */
static void open_with(int32_t patience_ms) {
    struct error error;
    world = calloc(1, sizeof *world);
    toy_world_open(world);
    world->clock = clock_os();
    world->options.lane_silent_ms = 1500; /* a lane without work ticks once a second */
    if (patience_ms > 0) {
        world->options.revoke_drain_ms = patience_ms / 2;
        world->options.transaction_timeout_ms = patience_ms / 2;
    }
    toy_member_open(&member, world);
    member.setup.threads = true;
    member.setup.lanes.call_ms = 100;
    cr_assert_eq(group_open(&member.setup, &group, &error), RESULT_OK);
    cr_assert_eq(pthread_create(&runner, NULL, run, NULL), 0);
}

static void open_all(void) {
    open_with(0);
}

static void open_impatient(void) {
    open_with(100);
}

static void close_all(void) {
    group_stop(group);
    pthread_join(runner, NULL);
    cr_expect_eq(run_result, RESULT_OK);
    group_close(group);
    toy_member_close(&member);
    toy_world_close(world);
    free(world);
}

TestSuite(group_thread, .init = open_all, .fini = close_all);

/* Between two looks at a condition; false once it has been looked at for too long. */
static bool look_again(int64_t began_ms) {
    const struct timespec pause = {.tv_nsec = 1000000};
    nanosleep(&pause, NULL);
    return now_ms() - began_ms < DEADLINE_MS;
}

/* Wait until a partition's state has this many bytes. */
static void await_state(int32_t partition, size_t length) {
    const int64_t began_ms = now_ms();
    while (strlen(toy_state(world, partition)) < length) {
        cr_assert(look_again(began_ms), "only %zu of %zu", strlen(toy_state(world, partition)),
                  length);
    }
}

static struct group_status status_of(struct lane_status lanes[TOY_PARTITIONS]) {
    struct group_status status;
    group_status(group, &status, lanes, TOY_PARTITIONS);
    return status;
}

Test(group_thread, works_in_threads_and_survives_doubt) {
    const uint32_t commands = 300;
    const size_t digits = 4;
    memory_log_assign(&member.log_group, all, TOY_PARTITIONS);
    for (uint32_t i = 0; i < commands; i++) {
        char value[16];
        snprintf(value, sizeof value, "%04u", i);
        toy_command(world, (int32_t)i % 2, value);
        if (i == commands / 2) {
            await_state(0, 10 * digits);
            memory_log_fault(world->log, "toy", 0, MEMORY_FAULT_DOUBTFUL_COMMITTED);
            memory_log_fault(world->log, "toy", 1, MEMORY_FAULT_SLOW);
        }
    }
    for (int32_t p = 0; p < 2; p++) {
        await_state(p, commands / 2 * (digits + 1) - 1);
        const char *state = toy_state(world, p);
        for (uint32_t i = 0; i < commands / 2; i++) {
            cr_assert_eq((uint32_t)strtoul(state + i * (digits + 1), NULL, 10),
                         2 * i + (uint32_t)p);
        }
    }
    struct lane_status lanes[TOY_PARTITIONS];
    const int64_t began_ms = now_ms();
    while (status_of(lanes).rebuilt < 2) {
        cr_assert(look_again(began_ms));
    }
}

Test(group_thread, wakes_for_each_arrival) {
    memory_log_assign(&member.log_group, all, TOY_PARTITIONS);
    toy_command(world, P, "a");
    await_state(P, 1);
    const int64_t began_ms = now_ms();
    for (size_t i = 1; i <= 20; i++) {
        toy_command(world, P, "b");
        await_state(P, 1 + 2 * i);
    }
    /* A lane that slept until its next sign of life would take a second for each. */
    cr_expect_lt(now_ms() - began_ms, 5000);
}

Test(group_thread, joins_again_when_a_lane_hangs) {
    memory_log_assign(&member.log_group, all, TOY_PARTITIONS);
    toy_command(world, P, "a");
    await_state(P, 1);
    pthread_mutex_lock(&world->toy.hold);
    toy_command(world, P, "b");
    const int64_t began_ms = now_ms();
    struct lane_status lanes[TOY_PARTITIONS];
    /* The other lanes are closed first; the hanging one keeps the group from leaving. */
    do {
        cr_assert(look_again(began_ms));
        (void)status_of(lanes);
    } while (lanes[0].state != LANE_STATE_ENDED);
    cr_expect_eq(memory_log_rejoins(&member.log_group), 0);
    pthread_mutex_unlock(&world->toy.hold);
    while (memory_log_rejoins(&member.log_group) == 0) {
        cr_assert(look_again(began_ms));
    }
    memory_log_assign(&member.log_group, all, TOY_PARTITIONS);
    await_state(P, 3);
    cr_expect_str_eq(toy_state(world, P), "a b");
}

/* Until it was asked for a broker so often, in vain: each time a lane's time was over. */
static void await_missed(uint32_t times) {
    const int64_t began_ms = now_ms();
    while (memory_log_missed(&member.log_group) < times) {
        cr_assert(look_again(began_ms));
    }
}

Test(group_thread, waits_for_a_lane_that_hangs_while_no_broker_answers) {
    memory_log_assign(&member.log_group, all, TOY_PARTITIONS);
    toy_command(world, P, "a");
    await_state(P, 1);
    memory_log_cut_off(&member.log_group, true);
    pthread_mutex_lock(&world->toy.hold);
    toy_command(world, P, "b");
    await_missed(2);
    memory_log_cut_off(&member.log_group, false);
    pthread_mutex_unlock(&world->toy.hold);
    await_state(P, 3);
    cr_expect_eq(memory_log_rejoins(&member.log_group), 0);
}

TestSuite(group_thread_impatient, .init = open_impatient, .fini = close_all);

Test(group_thread_impatient, gives_no_hanging_lane_up_while_no_broker_answers) {
    memory_log_assign(&member.log_group, all, TOY_PARTITIONS);
    toy_command(world, P, "a");
    await_state(P, 1);
    memory_log_cut_off(&member.log_group, true);
    pthread_mutex_lock(&world->toy.hold);
    toy_command(world, P, "b");
    await_missed(1); /* it hangs */
    memory_log_revoke(&member.log_group, all, TOY_PARTITIONS);
    await_missed(4); /* at least twice since it was told to end */
    memory_log_cut_off(&member.log_group, false);
    pthread_mutex_unlock(&world->toy.hold);
    memory_log_assign(&member.log_group, all, TOY_PARTITIONS);
    toy_command(world, P, "c");
    await_state(P, strlen("a b c"));
}

/* It ends with what hangs, as a process does. */
Test(group_thread_impatient, stops_although_no_broker_answers, .exit_code = EXIT_STUCK) {
    memory_log_assign(&member.log_group, all, TOY_PARTITIONS);
    toy_command(world, P, "a");
    await_state(P, 1);
    memory_log_cut_off(&member.log_group, true);
    pthread_mutex_lock(&world->toy.hold);
    toy_command(world, P, "b");
    await_missed(1); /* it hangs */
    const int64_t stopped_ms = now_ms();
    group_stop(group);
    while (!atomic_load(&ran) && look_again(stopped_ms)) {
    }
    cr_assert(atomic_load(&ran));
    pthread_join(runner, NULL);
    cr_expect_eq(run_result, RESULT_FAILED);
    _exit(EXIT_STUCK);
}
