/* The transaction coordinator: producers' epochs, open transactions, their time-outs, and the
 * offsets that they carry. It has no KIP-890: a request to end names no transaction. */
#include <assert.h>

#include "tests/simulate/kafka_inside.h"

static uint32_t index_of(const struct kafka *kafka, const struct memory_producer *producer) {
    return (uint32_t)(producer - kafka->log->producers);
}

static void end(struct kafka *kafka, struct memory_producer *producer, bool commit) {
    struct sim_offsets *offsets = &kafka->offsets[index_of(kafka, producer)];
    for (uint32_t i = 0; commit && offsets->given && i < offsets->topology->inputs_count; i++) {
        struct memory_topic *topic = memory_topic(kafka->log, offsets->topology->inputs[i]);
        *memory_offset(offsets->group, topic, offsets->partition) = offsets->inputs[i];
    }
    offsets->given = false;
    memory_transaction_end(kafka->log, producer,
                           commit ? MEMORY_TRANSACTION_COMMITTED : MEMORY_TRANSACTION_ABORTED);
}

uint32_t sim_broker_fence(struct kafka *kafka, struct memory_producer *producer) {
    if (producer->open != MEMORY_NO_TRANSACTION) {
        transcript_say(kafka->transcript, "%s: an open transaction is aborted by a new owner",
                       producer->id);
    }
    end(kafka, producer, false);
    return ++producer->epoch;
}

/* `argument`: producer, and the transaction that it had open. */
static void timed_out(void *context, uint64_t argument) {
    struct kafka *kafka = context;
    struct memory_producer *producer = &kafka->log->producers[argument >> 32];
    if (producer->open != (int32_t)(uint32_t)argument) {
        return;
    }
    transcript_say(kafka->transcript, "%s: its transaction timed out; aborted and fenced",
                   producer->id);
    kafka->counts.timed_out++;
    end(kafka, producer, false);
    producer->epoch++;
}

static void begin(struct kafka *kafka, struct memory_producer *producer) {
    const int32_t transaction = memory_transaction_begin(kafka->log, producer);
    const uint64_t argument = (uint64_t)index_of(kafka, producer) << 32 | (uint32_t)transaction;
    timeline_in(kafka->timeline, kafka->options->transaction_timeout_ms, timed_out, kafka,
                argument);
    for (struct sim_delivery *older = kafka->deliveries; older != NULL; older = older->following) {
        if (older->stuck && older->lane->producer == producer && older->epoch == producer->epoch) {
            sim_delivery_comes_loose(older);
        }
    }
}

static void append(const struct sim_delivery *delivery, const struct sim_piece *piece) {
    struct memory_log *log = delivery->lane->kafka->log;
    const uint32_t number = (uint32_t)(piece - delivery->pieces);
    for (uint32_t i = 0; i < delivery->records_count; i++) {
        if (delivery->records[i].piece == number) {
            (void)memory_append(log, piece->topic, piece->partition, &delivery->records[i].record,
                                delivery->lane->producer);
        }
    }
}

static void note_written(struct sim_delivery *delivery, const struct sim_piece *piece) {
    const struct sim_lane *lane = delivery->lane;
    for (uint32_t i = 0; i < lane->topology->changelogs_count; i++) {
        if (lane->changelogs[i].topic == piece->topic && lane->partition == piece->partition) {
            delivery->written_next[i] = piece->topic->partitions[piece->partition].count;
        }
    }
}

static void note_offsets(const struct sim_delivery *delivery) {
    const struct sim_lane *lane = delivery->lane;
    struct sim_offsets *offsets = &lane->kafka->offsets[index_of(lane->kafka, lane->producer)];
    *offsets = (struct sim_offsets){
        .given = true,
        .group = lane->member->coordinator->group,
        .topology = lane->topology,
        .partition = lane->partition,
    };
    for (uint32_t i = 0; i < lane->topology->inputs_count; i++) {
        offsets->inputs[i] = delivery->inputs[i];
    }
}

static enum result refuse(struct sim_delivery *delivery, const char *why) {
    const struct sim_lane *lane = delivery->lane;
    lane->kafka->counts.fenced++;
    transcript_say(lane->kafka->transcript, "%s: process %u is refused: %s", lane->producer->id,
                   lane->process->number, why);
    return RESULT_FENCED;
}

enum result sim_broker_take(struct sim_delivery *delivery, struct sim_piece *piece) {
    const struct sim_lane *lane = delivery->lane;
    struct kafka *kafka = lane->kafka;
    if (delivery->epoch != lane->producer->epoch) {
        return refuse(delivery, "its producer has a newer owner");
    }
    if (piece->topic == NULL &&
        !sim_coordinator_knows(lane->member->coordinator, lane->membership.id,
                               lane->membership.generation)) {
        return refuse(delivery, "it is no member of this generation");
    }
    if (delivery->transaction != MEMORY_NO_TRANSACTION &&
        delivery->transaction != lane->producer->open) {
        return RESULT_FAILED; /* ended under its hands: this record belongs to no transaction */
    }
    if (lane->producer->open == MEMORY_NO_TRANSACTION) {
        begin(kafka, lane->producer);
    }
    delivery->transaction = lane->producer->open;
    if (piece->topic == NULL) {
        note_offsets(delivery);
    } else {
        append(delivery, piece);
        note_written(delivery, piece);
    }
    kafka->changes++;
    return RESULT_OK;
}

static enum result end_again(const struct sim_delivery *delivery, bool commit) {
    const enum memory_transaction_state wanted =
        commit ? MEMORY_TRANSACTION_COMMITTED : MEMORY_TRANSACTION_ABORTED;
    const bool ended_so = delivery->transaction != MEMORY_NO_TRANSACTION &&
                          delivery->lane->kafka->log->transactions[delivery->transaction] == wanted;
    return ended_so ? RESULT_OK : RESULT_FAILED;
}

enum result sim_broker_end(const struct sim_delivery *delivery, bool commit) {
    const struct sim_lane *lane = delivery->lane;
    struct kafka *kafka = lane->kafka;
    const bool late = delivery->released || delivery->end.answered || lane->dead;
    kafka->counts.ends_late += late;
    if (delivery->epoch != lane->producer->epoch) {
        kafka->counts.ends_refused += late;
        kafka->counts.fenced++;
        transcript_say(kafka->transcript, "%s: process %u may not end a transaction any more",
                       lane->producer->id, lane->process->number);
        return RESULT_FENCED;
    }
    if (lane->producer->open == MEMORY_NO_TRANSACTION) {
        return end_again(delivery, commit);
    }
    if (lane->producer->open != delivery->transaction) {
        kafka->counts.ends_of_another++;
        transcript_say(kafka->transcript,
                       "%s: a late request of process %u ends another "
                       "transaction than it meant",
                       lane->producer->id, lane->process->number);
    }
    end(kafka, lane->producer, commit);
    return RESULT_OK;
}

bool sim_broker_unstable(const struct kafka *kafka, const struct memory_producer *producer) {
    return producer->open != MEMORY_NO_TRANSACTION &&
           kafka->offsets[index_of(kafka, producer)].given;
}
