/* The adapter "project-origin" against a registry that the test plays by hand, with a clock that
 * only the test moves. Each Test is a process of its own, so there is one rig. */
#ifndef MILLRACE_TESTS_UNIT_PROJECT_ORIGIN_RIG_H
#define MILLRACE_TESTS_UNIT_PROJECT_ORIGIN_RIG_H

#include <criterion/criterion.h>
#include <poll.h>

#include "outside/clock_os/clock_os.h"
#include "outside/registry_project_origin/registry_project_origin.h"
#include "tests/support/h2_peer.h"

enum {
    ORIGIN_RIG_CALL_MS = 30000, /* the time of a call, by the test's clock */
    ORIGIN_RIG_PATIENCE_MS = 10000,
    ORIGIN_RIG_REPLIES_MAX = 8,
};

#define ORIGIN_RIG_SERVICE ":path: /project_origin.registry.v1.RegistryService/"

struct origin_rig {
    struct h2_peer peer;
    struct h2_link link;
    struct h2_request request; /* that came last */
    int64_t now_ms;
    struct registry registry;
    struct registry_reply replies[ORIGIN_RIG_REPLIES_MAX];
    uint32_t replies_count;
    uint32_t sendings; /* that have come to the registry */

    char address[64];
    struct blinding_secrets secrets;
    struct prover prover;
    struct registry_project_origin_adapter adapter;
};

extern struct origin_rig origin_rig;

/* For .init and .fini of a TestSuite; nobody is connected yet. */
void origin_rig_open(void);
/* Nothing may have been sent twice. */
void origin_rig_close(void);

/* Takes the replies that are there; true. */
bool origin_rig_moves(void);

/* Both sides are moved on until something holds. */
#define ORIGIN_RIG_UNTIL(condition)                                                            \
    do {                                                                                       \
        const struct clock os = clock_os();                                                    \
        const int64_t end_ms = os.monotonic_ms(os.self) + ORIGIN_RIG_PATIENCE_MS;              \
        while (origin_rig_moves() && !(condition)) {                                           \
            cr_assert_lt(os.monotonic_ms(os.self), end_ms, "waited in vain for " #condition);  \
            struct pollfd wait = {.fd = origin_rig.registry.wait_fd(origin_rig.registry.self), \
                                  .events = POLLIN};                                           \
            (void)poll(&wait, 1, 2);                                                           \
        }                                                                                      \
    } while (0)

/* The adapter connects, and the registry says its settings. */
void origin_rig_connect(void);
/* A request has come, and it is this one. */
bool origin_rig_is_asked(const char *method);
/* The clock goes on, but much slower for what is on its way between the two. */
void origin_rig_pass_time(void);
/* Until something is said, or it is too late: a slot of the wheel later than this. */
void origin_rig_pass_time_until(int64_t deadline_ms);
/* The next thing that the adapter asks is this. */
void origin_rig_await_question(const char *method);
/* It asks for the stream of the certificate 01000000-…, and has it. */
void origin_rig_answer_stream(const char *stream);

#endif
