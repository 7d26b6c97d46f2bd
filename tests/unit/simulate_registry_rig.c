#include <criterion/criterion.h>

#include "tests/unit/simulate_registry_rig.h"

struct uuid registry_rig_id(uint32_t number) {
    struct uuid id = {.bytes = {0xab}};
    memcpy(id.bytes + 4, &number, sizeof number);
    return id;
}

static void move_to(struct registry_rig *rig, int64_t at_ms) {
    while (timeline_next_ms(&rig->timeline) <= at_ms) {
        timeline_move(&rig->timeline, timeline_next_ms(&rig->timeline));
    }
    timeline_move(&rig->timeline, at_ms);
}

void registry_rig_move_by(struct registry_rig *rig, int64_t duration_ms) {
    move_to(rig, rig->timeline.now_ms + duration_ms);
}

static void meanwhile(void *world, int64_t until_ms) {
    struct registry_rig *rig = world;
    if (rig->in_the_meantime != NULL) {
        rig->in_the_meantime(rig);
    }
    move_to(rig, until_ms);
}

static void died(void *world, struct sim_process *process) {
    struct registry_rig *rig = world;
    rig->deaths++;
    lying_registry_process_died(rig->registry, process);
}

void registry_rig_kill(struct registry_rig *rig, uint32_t process) {
    rig->processes[process].dead = true;
    died(rig, &rig->processes[process]);
}

struct registry registry_rig_connect(struct registry_rig *rig, uint32_t process) {
    static const struct registry_config config = {"main", "lying", "anywhere", 1};
    const struct registry_adapter adapter =
        lying_registry_adapter(rig->registry, &rig->processes[process]);
    struct registry port;
    struct error error;
    cr_assert_eq(adapter.open(adapter.self, &config, &rig->clocks[process], &port, &error),
                 RESULT_OK);
    return port;
}

static void open_rig(struct registry_rig *rig, uint64_t seed, bool can_be_asked, bool can_be_read) {
    memset(rig, 0, sizeof *rig);
    rig->transcript = (struct transcript){.timeline = &rig->timeline, .keep = true};
    rig->registry = lying_registry_open(&(struct lying_registry_setup){
        .timeline = &rig->timeline,
        .transcript = &rig->transcript,
        .chance = chance_stream(seed, "registry"),
        .can_be_asked = can_be_asked,
        .can_be_read = can_be_read,
    });
    for (uint32_t i = 0; i < REGISTRY_RIG_PROCESSES; i++) {
        rig->processes[i] = (struct sim_process){
            .number = i,
            .life = 1,
            .timeline = &rig->timeline,
            .transcript = &rig->transcript,
            .meanwhile = meanwhile,
            .died = died,
            .world = rig,
        };
        rig->clocks[i] = process_clock(&rig->processes[i]);
        rig->ports[i] = registry_rig_connect(rig, i);
    }
}

void registry_rig_open(struct registry_rig *rig, uint64_t seed) {
    open_rig(rig, seed, false, false);
}

void registry_rig_open_asked(struct registry_rig *rig, uint64_t seed) {
    open_rig(rig, seed, true, false);
}

void registry_rig_open_read(struct registry_rig *rig, uint64_t seed) {
    open_rig(rig, seed, true, true);
}

void registry_rig_close(struct registry_rig *rig) {
    for (uint32_t i = 0; i < REGISTRY_RIG_PROCESSES; i++) {
        rig->ports[i].close(rig->ports[i].self);
    }
    lying_registry_close(rig->registry);
    timeline_deinit(&rig->timeline);
    cr_expect_not(rig->transcript.violated, "%s", rig->transcript.violation);
}

struct registry_call registry_rig_start_at(struct registry_rig *rig, const struct registry *port,
                                           uint32_t process, uint32_t number, int32_t attempt) {
    static _Alignas(16) uint8_t memory[4096];
    struct arena arena;
    arena_init(&arena, memory, sizeof memory);
    struct millrace_transfer_operation transfer = {
        .quantity = number, .owner = text_of("alice"), .new_owner = text_of("bob")};
    const struct millrace_operation operation = {.transfer = &transfer};
    struct registry_request request = {
        .call = {.certificate_id = registry_rig_id(1000 + number),
                 .submission_id = registry_rig_id(number),
                 .attempt = attempt},
        .deadline_ms =
            rig->clocks[process].monotonic_ms(rig->clocks[process].self) + REGISTRY_RIG_CALL_MS,
    };
    struct error error;
    cr_assert_eq(
        port->prepare(port->self, &request.call.submission_id, &request.call.certificate_id,
                      &operation, &arena, &request.transaction, &error),
        RESULT_OK);
    port->start(port->self, &request);
    return request.call;
}

struct registry_call registry_rig_start(struct registry_rig *rig, uint32_t process,
                                        uint32_t number) {
    return registry_rig_start_at(rig, &rig->ports[process], process, number, 1);
}

void registry_rig_poll_nothing(struct registry_rig *rig, uint32_t process) {
    cr_assert_eq(rig->ports[process].poll(rig->ports[process].self, NULL, 0), 0);
}

void registry_rig_send_all(struct registry_rig *rig, uint32_t process) {
    registry_rig_poll_nothing(rig, process);
    registry_rig_move_by(rig, 0);
    registry_rig_poll_nothing(rig, process);
}

bool registry_rig_next_reply(struct registry_rig *rig, uint32_t process,
                             struct registry_reply *reply) {
    return rig->ports[process].poll(rig->ports[process].self, reply, 1) == 1;
}

void registry_rig_expect_reply(struct registry_rig *rig, uint32_t process,
                               enum registry_reply_kind kind, const char *why) {
    struct registry_reply reply;
    cr_assert(registry_rig_next_reply(rig, process, &reply), "%s: no reply", why);
    cr_expect_eq(reply.kind, kind, "%s: %d, not %d: %.*s", why, (int)reply.kind, (int)kind,
                 (int)reply.text_length, reply.text);
}

void registry_rig_expect_silence(struct registry_rig *rig, uint32_t process, const char *why) {
    struct registry_reply reply;
    cr_expect_not(registry_rig_next_reply(rig, process, &reply), "%s", why);
}

uint32_t registry_rig_deeds(const struct registry_rig *rig, uint32_t number,
                            enum registry_deed deed) {
    const struct uuid id = registry_rig_id(number);
    uint32_t count = 0;
    for (uint32_t i = 0; i < lying_registry_entries(rig->registry); i++) {
        const struct registry_entry *entry = lying_registry_entry(rig->registry, i);
        count += entry->deed == deed && uuid_equal(&entry->submission_id, &id) ? 1 : 0;
    }
    return count;
}

uint32_t registry_rig_executions(const struct registry_rig *rig, uint32_t number) {
    const struct uuid id = registry_rig_id(number);
    const uint32_t count = registry_rig_deeds(rig, number, REGISTRY_DEED_EXECUTION);
    cr_expect_eq(lying_registry_executed(rig->registry, &id), count > 0);
    return count;
}
