/* Dead letters: one for each record that is none to be worked on, and for no other. */
#include <stdlib.h>

#include "tests/simulate/auditor_inside.h"
#include "tests/simulate/letter.h"

static void visit_letter(void *context, const struct log_record *record) {
    struct audit *audit = context;
    const struct letter said = letter_read(record);
    if (text_equal(said.topic, text_of("registry.operations"))) {
        return; /* the operator's own, who never writes what cannot be read */
    }
    struct audit_letter *letter = audit->letters;
    while (letter != NULL &&
           !(text_equal(said.topic, text_of(letter->topic)) &&
             letter->partition == said.partition && letter->offset == said.offset)) {
        letter = letter->next;
    }
    const char *wrong = NULL;
    if (letter == NULL) {
        wrong = "that record is none that must be dead";
    } else if (letter->seen++ >= audit->setup->readings) {
        wrong = "no further one for that record";
    } else if (!text_equal(said.reason, text_of(letter->reason))) {
        wrong = letter->reason;
    } else if (!bytes_equal(record->value, letter->value) ||
               !bytes_equal(record->key, letter->key) || record->value_null != letter->value_null) {
        wrong = "another key or value than that record's";
    }
    if (wrong != NULL) {
        audit_violation(audit, "dead-letter", NULL, NULL, NULL,
                        "dead-letters/%d@%lld of %.*s/%lld@%lld for %.*s: expected %s",
                        record->partition, (long long)record->offset, (int)said.topic.length,
                        said.topic.data, (long long)said.partition, (long long)said.offset,
                        (int)said.reason.length, said.reason.data, wrong);
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
