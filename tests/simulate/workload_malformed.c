/* Records that are no command. */
#include <assert.h>
#include <string.h>

#include "tests/simulate/known_ids.h"
#include "tests/simulate/workload_inside.h"
#include "wire/message.h"

enum { ENVELOPE = 5, NO_SUCH_SCHEMA = 4711 };

static const char *const malformed_names[] = {
#define MALFORMED_NAME(name) #name,
    MALFORMEDS(MALFORMED_NAME)
#undef MALFORMED_NAME
};

const char *malformed_name(enum malformed malformed) {
    return malformed_names[malformed];
}

static void put_schema_id(uint8_t *value, int32_t id) {
    for (int i = 0; i < 4; i++) {
        value[1 + i] = (uint8_t)((uint32_t)id >> (24 - 8 * i));
    }
}

static uint32_t random_bytes(struct workload *workload) {
    const uint32_t length = 1 + chance_below(&workload->chance, 60);
    for (uint32_t i = 0; i < length; i++) {
        workload->value[i] = (uint8_t)chance_below(&workload->chance, 256);
    }
    if (chance_permille(&workload->chance, 500)) { /* with the envelope of a command */
        workload->value[0] = 0;
        put_schema_id(
            workload->value,
            workload->setup.emitter->schema_ids[MESSAGE_CERTIFICATES_COMMANDS_TRANSFER_SLICE]);
        return length + ENVELOPE;
    }
    return length;
}

/* An issue's certificate type stands where two issues differ that differ in it. */
static struct bytes bad_enum(struct workload *workload, const struct asked *asked, bool other) {
    struct asked twin = *asked;
    static const struct hope nothing;
    if (asked->type != MESSAGE_CERTIFICATES_COMMANDS_ISSUE_CERTIFICATE) {
        ask_issue(workload, &nothing, &twin);
        twin.body.head.certificate_id = asked->body.head.certificate_id;
    }
    twin.body.issue.certificate_type = MILLRACE_CERTIFICATE_TYPE_PRODUCTION;
    struct bytes value = workload_value(workload, &twin);
    uint8_t *production = arena_take(&workload->arena, value.length);
    memcpy(production, value.data, value.length);
    twin.body.issue.certificate_type = MILLRACE_CERTIFICATE_TYPE_CONSUMPTION;
    value = workload_value(workload, &twin);
    uint32_t at = 0;
    while (production[at] == value.data[at]) {
        at++;
    }
    assert(at < value.length);
    workload->value[at] = other ? 0 : 14; /* symbol 7 */
    return value;
}

/* Where the certificate's id stands as text. */
static uint8_t *find_id(struct workload *workload, const struct asked *asked, uint32_t length) {
    char text[KNOWN_ID_CHARACTERS + 1];
    known_id_text(&asked->body.head.certificate_id, text);
    uint8_t *found = memmem(workload->value, length, text, KNOWN_ID_CHARACTERS);
    assert(found != NULL);
    return found;
}

static void upper_case(uint8_t *text, uint32_t length) {
    for (uint32_t i = 0; i < length; i++) {
        if (text[i] >= 'a' && text[i] <= 'f') {
            text[i] = (uint8_t)(text[i] - 'a' + 'A');
        }
    }
}

/* `requestedBy`, which follows the certificate's id, becomes longer than a reader takes. */
static uint32_t long_text(struct workload *workload, const struct asked *asked, uint32_t length) {
    enum { LONG = 300 };
    uint8_t *at = find_id(workload, asked, length) + KNOWN_ID_CHARACTERS;
    const uint32_t old = asked->body.head.requested_by.length;
    assert(old < 64 && *at == old * 2);
    const uint8_t *rest = at + 1 + old;
    const size_t rest_length = length - (size_t)(rest - workload->value);
    memmove(at + 2 + LONG, rest, rest_length);
    at[0] = (uint8_t)((LONG * 2 & 0x7f) | 0x80);
    at[1] = (uint8_t)(LONG * 2 >> 7);
    memset(at + 2, 'x', LONG);
    return length - old - 1 + 2 + LONG;
}

static struct bytes spoiled_value(struct workload *workload, const struct asked *asked,
                                  enum malformed malformed) {
    if (malformed == MALFORMED_RANDOM) {
        return (struct bytes){workload->value, random_bytes(workload)};
    }
    if (malformed == MALFORMED_ENUM_OTHER || malformed == MALFORMED_ENUM_OUT_OF_RANGE) {
        return bad_enum(workload, asked, malformed == MALFORMED_ENUM_OTHER);
    }
    struct bytes value = workload_value(workload, asked);
    switch ((int)malformed) {
    case MALFORMED_EMPTY:
    case MALFORMED_TOMBSTONE:
        value.length = 0;
        break;
    case MALFORMED_TRUNCATED:
        value.length = 1 + chance_below(&workload->chance, value.length - 1);
        break;
    case MALFORMED_TRAILING:
        workload->value[value.length++] = (uint8_t)chance_below(&workload->chance, 256);
        break;
    case MALFORMED_UNKNOWN_SCHEMA:
        put_schema_id(workload->value, NO_SUCH_SCHEMA);
        break;
    case MALFORMED_ANOTHER_TYPE:
        put_schema_id(
            workload->value,
            workload->setup.emitter->schema_ids[MESSAGE_CERTIFICATES_EVENTS_SLICE_TRANSFERRED]);
        break;
    case MALFORMED_SINGLE_OBJECT:
        workload->value[0] = 0xc3;
        workload->value[1] = 0x01;
        break;
    case MALFORMED_UPPER_CASE_ID:
        upper_case(find_id(workload, asked, value.length), KNOWN_ID_CHARACTERS);
        break;
    case MALFORMED_LONG_TEXT:
        value.length = long_text(workload, asked, value.length);
        break;
    default: /* the value is right */
        break;
    }
    return value;
}

static void spoil_place(struct workload *workload, enum malformed malformed,
                        struct spoiled *spoiled) {
    const int32_t partitions = workload->setup.partitions;
    const struct uuid another = workload_id(workload);
    switch ((int)malformed) {
    case MALFORMED_WRONG_PARTITION:
        spoiled->partition = (spoiled->partition + 1) % partitions;
        break;
    case MALFORMED_NO_KEY:
        spoiled->record.key_null = true;
        spoiled->record.key = (struct bytes){0};
        break;
    case MALFORMED_WRONG_KEY:
        known_id_text(&another, spoiled->key);
        spoiled->partition = known_place(spoiled->record.key, partitions);
        break;
    case MALFORMED_UPPER_CASE_KEY:
        upper_case((uint8_t *)spoiled->key, KNOWN_ID_CHARACTERS);
        spoiled->partition = known_place(spoiled->record.key, partitions);
        break;
    default:
        break;
    }
}

void workload_spoil(struct workload *workload, const struct asked *asked, enum malformed malformed,
                    struct spoiled *spoiled) {
    *spoiled = (struct spoiled){0};
    const struct uuid *id = &asked->body.head.certificate_id;
    known_id_text(id, spoiled->key);
    spoiled->partition = known_place_of(id, workload->setup.partitions);
    spoiled->record.key = (struct bytes){(const uint8_t *)spoiled->key, KNOWN_ID_CHARACTERS};
    spoiled->record.value = spoiled_value(workload, asked, malformed);
    spoiled->record.value_null = malformed == MALFORMED_TOMBSTONE;
    if (malformed == MALFORMED_SCHEMA_IN_HEADER) {
        spoiled->header =
            (struct log_header){text_of("__value_schema_id"), {(const uint8_t *)"\0\0\0\0\5", 5}};
        spoiled->record.headers = &spoiled->header;
        spoiled->record.headers_count = 1;
    }
    spoil_place(workload, malformed, spoiled);
}
