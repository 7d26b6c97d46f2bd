/* Giving a slice of production to a slice of consumption: first there, then here. */
#include <string.h>

#include "chronicler.pb-c.h"
#include "standin/project_origin/signature.h"
#include "standin/project_origin/verifier_inside.h"

enum { INTENT_BYTES_MAX = 4096 };

/* A chronicler of the area has signed that it knows of the slice. */
static bool is_chronicled(const struct mimic_case *judged, const struct mimic_area *area,
                          const struct mimic_slice *slice, struct mimic_judgement *judgement) {
    uint8_t bytes[INTENT_BYTES_MAX];
    ProjectOrigin__Chronicler__V1__ClaimIntent intent =
        PROJECT_ORIGIN__CHRONICLER__V1__CLAIM_INTENT__INIT;
    intent.certificate_id = judged->certificate->issued->certificate_id;
    intent.commitment = slice->commitment->content;
    const size_t length = project_origin__chronicler__v1__claim_intent__get_packed_size(&intent);
    if (area->chroniclers_count == 0 || !judged->network->signatures) {
        return true;
    }
    if (length > sizeof bytes) {
        return mimic_say_invalid(judgement, "Not signed by Chronicler");
    }
    (void)project_origin__chronicler__v1__claim_intent__pack(&intent, bytes);
    for (uint32_t i = 0; i < area->chroniclers_count; i++) {
        const enum mimic_signature signature =
            mimic_signature_check(&area->chroniclers[i].key, bytes, length,
                                  &judged->event->allocated->chronicler_signature);
        if (signature == MIMIC_SIGNATURE_MALFORMED) {
            return mimic_say_poison(judgement, "the chronicler's signature is no DER");
        }
        if (signature == MIMIC_SIGNATURE_RIGHT) {
            return true;
        }
    }
    return mimic_say_invalid(judgement, "Not signed by Chronicler");
}

/* The slice that is meant, and may be given away. NULL: no, and that is said. */
static const struct mimic_slice *own_slice(const struct mimic_case *judged,
                                           const ProtobufCBinaryData *hash,
                                           struct mimic_judgement *judgement) {
    const struct mimic_slice *slice = mimic_certificate_slice(judged->certificate, hash);
    if (slice == NULL) {
        (void)mimic_say_invalid(judgement, "Certificate slice does not exist");
        return NULL;
    }
    if (!mimic_is_signed_by(judged, slice->owner, "Invalid signature for slice", judgement)) {
        return NULL;
    }
    const struct mimic_area *area =
        mimic_area_find(judged->network, judged->certificate->issued->grid_area);
    if (area == NULL) {
        (void)mimic_say_invalid(judgement, "Area does not exist");
        return NULL;
    }
    return is_chronicled(judged, area, slice, judgement) ? slice : NULL;
}

/* The value of the one attribute that says whether it is only a trial; NULL: it has none. */
static bool trial_of(const struct mimic_certificate *certificate, const char **trial,
                     struct mimic_judgement *judgement) {
    const ProjectOrigin__Electricity__V1__IssuedEvent *issued = certificate->issued;
    *trial = NULL;
    for (size_t i = 0; i < issued->n_attributes; i++) {
        if (strcasecmp(issued->attributes[i]->key, "IsTrial") != 0) {
            continue;
        }
        if (*trial != NULL) {
            return mimic_say_poison(judgement, "an attribute is there twice");
        }
        *trial = issued->attributes[i]->value;
    }
    return true;
}

static bool is_same_trial(const struct mimic_certificate *one,
                          const struct mimic_certificate *other,
                          struct mimic_judgement *judgement) {
    const char *left;
    const char *right;
    if (!trial_of(one, &left, judgement) || !trial_of(other, &right, judgement)) {
        return false;
    }
    if (strcmp(left == NULL ? "false" : left, right == NULL ? "false" : right) != 0) {
        return mimic_say_invalid(
            judgement,
            "Certificate { \"value\": \"%s\" } and { \"value\": \"%s\" } are not of the same trial "
            "type",
            one->issued->certificate_id->stream_id->value,
            other->issued->certificate_id->stream_id->value);
    }
    return true;
}

static bool not_after(const Google__Protobuf__Timestamp *a, const Google__Protobuf__Timestamp *b) {
    return a->seconds != b->seconds ? a->seconds < b->seconds : a->nanos <= b->nanos;
}

static bool encloses(const ProjectOrigin__Electricity__V1__DateInterval *outer,
                     const ProjectOrigin__Electricity__V1__DateInterval *inner) {
    return not_after(outer->start, inner->start) && not_after(inner->end, outer->end);
}

static bool is_same_time(const struct mimic_case *judged, const struct mimic_certificate *other,
                         struct mimic_judgement *judgement) {
    const ProjectOrigin__Electricity__V1__DateInterval *mine = judged->certificate->issued->period;
    const ProjectOrigin__Electricity__V1__DateInterval *yours = other->issued->period;
    return !judged->network->enclosing || encloses(mine, yours) || encloses(yours, mine) ||
           mimic_say_invalid(judgement, "Periods are not overlapping");
}

static void verify_production(const struct mimic_case *judged, struct mimic_judgement *judgement) {
    const ProjectOrigin__Electricity__V1__AllocatedEvent *event = judged->event->allocated;
    const struct mimic_slice *slice =
        own_slice(judged, &event->production_source_slice_hash, judgement);
    const struct mimic_certificate *other;
    if (slice == NULL ||
        !mimic_load_other(judged, event->consumption_certificate_id, &other, judgement)) {
        return;
    }
    if (other == NULL) {
        (void)mimic_say_invalid(judgement, "ConsumptionCertificate does not exist");
        return;
    }
    if (other->issued->type !=
        PROJECT_ORIGIN__ELECTRICITY__V1__GRANULAR_CERTIFICATE_TYPE__CONSUMPTION) {
        (void)mimic_say_invalid(judgement,
                                "ConsumptionCertificate is not a consumption certificate");
        return;
    }
    if (!is_same_trial(judged->certificate, other, judgement) ||
        !is_same_time(judged, other, judgement)) {
        return;
    }
    const struct mimic_slice *matched =
        mimic_certificate_slice(other, &event->consumption_source_slice_hash);
    if (matched == NULL) {
        (void)mimic_say_invalid(judgement, "Consumption slice does not exist");
        return;
    }
    if (event->allocation_id == NULL) {
        (void)mimic_say_poison(judgement, "the allocation's id is missing");
        return;
    }
    (void)mimic_is_proven(judged, &event->equality_proof, slice->commitment->content.data,
                          matched->commitment->content.data, event->allocation_id->value,
                          "Invalid Equality proof", judgement);
}

static void verify_consumption(const struct mimic_case *judged, struct mimic_judgement *judgement) {
    const ProjectOrigin__Electricity__V1__AllocatedEvent *event = judged->event->allocated;
    const struct mimic_certificate *other;
    if (own_slice(judged, &event->consumption_source_slice_hash, judgement) == NULL ||
        !mimic_load_other(judged, event->production_certificate_id, &other, judgement)) {
        return;
    }
    if (other == NULL) {
        (void)mimic_say_invalid(judgement, "ProductionCertificate does not exist");
        return;
    }
    if (event->allocation_id == NULL) {
        (void)mimic_say_poison(judgement, "the allocation's id is missing");
        return;
    }
    if (mimic_certificate_allocation(other, MIMIC_SLICE_ALLOCATED, event->allocation_id->value) ==
        NULL) {
        (void)mimic_say_invalid(judgement, "Production not allocated");
    }
}

void mimic_verify_allocated(const struct mimic_case *judged, struct mimic_judgement *judgement) {
    if (!mimic_is_alive(judged, judgement)) {
        return;
    }
    switch ((int)judged->certificate->issued->type) {
    case PROJECT_ORIGIN__ELECTRICITY__V1__GRANULAR_CERTIFICATE_TYPE__PRODUCTION:
        verify_production(judged, judgement);
        return;
    case PROJECT_ORIGIN__ELECTRICITY__V1__GRANULAR_CERTIFICATE_TYPE__CONSUMPTION:
        verify_consumption(judged, judgement);
        return;
    default:
        (void)mimic_say_poison(judgement, "the certificate's type is not supported");
        return;
    }
}
