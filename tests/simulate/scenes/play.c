/* Playing a scene: what each sentence does to the world. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "tests/simulate/known_ids.h"
#include "tests/simulate/scenes/scene.h"
#include "tests/simulate/weather.h"
#include "tests/support/memory_broker.h"

enum {
    SEED = 4,          /* of ids; what is left to chance is nothing that happens */
    CONNECTORS_AT = 2, /* the first place */
    ALWAYS = 1000,     /* permille */
    AGAIN_MOST_MS = 20000,
    END_AFTER_MS = 10000, /* the last line */
};

static void say(struct scene *scene, const char *text) {
    transcript_say(&scene->world->transcript, "%s", text);
}

/* --- Processes. --- */

static struct instance *process_at(struct scene *scene, const struct scene_words *words) {
    struct instance *instance = scene->world->places[words->place].instance;
    assert(instance != NULL);
    return instance;
}

static void start(struct scene *scene, const struct scene_words *words) {
    world_start_place(scene->world, words->place);
}

static void arm(struct scene *scene, const struct scene_words *words, enum blow blow) {
    struct sim_process *process = &process_at(scene, words)->process;
    process->blow = blow;
    process->blow_point = words->point;
    process->blow_after = words->number - 1;
    process->pause_ms = words->span_ms;
}

static void stand_still_at(struct scene *scene, const struct scene_words *words) {
    arm(scene, words, BLOW_PAUSE);
}

static void die_at(struct scene *scene, const struct scene_words *words) {
    arm(scene, words, BLOW_KILL);
}

static void die(struct scene *scene, const struct scene_words *words) {
    world_kill(scene->world, words->place);
}

static void end(struct scene *scene, const struct scene_words *words) {
    scene->world->places[words->place].stopping = true;
    instance_stop(process_at(scene, words));
}

static void stand_still(struct scene *scene, const struct scene_words *words) {
    process_at(scene, words)->process.paused = true;
    transcript_say(&scene->world->transcript, "process %u stands still", words->place);
}

static void go_on(struct scene *scene, const struct scene_words *words) {
    process_at(scene, words)->process.paused = false;
    transcript_say(&scene->world->transcript, "process %u goes on", words->place);
}

static void cut_from_kafka(struct scene *scene, const struct scene_words *words) {
    process_at(scene, words)->process.no_kafka = true;
    transcript_say(&scene->world->transcript, "process %u is cut off from Kafka", words->place);
}

static void reach_kafka(struct scene *scene, const struct scene_words *words) {
    process_at(scene, words)->process.no_kafka = false;
    transcript_say(&scene->world->transcript, "process %u reaches Kafka again", words->place);
}

static void cut_from_registry(struct scene *scene, const struct scene_words *words) {
    process_at(scene, words)->process.no_registry = true;
    transcript_say(&scene->world->transcript, "process %u is cut off from the registry",
                   words->place);
}

static void reach_registry(struct scene *scene, const struct scene_words *words) {
    process_at(scene, words)->process.no_registry = false;
    transcript_say(&scene->world->transcript, "process %u reaches the registry again",
                   words->place);
}

/* --- Teams. --- */

static struct scene_command *command_of(struct scene *scene, const struct scene_words *words) {
    uint32_t i = 0;
    while (strcmp(scene->commands[i].name, words->command) != 0) {
        i++;
        assert(i < scene->commands_count);
    }
    return &scene->commands[i];
}

static void ask(struct scene *scene, const struct scene_words *words, const char *verb,
                enum message_type type) {
    assert(scene->commands_count < SCENE_COMMANDS_MAX);
    struct scene_command *command = &scene->commands[scene->commands_count++];
    struct transcript *transcript = &scene->world->transcript;
    command->certificate_id = workload_certificate(scene->world->workload, words->certificate);
    command->id = workload_asks(scene->world->workload, words->certificate, type);
    command->submission_id = known_submission_id(&command->certificate_id, &command->id);
    (void)snprintf(command->name, sizeof command->name, "%s %c", verb,
                   (char)('A' + words->certificate));
    transcript_name(transcript, short_id(&command->id), command->name);
    transcript_name(transcript, short_id(&command->submission_id), command->name);
    transcript_say(transcript, "a team asks: %s", command->name);
}

static void issue(struct scene *scene, const struct scene_words *words) {
    ask(scene, words, "issue", MESSAGE_CERTIFICATES_COMMANDS_ISSUE_CERTIFICATE);
}

static void slice(struct scene *scene, const struct scene_words *words) {
    ask(scene, words, "slice", MESSAGE_CERTIFICATES_COMMANDS_SLICE_CERTIFICATE);
}

static void transfer(struct scene *scene, const struct scene_words *words) {
    ask(scene, words, "transfer", MESSAGE_CERTIFICATES_COMMANDS_TRANSFER_SLICE);
}

static void withdraw(struct scene *scene, const struct scene_words *words) {
    ask(scene, words, "withdraw", MESSAGE_CERTIFICATES_COMMANDS_WITHDRAW_CERTIFICATE);
}

static void repeat(struct scene *scene, const struct scene_words *words) {
    const struct scene_command *command = command_of(scene, words);
    workload_repeats(scene->world->workload, &command->id);
    transcript_say(&scene->world->transcript, "the team writes the same again: %s", command->name);
}

/* --- The registry. --- */

static void execute(struct scene *scene, const struct scene_words *words) {
    lying_registry_settle(scene->world->registry, &command_of(scene, words)->submission_id,
                          REGISTRY_DEED_EXECUTION);
}

static void refuse(struct scene *scene, const struct scene_words *words) {
    lying_registry_settle(scene->world->registry, &command_of(scene, words)->submission_id,
                          REGISTRY_DEED_REFUSAL);
}

static void answer_at_once(struct scene *scene, const struct scene_words *words) {
    (void)words;
    lying_registry_weather(scene->world->registry)->holds = false;
    say(scene, "from now on the registry executes at once");
}

static void take_time(struct scene *scene, const struct scene_words *words) {
    (void)words;
    lying_registry_weather(scene->world->registry)->holds = true;
    say(scene, "from now on the registry takes its time");
}

static void accept(struct scene *scene, const struct scene_words *words) {
    (void)words;
    lying_registry_weather(scene->world->registry)->accepts_permille = ALWAYS;
    say(scene, "from now on the registry says at once that it has a request");
}

static void go_away(struct scene *scene, const struct scene_words *words) {
    (void)words;
    lying_registry_weather(scene->world->registry)->away = true;
}

static void come_back(struct scene *scene, const struct scene_words *words) {
    (void)words;
    lying_registry_weather(scene->world->registry)->away = false;
}

/* --- Kafka. --- */

/* Of the connectors' producer only: the world has one partition. */
static struct kafka_weather *ends(struct scene *scene) {
    struct kafka_weather *weather = kafka_weather(scene->world->kafka);
    *weather = (struct kafka_weather){
        .only = memory_producer(kafka_log(scene->world->kafka), "registry-connector", 0)->id,
        .again_most_ms = AGAIN_MOST_MS,
    };
    return weather;
}

static void lose_ends(struct scene *scene, const struct scene_words *words) {
    (void)words;
    ends(scene)->end_lost_permille = ALWAYS;
    say(scene, "from now on a connector's request to commit is lost on its way");
}

static void lose_answers(struct scene *scene, const struct scene_words *words) {
    (void)words;
    ends(scene)->answer_lost_permille = ALWAYS;
    say(scene, "from now on a connector's request to commit is done, and its answer is lost");
}

static void delay_ends(struct scene *scene, const struct scene_words *words) {
    (void)words;
    ends(scene)->end_again_permille = ALWAYS;
    say(scene, "from now on a connector's request to commit gets stuck, and is repeated");
}

static void clear(struct scene *scene, const struct scene_words *words) {
    (void)words;
    (void)ends(scene);
    say(scene, "from now on requests to commit get through again");
}

/* All of it is read again by the next lane. */
static void rewind_input(struct scene *scene, const char *processor, const char *topic) {
    struct memory_log *log = kafka_log(scene->world->kafka);
    *memory_offset(memory_group(log, processor), memory_topic(log, topic), 0) = -1;
}

static void rewind_commands(struct scene *scene, const struct scene_words *words) {
    (void)words;
    rewind_input(scene, "registry-connector", "registry.commands");
    say(scene, "somebody sets the connectors' position in registry.commands back to the beginning");
}

static void rewind_operations(struct scene *scene, const struct scene_words *words) {
    (void)words;
    rewind_input(scene, "registry-connector", "registry.operations");
    say(scene,
        "somebody sets the connectors' position in registry.operations back to the beginning");
}

static void rewind_events(struct scene *scene, const struct scene_words *words) {
    (void)words;
    rewind_input(scene, "certificates", "registry.events");
    say(scene,
        "somebody sets the position of certificates in registry.events back to the beginning");
}

static void compact(struct scene *scene, const struct scene_words *words) {
    (void)words;
    kafka_compact(scene->world->kafka);
    say(scene, "Kafka compacts what may be compacted");
}

/* --- The operator. --- */

static void resolve(struct scene *scene, const struct scene_words *words,
                    enum millrace_closing_rule rule) {
    const bool known =
        operator_says(scene->world->operator, & command_of(scene, words)->submission_id, rule);
    assert(known);
    (void)known;
}

static void look_up(struct scene *scene, const struct scene_words *words) {
    resolve(scene, words, MILLRACE_CLOSING_RULE_NONE);
}

static void call_dead(struct scene *scene, const struct scene_words *words) {
    resolve(scene, words, MILLRACE_CLOSING_RULE_WRITER_DEAD);
}

static void have_read(struct scene *scene, const struct scene_words *words) {
    const struct uuid id = workload_certificate(scene->world->workload, words->certificate);
    const bool issued = operator_reads_stream(scene->world->operator, & id);
    assert(issued);
    (void)issued;
}

static void take_risk(struct scene *scene, const struct scene_words *words) {
    resolve(scene, words, MILLRACE_CLOSING_RULE_MAY_EXECUTE_TWICE);
}

/* --- Strangers. --- */

static void testify(struct scene *scene, const struct scene_words *words, bool executed) {
    transcript_say(&scene->world->transcript,
                   "a stranger has asked for the status of attempt %u of %s: %s", words->number,
                   words->command, executed ? "executed" : "not found");
    scene_testify(scene, command_of(scene, words), (int32_t)words->number, executed);
}

static void testify_executed(struct scene *scene, const struct scene_words *words) {
    testify(scene, words, true);
}

static void testify_not_found(struct scene *scene, const struct scene_words *words) {
    testify(scene, words, false);
}

/* --- The scene itself. --- */

static void set_turn(struct scene *scene, const struct scene_words *words) {
    scene->world->options.batch_records_max = words->number;
}

static void set_unknown_after(struct scene *scene, const struct scene_words *words) {
    scene->world->options.unknown_after_ms = (int32_t)words->span_ms;
}

static void set_quarantine(struct scene *scene, const struct scene_words *words) {
    scene->world->options.quarantine_ms = (int32_t)words->span_ms;
}

static void let_ask(struct scene *scene, const struct scene_words *words) {
    (void)words;
    lying_registry_let_ask(scene->world->registry);
    scene->world->settings.can_be_asked = true;
}

static void let_read(struct scene *scene, const struct scene_words *words) {
    (void)words;
    lying_registry_let_read(scene->world->registry);
    scene->world->settings.can_be_read = true;
    scene->world->deployment.rules = workload_rules_readable();
}

static void remark(struct scene *scene, const struct scene_words *words) {
    transcript_say(&scene->world->transcript, "-- %s", words->rest);
}

const struct scene_sentence scene_sentences[] = {
    {"an intent of another is unknown after $S s", set_unknown_after},
    {"the quarantine is $S s", set_quarantine},
    {"a turn takes $N records", set_turn},
    {"the registry can be asked", let_ask},
    {"the registry can be read", let_read},
    {"-- $R", remark},
    {"$P starts", start},
    {"$P will stand still at $W for $S s", stand_still_at},
    {"$P will stand still at $W number $N for $S s", stand_still_at},
    {"$P will be killed at $W", die_at},
    {"$P will be killed at $W number $N", die_at},
    {"$P stands still", stand_still},
    {"$P goes on", go_on},
    {"$P is killed", die},
    {"$P is told to end", end},
    {"$P is cut off from Kafka", cut_from_kafka},
    {"$P reaches Kafka again", reach_kafka},
    {"$P is cut off from the registry", cut_from_registry},
    {"$P reaches the registry again", reach_registry},
    {"a team issues $L", issue},
    {"a team slices $L", slice},
    {"a team transfers $L", transfer},
    {"a team withdraws $L", withdraw},
    {"the team repeats $C", repeat},
    {"the registry executes $C", execute},
    {"the registry refuses $C", refuse},
    {"the registry executes at once", answer_at_once},
    {"the registry takes its time", take_time},
    {"the registry says what it has", accept},
    {"the registry goes away", go_away},
    {"the registry is back", come_back},
    {"requests to commit are lost", lose_ends},
    {"answers to requests to commit are lost", lose_answers},
    {"requests to commit get stuck", delay_ends},
    {"requests to commit get through", clear},
    {"registry.commands is read again", rewind_commands},
    {"registry.operations is read again", rewind_operations},
    {"registry.events is read again", rewind_events},
    {"Kafka compacts", compact},
    {"a stranger finds attempt $N of $C executed", testify_executed},
    {"a stranger does not find attempt $N of $C", testify_not_found},
    {"the operator has $L read", have_read},
    {"the operator looks $C up", look_up},
    {"the operator looks $C up, and says that its writer is dead", call_dead},
    {"the operator looks $C up, and says that it may execute twice", take_risk},
};
const uint32_t scene_sentences_count = sizeof scene_sentences / sizeof scene_sentences[0];

static void play_line(void *context, uint64_t number) {
    struct scene *scene = context;
    const struct scene_line *line = &scene->lines[number];
    line->sentence->play(scene, &line->words);
}

static struct world *open_world(FILE *out) {
    struct world_settings settings = {
        .seed = SEED,
        .partitions = 1,
        .places = WORLD_PLACES_MAX,
        .certificates = SCENE_CERTIFICATES,
    };
    for (uint32_t p = 0; p < WORLD_PLACES_MAX; p++) {
        settings.parts[p] = p < CONNECTORS_AT ? 1u << 0 : 1u << 1;
    }
    struct world *world = world_open_as(&settings);
    for (uint32_t p = 0; p < WORLD_PLACES_MAX; p++) {
        world->places[p].keeps_out = true; /* unless a sentence starts it */
    }
    world->transcript.out = out;
    world->narrator.places = false;
    lying_registry_weather(world->registry)->holds = true;
    return world;
}

static void name_all(struct scene *scene) {
    struct transcript *transcript = &scene->world->transcript;
    transcript_name(transcript, "process 0", "certificates");
    for (uint32_t p = CONNECTORS_AT; p < WORLD_PLACES_MAX; p++) {
        char formal[SCENE_NAME_MAX];
        char usual[SCENE_NAME_MAX];
        (void)snprintf(formal, sizeof formal, "process %u", p);
        (void)snprintf(usual, sizeof usual, "connector %u", p - CONNECTORS_AT + 1);
        transcript_name(transcript, formal, usual);
    }
    for (uint32_t i = 0; i < SCENE_CERTIFICATES; i++) {
        const struct uuid id = workload_certificate(scene->world->workload, i);
        const char letter[] = {(char)('A' + i), '\0'};
        transcript_name(transcript, short_id(&id), letter);
    }
}

bool scene_play(struct scene *scene, FILE *out) {
    assert(scene->lines_count > 0);
    scene->world = open_world(out);
    name_all(scene);
    for (uint32_t i = 0; i < scene->lines_count; i++) {
        timeline_at(&scene->world->timeline, scene->lines[i].at_ms, play_line, scene, i);
    }
    world_pass(scene->world, scene->lines[scene->lines_count - 1].at_ms + END_AFTER_MS);
    world_ends(scene->world);
    const bool sound = !scene->world->transcript.violated;
    /* A run that was broken off has processes on the stack, which cannot be closed. */
    if (sound) {
        say(scene, "all is at rest, and the books, the topics and the registry agree");
        world_close(scene->world);
    }
    return sound;
}
