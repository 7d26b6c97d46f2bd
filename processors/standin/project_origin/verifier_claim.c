/* Using up what was allocated, and taking that back when the other side was withdrawn. */
#include <string.h>

#include "standin/project_origin/verifier_inside.h"

/* The other side of a claim: what it is called, what it must be, and what must hold there. */
struct side {
    const char *name; /* as in "ConsumptionCertificate does not exist" */
    const char *kind;
    int type;
    enum mimic_slice_state state;
    const char *complaint; /* when nothing is in that state there */
};

static const struct side consumption = {
    "ConsumptionCertificate", "consumption",
    PROJECT_ORIGIN__ELECTRICITY__V1__GRANULAR_CERTIFICATE_TYPE__CONSUMPTION, MIMIC_SLICE_ALLOCATED,
    "Consumption not allocated"};
static const struct side production = {
    "ProductionCertificate", "production",
    PROJECT_ORIGIN__ELECTRICITY__V1__GRANULAR_CERTIFICATE_TYPE__PRODUCTION, MIMIC_SLICE_CLAIMED,
    "Production not claimed"};

static bool look_at(const struct side *side, const struct mimic_certificate *other,
                    const char *allocation_id, struct mimic_judgement *judgement) {
    if (other == NULL) {
        return mimic_say_invalid(judgement, "%s does not exist", side->name);
    }
    if (other->withdrawn) {
        return mimic_say_invalid(judgement, "%s is withdrawn", side->name);
    }
    if ((int)other->issued->type != side->type) {
        return mimic_say_invalid(judgement, "%s is not a %s certificate", side->name, side->kind);
    }
    return mimic_certificate_allocation(other, side->state, allocation_id) != NULL ||
           mimic_say_invalid(judgement, "%s", side->complaint);
}

void mimic_verify_claimed(const struct mimic_case *judged, struct mimic_judgement *judgement) {
    const ProjectOrigin__Electricity__V1__ClaimedEvent *event = judged->event->claimed;
    if (!mimic_is_alive(judged, judgement)) {
        return;
    }
    if (event->allocation_id == NULL) {
        (void)mimic_say_poison(judgement, "the allocation's id is missing");
        return;
    }
    const char *id = event->allocation_id->value;
    const struct mimic_slice *slice =
        mimic_certificate_allocation(judged->certificate, MIMIC_SLICE_ALLOCATED, id);
    if (slice == NULL) {
        (void)mimic_say_invalid(judgement, "Allocation does not exist");
        return;
    }
    if (!mimic_is_signed_by(judged, slice->owner, "Invalid signature for slice", judgement)) {
        return;
    }
    /* Only the two types were ever allocated. */
    const bool produces = (int)judged->certificate->issued->type == production.type;
    const struct mimic_certificate *other;
    (void)(mimic_load_other(judged, produces ? slice->consumption : slice->production, &other,
                            judgement) &&
           look_at(produces ? &consumption : &production, other, id, judgement));
}

/* Upstream's equality of messages. */
static bool is_same_stream(const ProjectOrigin__Common__V1__FederatedStreamId *a,
                           const ProjectOrigin__Common__V1__FederatedStreamId *b) {
    if (b == NULL || strcmp(a->registry, b->registry) != 0 ||
        (a->stream_id == NULL) != (b->stream_id == NULL)) {
        return false;
    }
    return a->stream_id == NULL || strcmp(a->stream_id->value, b->stream_id->value) == 0;
}

void mimic_verify_unclaimed(const struct mimic_case *judged, struct mimic_judgement *judgement) {
    const ProjectOrigin__Electricity__V1__UnclaimedEvent *event = judged->event->unclaimed;
    const struct mimic_certificate *certificate = judged->certificate;
    if (certificate->issued == NULL) {
        (void)mimic_say_invalid(judgement, "Certificate does not exist");
        return;
    }
    if (certificate->withdrawn) {
        (void)mimic_say_invalid(judgement, "Certificate is withdrawn");
        return;
    }
    if (event->allocation_id == NULL) {
        (void)mimic_say_poison(judgement, "the allocation's id is missing");
        return;
    }
    const struct mimic_slice *claim =
        mimic_certificate_allocation(certificate, MIMIC_SLICE_CLAIMED, event->allocation_id->value);
    if (claim == NULL) {
        (void)mimic_say_invalid(judgement, "Certificate claim does not exist");
        return;
    }
    if (!mimic_is_signed_by(judged, claim->owner, "Invalid signature for claim", judgement)) {
        return;
    }
    if (claim->production == NULL) {
        (void)mimic_say_poison(judgement, "the claim does not say whose it is");
        return;
    }
    const bool produces = is_same_stream(claim->production, certificate->issued->certificate_id);
    const struct mimic_certificate *other;
    if (!mimic_load_other(judged, produces ? claim->consumption : claim->production, &other,
                          judgement)) {
        return;
    }
    if (other == NULL) {
        (void)mimic_say_invalid(judgement, "Opposite certificate does not exist");
    } else if (!other->withdrawn) {
        (void)mimic_say_invalid(judgement, "Opposite certificate is NOT withdrawn");
    }
}
