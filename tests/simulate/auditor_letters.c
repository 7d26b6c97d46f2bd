/* Dead letters: one for each record that is none to be worked on, and for no other. */
#include <stdlib.h>

#include "tests/simulate/auditor_inside.h"

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

static void visit_letter(void *context, const struct log_record *record) {
    struct audit *audit = context;
    const struct text topic = header_of(record, "__streams.errors.topic");
    const int64_t partition = number_of(header_of(record, "__streams.errors.partition"));
    const int64_t offset = number_of(header_of(record, "__streams.errors.offset"));
    const struct text reason = header_of(record, "millrace.reason");
    if (text_equal(topic, text_of("registry.operations"))) {
        return; /* the operator's own, who never writes what cannot be read */
    }
    struct audit_letter *letter = audit->letters;
    while (letter != NULL && !(text_equal(topic, text_of(letter->topic)) &&
                               letter->partition == partition && letter->offset == offset)) {
        letter = letter->next;
    }
    const char *wrong = NULL;
    if (letter == NULL) {
        wrong = "that record is none that must be dead";
    } else if (letter->seen++ >= audit->setup->readings) {
        wrong = "no further one for that record";
    } else if (!text_equal(reason, text_of(letter->reason))) {
        wrong = letter->reason;
    } else if (!bytes_equal(record->value, letter->value) ||
               !bytes_equal(record->key, letter->key) || record->value_null != letter->value_null) {
        wrong = "another key or value than that record's";
    }
    if (wrong != NULL) {
        audit_violation(audit, "dead-letter", NULL, NULL, NULL,
                        "dead-letters/%d@%lld of %.*s/%lld@%lld for %.*s: expected %s",
                        record->partition, (long long)record->offset, (int)topic.length, topic.data,
                        (long long)partition, (long long)offset, (int)reason.length, reason.data,
                        wrong);
    }
}

void audit_letters(struct audit *audit) {
    for (int32_t p = 0; p < audit->setup->partitions; p++) {
        memory_log_each(audit->setup->log, "dead-letters", p, visit_letter, audit);
    }
    const struct audit_letter *letter = audit->setup->at_rest ? audit->letters : NULL;
    for (; letter != NULL && !audit_stopped(audit); letter = letter->next) {
        if (letter->seen == 0) {
            audit_violation(audit, "dead-letter", NULL, NULL, NULL,
                            "%s/%d@%lld is no command (%s), and has no dead letter", letter->topic,
                            letter->partition, (long long)letter->offset, letter->reason);
        }
    }
}
