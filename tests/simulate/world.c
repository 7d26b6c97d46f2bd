#include "tests/simulate/world.h"

#include <assert.h>
#include <stdlib.h>

#include "cli/verify/verify.h"
#include "tests/simulate/terse_schema.h"
#include "tests/simulate/weather.h"
#include "tests/support/memory_broker.h"

enum {
    IDLE_STEPS_MAX = 200000,   /* at one moment: nothing comes to rest */
    REST_SLICE_MS = 5000,      /* between two looks whether all is settled */
    REST_MOST_MS = 600000,     /* with faults off all must be settled by then */
    RESOLVE_MOST_MS = 1200000, /* and with an operator at work everything closed */
    STOP_MOST_MS = 60000,
    RESTART_MS = 2000, /* whoever ends by himself is started again */
    DEAD_LETTER_BYTES_MAX = 1000000,
    STORM_LEAST_MS = 20000,
    STORM_MOST_MS = 180000,
};

/* --- Places and their processes. --- */

static void meanwhile(void *context, int64_t until_ms) {
    struct world *world = context;
    world->depth++;
    world_pass(world, until_ms);
    world->depth--;
}

static void start_again(void *context, uint64_t argument) {
    struct world *world = context;
    const struct world_place *place = &world->places[argument];
    if (place->instance == NULL && !place->keeps_out) {
        world_start_place(world, (uint32_t)argument);
    }
}

/* What the process has reached is counted when it is gone. */
static void count_life(struct world *world, const struct sim_process *process) {
    for (uint32_t point = 0; point < POINTS_COUNT; point++) {
        world->figures.reached[point] += process->reached[point];
        world->figures.hit[point] += process->hit[point];
    }
}

/* It is not at its place any more; started again later. */
static void leave_place(struct world *world, const struct instance *instance) {
    const uint32_t number = instance->process.number;
    struct world_place *place = &world->places[number];
    assert(place->instance == instance);
    place->instance = NULL;
    timeline_in(&world->timeline, place->away_ms, start_again, world, number);
    place->away_ms = RESTART_MS;
    place->stopping = false;
}

static void end_instance(struct world *world, struct instance *instance) {
    struct error error;
    count_life(world, &instance->process);
    const bool all_written = instance->process.dead ||
                             instance->plain.flush(instance->plain.self, 0, &error) == RESULT_OK;
    instance_end(instance);
    if (!all_written) {
        /* It was told to end, and nobody took its evidence in time: what it knew is lost. */
        instance->process.dead = true;
    }
    instance->ended_before = world->ended;
    world->ended = instance;
}

static void died(void *context, struct sim_process *process) {
    struct world *world = context;
    kafka_process_died(world->kafka, process);
    lying_registry_process_died(world->registry, process);
    leave_place(world, world->places[process->number].instance);
}

/* By the host's own word: the life that these words name is over. */
static bool proven_dead(void *context, const struct millrace_writer *writer) {
    const struct world *world = context;
    const uint32_t number = (uint32_t)writer->pid - 1;
    assert(number < world->settings.places);
    const struct world_place *place = &world->places[number];
    return place->instance == NULL || place->life != (uint32_t)writer->start_time;
}

void world_start_place(struct world *world, uint32_t number) {
    struct world_place *place = &world->places[number];
    assert(place->instance == NULL && number < world->settings.places);
    place->life++;
    place->away_ms = RESTART_MS;
    const struct instance_setup setup = {
        .deployment = &world->deployment,
        .place = number,
        .life = place->life,
        .parts = world->settings.parts[number],
        .disk = world->settings.keeps_disk[number] ? &place->disk : NULL,
        .is_static = world->settings.is_static[number],
        .proven_dead = proven_dead,
        .meanwhile = meanwhile,
        .died = died,
        .world = world,
    };
    place->instance = instance_start(&setup);
    world->figures.lives++;
}

void world_kill(struct world *world, uint32_t number) {
    struct instance *instance = world->places[number].instance;
    assert(instance != NULL);
    transcript_say(&world->transcript, "process %u is killed", number);
    instance->process.dead = true;
    died(world, &instance->process);
    if (!instance->stepping) {
        end_instance(world, instance);
    }
}

/* --- Time. --- */

/* Let a process do what it can. It may be gone afterwards, and its place taken by the next. */
static void step(struct world *world, struct instance *instance) {
    world->figures.steps++;
    if (instance_step(instance)) {
        return;
    }
    if (!instance->process.dead) {
        transcript_say(&world->transcript, "process %u has ended", instance->process.number);
        lying_registry_process_died(world->registry, &instance->process);
        leave_place(world, instance);
    }
    end_instance(world, instance);
}

static bool step_all(struct world *world) {
    bool any = false;
    for (uint32_t p = 0; p < world->settings.places && !world->transcript.violated; p++) {
        struct instance *instance = world->places[p].instance;
        if (instance != NULL && instance_wants_step(instance)) {
            step(world, instance);
            any = true;
        }
    }
    return any;
}

static int64_t next_ms(const struct world *world, int64_t until_ms) {
    int64_t next = timeline_next_ms(&world->timeline);
    next = next < until_ms ? next : until_ms;
    for (uint32_t p = 0; p < world->settings.places; p++) {
        const struct instance *instance = world->places[p].instance;
        if (instance != NULL && !instance->process.paused && !instance->stepping) {
            const int64_t due_ms = instance_due_ms(instance);
            next = due_ms < next ? due_ms : next;
        }
    }
    return next;
}

void world_pass(struct world *world, int64_t until_ms) {
    while (world->timeline.now_ms < until_ms && !world->transcript.violated) {
        if (step_all(world)) {
            if (++world->idle_steps > IDLE_STEPS_MAX) {
                transcript_violation(&world->transcript, "I12", "nothing comes to rest");
            }
            continue;
        }
        world->idle_steps = 0;
        narrator_tell(&world->narrator);
        if (world->depth == 0) {
            onlooker_step(&world->onlooker, world);
        }
        timeline_move(&world->timeline, next_ms(world, until_ms));
    }
}

/* --- The run. --- */

static bool is_read(struct world *world, const struct log_topology *topology, uint32_t input,
                    int32_t partition) {
    struct memory_log *log = kafka_log(world->kafka);
    const struct memory_topic *topic = memory_topic(log, topology->inputs[input]);
    const struct memory_partition *entries = &topic->partitions[partition];
    const int64_t committed =
        memory_log_committed(log, topology->processor, topology->inputs[input], partition);
    for (int64_t offset = committed < 0 ? 0 : committed; offset < entries->count; offset++) {
        if (memory_delivered(log, &entries->entries[offset])) {
            return false;
        }
    }
    return true;
}

/* Everything that was written has been handled; else, where asked for, the transcript says what
 * has not been. */
static bool all_is_read(struct world *world, bool tells) {
    const struct log_topology *const topologies[] = {&certificates_topology,
                                                     &registry_connector_topology};
    bool all = true;
    for (uint32_t t = 0; t < sizeof topologies / sizeof topologies[0]; t++) {
        for (uint32_t i = 0; i < topologies[t]->inputs_count; i++) {
            for (int32_t p = 0; p < world->settings.partitions; p++) {
                if (is_read(world, topologies[t], i, p)) {
                    continue;
                }
                all = false;
                if (tells) {
                    transcript_say(&world->transcript, "%s has not read all of %s/%d",
                                   topologies[t]->processor, topologies[t]->inputs[i], p);
                }
            }
        }
    }
    return all;
}

/* No submission is queued, intended or sent: each is settled, or shown as unknown. Where the
 * registry can be asked, nothing that it has executed is unknown. */
static bool is_at_rest(struct world *world) {
    ledger_watch_read(world->watch);
    const struct ledger_counts counts = ledger_watch_counts(world->watch);
    return counts.open == 0 && all_is_read(world, false) &&
           (counts.unknown_executed == 0 || !world->settings.can_be_asked) &&
           counts.unanswered == 0 && lying_registry_pending(world->registry) == 0;
}

/* Why nothing moves, for whoever reads the transcript. */
static void tell_lanes(struct world *world) {
    for (uint32_t p = 0; p < world->settings.places; p++) {
        const struct instance *instance = world->places[p].instance;
        for (uint32_t i = 0; instance != NULL && i < INSTANCE_PARTS; i++) {
            struct group_status status;
            struct lane_status lanes[8];
            if (instance->parts[i].group == NULL) {
                continue;
            }
            group_status(instance->parts[i].group, &status, lanes, 8);
            transcript_say(&world->transcript, "process %u, %s: %u partitions, %u times rejoined%s",
                           p, instance->parts[i].kind.topology->processor, status.lanes_count,
                           status.rejoins, status.stopping ? ", stopping" : "");
            for (uint32_t lane = 0; lane < status.lanes_count; lane++) {
                transcript_say(&world->transcript, "  lane %d: state %d, end %d: %.120s",
                               lanes[lane].partition, (int)lanes[lane].state, (int)lanes[lane].end,
                               lanes[lane].reason);
            }
        }
    }
}

static void come_to_rest(struct world *world) {
    const int64_t until_ms = world->timeline.now_ms + REST_MOST_MS;
    /* Looked at twice: who stood still until a moment ago has not done anything yet. */
    for (uint32_t quiet = 0; !world->transcript.violated && quiet < 2;) {
        quiet = is_at_rest(world) ? quiet + 1 : 0;
        if (world->timeline.now_ms >= until_ms) {
            tell_lanes(world);
            transcript_violation(&world->transcript, "liveness",
                                 "10 minutes after the last fault %u submissions are open, %u are "
                                 "unknown although they were executed, %u streams are not read%s",
                                 ledger_watch_counts(world->watch).open,
                                 ledger_watch_counts(world->watch).unknown_executed,
                                 ledger_watch_counts(world->watch).unanswered,
                                 all_is_read(world, true) ? "" : ", and records are not read");
        }
        world_pass(world, world->timeline.now_ms + REST_SLICE_MS);
    }
    ledger_watch_when_calm(world->watch);
    judge_unknown_is_shown(world);
    if (world->settings.can_be_read && !world->transcript.violated) {
        judge_misaligned_is_read(world);
    }
    world->figures.at_rest_unknown = ledger_watch_counts(world->watch).unknown;
}

static void resolve_all(struct world *world) {
    const int64_t until_ms = world->timeline.now_ms + RESOLVE_MOST_MS;
    uint32_t open = operator_resolves_all(world->operator);
    while (!world->transcript.violated && (open > 0 || !is_at_rest(world))) {
        if (world->timeline.now_ms >= until_ms) {
            transcript_violation(&world->transcript, "liveness",
                                 "an operator resolves all, and %u are still open", open);
        }
        world_pass(world, world->timeline.now_ms + REST_SLICE_MS);
        open = operator_resolves_all(world->operator);
    }
}

/* SIGTERM to all: each must end. */
static void stop_all(struct world *world) {
    for (uint32_t p = 0; p < world->settings.places; p++) {
        world->places[p].keeps_out = true;
        if (world->places[p].instance != NULL && !world->places[p].stopping) {
            instance_stop(world->places[p].instance);
        }
    }
    world_pass(world, world->timeline.now_ms + STOP_MOST_MS);
    for (uint32_t p = 0; p < world->settings.places; p++) {
        if (world->places[p].instance != NULL) {
            transcript_violation(&world->transcript, "liveness",
                                 "process %u does not end when it is told to", p);
        }
    }
}

void world_run(struct world *world) {
    const struct world_settings *settings = &world->settings;
    for (uint32_t p = 0; p < settings->places; p++) {
        timeline_at(&world->timeline, settings->starts_ms[p], start_again, world, p);
    }
    weather_begin(world);
    onlooker_begin(&world->onlooker, world);
    world_pass(world, settings->trouble_ms);
    transcript_say(&world->transcript, "the faults are over");
    world_ends(world);
}

void world_ends(struct world *world) {
    weather_clears(world);
    come_to_rest(world);
    if (!world->transcript.violated) {
        resolve_all(world);
    }
    if (!world->transcript.violated) {
        stop_all(world);
    }
    if (!world->transcript.violated) {
        ledger_watch_at_rest(world->watch);
        judge_topics(world);
    }
    world->figures.virtual_ms = world->timeline.now_ms;
    world->figures.looks = world->onlooker.looks;
    world->figures.deeds = lying_registry_entries(world->registry);
    world->figures.can_be_asked = world->settings.can_be_asked ? 1 : 0;
    world->figures.questions = lying_registry_questions(world->registry);
    const struct ledger_counts ledger = ledger_watch_counts(world->watch);
    world->figures.submissions = ledger.submitted;
    world->figures.not_sent = ledger.not_sent;
    world->figures.ever_unknown = ledger.ever_unknown;
    world->figures.resolved = ledger.resolved;
    world->figures.late_sends = ledger.late_sends;
    world->figures.incidents = ledger.incidents;
    world->figures.streams_read = ledger.streams_read;
    if (world->settings.can_be_asked) {
        world->figures.asked_unknown = world->figures.ever_unknown;
        world->figures.asked_at_rest_unknown = world->figures.at_rest_unknown;
    }
    world->figures.kafka = *kafka_counts(world->kafka);
}

/* --- The world. --- */

static void draw_settings(struct world_settings *settings, uint64_t seed) {
    struct chance chance = chance_stream(seed, "settings");
    *settings = (struct world_settings){
        .seed = seed,
        .partitions = (int32_t)chance_between(&chance, 1, 3),
        .places = (uint32_t)chance_between(&chance, 3, 4),
    };
    const bool apart = chance_below(&chance, 4) == 0; /* one processor in each process, in turn */
    settings->commands = (uint32_t)chance_between(&chance, 50, 120);
    settings->certificates = (uint32_t)chance_between(&chance, 2, 10);
    settings->trouble_ms = chance_between(&chance, 560000, 620000);
    settings->begin_ms = 0;
    settings->end_ms = settings->trouble_ms - 1000;
    if (chance_below(&chance, 3) > 0) { /* all comes at once */
        settings->begin_ms = chance_between(&chance, 0, settings->end_ms - STORM_MOST_MS);
        settings->end_ms =
            settings->begin_ms + chance_between(&chance, STORM_LEAST_MS, STORM_MOST_MS);
    }
    for (uint32_t p = 0; p < settings->places; p++) {
        settings->is_static[p] = chance_below(&chance, 2) == 0;
        settings->keeps_disk[p] = chance_below(&chance, 2) == 0;
        /* One after the other, some only when there is trouble already. */
        settings->starts_ms[p] =
            p == 0 ? 0 : chance_between(&chance, 0, settings->begin_ms + 30000);
    }
    if (apart) {
        settings->places = 4;
        settings->starts_ms[1] = 0;
        settings->is_static[3] = settings->is_static[0];
    }
    for (uint32_t p = 0; p < settings->places; p++) {
        settings->parts[p] = apart ? 1u << p % INSTANCE_PARTS : INSTANCE_ALL_PARTS;
    }
    settings->can_be_asked = chance_below(&chance, 3) == 0;
    settings->can_be_read = settings->can_be_asked;
}

static void open_schemas(struct world *world) {
    world->schemas = fake_schemas_port(&world->fake_schemas);
    world->cache = schema_cache_open(&world->schemas, NULL);
    struct emitter *emitter = &world->deployment.emitter;
    *emitter = (struct emitter){.application = "millrace.simulate",
                                .dead_letter_bytes_max = DEAD_LETTER_BYTES_MAX};
    for (uint32_t i = 0; i < MESSAGE_TYPES_COUNT; i++) {
        emitter->schema_ids[i] = fake_schemas_add(&world->fake_schemas, message_types[i].full_name,
                                                  terse_schema((enum message_type)i));
        schema_cache_add_own(world->cache, emitter->schema_ids[i], (enum message_type)i);
    }
}

static void open_outside(struct world *world) {
    const uint64_t seed = world->settings.seed;
    const struct kafka_setup kafka = {
        .timeline = &world->timeline,
        .transcript = &world->transcript,
        .options = &world->options,
        .chance = chance_stream(seed, "kafka"),
        .partitions = world->settings.partitions,
    };
    world->kafka = kafka_open(&kafka);
    /* In an order that does not hang on who asks first. */
    for (uint32_t i = 0; i < VERIFY_TOPICS_COUNT; i++) {
        (void)memory_topic(kafka_log(world->kafka), verify_topics[i]);
    }
    const struct lying_registry_setup registry = {
        .timeline = &world->timeline,
        .transcript = &world->transcript,
        .chance = chance_stream(seed, "registry"),
        .can_be_asked = world->settings.can_be_asked,
        .can_be_read = world->settings.can_be_read,
    };
    world->registry = lying_registry_open(&registry);
}

static void open_people(struct world *world) {
    const struct world_settings *settings = &world->settings;
    struct chance troubles = chance_stream(settings->seed, "troubles of the workload");
    const struct workload_setup workload = {
        .timeline = &world->timeline,
        .transcript = &world->transcript,
        .log = kafka_log(world->kafka),
        .emitter = &world->deployment.emitter,
        .chance = chance_stream(settings->seed, "workload"),
        .partitions = settings->partitions,
        .certificates = settings->certificates,
        .commands = settings->commands,
        .begin_ms = settings->begin_ms,
        .end_ms = settings->end_ms,
        .duplicate_permille = chance_below(&troubles, 100),
        .rebuilt_permille = chance_below(&troubles, 100),
        .conflicting_permille = chance_below(&troubles, 50),
        .impossible_permille = chance_below(&troubles, 300),
        .malformed_permille = chance_below(&troubles, 100),
        .burst_permille = chance_below(&troubles, 30),
    };
    world->workload = workload_open(&workload);
    const struct operator_setup operator= {
        .timeline = &world->timeline,
        .transcript = &world->transcript,
        .log = kafka_log(world->kafka),
        .registry = world->registry,
        .emitter = &world->deployment.emitter,
        .cache = world->cache,
        .chance = chance_stream(settings->seed, "operator"),
        .partitions = settings->partitions,
    };
    world->operator= operator_open(&operator);
    const struct ledger_watch_setup watch = {
        .log = kafka_log(world->kafka),
        .registry = world->registry,
        .cache = world->cache,
        .partitions = settings->partitions,
        .transcript = &world->transcript,
    };
    world->watch = ledger_watch_open(&watch);
    world->narrator = (struct narrator){
        .log = kafka_log(world->kafka),
        .cache = world->cache,
        .transcript = &world->transcript,
        .partitions = settings->partitions,
        .places = true,
    };
}

struct world *world_open_as(const struct world_settings *settings) {
    struct world *world = calloc(1, sizeof *world);
    assert(world != NULL);
    world->settings = *settings;
    world->transcript.timeline = &world->timeline;
    world->options = options_default();
    /* Twice the longest call and the registry's longest queue. */
    world->options.quarantine_ms = 2 * world->options.call_timeout_ms + WEATHER_QUEUE_MOST_MS;
    open_schemas(world);
    open_outside(world);
    world->deployment.timeline = &world->timeline;
    world->deployment.transcript = &world->transcript;
    world->deployment.kafka = world->kafka;
    world->deployment.registry = world->registry;
    world->deployment.schemas = world->schemas;
    world->deployment.options = &world->options;
    world->deployment.rules = settings->can_be_read ? workload_rules_readable() : workload_rules();
    world->deployment.partitions = world->settings.partitions;
    world->deployment.ids = chance_stream(settings->seed, "ids");
    open_people(world);
    return world;
}

struct world *world_open(uint64_t seed) {
    struct world_settings settings;
    draw_settings(&settings, seed);
    struct world *world = world_open_as(&settings);
    const struct faults_setup faults = {
        .seed = seed,
        .places = world->settings.places,
        .begin_ms = world->settings.begin_ms,
        .end_ms = world->settings.end_ms,
    };
    world->faults_count = faults_draw(&faults, world->faults);
    return world;
}

void world_close(struct world *world) {
    for (uint32_t p = 0; p < world->settings.places; p++) {
        if (world->places[p].instance != NULL) {
            world->places[p].instance->process.dead = true;
            kafka_process_died(world->kafka, &world->places[p].instance->process);
            lying_registry_process_died(world->registry, &world->places[p].instance->process);
            end_instance(world, world->places[p].instance);
        }
        disk_wipe(&world->places[p].disk);
    }
    onlooker_end(&world->onlooker);
    ledger_watch_close(world->watch);
    operator_close(world->operator);
    workload_close(world->workload);
    lying_registry_close(world->registry);
    kafka_close(world->kafka);
    while (world->ended != NULL) {
        struct instance *ended = world->ended;
        world->ended = ended->ended_before;
        instance_free(ended);
    }
    schema_cache_close(world->cache);
    timeline_deinit(&world->timeline);
    free(world);
}
