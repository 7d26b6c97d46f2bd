/* The one interpreter that turns a message's bytes into a struct by following a plan. */
#ifndef MILLRACE_WIRE_DECODE_H
#define MILLRACE_WIRE_DECODE_H

#include "domain/arena.h"
#include "wire/plan.h"
#include "wire/reader.h"

enum { DECODE_FIELD_MAX = 128 }; /* bytes of a field's path, NUL included */

/* What is wrong with a message, and with which field: "metadata.id", "parts[3].owner". */
struct decode_error {
    enum decode_reason reason;
    char field[DECODE_FIELD_MAX]; /* empty: the record as a whole */
};

/* Decode one record. `*body` is a struct of `plan->record` in the arena. Text and bytes in it point
 * into `input`, or into static memory where they are defaults: the input must live as long as the
 * struct. When false is returned `*body` holds what was read before the error, zeros elsewhere
 * (NULL: not even the struct had room). */
bool decode(const struct plan *plan, struct bytes input, struct arena *arena, void **body,
            struct decode_error *error);

/* Find an enum that holds its default, `Other`: a value that we do not know. True: there is one,
 * `field` is the path of the first. */
bool decode_find_other(const struct record_descriptor *record, const void *body,
                       char field[DECODE_FIELD_MAX]);

#endif
