#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/verify/hash.h"
#include "cli/verify/state.h"

/* A place as an id, so that it can be looked up like one. */
static struct uuid id_of_place(struct text topic, int64_t partition, int64_t offset) {
    struct uuid id;
    const uint32_t parts[2] = {hash_text(0, topic), (uint32_t)partition};
    memcpy(id.bytes, parts, sizeof parts);
    memcpy(id.bytes + sizeof parts, &offset, sizeof offset);
    return id;
}

static struct text header_text(const struct log_record *record, const char *name) {
    for (uint32_t i = 0; i < record->headers_count; i++) {
        const struct log_header *header = &record->headers[i];
        if (text_equal(header->name, text_of(name))) {
            return (struct text){.data = (const char *)header->value.data,
                                 .length = header->value.length};
        }
    }
    return (struct text){.data = "", .length = 0};
}

static bool header_number(const struct log_record *record, const char *name, int64_t *number) {
    char digits[24];
    const struct text text = header_text(record, name);
    if (text.length == 0 || text.length >= sizeof digits) {
        return false;
    }
    memcpy(digits, text.data, text.length);
    digits[text.length] = '\0';
    char *end = NULL;
    *number = strtoll(digits, &end, 10);
    return *end == '\0';
}

void verify_letters_take(struct verify *verify, const struct verify_record *record) {
    const struct text topic = header_text(record->record, "__streams.errors.topic");
    int64_t partition;
    int64_t offset;
    verify->report.counts.dead_letters++;
    if (topic.length == 0 || topic.length > 255 ||
        !header_number(record->record, "__streams.errors.partition", &partition) ||
        !header_number(record->record, "__streams.errors.offset", &offset)) {
        const struct verify_place place = verify_place_of(record->record);
        verify_breach(verify, &place, "this dead letter does not say where it comes from");
        return;
    }
    const struct uuid id = id_of_place(topic, partition, offset);
    /* More than once where a group's offsets were lost: what cannot be read then has no other trace
     * by which it could be known again. */
    (void)uuid_map_take(&verify->letters, &id);
}

bool verify_letters_have(const struct verify *verify, const struct log_record *record) {
    const struct uuid id = id_of_place(text_of(record->topic), record->partition, record->offset);
    return uuid_map_find(&verify->letters, &id) != NULL;
}
