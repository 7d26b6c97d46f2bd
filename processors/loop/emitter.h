/* What every record of one process has in common: who writes, and with which schemas. */
#ifndef MILLRACE_LOOP_EMITTER_H
#define MILLRACE_LOOP_EMITTER_H

#include <stdint.h>

#include "generated/c/message_types.h"

enum {
    DEAD_LETTER_CUT_BYTES = 64 << 10, /* of the value, where a whole copy does not fit */
    SCHEMA_ID_NONE = -1,
};

struct emitter {
    const char
        *application; /* "millrace.certificates": who writes, in the headers of dead letters */
    /* Id at the schema registry of each type that is written; SCHEMA_ID_NONE for the others. */
    int32_t schema_ids[MESSAGE_TYPES_COUNT];
    uint32_t dead_letter_bytes_max; /* of a whole record, as the topic of dead letters takes it */
};

#endif
