#include "standin/project_origin/stream.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { BUCKETS = 65536 };

void mimic_streams_init(struct mimic_streams *streams) {
    *streams = (struct mimic_streams){
        .by_id = calloc(BUCKETS, sizeof(struct mimic_stream *)),
        .by_transaction = calloc(BUCKETS, sizeof(struct mimic_row *)),
    };
    assert(streams->by_id != NULL && streams->by_transaction != NULL);
}

static void close_row(struct mimic_row *row) {
    mimic_event_close(&row->event);
    mimic_transaction_close(row->transaction);
    free(row);
}

static void close_stream(struct mimic_stream *stream) {
    while (stream->first != NULL) {
        enum mimic_fate fate;
        mimic_transaction_close(mimic_stream_next(stream, &fate));
    }
    mimic_certificate_deinit(&stream->certificate);
    for (uint32_t i = 0; i < stream->rows_count; i++) {
        close_row(stream->rows[i]);
    }
    free(stream->rows);
}

void mimic_streams_deinit(struct mimic_streams *streams) {
    for (uint32_t i = 0; streams->by_id != NULL && i < BUCKETS; i++) {
        while (streams->by_id[i] != NULL) {
            struct mimic_stream *stream = streams->by_id[i];
            streams->by_id[i] = stream->next;
            close_stream(stream);
            free(stream);
        }
    }
    close_stream(&streams->nowhere);
    free(streams->by_id);
    free(streams->by_transaction);
    *streams = (struct mimic_streams){0};
}

/* Ids that are made by chance or by hashing differ in all their bytes. */
static struct mimic_stream **bucket_of(const struct mimic_streams *streams, const uint8_t *id) {
    uint32_t hash = 0;
    for (int i = 0; i < MIMIC_UUID_BYTES; i++) {
        hash = hash * 31 + id[i];
    }
    return &streams->by_id[hash % BUCKETS];
}

static struct mimic_row **row_bucket_of(const struct mimic_streams *streams, const uint8_t *id) {
    return &streams->by_transaction[(uint32_t)id[0] << 8 | id[1]];
}

struct mimic_stream *mimic_stream_find(const struct mimic_streams *streams,
                                       const uint8_t id[MIMIC_UUID_BYTES]) {
    struct mimic_stream *stream = *bucket_of(streams, id);
    while (stream != NULL && memcmp(stream->id, id, MIMIC_UUID_BYTES) != 0) {
        stream = stream->next;
    }
    return stream;
}

struct mimic_stream *mimic_stream_take(struct mimic_streams *streams,
                                       const uint8_t id[MIMIC_UUID_BYTES]) {
    struct mimic_stream *stream = mimic_stream_find(streams, id);
    if (stream == NULL) {
        struct mimic_stream **bucket = bucket_of(streams, id);
        stream = calloc(1, sizeof *stream);
        assert(stream != NULL);
        memcpy(stream->id, id, MIMIC_UUID_BYTES);
        stream->next = *bucket;
        *bucket = stream;
    }
    return stream;
}

struct mimic_row *mimic_stream_append(struct mimic_streams *streams, struct mimic_stream *stream,
                                      struct mimic_transaction *transaction,
                                      const struct mimic_event *event) {
    struct mimic_row *row = calloc(1, sizeof *row);
    if (stream->rows_count == stream->rows_capacity) {
        stream->rows_capacity = stream->rows_capacity == 0 ? 4 : stream->rows_capacity * 2;
        stream->rows = realloc(stream->rows, stream->rows_capacity * sizeof(struct mimic_row *));
    }
    assert(row != NULL && stream->rows != NULL);
    struct mimic_row **bucket = row_bucket_of(streams, transaction->id);
    *row = (struct mimic_row){.transaction = transaction, .event = *event, .next = *bucket};
    *bucket = row;
    stream->rows[stream->rows_count++] = row;
    mimic_certificate_evolve(&stream->certificate, &row->event);
    return row;
}

const struct mimic_row *mimic_row_find(const struct mimic_streams *streams,
                                       const uint8_t id[MIMIC_ID_BYTES]) {
    const struct mimic_row *row = *row_bucket_of(streams, id);
    while (row != NULL && memcmp(row->transaction->id, id, MIMIC_ID_BYTES) != 0) {
        row = row->next;
    }
    return row;
}

bool mimic_stream_queue(struct mimic_stream *stream, struct mimic_transaction *transaction,
                        enum mimic_fate fate) {
    struct mimic_queued *queued = calloc(1, sizeof *queued);
    assert(queued != NULL);
    *queued = (struct mimic_queued){.transaction = transaction, .fate = fate};
    const bool alone = stream->first == NULL;
    if (alone) {
        stream->first = queued;
    } else {
        stream->last->next = queued;
    }
    stream->last = queued;
    return alone;
}

struct mimic_transaction *mimic_stream_next(struct mimic_stream *stream, enum mimic_fate *fate) {
    struct mimic_queued *queued = stream->first;
    assert(queued != NULL);
    struct mimic_transaction *transaction = queued->transaction;
    *fate = queued->fate;
    stream->first = queued->next;
    free(queued);
    return transaction;
}
