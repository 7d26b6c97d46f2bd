#include "wire/decode.h"

#include "domain/uuid.h"
#include "wire/field_path.h"
#include "wire/utf8.h"

struct decoding {
    struct reader reader;
    struct arena *arena;
    struct decode_error *error;
};

static bool run(struct decoding *decoding, const struct plan_node *node, uint8_t *body);

static bool fail(struct decoding *decoding, enum decode_reason reason) {
    decoding->error->reason = reason;
    return false;
}

/* The children of a record in turn; the path of an error is put together only when there is one. */
static bool run_children(struct decoding *decoding, const struct plan_node *node, uint8_t *body) {
    for (uint32_t i = 0; i < node->count; i++) {
        const struct plan_node *child = &node->children[i];
        if (!run(decoding, child, body)) {
            if (child->name != NULL) {
                field_path_within(decoding->error->field, DECODE_FIELD_MAX, child->name);
            }
            return false;
        }
    }
    return true;
}

static bool run_record(struct decoding *decoding, const struct plan_node *node, uint8_t *body) {
    uint8_t *record = body + node->offset;
    if (node->by_pointer) {
        record = arena_try(decoding->arena, node->size);
        if (record == NULL) {
            return fail(decoding, DECODE_ARENA);
        }
        memcpy(body + node->offset, &record, sizeof record);
    }
    return run_children(decoding, node, record);
}

/* Items that were read so far, and for how many there is room. */
struct items {
    uint8_t *data;
    uint32_t count;
    uint32_t capacity;
};

/* Room for a block. Nearly all writers write one block; for many small ones the room doubles. */
static bool items_grow(struct decoding *decoding, const struct plan_node *node, uint32_t more,
                       struct items *items) {
    const uint32_t needed = items->count + more;
    if (needed <= items->capacity) {
        return true;
    }
    uint32_t capacity = items->capacity * 2 > needed ? items->capacity * 2 : needed;
    capacity = capacity < node->length_max ? capacity : node->length_max;
    uint8_t *data = arena_try(decoding->arena, (size_t)capacity * node->size);
    if (data == NULL) {
        return fail(decoding, DECODE_ARENA);
    }
    if (items->count > 0) {
        memcpy(data, items->data, (size_t)items->count * node->size);
    }
    items->data = data;
    items->capacity = capacity;
    return true;
}

static bool run_item(struct decoding *decoding, const struct plan_node *item, uint8_t *data,
                     uint32_t index) {
    if (!run(decoding, item, data)) {
        field_path_at(decoding->error->field, DECODE_FIELD_MAX, index);
        return false;
    }
    return true;
}

/* A count is believed only as far as our limit and, where items take bytes, the input allow. */
static bool run_array(struct decoding *decoding, const struct plan_node *node, uint8_t *body) {
    const struct plan_node *item = node->children;
    struct items items = {0};
    for (;;) {
        struct reader_block block;
        const enum decode_reason reason = reader_block(&decoding->reader, &block);
        if (reason != DECODE_OK) {
            return fail(decoding, reason);
        }
        if (block.count == 0) {
            break;
        }
        if (!item->empty && block.count > reader_left(&decoding->reader)) {
            return fail(decoding, DECODE_TRUNCATED);
        }
        if (block.count > node->length_max - items.count) {
            return fail(decoding, DECODE_TOO_MANY);
        }
        if (!items_grow(decoding, node, (uint32_t)block.count, &items)) {
            return false;
        }
        for (uint64_t i = 0; i < block.count; i++) {
            uint8_t *data = items.data + (size_t)items.count * node->size;
            if (!run_item(decoding, item, data, items.count)) {
                return false;
            }
            items.count++;
        }
        if (block.sized && decoding->reader.at != block.end) {
            return fail(decoding, DECODE_BLOCK);
        }
    }
    memcpy(body + node->offset, &items.data, sizeof items.data);
    memcpy(body + node->count_offset, &items.count, sizeof items.count);
    return true;
}

/* Items without bytes are not walked: their count may be anything. All others take at least one
 * byte each, so the input bounds the walk. */
static bool skip_blocks(struct decoding *decoding, const struct plan_node *node, uint8_t *body) {
    const struct plan_node *item = node->children;
    const bool map = node->op == PLAN_SKIP_MAP;
    for (;;) {
        struct reader_block block;
        const enum decode_reason reason = reader_block(&decoding->reader, &block);
        if (reason != DECODE_OK) {
            return fail(decoding, reason);
        }
        if (block.count == 0) {
            return true;
        }
        for (uint64_t i = 0; i < block.count && (map || !item->empty); i++) {
            static const struct plan_node key = {.op = PLAN_SKIP_BYTES};
            if ((map && !run(decoding, &key, body)) || !run(decoding, item, body)) {
                return false;
            }
        }
        if (block.sized && decoding->reader.at != block.end) {
            return fail(decoding, DECODE_BLOCK);
        }
    }
}

static bool run_union(struct decoding *decoding, const struct plan_node *node, uint8_t *body) {
    int64_t branch;
    const enum decode_reason reason = reader_long(&decoding->reader, &branch);
    if (reason != DECODE_OK) {
        return fail(decoding, reason);
    }
    if (branch < 0 || branch >= (int64_t)node->count) {
        return fail(decoding, DECODE_UNION);
    }
    return run(decoding, &node->children[branch], body);
}

/* The default is written in our own schema: the same interpreter reads it from static memory. */
static bool run_default(struct decoding *decoding, const struct plan_node *node, uint8_t *body) {
    const struct bytes bytes = node->default_avro;
    struct decoding own = {.reader = {.at = bytes.data, .end = bytes.data + bytes.length},
                           .arena = decoding->arena,
                           .error = decoding->error};
    return run(&own, node->children, body);
}

static enum decode_reason read_enum(struct reader *reader, const struct plan_node *node,
                                    uint8_t *value) {
    int64_t index;
    const enum decode_reason reason = reader_long(reader, &index);
    if (reason != DECODE_OK) {
        return reason;
    }
    if (index < 0 || index >= (int64_t)node->count) {
        return DECODE_ENUM;
    }
    if (value != NULL) {
        memcpy(value, &node->symbols[index], sizeof node->symbols[index]);
    }
    return DECODE_OK;
}

static enum decode_reason read_text(struct reader *reader, const struct plan_node *node,
                                    uint8_t *value) {
    const uint8_t *data;
    uint32_t length;
    const enum decode_reason reason = reader_bytes(reader, node->length_max, &data, &length);
    if (reason != DECODE_OK) {
        return reason;
    }
    if (node->op == PLAN_STRING) {
        const struct text text = {.data = (const char *)data, .length = length};
        if (!utf8_valid(data, length)) {
            return DECODE_UTF8;
        }
        memcpy(value, &text, sizeof text);
        return DECODE_OK;
    }
    const struct bytes bytes = {.data = data, .length = length};
    memcpy(value, &bytes, sizeof bytes);
    return DECODE_OK;
}

/* Why a text is no UUID of ours: a producer who writes upper case is told so. */
static enum decode_reason uuid_text_reason(const uint8_t *data, uint32_t length) {
    char lower[UUID_CHARACTERS];
    if (length != sizeof lower) {
        return DECODE_UUID;
    }
    for (uint32_t i = 0; i < length; i++) {
        lower[i] = (char)(data[i] >= 'A' && data[i] <= 'F' ? data[i] - 'A' + 'a' : data[i]);
    }
    struct uuid uuid;
    return uuid_from_text((struct text){.data = lower, .length = sizeof lower}, &uuid)
               ? DECODE_UUID_NOT_CANONICAL
               : DECODE_UUID;
}

static enum decode_reason read_uuid(struct reader *reader, uint8_t *value) {
    const uint8_t *data;
    uint32_t length;
    const enum decode_reason reason = reader_bytes(reader, UINT32_MAX, &data, &length);
    if (reason != DECODE_OK) {
        return reason;
    }
    struct uuid uuid;
    if (!uuid_from_text((struct text){.data = (const char *)data, .length = length}, &uuid)) {
        return uuid_text_reason(data, length);
    }
    memcpy(value, &uuid, sizeof uuid);
    return DECODE_OK;
}

static enum decode_reason read_number(struct reader *reader, const struct plan_node *node,
                                      uint8_t *value) {
    bool flag;
    int32_t small;
    int64_t large;
    enum decode_reason reason;
    if (node->op == PLAN_BOOLEAN) {
        reason = reader_boolean(reader, &flag);
        if (reason == DECODE_OK) {
            memcpy(value, &flag, sizeof flag);
        }
        return reason;
    }
    if (node->op == PLAN_INT) {
        reason = reader_int(reader, &small);
        if (reason == DECODE_OK) {
            memcpy(value, &small, sizeof small);
        }
        return reason;
    }
    assert(node->op == PLAN_LONG);
    reason = reader_long(reader, &large);
    if (reason == DECODE_OK) {
        memcpy(value, &large, sizeof large);
    }
    return reason;
}

static enum decode_reason skip_plain(struct reader *reader, const struct plan_node *node) {
    bool flag;
    int64_t number;
    const uint8_t *data;
    uint32_t length;
    switch (node->op) {
    case PLAN_SKIP_BOOLEAN:
        return reader_boolean(reader, &flag);
    case PLAN_SKIP_LONG:
        return reader_long(reader, &number);
    case PLAN_SKIP_FIXED:
        return reader_fixed(reader, node->count, &data);
    case PLAN_SKIP_ENUM:
        return read_enum(reader, node, NULL);
    default:
        assert(node->op == PLAN_SKIP_BYTES);
        return reader_bytes(reader, UINT32_MAX, &data, &length);
    }
}

/* A value that holds no others. */
static bool run_plain(struct decoding *decoding, const struct plan_node *node, uint8_t *body) {
    struct reader *reader = &decoding->reader;
    enum decode_reason reason;
    switch (node->op) {
    case PLAN_BOOLEAN:
    case PLAN_INT:
    case PLAN_LONG:
        reason = read_number(reader, node, body + node->offset);
        break;
    case PLAN_STRING:
    case PLAN_BYTES:
        reason = read_text(reader, node, body + node->offset);
        break;
    case PLAN_UUID:
        reason = read_uuid(reader, body + node->offset);
        break;
    case PLAN_ENUM:
        reason = read_enum(reader, node, body + node->offset);
        break;
    default:
        reason = skip_plain(reader, node);
        break;
    }
    return reason == DECODE_OK || fail(decoding, reason);
}

static bool run_value(struct decoding *decoding, const struct plan_node *node, uint8_t *body) {
    switch (node->op) {
    case PLAN_RECORD:
        return run_record(decoding, node, body);
    case PLAN_ARRAY:
        return run_array(decoding, node, body);
    case PLAN_UNION:
        return run_union(decoding, node, body);
    case PLAN_NULL: /* the struct is zeroed */
        return true;
    case PLAN_UNREADABLE:
        return fail(decoding, DECODE_UNION_UNREADABLE);
    case PLAN_DEFAULT:
        return run_default(decoding, node, body);
    case PLAN_SKIP_RECORD:
        return run_children(decoding, node, body);
    case PLAN_SKIP_ARRAY:
    case PLAN_SKIP_MAP:
        return skip_blocks(decoding, node, body);
    default:
        return run_plain(decoding, node, body);
    }
}

static bool run(struct decoding *decoding, const struct plan_node *node, uint8_t *body) {
    if (!run_value(decoding, node, body)) {
        return false;
    }
    if (node->has_presence) {
        static const bool present = true;
        memcpy(body + node->presence_offset, &present, sizeof present);
    }
    return true;
}

bool decode(const struct plan *plan, struct bytes input, struct arena *arena, void **body,
            struct decode_error *error) {
    assert(plan != NULL && arena != NULL);
    assert(body != NULL && error != NULL);
    static const uint8_t nothing[1];
    const uint8_t *data = input.length == 0 ? nothing : input.data;
    struct decoding decoding = {
        .reader = {.at = data, .end = data + input.length}, .arena = arena, .error = error};
    *error = (struct decode_error){.reason = DECODE_OK};
    *body = arena_try(arena, plan->record->size);
    if (*body == NULL) {
        return fail(&decoding, DECODE_ARENA);
    }
    if (!run(&decoding, plan->root, *body)) {
        assert(error->reason != DECODE_OK);
        return false;
    }
    if (reader_left(&decoding.reader) > 0) {
        return fail(&decoding, DECODE_TRAILING);
    }
    return true;
}
