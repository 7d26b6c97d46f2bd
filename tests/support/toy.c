#include "tests/support/toy.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "domain/placement.h"
#include "loop/headers.h"
#include "loop/turn_inside.h"
#include "outside/store_memory/store_memory.h"

const struct log_topology toy_topology = {
    .processor = "toy",
    .inputs = {[TOY_URGENT] = "toy.urgent", [TOY_COMMANDS] = "toy.commands"},
    .inputs_count = 2,
    .outputs =
        {[TOY_EVENTS] = "toy.events", [TOY_STATE] = "toy.state", [TOY_LETTERS] = "dead-letters"},
    .outputs_count = 3,
    .changelogs = {"toy.state"},
    .changelogs_count = 1,
};

/* What is taken without being staged must not add up while nothing is committed. */
enum { AGAIN_BYTES = 4 << 20, TICK_BYTES = 16 << 10 };

/* One lane's part. */
struct toy_lane {
    struct toy *toy;
    struct lane_identity identity;
    char to_send[TOY_TEXT_MAX]; /* staged in this turn */
    int32_t sends;              /* staged in this turn */
    int32_t out;                /* sent, no reply yet */
    bool drains;
};

static void add_text(char text[TOY_TEXT_MAX], struct bytes value) {
    const size_t length = strlen(text);
    cr_assert(length + value.length + 2 < TOY_TEXT_MAX);
    memcpy(text + length, value.data, value.length);
    memcpy(text + length + value.length, " ", 2);
}

static bool begins(struct bytes value, const char *with) {
    return value.length >= strlen(with) && memcmp(value.data, with, strlen(with)) == 0;
}

static void emit(struct turn *turn, uint32_t output, struct bytes key, struct bytes value) {
    struct headers headers;
    headers_begin(&headers, turn_arena(turn), 1);
    const struct log_staged staged = {
        .output = output,
        .key = arena_bytes(turn_arena(turn), key),
        .value = arena_bytes(turn_arena(turn), value),
        .headers = headers.items,
        .headers_count = headers.count,
    };
    batch_stage(&turn->batch, &staged, headers.items);
}

static enum result toy_restore(void *self, uint32_t changelog, const struct log_record *record,
                               struct turn *turn, struct error *error) {
    struct toy_lane *lane = self;
    cr_assert_eq(changelog, 0);
    if (lane->toy->refuse_restore) {
        return error_set(error, RESULT_INVALID, "this state cannot be read");
    }
    pthread_mutex_lock(&lane->toy->mutex);
    lane->toy->restored++;
    pthread_mutex_unlock(&lane->toy->mutex);
    if (record->value_null) {
        turn_remove(turn, 0, record->key);
    } else {
        turn_put(turn, 0, record->key, record->value);
    }
    return RESULT_OK;
}

static enum result toy_started(void *self, const struct lane_identity *identity, struct turn *turn,
                               struct error *error) {
    struct toy_lane *lane = self;
    (void)turn;
    (void)error;
    lane->identity = *identity;
    return RESULT_OK;
}

static enum result append_value(struct toy_lane *lane, struct bytes key, struct bytes value,
                                struct turn *turn, struct error *error) {
    struct bytes before = {0};
    const enum result result = turn_get(turn, 0, key, &before, error);
    if (result != RESULT_OK && result != RESULT_NOT_FOUND) {
        return result;
    }
    const uint32_t space = result == RESULT_OK ? 1 : 0;
    const uint32_t length = before.length + space + value.length;
    uint8_t *after = arena_take(turn_arena(turn), length);
    if (space == 1) {
        memcpy(after, before.data, before.length);
        after[before.length] = ' ';
    }
    memcpy(after + before.length + space, value.data, value.length);
    emit(turn, TOY_EVENTS, key, value);
    emit(turn, TOY_STATE, key, (struct bytes){after, length});
    turn_put(turn, 0, key, (struct bytes){after, length});
    if (begins(value, "send")) {
        add_text(lane->to_send, value);
        lane->sends++;
    }
    return RESULT_OK;
}

static enum result toy_handle(void *self, uint32_t input, const struct log_record *record,
                              struct turn *turn, struct error *error) {
    struct toy_lane *lane = self;
    struct toy *toy = lane->toy;
    cr_assert(input < toy_topology.inputs_count);
    pthread_mutex_lock(&toy->hold);
    pthread_mutex_unlock(&toy->hold);
    pthread_mutex_lock(&toy->mutex);
    enum result result;
    if (begins(record->value, "again") && toy->again) {
        (void)arena_take(turn_arena(turn), AGAIN_BYTES);
        result = error_set(error, RESULT_AGAIN, "somebody is away");
    } else if (begins(record->value, "invalid")) {
        result = error_set(error, RESULT_INVALID, "this cannot be read");
    } else if (begins(record->value, "letter")) {
        const struct dead_letter letter = {.reason = "malformed", .message = "not a command"};
        turn_dead_letter(turn, TOY_LETTERS, record, &letter);
        result = RESULT_OK;
    } else {
        result = append_value(lane, record->key, record->value, turn, error);
    }
    if (result == RESULT_OK) {
        add_text(toy->handled, record->value);
    }
    pthread_mutex_unlock(&toy->mutex);
    return result;
}

static enum result toy_tick(void *self, struct turn *turn, struct error *error) {
    struct toy_lane *lane = self;
    pthread_mutex_lock(&lane->toy->mutex);
    enum result result = RESULT_OK;
    (void)arena_take(turn_arena(turn), TICK_BYTES);
    if (!lane->drains && !lane->identity.alive(lane->identity.alive_context)) {
        lane->toy->late_ticks++;
    }
    if (lane->toy->refuse_tick) {
        result = error_set(error, RESULT_INVALID, "this tick cannot go on");
    }
    while (result == RESULT_OK && lane->out > 0 && lane->toy->replies > 0) {
        const char *key = toy_key(lane->identity.partition, 0);
        lane->out--;
        lane->toy->replies--;
        result = append_value(lane, (struct bytes){(const uint8_t *)key, (uint32_t)strlen(key)},
                              (struct bytes){(const uint8_t *)"reply", 5}, turn, error);
    }
    pthread_mutex_unlock(&lane->toy->mutex);
    return result;
}

static void toy_committed(void *self) {
    struct toy_lane *lane = self;
    pthread_mutex_lock(&lane->toy->mutex);
    if (lane->sends > 0 && lane->identity.alive(lane->identity.alive_context)) {
        const size_t length = strlen(lane->to_send);
        add_text(lane->toy->sent,
                 (struct bytes){(const uint8_t *)lane->to_send, (uint32_t)length - 1});
        lane->out += lane->sends;
    }
    lane->to_send[0] = '\0';
    lane->sends = 0;
    pthread_mutex_unlock(&lane->toy->mutex);
}

static enum result toy_drain(void *self, enum drain_cause cause, struct turn *turn,
                             struct error *error) {
    struct toy_lane *lane = self;
    (void)cause;
    (void)turn;
    (void)error;
    lane->drains = true;
    return RESULT_OK;
}

static bool toy_drained(void *self) {
    const struct toy_lane *lane = self;
    return lane->drains && lane->out == 0;
}

static int toy_wait_fd(void *self) {
    (void)self;
    return -1;
}

static int64_t toy_next_deadline_ms(void *self) {
    (void)self;
    return INT64_MAX;
}

static void toy_close(void *self) {
    struct toy_lane *lane = self;
    pthread_mutex_lock(&lane->toy->mutex);
    lane->toy->closed++;
    lane->toy->out_when_closed += lane->out;
    pthread_mutex_unlock(&lane->toy->mutex);
    free(lane);
}

static enum result toy_open(void *self, int32_t partition, struct processor *processor,
                            struct error *error) {
    (void)error;
    struct toy_lane *lane = calloc(1, sizeof *lane);
    cr_assert_not_null(lane);
    lane->toy = self;
    lane->identity.partition = partition;
    *processor = (struct processor){
        .self = lane,
        .restore = toy_restore,
        .started = toy_started,
        .handle = toy_handle,
        .tick = toy_tick,
        .committed = toy_committed,
        .drain = toy_drain,
        .drained = toy_drained,
        .wait_fd = toy_wait_fd,
        .next_deadline_ms = toy_next_deadline_ms,
        .close = toy_close,
    };
    return RESULT_OK;
}

/* --- The world. --- */

static int64_t world_ms(void *self) {
    const struct toy_world *world = self;
    return world->now_ms;
}

static struct uuid fresh_id(void *self) {
    struct toy_world *world = self;
    struct uuid id = {{0}};
    const uint64_t number = __atomic_add_fetch(&world->ids, 1, __ATOMIC_RELAXED);
    memcpy(id.bytes, &number, sizeof number);
    return id;
}

void toy_world_open(struct toy_world *world) {
    *world = (struct toy_world){
        .now_ms = 1000000,
        .options = options_default(),
        .stores = stores_memory(),
        .emitter = {.application = "millrace.toy", .dead_letter_bytes_max = 1000000},
    };
    world->clock = (struct clock){.self = world, .monotonic_ms = world_ms, .wall_ms = world_ms};
    world->kind = (struct processor_kind){
        .topology = &toy_topology, .tables = 1, .self = &world->toy, .lane_open = toy_open};
    pthread_mutex_init(&world->toy.mutex, NULL);
    pthread_mutex_init(&world->toy.hold, NULL);
    world->log = memory_log_open(TOY_PARTITIONS, &world->clock);
    (void)toy_key(0, 0); /* made before there are threads */
}

void toy_world_close(struct toy_world *world) {
    memory_log_close(world->log);
    for (int32_t p = 0; p < TOY_PARTITIONS; p++) {
        if (world->kept[p].self != NULL) {
            world->kept[p].close(world->kept[p].self);
        }
    }
}

static void close_nothing(void *self) {
    (void)self;
}

static enum result open_kept(void *self, const char *processor, int32_t partition, uint32_t tables,
                             uint32_t changelogs, struct store *store, struct error *error) {
    struct toy_world *world = self;
    const struct stores stores = stores_memory();
    if (world->kept[partition].self == NULL) {
        const enum result result = stores.lane_open(stores.self, processor, partition, tables,
                                                    changelogs, &world->kept[partition], error);
        cr_assert_eq(result, RESULT_OK);
    }
    *store = world->kept[partition];
    store->close = close_nothing;
    return RESULT_OK;
}

void toy_world_keep_stores(struct toy_world *world) {
    world->stores = (struct stores){.self = world, .lane_open = open_kept};
}

void toy_member_open(struct toy_member *member, struct toy_world *world) {
    member->world = world;
    member->log_group = memory_log_join(world->log, &toy_topology);
    member->setup = (struct group_setup){
        .lanes =
            {
                .kind = &world->kind,
                .log_group = &member->log_group,
                .stores = &world->stores,
                .emitter = &world->emitter,
                .options = &world->options,
                .clock = world->clock,
                .ids = {.self = world, .fresh = fresh_id},
                .logger = logger_silent(),
                .partitions = TOY_PARTITIONS,
                .call_ms = 0,
            },
        .threads = false,
    };
}

void toy_member_assign(struct toy_member *member, const int32_t *partitions, uint32_t count) {
    struct log_group_event event;
    struct error error;
    memory_log_assign(&member->log_group, partitions, count);
    cr_assert_eq(member->log_group.poll(member->log_group.self, 0, &event, &error), RESULT_OK);
    cr_assert_eq(event.kind, LOG_GROUP_ASSIGNED);
}

void toy_member_close(struct toy_member *member) {
    member->log_group.close(member->log_group.self);
}

struct lane *toy_lane_open(struct toy_member *member, int32_t partition) {
    struct lane *lane;
    struct error error;
    cr_assert_eq(lane_open(&member->setup.lanes, partition, &lane, &error), RESULT_OK, "%s",
                 error.text);
    return lane;
}

void toy_lane_crash(struct toy_member *member, struct lane *lane) {
    memory_log_crash(&member->log_group);
    lane_close(lane);
}

void toy_settle(struct lane *lane) {
    for (uint32_t i = 0; i < 100000; i++) {
        if (!lane_step(lane) || lane_due_ms(lane) > lane_ticked_ms(lane)) {
            return;
        }
    }
    cr_assert(false, "the lane does not come to rest");
}

void toy_run(struct toy_world *world, struct lane *lane, int64_t duration_ms) {
    const int64_t end_ms = world->now_ms + duration_ms;
    toy_settle(lane);
    while (world->now_ms < end_ms && !lane_ended(lane)) {
        const int64_t due_ms = lane_due_ms(lane);
        world->now_ms = due_ms < end_ms ? due_ms : end_ms;
        toy_settle(lane);
    }
}

struct lane_status toy_status(struct lane *lane) {
    struct lane_status status;
    lane_status(lane, &status);
    return status;
}

/* --- What is written and read. --- */

const char *toy_key(int32_t partition, uint32_t number) {
    enum { KEYS = 4 };
    static char keys[TOY_PARTITIONS][KEYS][16];
    static bool made;
    if (!made) {
        uint32_t counts[TOY_PARTITIONS] = {0};
        for (uint32_t i = 0, found = 0; found < TOY_PARTITIONS * KEYS; i++) {
            char key[16];
            const int length = snprintf(key, sizeof key, "key-%u", i);
            const int32_t p = placement_partition(
                (struct bytes){(const uint8_t *)key, (uint32_t)length}, TOY_PARTITIONS);
            if (counts[p] < KEYS) {
                memcpy(keys[p][counts[p]++], key, sizeof key);
                found++;
            }
        }
        made = true;
    }
    cr_assert(number < KEYS);
    return keys[partition][number];
}

void toy_command(struct toy_world *world, int32_t partition, const char *value) {
    memory_log_append_text(world->log, "toy.commands", partition, toy_key(partition, 0), value);
}

void toy_urgent(struct toy_world *world, int32_t partition, const char *value) {
    memory_log_append_text(world->log, "toy.urgent", partition, toy_key(partition, 0), value);
}

const char *toy_state(struct toy_world *world, int32_t partition) {
    static char text[TOY_TEXT_MAX];
    const uint32_t count = memory_log_visible(world->log, "toy.state", partition);
    text[0] = '\0';
    for (uint32_t i = count; i > 0; i--) {
        const struct log_record *record =
            memory_log_read(world->log, "toy.state", partition, i - 1);
        const char *key = toy_key(partition, 0);
        if (record->key.length == strlen(key) &&
            memcmp(record->key.data, key, record->key.length) == 0) {
            snprintf(text, sizeof text, "%.*s", (int)record->value.length,
                     (const char *)record->value.data);
            break;
        }
    }
    return text;
}

const char *toy_events(struct toy_world *world, int32_t partition) {
    static char text[TOY_TEXT_MAX];
    const uint32_t count = memory_log_visible(world->log, "toy.events", partition);
    text[0] = '\0';
    for (uint32_t i = 0; i < count; i++) {
        add_text(text, memory_log_read(world->log, "toy.events", partition, i)->value);
    }
    return text;
}
