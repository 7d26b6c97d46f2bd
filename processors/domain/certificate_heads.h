/* What all messages of a kind have in common, whichever of them it is: their beginning. */
#ifndef MILLRACE_DOMAIN_CERTIFICATE_HEADS_H
#define MILLRACE_DOMAIN_CERTIFICATE_HEADS_H

#include <stdbool.h>
#include <stdint.h>

#include "domain/message.h"
#include "domain/values.h"
#include "generated/c/millrace.h"

/* Of a command (certificates.commands) or an operation (certificates.operations). */
struct certificate_command_head {
    const struct millrace_metadata *metadata;
    const struct uuid *certificate_id;
    struct text requested_by; /* of an operation: its operator */
    bool has_expected_version;
    int64_t expected_version;
};

/* Of an event of certificates.events. */
struct certificate_event_head {
    const struct millrace_metadata *metadata;
    const struct uuid *certificate_id;
    const struct uuid *command_id; /* NULL: not of a command */
    int64_t version;
};

/* Of an event of registry.events. */
struct certificate_registry_head {
    const struct millrace_metadata *metadata;
    const struct uuid *certificate_id;
    const struct uuid *submission_id; /* NULL: there was none yet */
    int64_t sequence;
    struct text transaction_id; /* empty: not said */
};

/* False: the message is of no such kind, `head` is untouched. */
bool certificate_command_head(const struct message *message, struct certificate_command_head *head);
bool certificate_event_head(const struct message *message, struct certificate_event_head *head);
bool certificate_registry_head(const struct message *message,
                               struct certificate_registry_head *head);

#endif
