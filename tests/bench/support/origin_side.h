/* The adapter of Project Origin's registry with keys, rules and secrets of its own: the half of a
 * bench that is ours. */
#ifndef MILLRACE_TESTS_BENCH_ORIGIN_SIDE_H
#define MILLRACE_TESTS_BENCH_ORIGIN_SIDE_H

#include "outside/registry_project_origin/registry_project_origin.h"

/* Must not move while it is open. */
struct origin_side {
    char address[64];
    struct clock clock;
    struct keyring keyring;
    struct blinding_secrets secrets;
    struct prover prover;
    struct origin_settings settings;
    struct registry_project_origin_adapter adapter;
};

/* Towards a registry at 127.0.0.1. The registry knows itself as "narnia". */
void origin_side_open(struct origin_side *side, uint16_t port, uint32_t connections_max,
                      const struct origin_schedule *schedule);
void origin_side_close(struct origin_side *side);

/* One lane's connection. */
void origin_side_connect(struct origin_side *side, struct registry *registry);

/* What an event is made with. */
struct origin_means origin_side_means(const struct origin_side *side);

/* Operations on certificate `number`, which all could be done one after the other: it is issued to
 * alice, sliced, the first part is given to bob and by him allocated and claimed. */
enum origin_side_operation {
    ORIGIN_SIDE_ISSUE,
    ORIGIN_SIDE_SLICE,
    ORIGIN_SIDE_TRANSFER,
    ORIGIN_SIDE_ALLOCATE,
    ORIGIN_SIDE_CLAIM,
    ORIGIN_SIDE_OPERATIONS,
};
extern const char *const origin_side_operation_names[ORIGIN_SIDE_OPERATIONS];

struct uuid origin_side_certificate(uint32_t number);
/* In `arena`. */
struct millrace_operation origin_side_operation(enum origin_side_operation kind, uint32_t number,
                                                struct arena *arena);

/* Waits until the registry has something to say or the time of its next step has come. */
void origin_side_wait(const struct origin_side *side, const struct registry *registry);

#endif
