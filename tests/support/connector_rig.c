#include <criterion/criterion.h>
#include <stdlib.h>

#include "domain/submission.h"
#include "outside/store_memory/store_memory.h"
#include "registry_connector/registry_connector.h"
#include "tests/support/connector_rig_inside.h"

enum {
    ARENA_BYTES = 64 << 20,
    SETTLE_STEPS_MAX = 200000,
};

static const char *const names[] = {"main", "other"};

struct connector_rig connector_rig;

static int64_t rig_ms(void *self) {
    (void)self;
    return connector_rig.now_ms;
}

static int64_t rig_wall_ms(void *self) {
    (void)self;
    return connector_rig.now_ms + connector_rig.wall_ahead_ms;
}

struct uuid connector_rig_fresh_id(void *self) {
    (void)self;
    struct uuid id = {{0xf0}};
    connector_rig.ids++;
    memcpy(id.bytes + 8, &connector_rig.ids, sizeof connector_rig.ids);
    return id;
}

static enum result schemas_open(void *context, struct schemas *schemas, struct error *error) {
    (void)context;
    (void)error;
    *schemas = connector_rig.schemas;
    return RESULT_OK;
}

static bool proven_dead(void *self, const struct millrace_writer *writer) {
    (void)self;
    cr_assert_eq(writer->pid, 42);
    return connector_rig.writers_dead;
}

static void start_process(void) {
    struct error error;
    cr_assert_not(connector_rig.runs);
    connector_rig.plain = memory_log_plain(connector_rig.log);
    const struct late_replies_config late = {
        .clock = connector_rig.clock,
        .logger = logger_silent(),
        .log = &connector_rig.plain,
        .source = {.name = text_of("millrace-registry-connector"), .version = text_of("1")},
        .host = text_of("here"),
        .schema_id = connector_rig.emitter.schema_ids[MESSAGE_REGISTRY_EVIDENCE_EVIDENCE_FOUND],
    };
    cr_assert_eq(late_replies_open(&connector_rig.late, &late, &error), RESULT_OK);
    connector_rig.config = (struct registry_connector_config){
        .options = &connector_rig.options,
        .emitter = &connector_rig.emitter,
        .source = late.source,
        .state_format = SUBMISSION_FORMAT_VERSION,
        .schemas_open = schemas_open,
        .registries = connector_rig.registries,
        .registries_count = 2,
        .adapters = &connector_rig.adapter,
        .adapters_count = 1,
        .process = {.writer = {.host = text_of("here"), .pid = 42}, .proven_dead = proven_dead},
        .late_replies = &connector_rig.late,
        .counts = &connector_rig.counts,
        .gauges = connector_rig.gauges,
        .clock = connector_rig.clock,
        .logger = logger_silent(),
    };
    cr_assert_eq(registry_connector_check(&connector_rig.config, &error), RESULT_OK, "%s",
                 error.text);
    connector_rig.kind = registry_connector_kind(&connector_rig.config);
    connector_rig.log_group = memory_log_join(connector_rig.log, &registry_connector_topology);
    memory_log_assign(&connector_rig.log_group, &connector_rig.partition, 1);
    struct log_group_event event;
    cr_assert_eq(connector_rig.log_group.poll(connector_rig.log_group.self, 0, &event, &error),
                 RESULT_OK);
    connector_rig.setup = (struct lane_setup){
        .kind = &connector_rig.kind,
        .log_group = &connector_rig.log_group,
        .stores = &connector_rig.stores,
        .emitter = &connector_rig.emitter,
        .options = &connector_rig.options,
        .clock = connector_rig.clock,
        .ids = {.fresh = connector_rig_fresh_id},
        .logger = logger_silent(),
        .counts = &connector_rig.counts,
        .partitions = CONNECTOR_PARTITIONS,
    };
    cr_assert_eq(
        lane_open(&connector_rig.setup, connector_rig.partition, &connector_rig.lane, &error),
        RESULT_OK, "%s", error.text);
    connector_rig.runs = true;
}

static enum result store_open(void *self, const char *processor, int32_t partition, uint32_t tables,
                              uint32_t changelogs, struct store *store, struct error *error) {
    (void)self;
    const struct stores memory = stores_memory();
    const enum result result =
        memory.lane_open(memory.self, processor, partition, tables, changelogs, store, error);
    connector_rig.store = *store;
    return result;
}

void connector_open(void) {
    connector_rig.now_ms = 1000000;
    connector_rig.clock = (struct clock){.monotonic_ms = rig_ms, .wall_ms = rig_wall_ms};
    connector_rig.log = memory_log_open(CONNECTOR_PARTITIONS, &connector_rig.clock);
    connector_rig.schemas = fake_schemas_port(&connector_rig.fake_schemas);
    connector_rig.cache = schema_cache_open(&connector_rig.schemas, NULL);
    connector_rig.emitter = (struct emitter){.application = "millrace.registry-connector",
                                             .dead_letter_bytes_max = 1000000};
    for (int i = 0; i < MESSAGE_TYPES_COUNT; i++) {
        connector_rig.emitter.schema_ids[i] = fake_schemas_add(
            &connector_rig.fake_schemas, message_types[i].full_name, message_types[i].schema);
    }
    connector_rig.options = options_default();
    connector_rig.stores = (struct stores){.lane_open = store_open};
    for (uint32_t i = 0; i < 2; i++) {
        connector_rig.registries[i] = (struct registry_config){
            .name = names[i],
            .adapter = "fake",
            .address = "here",
            .in_flight_max = CONNECTOR_IN_FLIGHT_MAX,
        };
    }
    connector_rig.adapter = fake_registry_adapter(&connector_rig.registry);
    connector_rig.registry.watch = connector_rig_watch;
    connector_rig.partition = 1;
    void *memory = aligned_alloc(16, ARENA_BYTES);
    cr_assert_not_null(memory);
    arena_init(&connector_rig.arena, memory, ARENA_BYTES);
    start_process();
    run_for(1000);
    cr_assert_eq(the_connectors_lane().state, LANE_STATE_WORKING, "%s",
                 the_connectors_lane().reason);
}

/* The process is over: what it leaves behind is closed. */
static void end_process(void) {
    connector_rig.log_group.close(connector_rig.log_group.self);
    late_replies_close(&connector_rig.late, 0);
    connector_rig.plain.close(connector_rig.plain.self);
    connector_rig.runs = false;
}

void connector_close(void) {
    if (connector_rig.lane != NULL) {
        lane_close(connector_rig.lane);
    }
    if (connector_rig.runs) {
        end_process();
    }
    cr_expect_eq(connector_rig.registry.connections, 0, "a connection was not closed");
    schema_cache_close(connector_rig.cache);
    memory_log_close(connector_rig.log);
    free(connector_rig.arena.base);
}

static void settle(void) {
    for (uint32_t i = 0; i < SETTLE_STEPS_MAX; i++) {
        if (!lane_step(connector_rig.lane) ||
            lane_due_ms(connector_rig.lane) > lane_ticked_ms(connector_rig.lane)) {
            return;
        }
    }
    cr_assert(false, "the lane does not come to rest");
}

void run_for(int64_t duration_ms) {
    const int64_t end_ms = connector_rig.now_ms + duration_ms;
    settle();
    while (connector_rig.now_ms < end_ms && !lane_ended(connector_rig.lane)) {
        const int64_t due_ms = lane_due_ms(connector_rig.lane);
        connector_rig.now_ms = due_ms < end_ms ? due_ms : end_ms;
        settle();
    }
    if (connector_rig.now_ms < end_ms) {
        connector_rig.now_ms = end_ms;
    }
}

void the_wall_clock_jumps(int64_t by_ms) {
    connector_rig.wall_ahead_ms += by_ms;
}

void the_connector_dies(void) {
    memory_log_crash(&connector_rig.log_group);
    /* A dead process fetches no replies and writes no evidence: its calls are nobody's. */
    for (uint32_t i = 0; i < connector_rig.registry.count; i++) {
        connector_rig.registry.calls[i].connection = NULL;
    }
    for (uint32_t i = 0; i < connector_rig.registry.questions_count; i++) {
        connector_rig.registry.questions[i].connection = NULL;
    }
    lane_close(connector_rig.lane);
    connector_rig.lane = NULL;
    end_process();
}

void the_lane_is_lost(void) {
    lane_ask_to_close(connector_rig.lane);
    while (lane_step(connector_rig.lane)) {
    }
    lane_close(connector_rig.lane);
    connector_rig.lane = NULL;
}

void the_lane_drains(enum drain_cause cause, int64_t patience_ms) {
    lane_drain(connector_rig.lane, cause, connector_rig.now_ms + patience_ms);
}

void another_takes_over(void) {
    if (connector_rig.lane != NULL) {
        lane_close(connector_rig.lane);
        connector_rig.lane = NULL;
    }
    if (connector_rig.runs) {
        end_process();
    }
    start_process();
    settle();
    for (uint32_t i = 0; i < 100 && the_connectors_lane().state != LANE_STATE_WORKING; i++) {
        connector_rig.now_ms += 1;
        settle();
    }
}

void the_group_is_unheard(bool unheard) {
    memory_log_unheard(&connector_rig.log_group, unheard);
}

void the_next_commit_is(enum memory_fault fault) {
    memory_log_fault(connector_rig.log, registry_connector_topology.processor,
                     connector_rig.partition, fault);
}

void late_replies_are_collected(void) {
    (void)late_replies_step(&connector_rig.late);
}

struct lane_status the_connectors_lane(void) {
    struct lane_status status;
    lane_status(connector_rig.lane, &status);
    return status;
}

bool the_lane_ended(void) {
    return lane_ended(connector_rig.lane);
}

void the_lane_is_gone(void) {
    cr_assert(lane_ended(connector_rig.lane));
    lane_close(connector_rig.lane);
    connector_rig.lane = NULL;
}

struct fake_registry *the_registry(void) {
    return &connector_rig.registry;
}

struct fake_schemas *the_connectors_schemas(void) {
    return &connector_rig.fake_schemas;
}

struct options *the_options(void) {
    return &connector_rig.options;
}

void writers_are_dead(bool dead) {
    connector_rig.writers_dead = dead;
}

struct memory_log *connector_log(void) {
    return connector_rig.log;
}

const struct emitter *connector_emitter(void) {
    return &connector_rig.emitter;
}

struct schema_cache *connector_cache(void) {
    return connector_rig.cache;
}

const struct counts *connector_counts(void) {
    return &connector_rig.counts;
}

const struct connector_gauges *the_lanes_gauges(void) {
    return &connector_rig.gauges[connector_rig.partition];
}
