/* Readings of whole streams on one connection, from the question to the answer that the connector
 * takes. */
#ifndef MILLRACE_REGISTRY_PROJECT_ORIGIN_READINGS_H
#define MILLRACE_REGISTRY_PROJECT_ORIGIN_READINGS_H

#include "outside/grpc/grpc.h"
#include "ports/registry.h"

struct origin_reading;

/* All zeroes is empty. */
struct origin_readings {
    struct origin_reading *out;            /* newest first; NULL: none */
    struct origin_reading *answered_first; /* NULL: none */
    struct origin_reading *answered_last;
};

/* The same certificate's stream is not being read (a bug). The question is copied; its completion
 * is for `origin_readings_hear`. */
void origin_readings_begin(struct origin_readings *readings, struct grpc_client *client,
                           const struct uuid *certificate_id, struct bytes question,
                           int64_t deadline_ms);
/* False: this completion is of something else. */
bool origin_readings_hear(struct origin_readings *readings,
                          const struct grpc_completion *completion);
/* As `registry.stream_answer`. */
bool origin_readings_take(struct origin_readings *readings, struct arena *arena,
                          struct registry_stream *stream);
/* What is out is still heard of, and then dropped; the rest is gone. */
void origin_readings_forget(struct origin_readings *readings);
/* The client is closed. */
void origin_readings_deinit(struct origin_readings *readings);

#endif
