/* Makes a message that can be sent out of what was typed: fields, or JSON. */
#ifndef MILLRACE_CLI_COMPOSE_H
#define MILLRACE_CLI_COMPOSE_H

#include <jansson.h>
#include <stdint.h>

#include "domain/arena.h"
#include "domain/values.h"
#include "generated/c/message_types.h"
#include "ports/error.h"
#include "ports/ids.h"

enum { COMPOSE_SLICES_MAX = 100 };

struct composed {
    enum message_type type;
    const void *body; /* in the arena */
    struct uuid id;   /* of the message */
    struct uuid certificate_id;
    struct uuid slices[COMPOSE_SLICES_MAX]; /* ids of the slices that it makes, if it is applied */
    uint32_t slices_count;
};

/* A type that may be sent by hand: a command or an operation. INVALID: names the nearest one. */
enum result compose_type(const char *name, enum message_type *type, struct error *error);

/* Fill in what was left out (metadata; the certificate's id of an issue), check everything against
 * the schema and its limits. `object` is changed: afterwards it is the whole message. */
enum result compose(enum message_type type, json_t *object, int64_t now_ms, const struct ids *ids,
                    struct arena *arena, struct composed *composed, struct error *error);

#endif
