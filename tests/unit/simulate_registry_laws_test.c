/* The laws of ports/registry.h, on the lying registry in any weather: what a connector is told is
 * never more than it may rely on. */
#include <criterion/criterion.h>

#include "tests/simulate/lying_registry.h"

enum {
    SEEDS = 200,
    PLACES = 3,
    CALLS = 60,
    ROUNDS = 400,
    CALL_MS = 3000,
    QUEUE_MS = 20000,
};

/* A call as its process has heard of it. */
struct told {
    bool begun;
    uint32_t place;
    struct registry_call call;
    bool withdrawn;
    bool lost; /* its process died, or its connection was closed */
    uint32_t accepted;
    uint32_t ends;
    uint32_t late;
    enum registry_reply_kind end;
    enum registry_reply_kind late_end;
};

struct play {
    struct timeline timeline;
    struct transcript transcript;
    struct chance chance;
    struct lying_registry *registry;
    struct sim_process processes[PLACES];
    struct clock clocks[PLACES];
    struct registry ports[PLACES];
    struct told told[CALLS];
    uint32_t begun;
    uint32_t watched;
};

static void move_by(struct play *play, int64_t duration_ms) {
    const int64_t end_ms = play->timeline.now_ms + duration_ms;
    while (timeline_next_ms(&play->timeline) <= end_ms) {
        timeline_move(&play->timeline, timeline_next_ms(&play->timeline));
    }
    timeline_move(&play->timeline, end_ms);
}

static void meanwhile(void *world, int64_t until_ms) {
    struct play *play = world;
    move_by(play, until_ms - play->timeline.now_ms);
}

static void died(void *world, struct sim_process *process) {
    struct play *play = world;
    lying_registry_process_died(play->registry, process);
    for (uint32_t i = 0; i < play->begun; i++) {
        play->told[i].lost = play->told[i].lost || play->told[i].place == process->number;
    }
}

static void watch(void *context, const struct registry_entry *request) {
    struct play *play = context;
    cr_expect_eq(request->deed, REGISTRY_DEED_REQUEST);
    cr_expect_eq(request->at_ms, play->timeline.now_ms);
    play->watched++;
}

static void connect(struct play *play, uint32_t place) {
    static const struct registry_config config = {"main", "lying", "anywhere", 1};
    struct error error;
    const struct registry_adapter adapter =
        lying_registry_adapter(play->registry, &play->processes[place]);
    cr_assert_eq(
        adapter.open(adapter.self, &config, &play->clocks[place], &play->ports[place], &error),
        RESULT_OK);
}

static void play_open(struct play *play, uint64_t seed) {
    memset(play, 0, sizeof *play);
    play->transcript.timeline = &play->timeline;
    play->chance = chance_stream(seed, "play");
    play->registry = lying_registry_open(&(struct lying_registry_setup){
        .timeline = &play->timeline,
        .transcript = &play->transcript,
        .chance = chance_stream(seed, "registry"),
    });
    lying_registry_watch(play->registry, watch, play);
    for (uint32_t i = 0; i < PLACES; i++) {
        play->processes[i] = (struct sim_process){
            .number = i,
            .life = 1,
            .timeline = &play->timeline,
            .transcript = &play->transcript,
            .monotonic_offset_ms = 777777 * i,
            .meanwhile = meanwhile,
            .died = died,
            .world = play,
        };
        play->clocks[i] = process_clock(&play->processes[i]);
        connect(play, i);
    }
}

static uint32_t some_permille(struct play *play) {
    return chance_permille(&play->chance, 300) ? chance_below(&play->chance, 700) : 0;
}

static void change_weather(struct play *play) {
    struct registry_weather *weather = lying_registry_weather(play->registry);
    *weather = (struct registry_weather){
        .latency_least_ms = chance_between(&play->chance, 0, 100),
        .latency_most_ms = chance_between(&play->chance, 0, 1000),
        .way_most_ms = chance_between(&play->chance, 0, 500),
        .refuses_permille = some_permille(play),
        .contradicts_permille = some_permille(play),
        .accepts_permille = some_permille(play),
        .silent_permille = some_permille(play),
        .reset_before_permille = some_permille(play),
        .reset_after_permille = some_permille(play),
        .garbled_permille = some_permille(play),
        .late_permille = some_permille(play),
        .queue_most_ms = QUEUE_MS,
        .away = chance_permille(&play->chance, 150),
    };
}

static void begin(struct play *play) {
    if (play->begun == CALLS) {
        return;
    }
    static const struct millrace_withdraw_operation withdraw = {.grid_area = {"DK1", 3}};
    const struct millrace_operation operation = {
        .withdraw = (struct millrace_withdraw_operation *)&withdraw};
    static _Alignas(16) uint8_t memory[1024];
    struct arena arena;
    arena_init(&arena, memory, sizeof memory);
    const uint32_t place = chance_below(&play->chance, PLACES);
    struct told *told = &play->told[play->begun];
    told->place = place;
    told->call.submission_id.bytes[0] = (uint8_t)play->begun++;
    told->call.certificate_id.bytes[0] = (uint8_t)chance_below(&play->chance, 10);
    told->call.attempt = (int32_t)chance_between(&play->chance, 1, 3);
    struct registry_request request = {
        .call = told->call,
        .deadline_ms = play->clocks[place].monotonic_ms(play->clocks[place].self) + CALL_MS,
    };
    struct error error;
    const struct registry *port = &play->ports[place];
    cr_assert_eq(port->prepare(port->self, &told->call.submission_id, &told->call.certificate_id,
                               &operation, &arena, &request.transaction, &error),
                 RESULT_OK);
    port->start(port->self, &request);
    told->begun = !play->processes[place].dead;
}

/* What the registry has done about a call. */
static uint32_t deeds(const struct play *play, const struct told *told, enum registry_deed deed) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < lying_registry_entries(play->registry); i++) {
        const struct registry_entry *entry = lying_registry_entry(play->registry, i);
        count += entry->deed == deed && uuid_equal(&entry->submission_id, &told->call.submission_id)
                     ? 1
                     : 0;
    }
    return count;
}

static void hear(struct play *play, uint32_t place, const struct registry_reply *reply) {
    struct told *told = &play->told[reply->call.submission_id.bytes[0]];
    cr_assert(told->begun && told->place == place && !told->withdrawn && !told->lost);
    cr_expect_eq(reply->call.attempt, told->call.attempt);
    cr_expect(uuid_equal(&reply->call.certificate_id, &told->call.certificate_id));
    cr_expect_gt(reply->text_length, 0);
    switch (reply->kind) {
    case REGISTRY_REPLY_ACCEPTED:
        cr_expect_eq(told->ends, 0, "an outcome was there before");
        cr_expect_eq(deeds(play, told, REGISTRY_DEED_REQUEST), 1);
        told->accepted++;
        return;
    case REGISTRY_REPLY_SUCCEEDED:
        cr_expect_eq(deeds(play, told, REGISTRY_DEED_EXECUTION), 1);
        break;
    case REGISTRY_REPLY_REFUSED:
        cr_expect_eq(deeds(play, told, REGISTRY_DEED_REFUSAL), 1);
        cr_expect_eq(deeds(play, told, REGISTRY_DEED_EXECUTION), 0);
        break;
    case REGISTRY_REPLY_NOT_SENT:
        cr_expect_eq(told->accepted, 0);
        break;
    case REGISTRY_REPLY_UNKNOWN:
        cr_expect_neq(reply->unknown_cause, MILLRACE_UNKNOWN_CAUSE_OTHER);
        break;
    }
    if (told->ends > 0) {
        cr_expect_eq(told->end, REGISTRY_REPLY_UNKNOWN, "only an unknown outcome is followed up");
        cr_expect_neq(reply->kind, REGISTRY_REPLY_UNKNOWN);
        cr_expect_neq(reply->kind, REGISTRY_REPLY_NOT_SENT);
        told->late++;
        told->late_end = reply->kind;
        return;
    }
    told->ends++;
    told->end = reply->kind;
}

static void check_calls_out(const struct play *play, uint32_t place) {
    if (play->processes[place].dead) {
        return;
    }
    uint32_t out = 0;
    for (uint32_t i = 0; i < play->begun; i++) {
        const struct told *told = &play->told[i];
        out += told->begun && told->place == place && !told->lost && !told->withdrawn &&
                       told->ends == 0
                   ? 1
                   : 0;
    }
    cr_assert_eq(play->ports[place].calls_out(play->ports[place].self), out);
}

static void poll(struct play *play, uint32_t place) {
    struct registry_reply replies[4];
    const struct registry *port = &play->ports[place];
    const uint32_t most = chance_below(&play->chance, 5);
    const uint32_t count = port->poll(port->self, replies, most);
    cr_assert_leq(count, most);
    for (uint32_t i = 0; i < count; i++) {
        hear(play, place, &replies[i]);
    }
    check_calls_out(play, place);
}

static void withdraw(struct play *play) {
    if (play->begun == 0) {
        return;
    }
    struct told *told = &play->told[chance_below(&play->chance, play->begun)];
    const struct registry *port = &play->ports[told->place];
    if (told->begun && !told->lost && port->withdraw(port->self, &told->call)) {
        cr_expect(told->ends == 0 && told->accepted == 0 && !told->withdrawn);
        told->withdrawn = true;
    }
    check_calls_out(play, told->place);
}

/* A process ends, in one way or another, and starts again. */
static void restart(struct play *play, uint32_t place) {
    struct sim_process *process = &play->processes[place];
    if (!process->dead) {
        process->dead = chance_permille(&play->chance, 500);
        if (process->dead) {
            died(play, process);
        }
    }
    play->ports[place].close(play->ports[place].self);
    for (uint32_t i = 0; i < play->begun; i++) {
        play->told[i].lost = play->told[i].lost || play->told[i].place == place;
    }
    process->dead = false;
    process->blow = BLOW_NONE;
    process->life++;
    connect(play, place);
}

static void arm(struct play *play) {
    static const enum point points[] = {POINT_SEND, POINT_WIRE, POINT_WIRED, POINT_REPLY,
                                        POINT_WITHDRAW};
    struct sim_process *process = &play->processes[chance_below(&play->chance, PLACES)];
    process->blow_point = points[chance_below(&play->chance, sizeof points / sizeof points[0])];
    process->blow = chance_permille(&play->chance, 300) ? BLOW_KILL : BLOW_PAUSE;
    process->blow_after = chance_below(&play->chance, 4);
    process->pause_ms = chance_between(&play->chance, 1, 2 * CALL_MS);
}

static void go_on(struct play *play) {
    const uint32_t place = chance_below(&play->chance, PLACES);
    switch (chance_below(&play->chance, 16)) {
    case 0:
        change_weather(play);
        break;
    case 1:
        play->processes[place].no_registry = !play->processes[place].no_registry;
        break;
    case 2:
        arm(play);
        break;
    case 3:
        withdraw(play);
        break;
    case 4:
        if (play->processes[place].dead || chance_permille(&play->chance, 100)) {
            restart(play, place);
        }
        break;
    case 5:
    case 6:
    case 7:
    case 8:
        begin(play);
        break;
    default:
        poll(play, place);
        break;
    }
    if (chance_permille(&play->chance, 500)) {
        move_by(play, chance_between(&play->chance, 0, 300));
    }
}

/* The storm is over: every call comes to its end by its deadline, and everything was so. */
static void finish(struct play *play) {
    *lying_registry_weather(play->registry) = (struct registry_weather){.way_most_ms = 10};
    for (uint32_t i = 0; i < PLACES; i++) {
        play->processes[i].no_registry = false;
        play->processes[i].blow = BLOW_NONE;
    }
    for (uint32_t round = 0; round < 200; round++) {
        for (uint32_t i = 0; i < PLACES; i++) {
            poll(play, i);
        }
        move_by(play, 200);
    }
    cr_expect_eq(lying_registry_pending(play->registry), 0);
    for (uint32_t i = 0; i < play->begun; i++) {
        const struct told *told = &play->told[i];
        const uint32_t executed = deeds(play, told, REGISTRY_DEED_EXECUTION);
        const uint32_t read = deeds(play, told, REGISTRY_DEED_REQUEST);
        cr_expect_leq(read, 1);
        cr_expect_leq(executed + deeds(play, told, REGISTRY_DEED_REFUSAL), read);
        cr_expect_leq(told->accepted, 1);
        cr_expect_leq(told->ends, 1);
        cr_expect_leq(told->late, 1);
        if (told->withdrawn || told->end == REGISTRY_REPLY_NOT_SENT) {
            cr_expect(told->ends == 0 || told->end != REGISTRY_REPLY_NOT_SENT || read == 0);
            cr_expect(!told->withdrawn || read == 0, "a withdrawn call was sent");
        }
        if (told->begun && !told->lost && !told->withdrawn) {
            cr_expect_eq(told->ends, 1, "call %u has no end", i);
        }
    }
}

static void play_close(struct play *play) {
    for (uint32_t i = 0; i < PLACES; i++) {
        cr_expect(play->processes[i].dead || play->ports[i].calls_out(play->ports[i].self) == 0);
        play->ports[i].close(play->ports[i].self);
    }
    lying_registry_close(play->registry);
    timeline_deinit(&play->timeline);
    cr_expect_not(play->transcript.violated, "%s", play->transcript.violation);
}

static void print_facts(uint64_t *print, const uint64_t *facts, size_t count) {
    for (size_t i = 0; i < count; i++) {
        *print = (*print ^ facts[i]) * 1099511628211u;
    }
}

/* Everything that the registry did and that its callers heard, in one number. */
static uint64_t print_of(const struct play *play) {
    uint64_t print = 1469598103934665603u;
    for (uint32_t i = 0; i < lying_registry_entries(play->registry); i++) {
        const struct registry_entry *entry = lying_registry_entry(play->registry, i);
        const uint64_t facts[] = {
            (uint64_t)entry->deed,           (uint64_t)entry->at_ms, entry->submission_id.bytes[0],
            (uint64_t)entry->handed_over_ms, entry->process,         entry->life};
        print_facts(&print, facts, sizeof facts / sizeof facts[0]);
    }
    for (uint32_t i = 0; i < play->begun; i++) {
        const struct told *told = &play->told[i];
        const uint64_t facts[] = {told->place, told->withdrawn, told->lost, told->accepted,
                                  told->ends,  told->end,       told->late, told->late_end};
        print_facts(&print, facts, sizeof facts / sizeof facts[0]);
    }
    return print;
}

static uint64_t run(uint64_t seed, struct told told[CALLS]) {
    static struct play play;
    play_open(&play, seed);
    for (uint32_t round = 0; round < ROUNDS; round++) {
        go_on(&play);
    }
    finish(&play);
    const uint64_t print = print_of(&play);
    memcpy(told, play.told, sizeof play.told);
    play_close(&play);
    return print;
}

TestSuite(simulate_registry_laws);

Test(simulate_registry_laws, hold_in_any_weather) {
    static struct told told[CALLS];
    uint32_t kinds[REGISTRY_REPLY_UNKNOWN + 1] = {0};
    uint32_t late[REGISTRY_REPLY_UNKNOWN + 1] = {0};
    uint32_t withdrawn = 0;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        (void)run(seed, told);
        for (uint32_t i = 0; i < CALLS; i++) {
            kinds[told[i].end] += told[i].ends;
            kinds[REGISTRY_REPLY_ACCEPTED] += told[i].accepted;
            late[told[i].late_end] += told[i].late;
            withdrawn += told[i].withdrawn ? 1 : 0;
        }
    }
    for (uint32_t kind = 0; kind <= REGISTRY_REPLY_UNKNOWN; kind++) {
        cr_expect_gt(kinds[kind], 10, "kind %u was hardly ever heard", kind);
    }
    cr_expect(late[REGISTRY_REPLY_SUCCEEDED] > 10 && late[REGISTRY_REPLY_REFUSED] > 10);
    cr_expect_gt(withdrawn, 10);
}

Test(simulate_registry_laws, the_same_seed_is_the_same_run) {
    static struct told told[CALLS];
    const uint64_t first = run(5, told);
    cr_expect_neq(first, run(6, told));
    cr_expect_eq(first, run(5, told));
}
