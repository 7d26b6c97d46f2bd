/* What every implementation of ports/registry.h has to do, the one in memory too, since other tests
 * rest on it. */
#ifndef MILLRACE_TESTS_REGISTRY_SUITE_H
#define MILLRACE_TESTS_REGISTRY_SUITE_H

#include "ports/registry.h"

/* An implementation with its other side in the test's hands, and a clock that only tests move. */
struct registry_bench {
    void *self;
    struct registry registry;
    int64_t *now_ms;
    /* All that was started reaches the other side, in order. */
    void (*deliver)(void *self);
    /* The other side answers the request of this submission: executed or refused. */
    void (*answer)(void *self, const struct uuid *submission_id, bool executed);
    /* Nobody can be reached from now on, or again. */
    void (*leave)(void *self);
    void (*come_back)(void *self);
    /* Wait for what must come; returns at once where everything is in memory. */
    void (*wait)(void *self);
    void (*close)(void *self); /* the registry too */
};

/* Runs all checks, each on a bench of its own. */
void registry_suite(void (*open)(struct registry_bench *bench));

#endif
