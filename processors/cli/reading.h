/* Reads topics and decodes what is in them: what every verb that looks at messages works with. */
#ifndef MILLRACE_CLI_READING_H
#define MILLRACE_CLI_READING_H

#include <jansson.h>
#include <stdbool.h>

#include "cli/connections.h"
#include "cli/invocation.h"
#include "domain/arena.h"
#include "domain/message.h"
#include "outside/kafka/kafka_reader.h"
#include "ports/log.h"
#include "wire/message.h"
#include "wire/schema_cache.h"

enum { READING_TIMEOUT_MS = 30 * 1000 }; /* until Kafka has answered */

/* Large; must not move. */
struct reading {
    struct connection connection;
    struct schema_registry *registry;
    struct schemas schemas;
    struct schema_cache *cache;
    struct arena arena; /* of the message that was decoded last */
};

/* A record and what it holds; all of it lives until the next call of `reading_*`. */
struct read_record {
    const struct log_record *record;
    bool readable;
    struct message message;      /* readable only */
    struct wire_failure failure; /* else */
};

/* What cannot be opened ends the program with a reason. */
void reading_open(const struct invocation *invocation, struct reading *reading);
void reading_close(struct reading *reading);

/* Decode a record that was read from anywhere. A schema registry that is away ends the program: a
 * tool that shows half of it would mislead. */
void reading_decode(struct reading *reading, const struct log_record *record,
                    struct read_record *read);

/* Give every record of a plan to `visit` until it returns false or the plan's end is reached.
 * Trouble ends the program with a reason; so does a topic that is not there, as not found. */
void reading_each(struct reading *reading, const struct kafka_reader_plan *plan,
                  bool (*visit)(void *context, const struct read_record *read), void *context);

/* The same, but for a topic or partition that is not there: NOT_FOUND, and nothing was visited. */
enum result reading_try(struct reading *reading, const struct kafka_reader_plan *plan,
                        bool (*visit)(void *context, const struct read_record *read), void *context,
                        struct error *error);

/* A record as JSON: where it lies, its key, headers and type, and "message", or "unreadable" with
 * the reason and the start of its bytes. A new reference. */
json_t *reading_view(const struct read_record *read);

/* A header's value; length 0: there is none of this name. */
struct text reading_header(const struct log_record *record, const char *name);

#endif
