#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "cli/reading.h"
#include "domain/dead_letter_reason.h"
#include "generated/c/message_types.h"
#include "wire/json.h"
#include "wire/rfc3339.h"
#include "wire/utf8.h"

enum {
    BYTES_SHOWN_MAX = 256, /* of a value that cannot be read */
    NAME_BYTES = 256,      /* of a header's name as it is shown, with its NUL */
};

/* Text where it is text, else its bytes in hex. */
static json_t *text_or_hex(struct bytes bytes, uint32_t bytes_max) {
    if (utf8_valid(bytes.data, bytes.length)) {
        return json_stringn((const char *)bytes.data, bytes.length);
    }
    char hex[2 + 2 * BYTES_SHOWN_MAX + 1] = "0x";
    const uint32_t shown = bytes.length < bytes_max ? bytes.length : bytes_max;
    for (uint32_t i = 0; i < shown; i++) {
        (void)snprintf(hex + 2 + (size_t)2 * i, 3, "%02x", bytes.data[i]);
    }
    return json_string(hex);
}

/* A header's name as JSON can hold it: as text, else in hex; a long one is cut, with its length. */
static void shown_name(struct text name, char shown[NAME_BYTES]) {
    const struct bytes bytes = {(const uint8_t *)name.data, name.length};
    if (name.length < NAME_BYTES && utf8_valid(bytes.data, bytes.length)) {
        (void)snprintf(shown, NAME_BYTES, "%.*s", (int)name.length, name.data);
        return;
    }
    int used = snprintf(shown, NAME_BYTES, "(%u bytes) 0x", bytes.length);
    for (uint32_t i = 0; i < bytes.length && used + 2 < NAME_BYTES; i++) {
        used += snprintf(shown + used, (size_t)(NAME_BYTES - used), "%02x", bytes.data[i]);
    }
}

/* An object by name; a name that comes again has a list. */
static json_t *headers_of(const struct log_record *record) {
    json_t *headers = json_object();
    for (uint32_t i = 0; i < record->headers_count; i++) {
        char name[NAME_BYTES];
        shown_name(record->headers[i].name, name);
        json_t *value = text_or_hex(record->headers[i].value, BYTES_SHOWN_MAX);
        json_t *there = json_object_get(headers, name);
        if (there == NULL) {
            json_object_set_new(headers, name, value);
        } else if (json_is_array(there)) {
            json_array_append_new(there, value);
        } else {
            json_object_set_new(headers, name, json_pack("[O, o]", there, value));
        }
    }
    return headers;
}

static json_t *time_of(int64_t time_ms) {
    char text[RFC3339_SIZE];
    return rfc3339_format(time_ms, text) ? json_string(text) : json_null();
}

static json_t *failure_of(const struct read_record *read) {
    const struct wire_failure *failure = &read->failure;
    json_t *object = json_object();
    json_object_set_new(object, "reason", json_string(dead_letter_reason_word(failure->reason)));
    if (failure->field[0] != '\0') {
        json_object_set_new(object, "field", json_string(failure->field));
    }
    json_object_set_new(object, "detail", json_string(failure->text));
    json_object_set_new(object, "length", json_integer(read->record->value.length));
    if (read->record->value.length > 0) {
        json_object_set_new(object, "bytes", text_or_hex(read->record->value, BYTES_SHOWN_MAX));
    }
    return object;
}

json_t *reading_view(const struct read_record *read) {
    assert(read != NULL && read->record != NULL);
    const struct log_record *record = read->record;
    json_t *view = json_object();
    json_object_set_new(view, "topic", json_string(record->topic));
    json_object_set_new(view, "partition", json_integer(record->partition));
    json_object_set_new(view, "offset", json_integer(record->offset));
    json_object_set_new(view, "time", time_of(record->timestamp_ms));
    json_object_set_new(view, "key",
                        record->key_null ? json_null() : text_or_hex(record->key, BYTES_SHOWN_MAX));
    json_object_set_new(view, "headers", headers_of(record));
    if (read->readable) {
        const struct message_type_entry *type = &message_types[read->message.type];
        json_object_set_new(view, "type", json_string(type->full_name));
        json_object_set_new(view, "message", json_from_struct(type->record, read->message.body));
    } else if (record->value_null && record->value.length == 0) {
        json_object_set_new(view, "type", json_null());
        json_object_set_new(view, "message", json_null());
    } else {
        json_object_set_new(view, "type", json_null());
        json_object_set_new(view, "unreadable", failure_of(read));
    }
    return view;
}
