/* Fault points: they do nothing unless the environment arms one, and then exactly once. */
#include <criterion/criterion.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <unistd.h>

#include "outside/process_os/fault_os.h"
#include "ports/fault.h"

static struct error error;

/* A child that arms `wanted`, and comes to two points; its exit code is how often it went on. */
static pid_t begin(const char *wanted) {
    const pid_t child = fork();
    if (child == 0) {
        int points = 0;
        if (fault_os_arm(wanted, &error) != RESULT_OK) {
            _exit(100);
        }
        for (; points < 3; points++) {
            FAULT("turn.polled");
            FAULT("turn.handled");
        }
        _exit(points + (FAULT_IS_ARMED("turn.handled") ? 10 : 0));
    }
    return child;
}

Test(fault_os, nothing_happens_unless_it_is_armed) {
    static const char *const unarmed[] = {NULL, "", "turn.decoded", "turn.polled:4"};
    for (size_t i = 0; i < sizeof unarmed / sizeof unarmed[0]; i++) {
        int status;
        const pid_t child = begin(unarmed[i]);
        cr_assert_eq(waitpid(child, &status, 0), child);
        cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 3, "row %zu: %d", i, status);
    }
}

Test(fault_os, kills_at_the_point_and_at_no_other) {
    static const char *const armed[] = {"turn.polled", "turn.handled:3", "turn.polled:2:kill"};
    for (size_t i = 0; i < sizeof armed / sizeof armed[0]; i++) {
        int status;
        const pid_t child = begin(armed[i]);
        cr_assert_eq(waitpid(child, &status, 0), child);
        cr_expect(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL, "row %zu: %d", i, status);
    }
}

Test(fault_os, one_that_was_stopped_goes_on_and_is_not_stopped_again) {
    int status;
    const pid_t child = begin("turn.handled:1:stop");
    cr_assert_eq(waitpid(child, &status, WUNTRACED), child);
    cr_assert(WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP);
    cr_assert_eq(kill(child, SIGCONT), 0);
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 3, "%d", status);
}

static void *come_to_a_point(void *reached) {
    atomic_store((atomic_bool *)reached, true);
    FAULT("turn.polled");
    atomic_store((atomic_bool *)reached, false);
    return NULL;
}

Test(fault_os, lets_one_thread_go_no_further, .timeout = 30) {
    pthread_t thread;
    atomic_bool reached = false;
    cr_assert_eq(fault_os_arm("turn.polled:2:hang", &error), RESULT_OK);
    FAULT("turn.polled");
    cr_assert_eq(pthread_create(&thread, NULL, come_to_a_point, &reached), 0);
    while (FAULT_IS_ARMED("turn.polled")) {
        (void)sched_yield();
    }
    FAULT("turn.polled"); /* once only: we go on */
    cr_expect(atomic_load(&reached), "it did not come back");
}

Test(fault_os, what_is_prepared_is_prepared_until_it_has_happened) {
    cr_assert_eq(fault_os_arm("turn.handled:2:stop", &error), RESULT_OK);
    cr_expect(FAULT_IS_ARMED("turn.handled"));
    cr_expect_not(FAULT_IS_ARMED("turn.polled"));
    FAULT("turn.handled");
    cr_expect(FAULT_IS_ARMED("turn.handled"));
    cr_assert_eq(fault_os_arm(NULL, &error), RESULT_OK);
    cr_expect_not(FAULT_IS_ARMED("turn.handled"));
}

Test(fault_os, a_mistake_is_told) {
    static const char *const wrong[] = {
        "turn",
        "turn.polledx",
        ":1",
        "turn.polled:0",
        "turn.polled:",
        "turn.polled:kill:1",
        "turn.polled:2:term",
        "turn.polled:1kill",
        "turn.polled:hangs",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        cr_expect_eq(fault_os_arm(wrong[i], &error), RESULT_INVALID, "row %zu", i);
        cr_expect_not_null(strstr(error.text, wrong[i]), "row %zu: %s", i, error.text);
        cr_expect_null(fault_hook, "row %zu", i);
    }
}
