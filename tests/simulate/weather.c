#include "tests/simulate/weather.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "tests/support/memory_broker.h"

enum {
    WAY_MOST_MS = 15,
    SLOW_MOST_MS = 12000,
    AGAIN_MOST_MS = 40000,
    LATENCY_LEAST_MS = 20,
    HOUR_MS = 3600000,
    LATENCIES = 4,
    LATENCY_CALM_MS = 4000,     /* the most, with the faults over */
    MEDDLE_MS = 7000,           /* between two verdicts of somebody in a hurry */
    CONTRADICTIONS_TO_READ = 3, /* as many where they are set right by reading */
    STRANGERS_MOST = 8,         /* who change a certificate at the registry by themselves */
    CURIOUS_MOST = 30,          /* who want a stream read for no reason */
};

static const int64_t latencies_ms[LATENCIES] = {0, 1000, 4000, 20000};

static uint32_t larger(uint32_t a, uint32_t b) {
    return a > b ? a : b;
}

/* What one fault that is on adds to the weather. */
static void add_fault(struct world *world, const struct fault *fault) {
    struct kafka_weather *kafka = kafka_weather(world->kafka);
    struct registry_weather *registry = lying_registry_weather(world->registry);
    switch (fault->kind) {
    case FAULT_KAFKA_AWAY:
        kafka->away = true;
        break;
    case FAULT_KAFKA_SLOW:
        kafka->slow_permille = larger(kafka->slow_permille, fault->permille / 2);
        break;
    case FAULT_END_LOST:
        kafka->end_lost_permille = larger(kafka->end_lost_permille, fault->permille);
        break;
    case FAULT_ANSWER_LOST:
        kafka->answer_lost_permille = larger(kafka->answer_lost_permille, fault->permille);
        break;
    case FAULT_END_AGAIN:
        kafka->end_again_permille = larger(kafka->end_again_permille, fault->permille);
        break;
    case FAULT_HEARTBEAT_LOST:
        kafka->heartbeat_lost_permille = larger(kafka->heartbeat_lost_permille, fault->permille);
        break;
    case FAULT_REGISTRY_AWAY:
        registry->away = true;
        break;
    case FAULT_REGISTRY_SILENT:
        registry->silent_permille = larger(registry->silent_permille, fault->permille);
        break;
    case FAULT_REGISTRY_RESET:
        registry->reset_before_permille =
            larger(registry->reset_before_permille, fault->permille / 2);
        registry->reset_after_permille =
            larger(registry->reset_after_permille, fault->permille / 2);
        break;
    case FAULT_REGISTRY_GARBLED:
        registry->garbled_permille = larger(registry->garbled_permille, fault->permille);
        break;
    case FAULT_REGISTRY_LATE:
        registry->late_permille = larger(registry->late_permille, fault->permille);
        break;
    case FAULT_SCHEMAS_AWAY:
        world->fake_schemas.away = true;
        break;
    default: /* not of the weather */
        break;
    }
}

/* The weather is that of a fair day and of all faults that are on. */
static void renew(struct world *world) {
    struct chance fair = chance_stream(world->settings.seed, "fair weather");
    *kafka_weather(world->kafka) = (struct kafka_weather){
        .way_most_ms = chance_between(&fair, 0, WAY_MOST_MS),
        .slow_most_ms = SLOW_MOST_MS,
        .again_most_ms = AGAIN_MOST_MS,
    };
    *lying_registry_weather(world->registry) = (struct registry_weather){
        .latency_least_ms = LATENCY_LEAST_MS,
        .latency_most_ms = LATENCY_LEAST_MS + latencies_ms[chance_below(&fair, LATENCIES)],
        .way_most_ms = chance_between(&fair, 0, 50),
        .refuses_permille = chance_below(&fair, 150),
        .contradicts_permille = (chance_below(&fair, 2) == 0 ? 0 : chance_below(&fair, 30)) *
                                (world->settings.can_be_read ? CONTRADICTIONS_TO_READ : 1),
        .accepts_permille = chance_below(&fair, 1000),
        .queue_most_ms = WEATHER_QUEUE_MOST_MS,
    };
    world->fake_schemas.away = false;
    for (uint32_t i = 0; i < world->faults_count; i++) {
        if (world->begun[i]) {
            add_fault(world, &world->faults[i]);
        }
    }
}

/* --- What hits one process. --- */

static void arm(struct sim_process *process, const struct fault *fault, enum blow blow) {
    process->blow = blow;
    process->blow_point = fault->point;
    process->blow_after = fault->after;
    process->pause_ms = fault->lasts_ms;
}

static void hit_process(struct world *world, const struct fault *fault) {
    struct world_place *place = &world->places[fault->place];
    struct instance *instance = place->instance;
    if (instance == NULL) {
        return; /* there is nothing to be hit */
    }
    struct sim_process *process = &instance->process;
    switch (fault->kind) {
    case FAULT_KILL:
        place->away_ms = fault->lasts_ms;
        world_kill(world, fault->place);
        break;
    case FAULT_DISK_LOST:
        place->away_ms = fault->lasts_ms;
        if (!instance->stepping) {
            world_kill(world, fault->place);
            disk_wipe(&place->disk);
        }
        break;
    case FAULT_KILL_AT:
        place->away_ms = fault->lasts_ms;
        arm(process, fault, BLOW_KILL);
        break;
    case FAULT_PAUSE_AT:
        arm(process, fault, BLOW_PAUSE);
        break;
    case FAULT_PAUSE:
        if (!instance->stepping) {
            process->paused = true;
        }
        break;
    case FAULT_STOP:
        place->away_ms = fault->lasts_ms;
        if (!place->stopping && !process->paused) {
            place->stopping = true;
            instance_stop(instance);
        }
        break;
    case FAULT_KAFKA_CUT:
        process->no_kafka = true;
        break;
    case FAULT_REGISTRY_CUT:
        process->no_registry = true;
        break;
    case FAULT_WALL_CLOCK:
        process->wall_offset_ms = ((int64_t)fault->permille - 300) * HOUR_MS;
        break;
    default:
        assert(false);
        break;
    }
}

/* The process may have been replaced by a new life meanwhile; that one was not hit. */
static void relieve_process(struct world *world, const struct fault *fault) {
    struct instance *instance = world->places[fault->place].instance;
    if (instance == NULL) {
        return;
    }
    switch (fault->kind) {
    case FAULT_PAUSE:
        if (!instance->stepping) { /* else it stands still at a point, for its own time */
            instance->process.paused = false;
        }
        break;
    case FAULT_KAFKA_CUT:
        instance->process.no_kafka = false;
        break;
    case FAULT_REGISTRY_CUT:
        instance->process.no_registry = false;
        break;
    case FAULT_WALL_CLOCK:
        instance->process.wall_offset_ms = 0;
        break;
    default: /* nothing lasts */
        break;
    }
}

/* The groups forget how far they have read, as when nobody was there for too long; so everything is
 * read again by whoever comes next. */
static void lose_offsets(struct world *world) {
    static const struct log_topology *const topologies[] = {&certificates_topology,
                                                            &registry_connector_topology};
    struct memory_log *log = kafka_log(world->kafka);
    for (uint32_t p = 0; p < world->settings.places; p++) {
        if (world->places[p].instance != NULL) {
            world_kill(world, p);
        }
    }
    for (uint32_t t = 0; t < sizeof topologies / sizeof topologies[0]; t++) {
        struct memory_group *group = memory_group(log, topologies[t]->processor);
        for (uint32_t i = 0; i < topologies[t]->inputs_count; i++) {
            for (int32_t p = 0; p < world->settings.partitions; p++) {
                *memory_offset(group, memory_topic(log, topologies[t]->inputs[i]), p) = -1;
            }
        }
    }
}

/* --- Beginning and end. --- */

static void end_fault(void *context, uint64_t argument) {
    struct world *world = context;
    const struct fault *fault = &world->faults[argument];
    if (!world->begun[argument]) {
        return;
    }
    world->begun[argument] = false;
    transcript_say(&world->transcript, "fault %u (%s) ends", (uint32_t)argument,
                   fault_name(fault->kind));
    renew(world);
    relieve_process(world, fault);
}

/* He keeps at it as long as the fault lasts. */
static void meddle(void *context, uint64_t argument) {
    struct world *world = context;
    if (world->begun[argument]) {
        operator_meddles(world->operator);
        timeline_in(&world->timeline, MEDDLE_MS, meddle, world, argument);
    }
}

static void begin_fault(void *context, uint64_t argument) {
    struct world *world = context;
    const struct fault *fault = &world->faults[argument];
    if (!world->faults_on || fault->left_out) {
        return;
    }
    transcript_say(&world->transcript, "fault %u (%s) begins, process %u, %lld ms, %u permille",
                   (uint32_t)argument, fault_name(fault->kind), fault->place,
                   (long long)fault->lasts_ms, fault->permille);
    world->begun[argument] = true;
    world->figures.faults++;
    world->figures.kinds[fault->kind]++;
    timeline_in(&world->timeline, fault->lasts_ms, end_fault, world, argument);
    switch (fault->kind) {
    case FAULT_COMPACTION:
        kafka_compact(world->kafka);
        break;
    case FAULT_OPERATOR:
        meddle(world, argument);
        break;
    case FAULT_OFFSETS_LOST:
        lose_offsets(world);
        break;
    case FAULT_KILL:
    case FAULT_KILL_AT:
    case FAULT_PAUSE:
    case FAULT_PAUSE_AT:
    case FAULT_STOP:
    case FAULT_KAFKA_CUT:
    case FAULT_REGISTRY_CUT:
    case FAULT_WALL_CLOCK:
    case FAULT_DISK_LOST:
        hit_process(world, fault);
        break;
    default:
        renew(world);
        break;
    }
}

static void meet_stranger(void *context, uint64_t number) {
    struct world *world = context;
    char subject[32];
    (void)snprintf(subject, sizeof subject, "stranger %u", (uint32_t)number);
    struct chance chance = chance_stream(world->settings.seed, subject);
    if (world->faults_on) {
        lying_registry_meets_stranger(world->registry, &chance);
    }
}

static void be_curious(void *context, uint64_t number) {
    struct world *world = context;
    const uint32_t certificate = (uint32_t)number / 2 % world->settings.certificates;
    if (!world->faults_on) {
        return;
    }
    if (number % 2 == 0) {
        operator_is_curious(world->operator);
    } else {
        const struct uuid id = workload_certificate(world->workload, certificate);
        operator_guesses(world->operator, & id);
    }
}

static void invite(struct world *world, const char *whom, uint32_t most,
                   void (*visit)(void *context, uint64_t number)) {
    struct chance chance = chance_stream(world->settings.seed, whom);
    const uint32_t count = chance_below(&chance, most);
    for (uint32_t i = 0; i < count; i++) {
        timeline_at(&world->timeline,
                    chance_between(&chance, world->settings.begin_ms, world->settings.end_ms),
                    visit, world, i);
    }
}

void weather_begin(struct world *world) {
    world->faults_on = true;
    renew(world);
    for (uint32_t i = 0; i < world->faults_count; i++) {
        timeline_at(&world->timeline, world->faults[i].begin_ms, begin_fault, world, i);
    }
    if (world->settings.can_be_read) {
        invite(world, "strangers", STRANGERS_MOST, meet_stranger);
        invite(world, "curious people", CURIOUS_MOST, be_curious);
    }
}

void weather_clears(struct world *world) {
    world->faults_on = false;
    for (uint32_t i = 0; i < world->faults_count; i++) {
        end_fault(world, i);
    }
    /* To be slow is a fault too: a long line of one certificate's commands would wait for nothing
     * else, and for longer than all has to be settled by. */
    struct registry_weather *registry = lying_registry_weather(world->registry);
    if (registry->latency_most_ms > LATENCY_CALM_MS) {
        registry->latency_most_ms = LATENCY_CALM_MS;
    }
    for (uint32_t p = 0; p < world->settings.places; p++) {
        struct instance *instance = world->places[p].instance;
        if (instance != NULL) {
            instance->process.blow = BLOW_NONE;
            instance->process.no_kafka = false;
            instance->process.no_registry = false;
        }
    }
}
