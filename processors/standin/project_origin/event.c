#include "standin/project_origin/event.h"

#include <assert.h>
#include <string.h>

static const char family[] = "project_origin.electricity.v1";

/* Each message of the family's file; the first seven are events. */
static const struct {
    const ProtobufCMessageDescriptor *descriptor;
    enum mimic_event_kind kind;
} known[] = {
    {&project_origin__electricity__v1__issued_event__descriptor, MIMIC_EVENT_ISSUED},
    {&project_origin__electricity__v1__transferred_event__descriptor, MIMIC_EVENT_TRANSFERRED},
    {&project_origin__electricity__v1__sliced_event__descriptor, MIMIC_EVENT_SLICED},
    {&project_origin__electricity__v1__allocated_event__descriptor, MIMIC_EVENT_ALLOCATED},
    {&project_origin__electricity__v1__claimed_event__descriptor, MIMIC_EVENT_CLAIMED},
    {&project_origin__electricity__v1__withdrawn_event__descriptor, MIMIC_EVENT_WITHDRAWN},
    {&project_origin__electricity__v1__unclaimed_event__descriptor, MIMIC_EVENT_UNCLAIMED},
    {&project_origin__electricity__v1__attribute__descriptor, MIMIC_EVENT_OTHER},
    {&project_origin__electricity__v1__date_interval__descriptor, MIMIC_EVENT_OTHER},
    {&project_origin__electricity__v1__commitment__descriptor, MIMIC_EVENT_OTHER},
    {&project_origin__electricity__v1__commitment_publication__descriptor, MIMIC_EVENT_OTHER},
    {&project_origin__electricity__v1__public_key__descriptor, MIMIC_EVENT_OTHER},
};

static bool of_family(const char *type) {
    const char *dot = strrchr(type, '.');
    return dot != NULL && (size_t)(dot - type) == sizeof family - 1 &&
           memcmp(type, family, sizeof family - 1) == 0;
}

enum mimic_event_kind mimic_event_kind_of(const char *payload_type) {
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (strcmp(known[i].descriptor->name, payload_type) == 0) {
            return known[i].kind;
        }
    }
    return MIMIC_EVENT_OTHER;
}

enum mimic_event_problem mimic_event_open(const struct mimic_transaction *transaction,
                                          struct mimic_event *event) {
    assert(transaction->message->header != NULL);
    const char *type = transaction->message->header->payload_type;
    const ProtobufCBinaryData *payload = &transaction->message->payload;
    *event = (struct mimic_event){.kind = MIMIC_EVENT_OTHER};
    if (!of_family(type)) {
        return MIMIC_EVENT_FOREIGN;
    }
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (strcmp(known[i].descriptor->name, type) == 0) {
            event->kind = known[i].kind;
            event->message =
                protobuf_c_message_unpack(known[i].descriptor, NULL, payload->len, payload->data);
            return event->message == NULL ? MIMIC_EVENT_INVALID : MIMIC_EVENT_READ;
        }
    }
    return MIMIC_EVENT_UNKNOWN;
}

void mimic_event_close(struct mimic_event *event) {
    protobuf_c_message_free_unpacked(event->message, NULL);
    event->message = NULL;
}

const char *mimic_event_operation(enum mimic_event_kind kind) {
    static const char *const names[] = {"issue", "transfer", "slice",   "allocate",
                                        "claim", "withdraw", "unclaim", "other"};
    assert((size_t)kind < sizeof names / sizeof names[0]);
    return names[kind];
}
