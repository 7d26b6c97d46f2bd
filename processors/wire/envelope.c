#include "wire/envelope.h"

#include <assert.h>

enum envelope_kind envelope_read(struct bytes value, uint32_t *schema_id, struct bytes *payload) {
    assert(schema_id != NULL && payload != NULL);
    if (value.length == 0) {
        return ENVELOPE_EMPTY;
    }
    const uint8_t *at = value.data;
    if (value.length >= 2 && at[0] == 0xc3 && at[1] == 0x01) {
        return ENVELOPE_SINGLE_OBJECT;
    }
    if (value.length < ENVELOPE_BYTES || at[0] != 0x00) {
        return ENVELOPE_FOREIGN;
    }
    *schema_id =
        (uint32_t)at[1] << 24 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 8 | (uint32_t)at[4];
    *payload = (struct bytes){.data = at + ENVELOPE_BYTES, .length = value.length - ENVELOPE_BYTES};
    return ENVELOPE_CONFLUENT;
}

void envelope_write(int32_t schema_id, uint8_t head[ENVELOPE_BYTES]) {
    assert(schema_id > 0);
    const uint32_t id = (uint32_t)schema_id;
    head[0] = 0x00;
    head[1] = (uint8_t)(id >> 24);
    head[2] = (uint8_t)(id >> 16);
    head[3] = (uint8_t)(id >> 8);
    head[4] = (uint8_t)id;
}

bool envelope_header_has_schema_id(struct text name) {
    return text_equal(name, text_of("__value_schema_id"));
}
