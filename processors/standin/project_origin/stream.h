/* The registry's database: streams of committed transactions, what they make, and what waits. */
#ifndef MILLRACE_STANDIN_PROJECT_ORIGIN_STREAM_H
#define MILLRACE_STANDIN_PROJECT_ORIGIN_STREAM_H

#include "standin/project_origin/certificate.h"
#include "standin/project_origin/fault.h"

/* A committed transaction. Nothing hinders that there are two of the same id. */
struct mimic_row {
    struct mimic_transaction *transaction;
    struct mimic_event event;
    bool finalized;
    struct mimic_row *next; /* with the same beginning of its id */
};

/* A transaction that waits for its turn. */
struct mimic_queued {
    struct mimic_transaction *transaction;
    enum mimic_fate fate;
    struct mimic_queued *next;
};

struct mimic_stream {
    uint8_t id[MIMIC_UUID_BYTES];
    struct mimic_row **rows; /* in order */
    uint32_t rows_count;
    uint32_t rows_capacity;
    struct mimic_certificate certificate; /* points into `rows` */
    struct mimic_queued *first;
    struct mimic_queued *last;
    struct mimic_stream *next; /* with the same end of its id */
};

struct mimic_streams {
    struct mimic_stream **by_id;
    struct mimic_row **by_transaction;
    struct mimic_stream nowhere; /* where those wait that name no stream */
};

void mimic_streams_init(struct mimic_streams *streams);
void mimic_streams_deinit(struct mimic_streams *streams);

/* NULL: nothing was ever sent to it. */
struct mimic_stream *mimic_stream_find(const struct mimic_streams *streams,
                                       const uint8_t id[MIMIC_UUID_BYTES]);
/* Made if it was not there. */
struct mimic_stream *mimic_stream_take(struct mimic_streams *streams,
                                       const uint8_t id[MIMIC_UUID_BYTES]);

/* Commit: transaction and event are the stream's from then on. */
struct mimic_row *mimic_stream_append(struct mimic_streams *streams, struct mimic_stream *stream,
                                      struct mimic_transaction *transaction,
                                      const struct mimic_event *event);
/* The last that was committed under this id; NULL: none. */
const struct mimic_row *mimic_row_find(const struct mimic_streams *streams,
                                       const uint8_t id[MIMIC_ID_BYTES]);

/* The transaction is the queue's from then on. Is it alone in it? */
bool mimic_stream_queue(struct mimic_stream *stream, struct mimic_transaction *transaction,
                        enum mimic_fate fate);
/* The one that waits longest: the caller's from then on. */
struct mimic_transaction *mimic_stream_next(struct mimic_stream *stream, enum mimic_fate *fate);

#endif
