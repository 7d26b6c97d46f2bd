#include "tests/support/contract_value.h"

#include <criterion/criterion.h>
#include <string.h>

#include "generated/project_origin/chronicler.pb-c.h"
#include "generated/project_origin/common.pb-c.h"
#include "generated/project_origin/electricity.pb-c.h"
#include "generated/project_origin/google/protobuf/timestamp.pb-c.h"
#include "generated/project_origin/registry.pb-c.h"
#include "generated/project_origin/verifier.pb-c.h"
#include "tests/support/vectors.h"

static const ProtobufCMessageDescriptor *const descriptors[] = {
    &google__protobuf__timestamp__descriptor,
    &project_origin__chronicler__v1__claim_intent__descriptor,
    &project_origin__chronicler__v1__claim_intent_request__descriptor,
    &project_origin__chronicler__v1__claim_intent_response__descriptor,
    &project_origin__common__v1__federated_stream_id__descriptor,
    &project_origin__common__v1__uuid__descriptor,
    &project_origin__electricity__v1__allocated_event__descriptor,
    &project_origin__electricity__v1__attribute__descriptor,
    &project_origin__electricity__v1__claimed_event__descriptor,
    &project_origin__electricity__v1__commitment__descriptor,
    &project_origin__electricity__v1__commitment_publication__descriptor,
    &project_origin__electricity__v1__date_interval__descriptor,
    &project_origin__electricity__v1__issued_event__descriptor,
    &project_origin__electricity__v1__public_key__descriptor,
    &project_origin__electricity__v1__sliced_event__descriptor,
    &project_origin__electricity__v1__sliced_event__slice__descriptor,
    &project_origin__electricity__v1__transferred_event__descriptor,
    &project_origin__electricity__v1__unclaimed_event__descriptor,
    &project_origin__electricity__v1__withdrawn_event__descriptor,
    &project_origin__registry__v1__block__descriptor,
    &project_origin__registry__v1__block_header__descriptor,
    &project_origin__registry__v1__block_publication__concordium__descriptor,
    &project_origin__registry__v1__block_publication__descriptor,
    &project_origin__registry__v1__block_publication__log_entry__descriptor,
    &project_origin__registry__v1__get_block_transactions_request__descriptor,
    &project_origin__registry__v1__get_block_transactions_response__descriptor,
    &project_origin__registry__v1__get_blocks_request__descriptor,
    &project_origin__registry__v1__get_blocks_response__descriptor,
    &project_origin__registry__v1__get_stream_transactions_request__descriptor,
    &project_origin__registry__v1__get_stream_transactions_response__descriptor,
    &project_origin__registry__v1__get_transaction_proof_request__descriptor,
    &project_origin__registry__v1__get_transaction_proof_response__descriptor,
    &project_origin__registry__v1__get_transaction_status_request__descriptor,
    &project_origin__registry__v1__get_transaction_status_response__descriptor,
    &project_origin__registry__v1__merkle_proof__descriptor,
    &project_origin__registry__v1__send_transactions_request__descriptor,
    &project_origin__registry__v1__submit_transaction_response__descriptor,
    &project_origin__registry__v1__transaction__descriptor,
    &project_origin__registry__v1__transaction_header__descriptor,
    &project_origin__verifier__v1__verify_transaction_request__descriptor,
    &project_origin__verifier__v1__verify_transaction_response__descriptor,
    NULL,
};

uint32_t contract_descriptors_count(void) {
    uint32_t count = 0;
    while (descriptors[count] != NULL) {
        count++;
    }
    return count;
}

const ProtobufCMessageDescriptor *contract_descriptor(const char *full_name) {
    for (uint32_t i = 0; descriptors[i] != NULL; i++) {
        if (strcmp(descriptors[i]->name, full_name) == 0) {
            return descriptors[i];
        }
    }
    return NULL;
}

/* Bytes that an item of a field takes in its message, or in its array. */
static size_t item_size(ProtobufCType type) {
    switch (type) {
    case PROTOBUF_C_TYPE_INT64:
        return sizeof(int64_t);
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_ENUM:
        return sizeof(int32_t);
    case PROTOBUF_C_TYPE_BOOL:
        return sizeof(protobuf_c_boolean);
    case PROTOBUF_C_TYPE_BYTES:
        return sizeof(ProtobufCBinaryData);
    default:
        cr_assert(type == PROTOBUF_C_TYPE_STRING || type == PROTOBUF_C_TYPE_MESSAGE,
                  "the contract has no fields of type %d", (int)type);
        return sizeof(void *);
    }
}

static void set_item(const ProtobufCFieldDescriptor *field, const json_t *value, void *item,
                     struct arena *arena) {
    cr_assert_not_null(value);
    if (field->type == PROTOBUF_C_TYPE_MESSAGE) {
        *(ProtobufCMessage **)item = contract_value(field->descriptor, value, arena);
    } else if (field->type == PROTOBUF_C_TYPE_STRING) {
        cr_assert(json_is_string(value), "%s", field->name);
        char *text = arena_take(arena, json_string_length(value) + 1);
        memcpy(text, json_string_value(value), json_string_length(value));
        *(char **)item = text;
    } else if (field->type == PROTOBUF_C_TYPE_BYTES) {
        cr_assert(json_is_string(value), "%s", field->name);
        const struct bytes bytes = vectors_hex(json_string_value(value), arena);
        *(ProtobufCBinaryData *)item =
            (ProtobufCBinaryData){.data = (uint8_t *)bytes.data, .len = bytes.length};
    } else if (field->type == PROTOBUF_C_TYPE_BOOL) {
        cr_assert(json_is_boolean(value), "%s", field->name);
        *(protobuf_c_boolean *)item = json_is_true(value);
    } else {
        cr_assert(json_is_integer(value), "%s", field->name);
        const json_int_t number = json_integer_value(value);
        memcpy(item, &number, item_size(field->type)); /* the lower half comes first */
    }
}

static void set_field(const ProtobufCFieldDescriptor *field, const json_t *value,
                      ProtobufCMessage *message, struct arena *arena) {
    uint8_t *const base = (uint8_t *)message;
    if (field->label != PROTOBUF_C_LABEL_REPEATED) {
        set_item(field, value, base + field->offset, arena);
        if ((field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0) {
            *(uint32_t *)(void *)(base + field->quantifier_offset) = field->id;
        }
        return;
    }
    cr_assert(json_is_array(value), "%s", field->name);
    const size_t count = json_array_size(value);
    uint8_t *items = arena_take(arena, count * item_size(field->type) + 1);
    for (size_t i = 0; i < count; i++) {
        set_item(field, json_array_get(value, i), items + i * item_size(field->type), arena);
    }
    *(void **)(void *)(base + field->offset) = items;
    *(size_t *)(void *)(base + field->quantifier_offset) = count;
}

ProtobufCMessage *contract_value(const ProtobufCMessageDescriptor *descriptor, const json_t *value,
                                 struct arena *arena) {
    cr_assert(json_is_object(value), "%s", descriptor->name);
    ProtobufCMessage *message = arena_take(arena, descriptor->sizeof_message);
    protobuf_c_message_init(descriptor, message);
    void *at;
    for (at = json_object_iter((json_t *)value); at != NULL;
         at = json_object_iter_next((json_t *)value, at)) {
        const ProtobufCFieldDescriptor *field =
            protobuf_c_message_descriptor_get_field_by_name(descriptor, json_object_iter_key(at));
        cr_assert_not_null(field, "%s has no %s", descriptor->name, json_object_iter_key(at));
        set_field(field, json_object_iter_value(at), message, arena);
    }
    return message;
}
