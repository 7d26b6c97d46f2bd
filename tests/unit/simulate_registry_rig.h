/* The lying registry with two processes, a connection of each, and the test as both of them. */
#ifndef MILLRACE_TESTS_UNIT_SIMULATE_REGISTRY_RIG_H
#define MILLRACE_TESTS_UNIT_SIMULATE_REGISTRY_RIG_H

#include "tests/simulate/lying_registry.h"

enum {
    REGISTRY_RIG_PROCESSES = 2,
    REGISTRY_RIG_CALL_MS = 30000, /* the time of a call */
};

struct registry_rig {
    struct timeline timeline;
    struct transcript transcript;
    struct sim_process processes[REGISTRY_RIG_PROCESSES];
    struct clock clocks[REGISTRY_RIG_PROCESSES];
    struct lying_registry *registry;
    struct registry ports[REGISTRY_RIG_PROCESSES]; /* one connection of each */
    uint32_t deaths; /* of processes that met a blow, or were killed by hand */
    /* While a process stands still, before the time goes on; NULL: nothing. */
    void (*in_the_meantime)(struct registry_rig *rig);
};

void registry_rig_open(struct registry_rig *rig, uint64_t seed);
/* With a registry of the second kind, which can be asked. */
void registry_rig_open_asked(struct registry_rig *rig, uint64_t seed);
/* With one whose streams can be read as well. */
void registry_rig_open_read(struct registry_rig *rig, uint64_t seed);
/* Nothing may have been violated. */
void registry_rig_close(struct registry_rig *rig);
/* One more connection of a process. */
struct registry registry_rig_connect(struct registry_rig *rig, uint32_t process);
void registry_rig_move_by(struct registry_rig *rig, int64_t duration_ms);
void registry_rig_kill(struct registry_rig *rig, uint32_t process);

/* The submission of a call by its number; its certificate has the number 1000 above. */
struct uuid registry_rig_id(uint32_t number);
struct registry_call registry_rig_start_at(struct registry_rig *rig, const struct registry *port,
                                           uint32_t process, uint32_t number, int32_t attempt);
/* The first attempt, over the process's own connection. */
struct registry_call registry_rig_start(struct registry_rig *rig, uint32_t process,
                                        uint32_t number);
void registry_rig_poll_nothing(struct registry_rig *rig, uint32_t process);
/* Connected, and the bytes of all that was started are with the kernel. */
void registry_rig_send_all(struct registry_rig *rig, uint32_t process);

bool registry_rig_next_reply(struct registry_rig *rig, uint32_t process,
                             struct registry_reply *reply);
void registry_rig_expect_reply(struct registry_rig *rig, uint32_t process,
                               enum registry_reply_kind kind, const char *why);
void registry_rig_expect_silence(struct registry_rig *rig, uint32_t process, const char *why);

/* What the registry has done about a call. */
uint32_t registry_rig_deeds(const struct registry_rig *rig, uint32_t number,
                            enum registry_deed deed);
uint32_t registry_rig_executions(const struct registry_rig *rig, uint32_t number);

#endif
