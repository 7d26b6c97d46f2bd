#include <stdarg.h>
#include <stdio.h>

#include "tests/simulate/auditor_inside.h"
#include "tests/simulate/known_ids.h"
#include "wire/descriptor.h"

const char *audit_type_name(enum message_type type) {
    const char *name = strrchr(message_types[type].full_name, '.');
    return name == NULL ? message_types[type].full_name : name + 1;
}

const char *audit_reason_name(enum millrace_reason reason) {
    return millrace_reason_descriptor.symbols[reason];
}

void audit_violation(struct audit *audit, const char *invariant,
                     const struct audit_case *certificate, const struct audit_command *command,
                     const struct audit_item *item, const char *format, ...) {
    char text[VIOLATION_TEXT_MAX];
    char id[KNOWN_ID_CHARACTERS + 1];
    int at = 0;
    text[0] = '\0';
    if (item != NULL) {
        at +=
            snprintf(text + at, sizeof text - (size_t)at, "%s/%d@%lld (%s): ", item->topic,
                     item->partition, (long long)item->offset, audit_type_name(item->message.type));
    }
    if (certificate != NULL) {
        known_id_text(&certificate->id, id);
        at += snprintf(text + at, sizeof text - (size_t)at, "certificate %s: ", id);
    }
    if (command != NULL) {
        known_id_text(&command->head.metadata->id, id);
        at += snprintf(text + at, sizeof text - (size_t)at,
                       "%s %s of %s/%d@%lld: ", audit_type_name(command->item->message.type), id,
                       command->item->topic, command->item->partition,
                       (long long)command->item->offset);
    }
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text + at, sizeof text - (size_t)at, format, arguments);
    va_end(arguments);
    transcript_violation(audit->setup->transcript, invariant, "%s", text);
}
