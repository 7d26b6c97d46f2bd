#include "standin/project_origin/verifier.h"

#include <assert.h>
#include <string.h>

#include "standin/project_origin/verifier_inside.h"

/* What the registry looks at before it asks a verifier. */
static bool is_ours(const struct mimic_case *judged, struct mimic_judgement *judgement) {
    uint8_t stream[MIMIC_UUID_BYTES];
    if (strcmp(mimic_transaction_registry(judged->transaction), judged->network->registry) != 0) {
        return mimic_say_invalid(judgement, "Invalid registry for transaction");
    }
    if (!mimic_uuid_parse(mimic_transaction_stream(judged->transaction), stream)) {
        return mimic_say_poison(judgement, "the stream's id is no GUID");
    }
    return true;
}

static bool read_event(const struct mimic_case *judged, struct mimic_event *event,
                       struct mimic_judgement *judgement) {
    const char *type = judged->transaction->message->header->payload_type;
    switch (mimic_event_open(judged->transaction, event)) {
    case MIMIC_EVENT_READ:
        return true;
    case MIMIC_EVENT_INVALID:
        return mimic_say_invalid(
            judgement, "Could not deserialize invalid payload of type " QUOTE "%s" QUOTE, type);
    case MIMIC_EVENT_UNKNOWN:
        return mimic_say_invalid(judgement, "Could not deserialize unknown type " QUOTE "%s" QUOTE,
                                 type);
    case MIMIC_EVENT_FOREIGN:
        break;
    }
    return mimic_say_poison(judgement, "no verifier has this type's family");
}

static void verify_event(const struct mimic_case *judged, struct mimic_judgement *judgement) {
    switch (judged->event->kind) {
    case MIMIC_EVENT_ISSUED:
        mimic_verify_issued(judged, judgement);
        return;
    case MIMIC_EVENT_TRANSFERRED:
        mimic_verify_transferred(judged, judgement);
        return;
    case MIMIC_EVENT_SLICED:
        mimic_verify_sliced(judged, judgement);
        return;
    case MIMIC_EVENT_ALLOCATED:
        mimic_verify_allocated(judged, judgement);
        return;
    case MIMIC_EVENT_CLAIMED:
        mimic_verify_claimed(judged, judgement);
        return;
    case MIMIC_EVENT_WITHDRAWN:
        mimic_verify_withdrawn(judged, judgement);
        return;
    case MIMIC_EVENT_UNCLAIMED:
        mimic_verify_unclaimed(judged, judgement);
        return;
    case MIMIC_EVENT_OTHER:
        (void)mimic_say_invalid(judgement,
                                "No verifier implemented for payload type " QUOTE "%s" QUOTE,
                                judged->transaction->message->header->payload_type);
        return;
    }
}

void mimic_verify(struct mimic_case *judged, struct mimic_event *event,
                  struct mimic_judgement *judgement) {
    assert(mimic_transaction_stream(judged->transaction) != NULL);
    *judgement = (struct mimic_judgement){.verdict = MIMIC_VERDICT_VALID};
    *event = (struct mimic_event){.kind = MIMIC_EVENT_OTHER};
    if (!is_ours(judged, judgement)) {
        return;
    }
    if (judged->certificate->broken) {
        (void)mimic_say_poison(judgement, "the stream cannot be read any more");
        return;
    }
    if (!read_event(judged, event, judgement)) {
        return;
    }
    judged->event = event;
    verify_event(judged, judgement);
    judged->event = NULL;
    if (judgement->verdict != MIMIC_VERDICT_VALID) {
        mimic_event_close(event);
    }
}
