#include "outside/process_os/fault_os.h"

#include <assert.h>
#include <inttypes.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ports/fault.h"

const struct fault_hook *fault_hook = NULL;

static const char *const points[] = {
#define FAULT_POINT(name) name,
#include "outside/process_os/fault_points.h"
#undef FAULT_POINT
};

static struct {
    const char *name;
    uint32_t nth;        /* 1: when the point is reached for the first time */
    int signal_number;   /* SIGKILL or SIGSTOP; 0: this thread goes no further */
    atomic_uint reached; /* how often so far */
} armed;

static void on_reached(const char *name) {
    if (strcmp(name, armed.name) != 0 || atomic_fetch_add(&armed.reached, 1) + 1 != armed.nth) {
        return;
    }
    (void)dprintf(STDERR_FILENO, "fault point %s: signal %d\n", name, armed.signal_number);
    /* To this very thread, so that not one step more is taken by it. */
    while (armed.signal_number == 0) {
        (void)pause();
    }
    (void)raise(armed.signal_number);
}

static bool on_is_armed(const char *name) {
    return strcmp(name, armed.name) == 0 && atomic_load(&armed.reached) < armed.nth;
}

static const char *point_named(const char *name, size_t length) {
    for (size_t i = 0; i < sizeof points / sizeof points[0]; i++) {
        if (strlen(points[i]) == length && memcmp(points[i], name, length) == 0) {
            return points[i];
        }
    }
    return NULL;
}

enum result fault_os_arm(const char *wanted, struct error *error) {
    static const struct fault_hook hook = {.reached = on_reached, .is_armed = on_is_armed};
    assert(error != NULL);
    fault_hook = NULL;
    if (wanted == NULL || wanted[0] == '\0') {
        return RESULT_OK;
    }
    uint32_t nth = 1;
    int read = 0;
    const size_t length = strcspn(wanted, ":");
    const char *rest = wanted + length;
    if (sscanf(rest, ":%9" SCNu32 "%n", &nth, &read) == 1) {
        rest += read;
    }
    const bool stops = strcmp(rest, ":stop") == 0;
    const bool hangs = strcmp(rest, ":hang") == 0;
    armed.name = point_named(wanted, length);
    if (armed.name == NULL || nth == 0 ||
        (!stops && !hangs && rest[0] != '\0' && strcmp(rest, ":kill") != 0)) {
        return error_set(
            error, RESULT_INVALID,
            "MILLRACE_FAULT is \"%s\"; it must be NAME[:NTH][:kill|stop|hang] with a name "
            "of fault_points.h; no user ever sets it",
            wanted);
    }
    armed.nth = nth;
    armed.signal_number = hangs ? 0 : stops ? SIGSTOP : SIGKILL;
    atomic_store(&armed.reached, 0);
    fault_hook = &hook;
    return RESULT_OK;
}
