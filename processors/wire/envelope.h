/* The Confluent wire format: 0x00, the schema id in 4 bytes, then the Avro bytes. */
#ifndef MILLRACE_WIRE_ENVELOPE_H
#define MILLRACE_WIRE_ENVELOPE_H

#include <stdbool.h>
#include <stdint.h>

#include "domain/values.h"

enum { ENVELOPE_BYTES = 5 };

enum envelope_kind {
    ENVELOPE_CONFLUENT,
    ENVELOPE_EMPTY,
    ENVELOPE_SINGLE_OBJECT, /* Avro's own framing, C3 01 */
    ENVELOPE_FOREIGN,       /* anything else */
};

/* For CONFLUENT sets the id and what follows it, which may be empty. */
enum envelope_kind envelope_read(struct bytes value, uint32_t *schema_id, struct bytes *payload);

void envelope_write(int32_t schema_id, uint8_t head[ENVELOPE_BYTES]);

/* Does a header of this name carry the schema id, as newer serialisers can be told to do? */
bool envelope_header_has_schema_id(struct text name);

#endif
