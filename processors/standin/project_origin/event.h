/* What a payload says: one of the events of a granular certificate. */
#ifndef MILLRACE_STANDIN_PROJECT_ORIGIN_EVENT_H
#define MILLRACE_STANDIN_PROJECT_ORIGIN_EVENT_H

#include "electricity.pb-c.h"
#include "standin/project_origin/transaction.h"

enum mimic_event_kind {
    MIMIC_EVENT_ISSUED,
    MIMIC_EVENT_TRANSFERRED,
    MIMIC_EVENT_SLICED,
    MIMIC_EVENT_ALLOCATED,
    MIMIC_EVENT_CLAIMED,
    MIMIC_EVENT_WITHDRAWN,
    MIMIC_EVENT_UNCLAIMED,
    MIMIC_EVENT_OTHER, /* another message of the contract, for which there are no rules */
};

enum mimic_event_problem {
    MIMIC_EVENT_READ,
    MIMIC_EVENT_INVALID, /* the payload is no such message */
    MIMIC_EVENT_UNKNOWN, /* the type is none of the family */
    MIMIC_EVENT_FOREIGN, /* the type is of no family that has a verifier, or has none */
};

struct mimic_event {
    enum mimic_event_kind kind;
    union {
        ProtobufCMessage *message;
        ProjectOrigin__Electricity__V1__IssuedEvent *issued;
        ProjectOrigin__Electricity__V1__TransferredEvent *transferred;
        ProjectOrigin__Electricity__V1__SlicedEvent *sliced;
        ProjectOrigin__Electricity__V1__AllocatedEvent *allocated;
        ProjectOrigin__Electricity__V1__ClaimedEvent *claimed;
        ProjectOrigin__Electricity__V1__UnclaimedEvent *unclaimed;
    };
};

/* By its full name; OTHER: it is none. */
enum mimic_event_kind mimic_event_kind_of(const char *payload_type);

/* Read a transaction that has a header. Only what was READ is to be closed; else `message` is
 * NULL. */
enum mimic_event_problem mimic_event_open(const struct mimic_transaction *transaction,
                                          struct mimic_event *event);
void mimic_event_close(struct mimic_event *event);

/* "issue", "transfer", …; "other" for what is no event. */
const char *mimic_event_operation(enum mimic_event_kind kind);

#endif
