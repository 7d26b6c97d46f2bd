/* The lying registry: each of its lies, the laws of the port in any weather, and what processes
 * that stand still or die leave behind. */
#include <criterion/criterion.h>

#include "tests/simulate/lying_registry.h"
#include "tests/simulate/lying_transaction.h"

enum { PROCESSES = 2, CALL_MS = 30000 };

struct bench {
    struct timeline timeline;
    struct transcript transcript;
    struct sim_process processes[PROCESSES];
    struct clock clocks[PROCESSES];
    struct lying_registry *registry;
    struct registry ports[PROCESSES]; /* one connection of each */
    uint32_t deaths;
    void (*in_the_meantime)(struct bench *bench);
};

static struct uuid id_of(uint32_t number) {
    struct uuid id = {.bytes = {0xab}};
    memcpy(id.bytes + 4, &number, sizeof number);
    return id;
}

static void move_to(struct bench *bench, int64_t at_ms) {
    while (timeline_next_ms(&bench->timeline) <= at_ms) {
        timeline_move(&bench->timeline, timeline_next_ms(&bench->timeline));
    }
    timeline_move(&bench->timeline, at_ms);
}

static void move_by(struct bench *bench, int64_t duration_ms) {
    move_to(bench, bench->timeline.now_ms + duration_ms);
}

static void meanwhile(void *world, int64_t until_ms) {
    struct bench *bench = world;
    if (bench->in_the_meantime != NULL) {
        bench->in_the_meantime(bench);
    }
    move_to(bench, until_ms);
}

static void died(void *world, struct sim_process *process) {
    struct bench *bench = world;
    bench->deaths++;
    lying_registry_process_died(bench->registry, process);
}

static struct registry connect(struct bench *bench, uint32_t process) {
    static const struct registry_config config = {"main", "lying", "anywhere", 1};
    const struct registry_adapter adapter =
        lying_registry_adapter(bench->registry, &bench->processes[process]);
    struct registry port;
    struct error error;
    cr_assert_eq(adapter.open(adapter.self, &config, &bench->clocks[process], &port, &error),
                 RESULT_OK);
    return port;
}

static bool can_be_asked; /* the registry of the benches that are opened from now on */

static void bench_open(struct bench *bench, uint64_t seed) {
    memset(bench, 0, sizeof *bench);
    bench->transcript = (struct transcript){.timeline = &bench->timeline, .keep = true};
    bench->registry = lying_registry_open(&(struct lying_registry_setup){
        .timeline = &bench->timeline,
        .transcript = &bench->transcript,
        .chance = chance_stream(seed, "registry"),
        .can_be_asked = can_be_asked,
    });
    for (uint32_t i = 0; i < PROCESSES; i++) {
        bench->processes[i] = (struct sim_process){
            .number = i,
            .life = 1,
            .timeline = &bench->timeline,
            .transcript = &bench->transcript,
            .meanwhile = meanwhile,
            .died = died,
            .world = bench,
        };
        bench->clocks[i] = process_clock(&bench->processes[i]);
        bench->ports[i] = connect(bench, i);
    }
}

static void bench_close(struct bench *bench) {
    for (uint32_t i = 0; i < PROCESSES; i++) {
        bench->ports[i].close(bench->ports[i].self);
    }
    lying_registry_close(bench->registry);
    timeline_deinit(&bench->timeline);
    cr_expect_not(bench->transcript.violated, "%s", bench->transcript.violation);
}

static struct registry_call start_at(struct bench *bench, const struct registry *port,
                                     uint32_t process, uint32_t number, int32_t attempt) {
    static _Alignas(16) uint8_t memory[4096];
    struct arena arena;
    arena_init(&arena, memory, sizeof memory);
    struct millrace_transfer_operation transfer = {
        .quantity = number, .owner = text_of("alice"), .new_owner = text_of("bob")};
    const struct millrace_operation operation = {.transfer = &transfer};
    struct registry_request request = {
        .call = {.certificate_id = id_of(1000 + number),
                 .submission_id = id_of(number),
                 .attempt = attempt},
        .deadline_ms = bench->clocks[process].monotonic_ms(bench->clocks[process].self) + CALL_MS,
    };
    struct error error;
    cr_assert_eq(
        port->prepare(port->self, &request.call.submission_id, &request.call.certificate_id,
                      &operation, &arena, &request.transaction, &error),
        RESULT_OK);
    port->start(port->self, &request);
    return request.call;
}

static struct registry_call start(struct bench *bench, uint32_t process, uint32_t number) {
    return start_at(bench, &bench->ports[process], process, number, 1);
}

static void poll_nothing(struct bench *bench, uint32_t process) {
    cr_assert_eq(bench->ports[process].poll(bench->ports[process].self, NULL, 0), 0);
}

/* Connected, and the bytes of all that was started are with the kernel. */
static void send_all(struct bench *bench, uint32_t process) {
    poll_nothing(bench, process);
    move_by(bench, 0);
    poll_nothing(bench, process);
}

static bool next_reply(struct bench *bench, uint32_t process, struct registry_reply *reply) {
    return bench->ports[process].poll(bench->ports[process].self, reply, 1) == 1;
}

static void expect_reply(struct bench *bench, uint32_t process, enum registry_reply_kind kind,
                         const char *why) {
    struct registry_reply reply;
    cr_assert(next_reply(bench, process, &reply), "%s: no reply", why);
    cr_expect_eq(reply.kind, kind, "%s: %d, not %d: %.*s", why, (int)reply.kind, (int)kind,
                 (int)reply.text_length, reply.text);
}

static void expect_silence(struct bench *bench, uint32_t process, const char *why) {
    struct registry_reply reply;
    cr_expect_not(next_reply(bench, process, &reply), "%s", why);
}

static uint32_t deeds(const struct bench *bench, uint32_t number, enum registry_deed deed) {
    const struct uuid id = id_of(number);
    uint32_t count = 0;
    for (uint32_t i = 0; i < lying_registry_entries(bench->registry); i++) {
        const struct registry_entry *entry = lying_registry_entry(bench->registry, i);
        count += entry->deed == deed && uuid_equal(&entry->submission_id, &id) ? 1 : 0;
    }
    return count;
}

static uint32_t executions(const struct bench *bench, uint32_t number) {
    const struct uuid id = id_of(number);
    const uint32_t count = deeds(bench, number, REGISTRY_DEED_EXECUTION);
    cr_expect_eq(lying_registry_executed(bench->registry, &id), count > 0);
    return count;
}

TestSuite(simulate_registry);

Test(simulate_registry, is_honest_and_fast_in_fair_weather) {
    struct bench bench;
    bench_open(&bench, 1);
    const uint64_t before = lying_registry_changes(bench.registry);
    cr_expect_eq(bench.ports[0].next_deadline_ms(bench.ports[0].self), INT64_MAX);
    (void)start(&bench, 0, 1);
    cr_expect_eq(bench.ports[0].next_deadline_ms(bench.ports[0].self), INT64_MIN);
    send_all(&bench, 0);
    cr_expect_eq(lying_registry_pending(bench.registry), 1);
    move_by(&bench, 0);
    cr_expect_eq(lying_registry_pending(bench.registry), 0);
    cr_expect_gt(lying_registry_changes(bench.registry), before);
    cr_expect_eq(bench.ports[0].next_deadline_ms(bench.ports[0].self), INT64_MIN);
    expect_reply(&bench, 0, REGISTRY_REPLY_SUCCEEDED, "executed");
    cr_expect_eq(bench.timeline.now_ms, 0);
    cr_assert_eq(lying_registry_entries(bench.registry), 2);
    const struct registry_entry *read = lying_registry_entry(bench.registry, 0);
    static _Alignas(16) uint8_t memory[4096];
    struct arena arena;
    arena_init(&arena, memory, sizeof memory);
    const struct lying_transaction inside = lying_transaction_read(read->transaction.bytes, &arena);
    cr_expect(uuid_equal(&inside.submission_id, &read->submission_id));
    cr_expect(uuid_equal(&inside.certificate_id, &read->certificate_id));
    cr_assert_not_null(inside.operation->transfer);
    cr_expect_eq(inside.operation->transfer->quantity, 1);
    cr_expect(text_equal(inside.operation->transfer->new_owner, text_of("bob")));
    bench_close(&bench);
}

Test(simulate_registry, has_each_lie) {
    enum { NEVER = -1 };
    static const struct {
        const char *name;
        struct registry_weather weather;
        int kind; /* of the final reply; NEVER: none but by the deadline */
        uint32_t read;
        int executed; /* NEVER: either */
        uint32_t refused;
    } rows[] = {
        {"slow",
         {.latency_least_ms = 500, .latency_most_ms = 900},
         REGISTRY_REPLY_SUCCEEDED,
         1,
         1,
         0},
        {"refuses", {.refuses_permille = 1000}, REGISTRY_REPLY_REFUSED, 1, 0, 1},
        {"contradicts", {.contradicts_permille = 1000}, REGISTRY_REPLY_REFUSED, 1, 0, 1},
        {"silent", {.silent_permille = 1000}, NEVER, 1, NEVER, 0},
        {"reset before", {.reset_before_permille = 1000}, REGISTRY_REPLY_UNKNOWN, 0, 0, 0},
        {"reset after", {.reset_after_permille = 1000}, REGISTRY_REPLY_UNKNOWN, 1, 1, 0},
        {"garbled", {.garbled_permille = 1000}, REGISTRY_REPLY_UNKNOWN, 1, 1, 0},
        {"garbled refusal",
         {.garbled_permille = 1000, .refuses_permille = 1000},
         REGISTRY_REPLY_UNKNOWN,
         1,
         0,
         1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct bench bench;
        bench_open(&bench, 1);
        *lying_registry_weather(bench.registry) = rows[i].weather;
        (void)start(&bench, 0, 7);
        send_all(&bench, 0);
        move_by(&bench, 1000);
        if (rows[i].kind == NEVER) {
            expect_silence(&bench, 0, rows[i].name);
            move_by(&bench, CALL_MS);
            expect_reply(&bench, 0, REGISTRY_REPLY_UNKNOWN, rows[i].name);
        } else {
            expect_reply(&bench, 0, (enum registry_reply_kind)rows[i].kind, rows[i].name);
        }
        expect_silence(&bench, 0, rows[i].name);
        cr_expect_eq(deeds(&bench, 7, REGISTRY_DEED_REQUEST), rows[i].read, "%s", rows[i].name);
        cr_expect_eq(deeds(&bench, 7, REGISTRY_DEED_REFUSAL), rows[i].refused, "%s", rows[i].name);
        const int executed = (int)executions(&bench, 7);
        cr_expect(rows[i].executed == NEVER || executed == rows[i].executed, "%s", rows[i].name);
        bench_close(&bench);
    }
}

Test(simulate_registry, half_of_the_silent_ones_are_executed) {
    struct bench bench;
    bench_open(&bench, 1);
    lying_registry_weather(bench.registry)->silent_permille = 1000;
    uint32_t executed = 0;
    for (uint32_t i = 0; i < 100; i++) {
        (void)start(&bench, 0, i);
    }
    send_all(&bench, 0);
    move_by(&bench, 1);
    for (uint32_t i = 0; i < 100; i++) {
        executed += executions(&bench, i);
    }
    cr_expect(executed > 30 && executed < 70, "%u of 100", executed);
    bench_close(&bench);
}

Test(simulate_registry, says_first_that_it_has_it) {
    struct bench bench;
    bench_open(&bench, 1);
    *lying_registry_weather(bench.registry) = (struct registry_weather){
        .accepts_permille = 1000, .latency_least_ms = 100, .latency_most_ms = 100};
    (void)start(&bench, 0, 1);
    send_all(&bench, 0);
    move_by(&bench, 50);
    expect_reply(&bench, 0, REGISTRY_REPLY_ACCEPTED, "it has it");
    cr_expect_eq(bench.ports[0].calls_out(bench.ports[0].self), 1);
    move_by(&bench, 50);
    expect_reply(&bench, 0, REGISTRY_REPLY_SUCCEEDED, "and has done it");
    bench_close(&bench);
}

Test(simulate_registry, executes_long_after_the_call_is_over) {
    struct bench bench;
    bench_open(&bench, 2);
    *lying_registry_weather(bench.registry) =
        (struct registry_weather){.late_permille = 1000, .queue_most_ms = 600000};
    for (uint32_t i = 0; i < 20; i++) {
        (void)start(&bench, 0, i);
    }
    send_all(&bench, 0);
    move_by(&bench, CALL_MS);
    struct registry_reply reply;
    bool unknown[20] = {false};
    uint32_t late = 0;
    while (next_reply(&bench, 0, &reply)) {
        uint32_t number;
        memcpy(&number, reply.call.submission_id.bytes + 4, sizeof number);
        unknown[number] = reply.kind == REGISTRY_REPLY_UNKNOWN;
        cr_expect(!unknown[number] || executions(&bench, number) == 0, "not yet");
    }
    cr_expect_gt(lying_registry_pending(bench.registry), 0);
    move_by(&bench, 600000);
    while (next_reply(&bench, 0, &reply)) {
        uint32_t number;
        memcpy(&number, reply.call.submission_id.bytes + 4, sizeof number);
        cr_expect(unknown[number] && reply.kind == REGISTRY_REPLY_SUCCEEDED);
        late++;
    }
    cr_expect_gt(late, 10);
    cr_expect_eq(lying_registry_pending(bench.registry), 0);
    for (uint32_t i = 0; i < 20; i++) {
        cr_expect_eq(executions(&bench, i), 1);
    }
    bench_close(&bench);
}

Test(simulate_registry, what_is_sent_twice_is_executed_twice) {
    struct bench bench;
    bench_open(&bench, 1);
    (void)start(&bench, 0, 1);
    (void)start(&bench, 1, 1);
    send_all(&bench, 0);
    send_all(&bench, 1);
    move_by(&bench, 0);
    expect_reply(&bench, 0, REGISTRY_REPLY_SUCCEEDED, "once");
    expect_reply(&bench, 1, REGISTRY_REPLY_SUCCEEDED, "and once more");
    cr_expect_eq(executions(&bench, 1), 2);
    bench_close(&bench);
}

/* ---- processes in trouble ---- */

static void successor_looks(struct bench *bench) {
    cr_expect_eq(lying_registry_pending(bench->registry), 0, "nothing is on its way");
    cr_expect_eq(executions(bench, 1), 0);
}

Test(simulate_registry, a_process_that_stands_still_before_the_wire_sends_late) {
    struct bench bench;
    bench_open(&bench, 1);
    bench.in_the_meantime = successor_looks;
    struct sim_process *zombie = &bench.processes[0];
    zombie->blow = BLOW_PAUSE;
    zombie->blow_point = POINT_WIRE;
    zombie->pause_ms = 200000;
    (void)start(&bench, 0, 1);
    send_all(&bench, 0);
    cr_expect_eq(zombie->hit[POINT_WIRE], 1);
    cr_expect_eq(bench.timeline.now_ms, 200000);
    move_by(&bench, 0);
    cr_expect_eq(executions(&bench, 1), 1, "it is executed long after its deadline");
    cr_expect_eq(lying_registry_entry(bench.registry, 0)->handed_over_ms, 200000);
    expect_reply(&bench, 0, REGISTRY_REPLY_UNKNOWN, "its time was over when it left");
    expect_reply(&bench, 0, REGISTRY_REPLY_SUCCEEDED, "and yet");
    bench_close(&bench);
}

Test(simulate_registry, a_process_that_stands_still_has_replies_with_its_kernel) {
    struct bench bench;
    bench_open(&bench, 1);
    bench.processes[0].blow = BLOW_PAUSE;
    bench.processes[0].blow_point = POINT_WIRED;
    bench.processes[0].pause_ms = 1000;
    (void)start(&bench, 0, 1);
    send_all(&bench, 0);
    cr_expect_eq(executions(&bench, 1), 1);
    expect_reply(&bench, 0, REGISTRY_REPLY_SUCCEEDED, "it has waited");
    bench_close(&bench);
}

static void registry_resets(struct bench *bench) {
    lying_registry_weather(bench->registry)->away = true;
}

Test(simulate_registry, a_reset_before_the_first_byte_sends_nothing) {
    uint32_t not_sent = 0;
    uint32_t unknown = 0;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct bench bench;
        struct registry_reply reply;
        bench_open(&bench, seed);
        bench.in_the_meantime = registry_resets;
        bench.processes[0].blow = BLOW_PAUSE;
        bench.processes[0].blow_point = POINT_WIRE;
        bench.processes[0].pause_ms = 10;
        (void)start(&bench, 0, 1);
        send_all(&bench, 0);
        move_by(&bench, 0);
        cr_assert(next_reply(&bench, 0, &reply));
        not_sent += reply.kind == REGISTRY_REPLY_NOT_SENT ? 1 : 0;
        unknown += reply.kind == REGISTRY_REPLY_UNKNOWN ? 1 : 0; /* it had ended calmly */
        cr_expect_eq(deeds(&bench, 1, REGISTRY_DEED_REQUEST), 0);
        bench_close(&bench);
    }
    cr_expect_eq(not_sent + unknown, 20);
    cr_expect(not_sent > 0 && unknown > 0, "%u and %u", not_sent, unknown);
}

Test(simulate_registry, a_dead_process_sends_what_its_kernel_has_and_nothing_else) {
    static const struct {
        const char *name;
        enum point point;
        uint32_t after;
        uint32_t executed; /* of three */
    } rows[] = {
        {"before it is given to the adapter", POINT_SEND, 0, 0},
        {"before the first byte", POINT_WIRE, 0, 0},
        {"behind the first", POINT_WIRED, 0, 1},
        {"before the second", POINT_WIRE, 1, 1},
        {"behind the last", POINT_WIRED, 2, 3},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct bench bench;
        bench_open(&bench, 1);
        lying_registry_weather(bench.registry)->way_most_ms = 50;
        struct sim_process *process = &bench.processes[0];
        process->blow = BLOW_KILL;
        process->blow_point = rows[i].point;
        process->blow_after = rows[i].after;
        for (uint32_t number = 1; number <= 3; number++) {
            (void)start(&bench, 0, number);
        }
        poll_nothing(&bench, 0);
        move_by(&bench, 50);
        poll_nothing(&bench, 0);
        cr_expect_eq(bench.deaths, 1, "%s", rows[i].name);
        move_by(&bench, 1000);
        poll_nothing(&bench, 0);
        move_by(&bench, 1000);
        uint32_t executed = 0;
        for (uint32_t number = 1; number <= 3; number++) {
            executed += executions(&bench, number);
        }
        cr_expect_eq(executed, rows[i].executed, "%s: %u", rows[i].name, executed);
        expect_silence(&bench, 0, rows[i].name);
        cr_expect_eq(lying_registry_pending(bench.registry), 0);
        bench_close(&bench);
    }
}

Test(simulate_registry, a_closed_connection_may_still_be_worked_on) {
    struct bench bench;
    bench_open(&bench, 1);
    lying_registry_weather(bench.registry)->way_most_ms = 50;
    struct registry port = connect(&bench, 0);
    (void)start_at(&bench, &port, 0, 1, 1);
    (void)port.poll(port.self, NULL, 0);
    move_by(&bench, 50);
    (void)port.poll(port.self, NULL, 0);
    (void)start_at(&bench, &port, 0, 2, 1); /* not with the kernel yet */
    port.close(port.self);
    move_by(&bench, 1000);
    cr_expect_eq(executions(&bench, 1), 1);
    cr_expect_eq(executions(&bench, 2), 0);
    bench_close(&bench);
}

Test(simulate_registry, who_is_cut_off_cannot_connect_or_is_heard_later) {
    struct bench bench;
    bench_open(&bench, 1);
    bench.processes[0].no_registry = true;
    (void)start(&bench, 0, 1);
    send_all(&bench, 0);
    move_by(&bench, 4999);
    expect_silence(&bench, 0, "it hangs");
    move_by(&bench, 1);
    expect_reply(&bench, 0, REGISTRY_REPLY_NOT_SENT, "nobody answered");
    bench.processes[0].no_registry = false;
    (void)start(&bench, 0, 2);
    send_all(&bench, 0);
    bench.processes[0].no_registry = true;
    move_by(&bench, CALL_MS);
    expect_reply(&bench, 0, REGISTRY_REPLY_UNKNOWN, "it has left, and nothing came back");
    cr_expect_eq(executions(&bench, 2), 0);
    bench.processes[0].no_registry = false;
    move_by(&bench, 5000);
    cr_expect_eq(executions(&bench, 2), 1, "kernels try again");
    expect_reply(&bench, 0, REGISTRY_REPLY_SUCCEEDED, "late");
    cr_expect_eq(executions(&bench, 1), 0);
    bench_close(&bench);
}

Test(simulate_registry, what_is_stuck_dies_with_its_process) {
    struct bench bench;
    bench_open(&bench, 1);
    (void)start(&bench, 0, 1);
    poll_nothing(&bench, 0);
    move_by(&bench, 0);
    bench.processes[0].no_registry = true;
    poll_nothing(&bench, 0);
    move_by(&bench, 1000);
    cr_expect_eq(lying_registry_pending(bench.registry), 1);
    bench.processes[0].dead = true;
    died(&bench, &bench.processes[0]);
    bench.processes[0].no_registry = false;
    cr_expect_eq(lying_registry_pending(bench.registry), 0);
    move_by(&bench, 10000);
    cr_expect_eq(deeds(&bench, 1, REGISTRY_DEED_REQUEST), 0);
    bench_close(&bench);
}

Test(simulate_registry, connections_end_when_it_goes_away) {
    struct bench bench;
    bench_open(&bench, 1);
    *lying_registry_weather(bench.registry) =
        (struct registry_weather){.way_most_ms = 100, .latency_most_ms = 200};
    for (uint32_t i = 0; i < 20; i++) {
        (void)start(&bench, 0, i);
    }
    poll_nothing(&bench, 0);
    move_by(&bench, 100);
    poll_nothing(&bench, 0);
    move_by(&bench, 50);
    lying_registry_weather(bench.registry)->away = true;
    move_by(&bench, 200);
    uint32_t unread = 0;
    struct registry_reply reply;
    for (uint32_t i = 0; i < 20; i++) {
        cr_assert(next_reply(&bench, 0, &reply));
        cr_expect_neq(reply.kind, REGISTRY_REPLY_NOT_SENT);
        unread += deeds(&bench, i, REGISTRY_DEED_REQUEST) == 0 ? 1 : 0;
    }
    cr_expect(unread > 0 && unread < 20, "%u of 20 were not read", unread);
    (void)start(&bench, 0, 30);
    poll_nothing(&bench, 0);
    move_by(&bench, 100);
    expect_reply(&bench, 0, REGISTRY_REPLY_NOT_SENT, "refused");
    lying_registry_weather(bench.registry)->away = false;
    (void)start_at(&bench, &bench.ports[0], 0, 30, 2);
    poll_nothing(&bench, 0);
    move_by(&bench, 100);
    poll_nothing(&bench, 0);
    move_by(&bench, 400);
    expect_reply(&bench, 0, REGISTRY_REPLY_SUCCEEDED, "it is back");
    bench_close(&bench);
}

/* ---- The kind that can be asked. ---- */

enum { REMEMBERS_MS = 120000 };

static void ask(struct bench *bench, uint32_t process, uint32_t number) {
    const struct registry *port = &bench->ports[process];
    const struct registry_question question = {
        .call = {.certificate_id = id_of(1000 + number),
                 .submission_id = id_of(number),
                 .attempt = 1},
        .deadline_ms = bench->clocks[process].monotonic_ms(bench->clocks[process].self) + CALL_MS,
    };
    port->ask(port->self, &question);
    cr_expect_eq(port->calls_out(port->self), 0);
}

/* Whatever the port waits for comes in time. */
static struct registry_reply await_reply(struct bench *bench, uint32_t process) {
    struct registry_reply reply = {.text_length = 0};
    for (uint32_t i = 0; !next_reply(bench, process, &reply); i++) {
        cr_assert_lt(i, 4 * CALL_MS / 10, "no reply");
        move_by(bench, 10);
    }
    return reply;
}

static void expect_answer(struct bench *bench, uint32_t process, enum registry_reply_kind kind,
                          enum registry_learnt learnt, const char *why) {
    const struct registry_reply reply = await_reply(bench, process);
    cr_expect(reply.to_question, "%s", why);
    cr_expect_eq(reply.kind, kind, "%s: %.*s", why, (int)reply.text_length, reply.text);
    cr_expect_eq((int)reply.learnt, (int)learnt, "%s", why);
    expect_silence(bench, process, why);
}

Test(simulate_registry, that_can_be_asked_takes_and_tells_later) {
    struct bench bench;
    can_be_asked = true;
    bench_open(&bench, 1);
    *lying_registry_weather(bench.registry) =
        (struct registry_weather){.latency_least_ms = 3000, .latency_most_ms = 3000};
    (void)start(&bench, 0, 1);
    send_all(&bench, 0);
    move_by(&bench, 10);
    expect_reply(&bench, 0, REGISTRY_REPLY_ACCEPTED, "taken");
    cr_expect_eq(executions(&bench, 1), 0);
    const struct registry_reply reply = await_reply(&bench, 0);
    cr_expect_eq(reply.kind, REGISTRY_REPLY_SUCCEEDED);
    cr_expect_eq((int)reply.learnt, (int)REGISTRY_LEARNT_BY_STATUS);
    cr_expect_not(reply.to_question);
    cr_expect_eq(executions(&bench, 1), 1);
    cr_expect_eq(bench.ports[0].calls_out(bench.ports[0].self), 0);
    bench_close(&bench);
}

Test(simulate_registry, that_can_be_asked_tells_anybody_what_it_remembers) {
    struct bench bench;
    can_be_asked = true;
    bench_open(&bench, 1);
    ask(&bench, 1, 1);
    expect_answer(&bench, 1, REGISTRY_REPLY_UNKNOWN, 0, "never sent");
    (void)start(&bench, 0, 1);
    send_all(&bench, 0);
    move_by(&bench, 10);
    lying_registry_weather(bench.registry)->refuses_permille = 1000;
    (void)start(&bench, 0, 2);
    send_all(&bench, 0);
    move_by(&bench, 10);
    ask(&bench, 1, 1);
    expect_answer(&bench, 1, REGISTRY_REPLY_SUCCEEDED, REGISTRY_LEARNT_BY_STATUS, "executed");
    ask(&bench, 1, 2);
    expect_answer(&bench, 1, REGISTRY_REPLY_REFUSED, REGISTRY_LEARNT_BY_STATUS, "refused");
    const struct uuid refused = id_of(2);
    cr_expect(lying_registry_was_heard(bench.registry, &refused));
    move_by(&bench, REMEMBERS_MS);
    ask(&bench, 1, 1);
    expect_answer(&bench, 1, REGISTRY_REPLY_SUCCEEDED, REGISTRY_LEARNT_BY_STREAM,
                  "a stream is for ever");
    ask(&bench, 1, 2);
    expect_answer(&bench, 1, REGISTRY_REPLY_UNKNOWN, 0, "forgotten");
    cr_expect_eq(lying_registry_questions(bench.registry), 5);
    bench_close(&bench);
}

Test(simulate_registry, that_can_be_asked_leaves_some_pending_for_ever) {
    struct bench bench;
    can_be_asked = true;
    uint32_t executed = 0;
    enum { CALLS = 20 };
    bench_open(&bench, 1);
    lying_registry_weather(bench.registry)->silent_permille = 1000;
    for (uint32_t number = 1; number <= CALLS; number++) {
        (void)start(&bench, 0, number);
    }
    send_all(&bench, 0);
    move_by(&bench, 10);
    lying_registry_weather(bench.registry)->silent_permille = 0;
    uint32_t unknown = 0;
    for (uint32_t i = 0; i < CALLS; i++) {
        const struct registry_reply reply = await_reply(&bench, 0);
        executed += reply.kind == REGISTRY_REPLY_SUCCEEDED ? 1 : 0;
        unknown += reply.kind == REGISTRY_REPLY_UNKNOWN ? 1 : 0;
    }
    cr_expect_eq(executed + unknown, CALLS);
    cr_expect(executed > 0 && unknown > 0, "%u and %u", executed, unknown);
    bench_close(&bench);
}

/* A connection that breaks leaves nothing unknown that can be asked for. */
Test(simulate_registry, that_can_be_asked_is_asked_again_by_another_connection) {
    struct bench bench;
    can_be_asked = true;
    bench_open(&bench, 1);
    lying_registry_weather(bench.registry)->reset_after_permille = 1000;
    (void)start(&bench, 0, 1);
    send_all(&bench, 0);
    move_by(&bench, 10);
    lying_registry_weather(bench.registry)->reset_after_permille = 0;
    const struct registry_reply reply = await_reply(&bench, 0);
    cr_expect_eq(reply.kind, REGISTRY_REPLY_SUCCEEDED);
    cr_expect_eq(executions(&bench, 1), 1);
    lying_registry_weather(bench.registry)->away = true;
    move_by(&bench, 10);
    ask(&bench, 1, 1);
    expect_answer(&bench, 1, REGISTRY_REPLY_UNKNOWN, 0, "nobody is there");
    bench_close(&bench);
}
