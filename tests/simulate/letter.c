#include "tests/simulate/letter.h"

static struct text header_of(const struct log_record *record, const char *name) {
    for (uint32_t i = 0; i < record->headers_count; i++) {
        if (text_equal(record->headers[i].name, text_of(name))) {
            const struct bytes value = record->headers[i].value;
            return (struct text){(const char *)value.data, value.length};
        }
    }
    return (struct text){"", 0};
}

static int64_t number_of(struct text digits) {
    int64_t number = digits.length == 0 ? -1 : 0;
    for (uint32_t i = 0; i < digits.length; i++) {
        if (digits.data[i] < '0' || digits.data[i] > '9') {
            return -1;
        }
        number = number * 10 + (digits.data[i] - '0');
    }
    return number;
}

struct letter letter_read(const struct log_record *record) {
    return (struct letter){
        .topic = header_of(record, "__streams.errors.topic"),
        .partition = number_of(header_of(record, "__streams.errors.partition")),
        .offset = number_of(header_of(record, "__streams.errors.offset")),
        .reason = header_of(record, "millrace.reason"),
    };
}
