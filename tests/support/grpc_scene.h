/* A gRPC client, the server that a test plays by hand, and a clock that only the test moves. */
#ifndef MILLRACE_TESTS_GRPC_SCENE_H
#define MILLRACE_TESTS_GRPC_SCENE_H

#include <criterion/criterion.h>
#include <poll.h>
#include <string.h>

#include "outside/clock_os/clock_os.h"
#include "outside/grpc/grpc.h"
#include "tests/support/h2_peer.h"

enum {
    SCENE_PATIENCE_MS = 10000,
    SCENE_DEADLINE_MS = 30000, /* of each call */
    SCENE_LINKS_MAX = 8,
    SCENE_REPLY_MAX = 1000,
    SCENE_NUMBER_MAX = 100000,
};

struct grpc_scene {
    struct h2_peer peer;
    struct h2_link links[SCENE_LINKS_MAX]; /* in the order they were taken */
    struct clock clock;
    int64_t now_ms;
    struct grpc_options options;
    char address[64];
    struct grpc_client *client;
    struct grpc_completion completion; /* the last that came */
    struct h2_request request;         /* likewise */
};

/* Nothing is open yet, and the options may be changed. */
void grpc_scene_prepare(struct grpc_scene *scene);
void grpc_scene_start(struct grpc_scene *scene);
void grpc_scene_open(struct grpc_scene *scene); /* both */
void grpc_scene_close(struct grpc_scene *scene);

/* A call with this number as its context, and "message <number>" as its message. */
struct grpc_call *grpc_scene_call(struct grpc_scene *scene, int number);
/* One poll; then: has a connection come, a request, a completion, the end of a connection? */
bool grpc_scene_accepts(struct grpc_scene *scene, int link);
bool grpc_scene_requests(struct grpc_scene *scene, int link);
bool grpc_scene_next(struct grpc_scene *scene);
bool grpc_scene_ends(struct grpc_scene *scene, int link);
/* A call's context for a number from 0 to SCENE_NUMBER_MAX, and back. */
void *grpc_scene_context(int number);
int grpc_scene_number(const struct grpc_scene *scene); /* of the last completion */

/* Let both sides move until a condition of the test's holds. */
#define SCENE_UNTIL(scene, condition)                                                         \
    do {                                                                                      \
        const struct clock os = clock_os();                                                   \
        const int64_t end_ms = os.monotonic_ms(os.self) + SCENE_PATIENCE_MS;                  \
        while (!(condition)) {                                                                \
            cr_assert_lt(os.monotonic_ms(os.self), end_ms, "waited in vain for " #condition); \
            struct pollfd wait = {.fd = grpc_wait_fd((scene)->client), .events = POLLIN};     \
            (void)poll(&wait, 1, 2);                                                          \
        }                                                                                     \
    } while (0)

/* Take a connection and say its settings. */
void grpc_scene_connect(struct grpc_scene *scene, int link, int64_t streams_max, int64_t window);
/* Start call 1 and bring it to the server, on the first connection: its stream is 1. */
void grpc_scene_begin(struct grpc_scene *scene);
/* The next completion is this one; `words`: part of its words. */
void grpc_scene_expect(struct grpc_scene *scene, int number, enum grpc_outcome outcome,
                       const char *words, const char *why);

#endif
