/* Labelled points at which a test may kill or stop this process, to see what becomes of it then. */
#ifndef MILLRACE_PORTS_FAULT_H
#define MILLRACE_PORTS_FAULT_H

#include <stdbool.h>
#include <stddef.h>

struct fault_hook {
    void (*reached)(const char *name);
    bool (*is_armed)(const char *name); /* has it yet to happen at this point? */
};

/* NULL but where the environment arms a point; then set before any thread starts. */
extern const struct fault_hook *fault_hook;

/* Each name is at one place, or at one in each adapter: tests/faults/list-points lists them, and a
 * sweep goes through all. */
#define FAULT(name)                                    \
    do {                                               \
        if (__builtin_expect(fault_hook != NULL, 0)) { \
            fault_hook->reached(name);                 \
        }                                              \
    } while (0)

/* For what must be prepared: something that seldom happens by itself is made to happen. */
#define FAULT_IS_ARMED(name) (__builtin_expect(fault_hook != NULL, 0) && fault_hook->is_armed(name))

#endif
