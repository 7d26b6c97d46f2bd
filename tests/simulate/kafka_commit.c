/* A transaction's way: its records in one piece for each partition and its offsets side by side,
 * then the request to end it, which the weather may lose, delay or bring twice. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "domain/placement.h"
#include "tests/simulate/kafka_inside.h"

enum { RECORD_BYTES_MAX = 2097152 }; /* message.max.bytes of the real producer */

/* --- A transaction in one block of memory. --- */

void sim_delivery_free(struct sim_delivery *delivery) {
    struct kafka *kafka = delivery->lane->kafka;
    if (delivery->before == NULL) {
        kafka->deliveries = delivery->following;
    } else {
        delivery->before->following = delivery->following;
    }
    if (delivery->following != NULL) {
        delivery->following->before = delivery->before;
    }
    free(delivery);
}

static void free_when_done(struct sim_delivery *delivery) {
    if (delivery->released && delivery->under_way == 0) {
        sim_delivery_free(delivery);
    }
}

static size_t bytes_of(const struct log_staged *record) {
    size_t bytes = record->key.length + (size_t)record->value.length +
                   record->headers_count * sizeof(struct log_header);
    for (uint32_t i = 0; i < record->headers_count; i++) {
        bytes += record->headers[i].name.length + (size_t)record->headers[i].value.length;
    }
    return bytes;
}

static const void *copy(uint8_t **room, const void *data, uint32_t length) {
    uint8_t *to = *room;
    if (length > 0) {
        memcpy(to, data, length);
    }
    *room += length;
    return to;
}

/* A header is a pair of pointers and lengths; the bytes behind are not aligned, so all headers of
 * a transaction come before all bytes. */
static void copy_record(struct memory_record *to, const struct log_staged *from, uint32_t place,
                        struct log_header **headers, uint8_t **room) {
    *to = (struct memory_record){
        .key_null = from->key_null,
        .value_null = from->value_null,
        .key = {copy(room, from->key.data, from->key.length), from->key.length},
        .value = {copy(room, from->value.data, from->value.length), from->value.length},
        .headers = *headers,
        .headers_count = from->headers_count,
        .place = place,
    };
    for (uint32_t i = 0; i < from->headers_count; i++) {
        const struct log_header *header = &from->headers[i];
        *(*headers)++ = (struct log_header){
            .name = {copy(room, header->name.data, header->name.length), header->name.length},
            .value = {copy(room, header->value.data, header->value.length), header->value.length},
        };
    }
}

static uint32_t piece_for(struct sim_delivery *delivery, struct memory_topic *topic,
                          int32_t partition) {
    uint32_t i = 0;
    while (i < delivery->pieces_count &&
           (delivery->pieces[i].topic != topic || delivery->pieces[i].partition != partition)) {
        i++;
    }
    if (i == delivery->pieces_count) {
        delivery->pieces[delivery->pieces_count++] =
            (struct sim_piece){.topic = topic, .partition = partition};
    }
    return i;
}

static struct sim_delivery *delivery_new(struct sim_lane *lane, const struct log_staged *records,
                                         uint32_t count) {
    size_t bytes = 0;
    size_t headers_count = 0;
    for (uint32_t i = 0; i < count; i++) {
        bytes += bytes_of(&records[i]);
        headers_count += records[i].headers_count;
    }
    struct sim_delivery *delivery = malloc(
        sizeof *delivery + (count + 1) * sizeof *delivery->pieces +
        count * sizeof *delivery->records + headers_count * sizeof(struct log_header) + bytes);
    assert(delivery != NULL);
    *delivery = (struct sim_delivery){
        .lane = lane,
        .epoch = lane->epoch,
        .transaction = MEMORY_NO_TRANSACTION,
        .begun_ms = sim_process_ms(lane->process),
        .records_count = count,
    };
    delivery->records = (struct sim_staged *)(void *)(delivery + 1);
    delivery->pieces = (struct sim_piece *)(void *)(delivery->records + count);
    struct log_header *headers = (struct log_header *)(void *)(delivery->pieces + count + 1);
    uint8_t *room = (uint8_t *)(headers + headers_count);
    struct kafka *kafka = lane->kafka;
    for (uint32_t i = 0; i < count; i++) {
        assert(records[i].output < lane->topology->outputs_count);
        copy_record(&delivery->records[i].record, &records[i], i, &headers, &room);
        delivery->records[i].piece = piece_for(
            delivery, memory_topic(kafka->log, lane->topology->outputs[records[i].output]),
            records[i].key_null ? lane->partition
                                : placement_partition(records[i].key, kafka->log->partitions));
    }
    (void)piece_for(delivery, NULL, lane->partition); /* the offsets */
    delivery->following = kafka->deliveries;
    if (kafka->deliveries != NULL) {
        kafka->deliveries->before = delivery;
    }
    kafka->deliveries = delivery;
    return delivery;
}

/* --- Events. --- */

static void on_its_way(struct sim_delivery *delivery, int64_t delay_ms,
                       void (*arrives)(void *context, uint64_t argument), uint64_t argument) {
    delivery->under_way++;
    sim_later(delivery->lane->kafka, delay_ms, arrives, delivery, argument);
}

/* Does the client still wait for an answer? */
static bool waits(const struct sim_delivery *delivery) {
    return !delivery->released && !delivery->lane->dead && !delivery->lane->process->dead;
}

static bool reaches(const struct sim_delivery *delivery) {
    return sim_reaches(delivery->lane->kafka, delivery->lane->process);
}

/* --- Pieces. --- */

/* `argument`: the piece, and what the broker said of it. */
static void piece_answered(void *context, uint64_t argument) {
    struct sim_delivery *delivery = context;
    struct sim_piece *piece = &delivery->pieces[(uint32_t)argument];
    const enum result result = (enum result)(argument >> 32);
    delivery->under_way--;
    if (!reaches(delivery)) {
        piece->repeat_ms = sim_break_ms(delivery->lane->kafka);
    } else if (waits(delivery)) {
        piece->acknowledged = result == RESULT_OK;
        if (result != RESULT_OK && delivery->failed == RESULT_OK) {
            delivery->failed = result;
        }
        delivery->lane->kafka->changes++;
    }
    free_when_done(delivery);
}

static void piece_arrives(void *context, uint64_t number) {
    struct sim_delivery *delivery = context;
    struct kafka *kafka = delivery->lane->kafka;
    struct sim_piece *piece = &delivery->pieces[number];
    if (!reaches(delivery)) {
        piece->repeat_ms = sim_break_ms(kafka);
    } else {
        /* Producers are idempotent: what arrives again is only acknowledged again. */
        const enum result result = piece->arrived ? RESULT_OK : sim_broker_take(delivery, piece);
        piece->arrived = piece->arrived || result == RESULT_OK;
        on_its_way(delivery, sim_way_ms(kafka), piece_answered, (uint64_t)result << 32 | number);
    }
    delivery->under_way--;
    free_when_done(delivery);
}

static void send_piece(struct sim_delivery *delivery, uint32_t number) {
    struct kafka *kafka = delivery->lane->kafka;
    delivery->pieces[number].repeat_ms = kafka->timeline->now_ms + SIM_REQUEST_TIMEOUT_MS;
    on_its_way(delivery, sim_way_ms(kafka), piece_arrives, number);
}

/* True: all are acknowledged. What had no answer in time is sent again. */
static bool pieces_delivered(struct sim_delivery *delivery) {
    const int64_t now_ms = delivery->lane->kafka->timeline->now_ms;
    bool all = true;
    for (uint32_t i = 0; i < delivery->pieces_count; i++) {
        const struct sim_piece *piece = &delivery->pieces[i];
        if (!piece->acknowledged && now_ms >= piece->repeat_ms) {
            delivery->unanswered = true;
            send_piece(delivery, i);
        }
        all = all && piece->acknowledged;
    }
    return all;
}

/* --- The end. --- */

static void end_answered(void *context, uint64_t argument) {
    struct sim_delivery *delivery = context;
    delivery->under_way--;
    if ((uint32_t)argument != delivery->end.number || !waits(delivery)) {
        /* the client has given up this request */
    } else if (!reaches(delivery)) {
        delivery->end.repeat_ms = sim_break_ms(delivery->lane->kafka);
    } else {
        delivery->end.answered = true;
        delivery->ended = (enum result)(argument >> 32);
        delivery->lane->kafka->changes++;
    }
    free_when_done(delivery);
}

/* What the weather does to requests to end a transaction, as far as it means this producer. */
static uint32_t hits(const struct sim_delivery *delivery, uint32_t permille) {
    const char *only = delivery->lane->kafka->weather.only;
    return only == NULL || strcmp(only, delivery->lane->producer->id) == 0 ? permille : 0;
}

static void end_arrives(void *context, uint64_t number) {
    struct sim_delivery *delivery = context;
    struct kafka *kafka = delivery->lane->kafka;
    const bool lost =
        chance_permille(&kafka->chance, hits(delivery, kafka->weather.answer_lost_permille));
    if (!reaches(delivery)) {
        delivery->end.repeat_ms = sim_break_ms(kafka);
    } else {
        const enum result result = sim_broker_end(delivery, true);
        if (lost) {
            delivery->end.repeat_ms = sim_break_ms(kafka);
        } else {
            on_its_way(delivery, sim_way_ms(kafka), end_answered, (uint64_t)result << 32 | number);
        }
    }
    delivery->under_way--;
    free_when_done(delivery);
}

static void end_arrives_late(void *context, uint64_t argument) {
    struct sim_delivery *delivery = context;
    (void)argument;
    if (delivery->stuck && reaches(delivery)) {
        (void)sim_broker_end(delivery, true);
    }
    delivery->stuck = false;
    delivery->under_way--;
    free_when_done(delivery);
}

void sim_delivery_comes_loose(struct sim_delivery *delivery) {
    struct kafka *kafka = delivery->lane->kafka;
    delivery->under_way++;
    timeline_in(kafka->timeline, chance_between(&kafka->chance, 0, kafka->weather.way_most_ms),
                end_arrives_late, delivery, 0);
}

/* The connection may break just when the request has left; then it is lost, or it arrives later
 * than the one that repeats it. A client that hears nothing repeats it in any case. */
static void send_end(struct sim_delivery *delivery) {
    struct kafka *kafka = delivery->lane->kafka;
    const struct kafka_weather *weather = &kafka->weather;
    const bool lost = chance_permille(&kafka->chance, hits(delivery, weather->end_lost_permille));
    const bool again = chance_permille(&kafka->chance, hits(delivery, weather->end_again_permille));
    const int64_t again_ms = chance_between(&kafka->chance, 0, weather->again_most_ms);
    const int64_t way_ms = sim_way_ms(kafka);
    const int64_t break_ms = sim_break_ms(kafka);
    delivery->end.out = true;
    delivery->end.number++;
    delivery->end.repeat_ms = kafka->timeline->now_ms + SIM_REQUEST_TIMEOUT_MS;
    if (lost || again) {
        delivery->end.repeat_ms = break_ms;
    }
    if (!lost && again) {
        delivery->stuck = true;
        on_its_way(delivery, break_ms - kafka->timeline->now_ms + again_ms, end_arrives_late, 0);
    } else if (!lost) {
        on_its_way(delivery, way_ms, end_arrives, delivery->end.number);
    }
}

static void abort_arrives(void *context, uint64_t argument) {
    struct sim_delivery *delivery = context;
    (void)argument;
    if (reaches(delivery) && delivery->transaction != MEMORY_NO_TRANSACTION) {
        (void)sim_broker_end(delivery, false);
    }
    delivery->under_way--;
    free_when_done(delivery);
}

/* --- What the lane calls. --- */

static void release(struct sim_lane *lane) {
    struct sim_delivery *delivery = lane->delivery;
    lane->delivery = NULL;
    delivery->released = true;
    free_when_done(delivery);
}

enum result sim_commit_begin(struct sim_lane *lane, const struct log_staged *records,
                             uint32_t count, const int64_t *inputs, struct error *error) {
    for (uint32_t i = 0; i < count; i++) {
        if (bytes_of(&records[i]) > RECORD_BYTES_MAX) {
            return error_set(error, RESULT_INVALID, "a record of %u bytes can not be written",
                             records[i].value.length);
        }
    }
    struct sim_delivery *delivery = delivery_new(lane, records, count);
    lane->delivery = delivery;
    lane->kafka->counts.commits++;
    for (uint32_t i = 0; i < lane->topology->inputs_count; i++) {
        delivery->inputs[i] = inputs[i];
    }
    for (uint32_t i = 0; i < LOG_TOPICS_MAX; i++) {
        delivery->written_next[i] = -1;
    }
    for (uint32_t i = 0; i < delivery->pieces_count; i++) {
        send_piece(delivery, i);
    }
    return RESULT_OK;
}

static enum result end_failed(struct sim_lane *lane, enum result result, struct error *error) {
    release(lane);
    if (result == RESULT_FENCED) {
        return error_set(error, RESULT_FENCED, "%s has a newer owner", lane->producer->id);
    }
    lane->kafka->counts.commits_in_doubt++;
    transcript_say(lane->kafka->transcript, "%s: process %u is in doubt about a commit",
                   lane->producer->id, lane->process->number);
    return error_set(error, RESULT_DOUBTFUL, "what became of a transaction is not known");
}

static enum result committed(struct sim_lane *lane, struct error *error) {
    if (!process_comes_to(lane->process, POINT_COMMITTED)) {
        return sim_gone(error);
    }
    const struct sim_delivery *delivery = lane->delivery;
    const int64_t took_ms = sim_process_ms(lane->process) - delivery->begun_ms;
    lane->worn = delivery->unanswered || took_ms > lane->kafka->options->commit_slow_ms;
    memcpy(lane->written_next, delivery->written_next, sizeof lane->written_next);
    release(lane);
    return RESULT_OK;
}

static bool is_overdue(const struct sim_lane *lane) {
    return sim_process_ms(lane->process) - lane->delivery->begun_ms >=
           lane->kafka->options->transaction_timeout_ms;
}

static enum result wait_for_end(struct sim_lane *lane, struct error *error) {
    struct sim_delivery *delivery = lane->delivery;
    if (!delivery->end.out) {
        if (!process_comes_to(lane->process, POINT_END)) {
            return sim_gone(error);
        }
        send_end(delivery);
    } else if (!delivery->end.answered &&
               lane->kafka->timeline->now_ms >= delivery->end.repeat_ms) {
        delivery->unanswered = true;
        send_end(delivery);
    }
    if (delivery->end.answered) {
        return delivery->ended == RESULT_OK ? committed(lane, error)
                                            : end_failed(lane, delivery->ended, error);
    }
    return is_overdue(lane) ? end_failed(lane, RESULT_DOUBTFUL, error)
                            : error_set(error, RESULT_AGAIN, "the end of a transaction is awaited");
}

enum result sim_commit_wait(struct sim_lane *lane, struct error *error) {
    struct sim_delivery *delivery = lane->delivery;
    if (delivery->end.out) {
        return wait_for_end(lane, error);
    }
    const bool all = pieces_delivered(delivery);
    if (delivery->failed != RESULT_OK) {
        return error_set(error, delivery->failed, "a transaction of %s was refused",
                         lane->producer->id);
    }
    if (all) {
        return wait_for_end(lane, error);
    }
    return is_overdue(lane)
               ? error_set(error, RESULT_FAILED, "a transaction was not written in time")
               : error_set(error, RESULT_AGAIN, "a transaction is being written");
}

void sim_commit_close(struct sim_lane *lane) {
    struct sim_delivery *delivery = lane->delivery;
    if (delivery == NULL) {
        return;
    }
    const bool may_abort = !delivery->end.out && waits(delivery);
    if (may_abort) {
        on_its_way(delivery, sim_way_ms(lane->kafka), abort_arrives, 0);
    }
    release(lane);
}
