#include "tests/simulate/onlooker.h"

#include <assert.h>

#include "tests/simulate/world.h"
#include "tests/support/memory_broker.h"

enum { STEPS_SPREAD = 3 }; /* one in so many moments is used: what is asked is spread over them */

static bool is_state(uint32_t topic) {
    return topic == VERIFY_TOPIC_STATES || topic == VERIFY_TOPIC_LEDGER_STATES;
}

static int64_t written_end(struct world *world, uint32_t topic, int32_t partition) {
    return memory_topic(kafka_log(world->kafka), verify_topics[topic])->partitions[partition].count;
}

static int64_t stable_end(struct world *world, uint32_t topic, int32_t partition) {
    struct memory_log *log = kafka_log(world->kafka);
    return memory_stable_end(log, memory_topic(log, verify_topics[topic]), partition);
}

void onlooker_begin(struct onlooker *onlooker, struct world *world) {
    assert(world->settings.partitions <= ONLOOKER_PARTITIONS_MAX);
    *onlooker = (struct onlooker){.chance = chance_stream(world->settings.seed, "onlooker"),
                                  .looks_left = ONLOOKER_LOOKS};
    onlooker->at_ms = chance_between(&onlooker->chance, 0, world->settings.trouble_ms / 2);
}

void onlooker_end(struct onlooker *onlooker) {
    feeding_close(&onlooker->feeding);
}

static void go_on(struct onlooker *onlooker, enum onlooker_stage stage) {
    onlooker->stage = stage;
    onlooker->topic = 0;
}

/* One topic's ends in all partitions. */
static void ask(struct onlooker *onlooker, struct world *world, enum onlooker_stage next) {
    const uint32_t topic = onlooker->topic++;
    const enum onlooker_stage stage = onlooker->stage;
    const bool wanted =
        stage == ONLOOKER_ASKS_ENDS || is_state(topic) == (stage == ONLOOKER_ASKS_STATES);
    for (int32_t p = 0; wanted && p < world->settings.partitions; p++) {
        int64_t *ends = stage == ONLOOKER_ASKS_ENDS ? onlooker->ends[topic] : onlooker->dues[topic];
        ends[p] = stage == ONLOOKER_ASKS_OTHERS ? stable_end(world, topic, p)
                                                : written_end(world, topic, p);
    }
    if (onlooker->topic == VERIFY_TOPICS_COUNT) {
        go_on(onlooker, next);
    }
}

static bool is_stable(const struct onlooker *onlooker, struct world *world) {
    for (uint32_t topic = 0; topic < VERIFY_TOPICS_COUNT; topic++) {
        for (int32_t p = 0; p < world->settings.partitions; p++) {
            if (stable_end(world, topic, p) < onlooker->dues[topic][p]) {
                return false;
            }
        }
    }
    return true;
}

/* As the verb reads: to the end of the cut, waiting for what is open before it; states to where
 * they end now. False: something is open. */
static bool give(const struct onlooker *onlooker, struct world *world, uint32_t topic,
                 int32_t partition) {
    const int64_t stable = stable_end(world, topic, partition);
    if (stable < onlooker->ends[topic][partition]) {
        return false;
    }
    feeding_give(&onlooker->feeding, (enum verify_topic)topic, partition,
                 onlooker->dues[topic][partition],
                 is_state(topic) ? stable : onlooker->ends[topic][partition]);
    return true;
}

static void read_letters(struct onlooker *onlooker, struct world *world) {
    feeding_open(&onlooker->feeding, world);
    for (int32_t p = 0; p < world->settings.partitions; p++) {
        if (!give(onlooker, world, VERIFY_TOPIC_DEAD_LETTERS, p)) {
            feeding_close(&onlooker->feeding); /* once more */
            return;
        }
    }
    onlooker->partition = 0;
    onlooker->topic = VERIFY_TOPIC_COMMANDS;
}

static void read(struct onlooker *onlooker, struct world *world) {
    const int32_t partition = onlooker->partition;
    if (partition < 0) {
        read_letters(onlooker, world);
        return;
    }
    if (onlooker->topic == VERIFY_TOPIC_COMMANDS) {
        verify_begin(onlooker->feeding.verify, partition, &onlooker->positions[partition]);
    }
    while (onlooker->topic < VERIFY_TOPICS_COUNT) {
        if (!give(onlooker, world, onlooker->topic, partition)) {
            return;
        }
        onlooker->topic++;
        if (chance_below(&onlooker->chance, 2) == 0) {
            return;
        }
    }
    verify_end(onlooker->feeding.verify);
    onlooker->topic = VERIFY_TOPIC_COMMANDS;
    if (++onlooker->partition == world->settings.partitions) {
        feeding_finish(&onlooker->feeding);
        onlooker->looks++;
        onlooker->looks_left--;
        onlooker->at_ms = chance_between(&onlooker->chance, world->timeline.now_ms,
                                         world->timeline.now_ms + world->settings.trouble_ms / 2);
        go_on(onlooker, ONLOOKER_WAITS);
    }
}

void onlooker_step(struct onlooker *onlooker, struct world *world) {
    if (onlooker->looks_left == 0 || world->timeline.now_ms < onlooker->at_ms ||
        chance_below(&onlooker->chance, STEPS_SPREAD) != 0) {
        return;
    }
    switch (onlooker->stage) {
    case ONLOOKER_WAITS:
        go_on(onlooker, ONLOOKER_ASKS_POSITIONS);
        break;
    case ONLOOKER_ASKS_POSITIONS:
        for (int32_t p = 0; p < world->settings.partitions; p++) {
            onlooker->positions[p] = feeding_positions(world, p);
        }
        go_on(onlooker, ONLOOKER_ASKS_OTHERS);
        break;
    case ONLOOKER_ASKS_OTHERS:
        ask(onlooker, world, ONLOOKER_ASKS_STATES);
        break;
    case ONLOOKER_ASKS_STATES:
        ask(onlooker, world, ONLOOKER_AWAITS_STABLE);
        break;
    case ONLOOKER_AWAITS_STABLE:
        if (is_stable(onlooker, world)) {
            go_on(onlooker, ONLOOKER_ASKS_ENDS);
        }
        break;
    case ONLOOKER_ASKS_ENDS:
        ask(onlooker, world, ONLOOKER_READS);
        onlooker->partition = -1;
        break;
    case ONLOOKER_READS:
        read(onlooker, world);
        break;
    }
}
