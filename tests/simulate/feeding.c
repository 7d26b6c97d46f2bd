#include "tests/simulate/feeding.h"

#include <assert.h>
#include <stdlib.h>

#include "tests/simulate/world.h"
#include "tests/support/memory_broker.h"
#include "wire/message.h"

enum { ARENA_BYTES = 4 << 20 };

void feeding_open(struct feeding *feeding, struct world *world) {
    *feeding = (struct feeding){.world = world, .verify = verify_open()};
    void *memory = aligned_alloc(16, ARENA_BYTES);
    assert(memory != NULL);
    arena_init(&feeding->arena, memory, ARENA_BYTES);
}

void feeding_close(struct feeding *feeding) {
    if (feeding->verify != NULL) {
        verify_close(feeding->verify);
        free(feeding->arena.base);
        feeding->verify = NULL;
    }
}

void feeding_finish(struct feeding *feeding) {
    const struct verify_report *report = verify_finish(feeding->verify);
    if (report->breaches_count > 0) {
        transcript_violation(&feeding->world->transcript, "verify", "%s", report->breaches[0]);
    }
    feeding->world->figures.commands = report->counts.commands;
    feeding_close(feeding);
}

static void give(const struct feeding *feeding, const struct log_record *record, bool letter,
                 bool late) {
    const struct wire_input input = {
        .topic = record->topic, .value_null = record->value_null, .value = record->value};
    struct arena arena = feeding->arena;
    struct message message;
    struct wire_failure failure;
    const bool readable =
        !letter && !record->value_null &&
        wire_decode(feeding->world->cache, &input, &arena, 0, &message, &failure) == RESULT_OK;
    const struct verify_record fed = {
        .record = record, .message = readable ? &message : NULL, .late = late};
    if (letter) {
        verify_dead_letter(feeding->verify, &fed);
    } else {
        verify_record(feeding->verify, &fed);
    }
}

void feeding_give(const struct feeding *feeding, enum verify_topic topic, int32_t partition,
                  int64_t due, int64_t end) {
    struct memory_log *log = kafka_log(feeding->world->kafka);
    const struct memory_partition *entries =
        &memory_topic(log, verify_topics[topic])->partitions[partition];
    for (int64_t offset = entries->start; offset < end; offset++) {
        if (memory_delivered(log, &entries->entries[offset])) {
            give(feeding, &entries->entries[offset].record, topic == VERIFY_TOPIC_DEAD_LETTERS,
                 offset >= due);
        }
    }
}

static int64_t committed(struct world *world, const char *processor, const char *topic,
                         int32_t partition) {
    const int64_t next = memory_log_committed(kafka_log(world->kafka), processor, topic, partition);
    return next < 0 ? 0 : next;
}

struct verify_positions feeding_positions(struct world *world, int32_t partition) {
    return (struct verify_positions){
        .certificates_commands =
            committed(world, "certificates", "certificates.commands", partition),
        .registry_commands = committed(world, "registry-connector", "registry.commands", partition),
        .registry_events = committed(world, "certificates", "registry.events", partition),
        .partitions = world->settings.partitions,
    };
}
