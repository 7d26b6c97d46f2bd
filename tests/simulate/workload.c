#include "tests/simulate/workload.h"

#include <assert.h>
#include <stdlib.h>

#include "tests/simulate/known_ids.h"
#include "tests/simulate/workload_inside.h"
#include "wire/message.h"

enum {
    BURST_MOST = 70,
    ARENA_BYTES_PER_COMMAND = 6 << 10,
    ARENA_BYTES_LEAST = 8 << 20, /* touched only as far as it is used */
};

static const char topic[] = "certificates.commands";

static const struct rules_issuer issuers[] = {
    {.grid_area = {"DK1", 3}, .name = {"issuer.dk1", 10}},
    {.grid_area = {"DK2", 3}, .name = {"issuer.dk2", 10}},
};

/* As a registry shows it. */
#define KEY(name) \
    { (const uint8_t *)"key of " name, sizeof "key of " name - 1 }

static const struct rules_owner owners[HOPE_OWNERS] = {
    {.name = {"alice", 5}, .key = KEY("alice")},
    {.name = {"bob", 3}, .key = KEY("bob")},
    {.name = {"carol", 5}, .key = KEY("carol")},
    {.name = {"dave:eu.1", 9}, .key = KEY("dave:eu.1")},
    {.name = {"erin_2-x", 8}},
};

#undef KEY

const struct rules *workload_rules(void) {
    static const struct rules_registry registries[] = {
        {.name = {"main", 4}},
        {.name = {"other", 5}},
    };
    static const struct rules rules = {
        .issuers = issuers,
        .issuers_count = HOPE_AREAS,
        .registries = registries,
        .registries_count = 2,
        .owners = owners,
        .owners_count = HOPE_OWNERS,
    };
    return &rules;
}

const struct rules *workload_rules_readable(void) {
    static const struct rules_registry registries[] = {
        {.name = {"main", 4}, .readable = true},
        {.name = {"other", 5}, .readable = true},
    };
    static struct rules rules;
    rules = *workload_rules();
    assert(rules.registries_count == sizeof registries / sizeof registries[0]);
    rules.registries = registries;
    return &rules;
}

struct uuid workload_id(struct workload *workload) {
    struct uuid id;
    for (uint32_t i = 0; i < sizeof id.bytes; i++) {
        id.bytes[i] = (uint8_t)chance_below(&workload->chance, 256);
    }
    id.bytes[6] = (uint8_t)((id.bytes[6] & 0x0f) | 0x40);
    id.bytes[8] = (uint8_t)((id.bytes[8] & 0x3f) | 0x80);
    return id;
}

struct bytes workload_value(struct workload *workload, const struct asked *asked) {
    const size_t size =
        wire_encode(asked->type, &asked->body, workload->setup.emitter->schema_ids[asked->type],
                    workload->value, COMMAND_VALUE_BYTES);
    assert(size <= COMMAND_VALUE_BYTES);
    return (struct bytes){workload->value, (uint32_t)size};
}

/* ---- writing ---- */

static int64_t append(struct workload *workload, const struct memory_record *record,
                      int32_t partition) {
    workload->counts.written++;
    return memory_log_append(workload->setup.log, topic, partition, record);
}

static void say(struct workload *workload, const struct asked *asked, const char *how,
                int32_t partition, int64_t offset) {
    const char *name = message_types[asked->type].full_name + sizeof topic;
    transcript_say(workload->setup.transcript, "a team writes %s %s for %s, %s: %s/%d@%lld", name,
                   short_id(&asked->body.head.metadata.id),
                   short_id(&asked->body.head.certificate_id), how, topic, partition,
                   (long long)offset);
}

static void write_bytes(struct workload *workload, const struct asked *asked, struct bytes value,
                        bool traced, const char *how) {
    static const char trace[] = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    const struct log_header header = {text_of("traceparent"),
                                      {(const uint8_t *)trace, sizeof trace - 1}};
    char key[KNOWN_ID_CHARACTERS + 1];
    known_id_text(&asked->body.head.certificate_id, key);
    const int32_t partition =
        known_place_of(&asked->body.head.certificate_id, workload->setup.partitions);
    const int64_t offset = append(workload,
                                  &(struct memory_record){
                                      .key = {(const uint8_t *)key, KNOWN_ID_CHARACTERS},
                                      .value = value,
                                      .headers = traced ? &header : NULL,
                                      .headers_count = traced ? 1 : 0,
                                  },
                                  partition);
    workload->counts.of_type[asked->type]++;
    if (how != NULL) { /* else who asked for it tells */
        say(workload, asked, how, partition, offset);
    }
}

/* Writes a command and keeps it in mind. */
static void write_asked(struct workload *workload, const struct asked *asked, const char *how) {
    const struct bytes value = workload_value(workload, asked);
    struct written *written = &workload->written[workload->written_count++];
    *written = (struct written){
        .asked = *asked,
        .value = arena_bytes(&workload->arena, value),
        .traced = chance_permille(&workload->chance, 100),
    };
    write_bytes(workload, asked, written->value, written->traced, how);
}

/* ---- what is written ---- */

static struct hope *some_certificate(struct workload *workload) {
    struct hope *hope =
        &workload->hopes[chance_below(&workload->chance, workload->setup.certificates)];
    if (hope->withdrawn && chance_permille(&workload->chance, 700)) { /* few are interested */
        hope = &workload->hopes[chance_below(&workload->chance, workload->setup.certificates)];
    }
    return hope;
}

static void write_something(struct workload *workload, struct hope *hope) {
    struct asked asked;
    ask_something(workload, hope, &asked);
    write_asked(workload, &asked, "in good faith");
    hope_follow(hope, &asked);
}

static const struct written *some_written(struct workload *workload) {
    if (workload->written_count == 0) {
        write_something(workload, some_certificate(workload));
    }
    const uint32_t most = workload->written_count;
    const uint32_t back = chance_permille(&workload->chance, 600) ? (most < 8 ? most : 8) : most;
    return &workload->written[most - 1 - chance_below(&workload->chance, back)];
}

static void write_again(struct workload *workload) {
    const struct written *written = some_written(workload);
    workload->counts.duplicates++;
    write_bytes(workload, &written->asked, written->value, written->traced, "once more");
}

static void write_rebuilt(struct workload *workload) {
    const struct written *written = some_written(workload);
    struct asked asked = written->asked;
    struct millrace_metadata *metadata = &asked.body.head.metadata;
    metadata->timestamp += 1 + chance_below(&workload->chance, 100000);
    metadata->source.version = text_of("2.2");
    metadata->has_correlation_id = chance_permille(&workload->chance, 500);
    metadata->correlation_id = workload_id(workload);
    metadata->has_channel = !metadata->has_channel;
    metadata->channel = text_of("http");
    workload->counts.rebuilt++;
    write_bytes(workload, &asked, workload_value(workload, &asked), false, "rebuilt");
}

static void write_conflicting(struct workload *workload) {
    const struct written *written = some_written(workload);
    struct asked asked = written->asked;
    struct asked_head *head = &asked.body.head;
    if (chance_permille(&workload->chance, 500)) { /* another command altogether */
        const struct hope like = {.id = head->certificate_id};
        ask_withdrawal(workload, &like, &asked);
        asked.body.withdraw.reason = text_of("another");
        head->metadata.id = written->asked.body.head.metadata.id;
    } else {
        head->has_claim_id = true;
        head->claim_id = workload_id(workload);
    }
    workload->counts.conflicting++;
    write_bytes(workload, &asked, workload_value(workload, &asked), false, "with a used id");
}

/* Ids of commands are the team's own: another certificate's command may well have the same. */
static void write_borrowed(struct workload *workload) {
    const struct uuid id = some_written(workload)->asked.body.head.metadata.id;
    struct hope *hope = some_certificate(workload);
    struct asked asked;
    ask_something(workload, hope, &asked);
    for (uint32_t i = 0; i < workload->written_count; i++) {
        const struct asked_head *head = &workload->written[i].asked.body.head;
        if (uuid_equal(&head->metadata.id, &id) && uuid_equal(&head->certificate_id, &hope->id)) {
            write_conflicting(workload); /* it is this certificate's already */
            return;
        }
    }
    asked.body.head.metadata.id = id;
    workload->counts.borrowed++;
    write_asked(workload, &asked, "with an id of another certificate");
    hope_follow(hope, &asked);
}

static void write_with_used_id(struct workload *workload) {
    if (chance_permille(&workload->chance, 600)) {
        write_conflicting(workload);
    } else {
        write_borrowed(workload);
    }
}

static void write_impossible(struct workload *workload) {
    enum { TRIES = 8 };
    struct asked asked;
    for (uint32_t i = 0; i < TRIES; i++) {
        struct hope *hope = some_certificate(workload);
        const enum impossible impossible = chance_below(&workload->chance, IMPOSSIBLES_COUNT);
        if (ask_impossible(workload, hope, impossible, &asked)) {
            workload->counts.impossible[impossible]++;
            write_asked(workload, &asked, impossible_name(impossible));
            return;
        }
    }
    write_something(workload, some_certificate(workload));
}

static void write_malformed(struct workload *workload) {
    const enum malformed malformed = chance_below(&workload->chance, MALFORMEDS_COUNT);
    struct asked asked;
    struct spoiled spoiled;
    ask_something(workload, some_certificate(workload), &asked);
    workload_spoil(workload, &asked, malformed, &spoiled);
    workload->counts.malformed[malformed]++;
    const int64_t offset = append(workload, &spoiled.record, spoiled.partition);
    say(workload, &asked, malformed_name(malformed), spoiled.partition, offset);
}

static void write_burst(struct workload *workload) {
    struct hope *hope = some_certificate(workload);
    const uint32_t rest = workload->setup.commands - workload->counts.written;
    uint32_t count = 20 + chance_below(&workload->chance, BURST_MOST - 19);
    count = count < rest ? count : rest;
    workload->counts.bursts++;
    for (uint32_t i = 0; i < count; i++) {
        write_something(workload, hope);
    }
}

static bool falls(uint32_t *draw, uint32_t permille) {
    const bool hit = *draw < permille;
    *draw -= hit ? 0 : permille;
    return hit;
}

static void write_next(void *context, uint64_t argument) {
    struct workload *workload = context;
    const struct workload_setup *setup = &workload->setup;
    uint32_t draw = chance_below(&workload->chance, 1000);
    (void)argument;
    if (workload->counts.written >= setup->commands) {
        return; /* a burst wrote it */
    }
    if (falls(&draw, setup->duplicate_permille)) {
        write_again(workload);
    } else if (falls(&draw, setup->rebuilt_permille)) {
        write_rebuilt(workload);
    } else if (falls(&draw, setup->conflicting_permille)) {
        write_with_used_id(workload);
    } else if (falls(&draw, setup->impossible_permille)) {
        write_impossible(workload);
    } else if (falls(&draw, setup->malformed_permille)) {
        write_malformed(workload);
    } else if (falls(&draw, setup->burst_permille)) {
        write_burst(workload);
    } else {
        write_something(workload, some_certificate(workload));
    }
}

/* ---- as it is told ---- */

struct uuid workload_asks(struct workload *workload, uint32_t number, enum message_type type) {
    assert(number < workload->setup.certificates);
    assert(workload->written_count < workload->setup.commands + ASKED_MAX);
    struct hope *hope = &workload->hopes[number];
    struct asked asked;
    switch ((int)type) {
    case MESSAGE_CERTIFICATES_COMMANDS_ISSUE_CERTIFICATE:
        ask_issue(workload, hope, &asked);
        break;
    case MESSAGE_CERTIFICATES_COMMANDS_SLICE_CERTIFICATE:
        ask_slicing(workload, hope, &hope->slices[0], &asked);
        break;
    case MESSAGE_CERTIFICATES_COMMANDS_TRANSFER_SLICE:
        ask_transfer(workload, hope, &hope->slices[0], &asked);
        break;
    default:
        assert(type == MESSAGE_CERTIFICATES_COMMANDS_WITHDRAW_CERTIFICATE);
        ask_withdrawal(workload, hope, &asked);
        break;
    }
    write_asked(workload, &asked, NULL);
    hope_follow(hope, &asked);
    return asked.body.head.metadata.id;
}

void workload_repeats(struct workload *workload, const struct uuid *command_id) {
    uint32_t i = 0;
    while (!uuid_equal(&workload->written[i].asked.body.head.metadata.id, command_id)) {
        i++;
        assert(i < workload->written_count);
    }
    const struct written *written = &workload->written[i];
    write_bytes(workload, &written->asked, written->value, written->traced, NULL);
}

struct uuid workload_certificate(const struct workload *workload, uint32_t number) {
    assert(number < workload->setup.certificates);
    return workload->hopes[number].id;
}

/* ---- the whole ---- */

struct workload *workload_open(const struct workload_setup *setup) {
    assert(setup->certificates > 0 && setup->begin_ms <= setup->end_ms);
    struct workload *workload = calloc(1, sizeof *workload);
    assert(workload != NULL);
    const size_t arena_bytes =
        ARENA_BYTES_LEAST + (size_t)setup->commands * ARENA_BYTES_PER_COMMAND;
    *workload = (struct workload){
        .setup = *setup,
        .chance = setup->chance,
        .memory = malloc(arena_bytes),
        .value = malloc(COMMAND_VALUE_BYTES),
        .hopes = calloc(setup->certificates, sizeof *workload->hopes),
        .written = calloc(setup->commands + ASKED_MAX, sizeof *workload->written),
    };
    assert(workload->memory != NULL && workload->value != NULL);
    assert(workload->hopes != NULL && workload->written != NULL);
    arena_init(&workload->arena, workload->memory, arena_bytes);
    for (uint32_t i = 0; i < setup->certificates; i++) {
        hope_init(workload, &workload->hopes[i], i);
    }
    for (uint32_t i = 0; i < setup->commands; i++) {
        timeline_at(setup->timeline,
                    chance_between(&workload->chance, setup->begin_ms, setup->end_ms), write_next,
                    workload, 0);
    }
    return workload;
}

void workload_close(struct workload *workload) {
    free(workload->memory);
    free(workload->value);
    free(workload->hopes);
    free(workload->written);
    free(workload);
}

const struct workload_counts *workload_counts(const struct workload *workload) {
    return &workload->counts;
}
