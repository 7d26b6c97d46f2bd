/* One turn: everything staged between two commits; all of it happens, or nothing. */
#ifndef MILLRACE_LOOP_TURN_H
#define MILLRACE_LOOP_TURN_H

#include <stdbool.h>
#include <stdint.h>

#include "domain/arena.h"
#include "domain/values.h"
#include "generated/c/message_types.h"
#include "metrics/table.h"
#include "ports/error.h"
#include "ports/log.h"

struct turn;

/* What the handling of one message may take of the turn at most. Taking more is a bug. */
enum {
    TURN_HANDLING_BYTES_MAX = 16 << 20, /* of the arena: decoded, staged and encoded */
    TURN_HANDLING_RECORDS_MAX = 1024,   /* staged for the log */
    TURN_HANDLING_WRITES_MAX = 1024,    /* keys put or removed */
};

/* Wall clock of this turn: for the timestamps of messages only. */
int64_t turn_wall_ms(const struct turn *turn);
/* Monotonic clock of this turn: for every deadline. */
int64_t turn_monotonic_ms(const struct turn *turn);
/* Scratch memory: what a call of `handle`, `tick` or `drain` took lives until the turn is committed
 * or dropped; if that call staged nothing, only until it returns. */
struct arena *turn_arena(struct turn *turn);
/* False when the turn holds so much that no further work should be begun in it. While it is true
 * there is room for the handling of any one message: TURN_HANDLING_* above. */
bool turn_has_room(const struct turn *turn);

/* The newest value of a key: staged in this turn, else the store's. NOT_FOUND is a result. The
 * value lives until the turn ends. While a lane restores, what the store has; nothing staged. */
enum result turn_get(struct turn *turn, uint32_t table, struct bytes key, struct bytes *value,
                     struct error *error);
/* Remember a value for the store: visible to `turn_get` at once, in the store after the commit.
 * Key and value are copied. */
void turn_put(struct turn *turn, uint32_t table, struct bytes key, struct bytes value);

/* Forget a key: NOT_FOUND for `turn_get` at once, gone from the store after the commit. */
void turn_remove(struct turn *turn, uint32_t table, struct bytes key);

/* Visit every entry of a table as the store holds it (nothing staged); for `started`. */
enum result turn_each(struct turn *turn, uint32_t table,
                      bool (*visit)(void *context, struct bytes key, struct bytes value),
                      void *context, struct error *error);

/* Of a trace header, as much as W3C says that everybody has to pass on. A larger one is dropped:
 * what is written because of a record must not become too large to be written by its headers. */
enum { TRACE_BYTES_MAX = 8192 };

/* The trace headers of a record, passed on to what it causes and never used for logic. */
struct trace {
    struct text traceparent; /* empty: none; likewise the others */
    struct text tracestate;
    struct text baggage;
};
struct trace trace_of(const struct log_record *record);
/* One header; whatever is none of these is passed over. The value is referred to. */
void trace_take(struct trace *trace, struct text name, struct text value);

/* Stage a message of ours: encoded with its registered schema, with the headers of its topic's
 * kind. `key` is the aggregate's id. Everything is copied. The encoded record value (wire format)
 * is returned and lives until the turn ends: it is what a changelog's table holds. */
struct bytes turn_emit(struct turn *turn, uint32_t output, const struct uuid *key,
                       enum message_type type, const void *body, const struct trace *trace);

/* Stage a copy of a record that cannot be worked on, with the reasons in its headers. */
struct dead_letter {
    const char *reason;            /* a word of the closed list, kebab-case */
    const char *type;              /* full name of the record, or NULL: could not be read */
    const char *field;             /* path of the field, or NULL */
    const char *message;           /* a sentence for a person */
    const struct uuid *command_id; /* NULL: could not be read */
    bool schema_id_known;
    int32_t schema_id;
};
void turn_dead_letter(struct turn *turn, uint32_t output, const struct log_record *record,
                      const struct dead_letter *letter);

/* Count something that is staged here: it counts when the turn is committed. As in
 * metrics/counts.h. */
void turn_count(struct turn *turn, enum metric metric, uint32_t first, uint32_t second);
void turn_observe(struct turn *turn, enum metric metric, int64_t ms);

#endif
