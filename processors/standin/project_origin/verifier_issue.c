/* What an issuer does: issue and withdraw. */
#include "standin/project_origin/signature.h"
#include "standin/project_origin/verifier_inside.h"

enum { NANOS_PER_SECOND = 1000000000 };

/* Is the period longer than so many seconds (more), or shorter (less)? 0: exactly so long. */
static int compare_length(const ProjectOrigin__Electricity__V1__DateInterval *period,
                          int64_t length_s) {
    const int64_t seconds = period->end->seconds - period->start->seconds - length_s;
    const int64_t nanos = (int64_t)period->end->nanos - period->start->nanos;
    if (seconds > 1 || seconds < -1) {
        return seconds > 0 ? 1 : -1;
    }
    const int64_t difference = seconds * NANOS_PER_SECOND + nanos;
    return (difference > 0) - (difference < 0);
}

static bool is_period(const ProjectOrigin__Electricity__V1__DateInterval *period,
                      struct mimic_judgement *judgement) {
    if (period == NULL || period->start == NULL || period->end == NULL) {
        return mimic_say_poison(judgement, "the period is missing");
    }
    if (compare_length(period, 3600) > 0) {
        return mimic_say_invalid(judgement, "Invalid period, maximum period is 1 hour");
    }
    if (compare_length(period, 60) < 0) {
        return mimic_say_invalid(judgement, "Invalid period, minimum period is 1 minute");
    }
    return true;
}

static bool is_certificate(const ProjectOrigin__Electricity__V1__IssuedEvent *event,
                           struct mimic_judgement *judgement) {
    if (event->type == PROJECT_ORIGIN__ELECTRICITY__V1__GRANULAR_CERTIFICATE_TYPE__INVALID) {
        return mimic_say_invalid(judgement, "Invalid certificate type");
    }
    if (!mimic_key_is_valid(event->owner_public_key)) {
        return mimic_say_invalid(judgement, "Invalid owner key, not a valid publicKey");
    }
    return is_period(event->period, judgement);
}

void mimic_verify_issued(const struct mimic_case *judged, struct mimic_judgement *judgement) {
    const ProjectOrigin__Electricity__V1__IssuedEvent *event = judged->event->issued;
    if (event->certificate_id == NULL || event->certificate_id->stream_id == NULL) {
        (void)mimic_say_poison(judgement, "the certificate's id is missing");
        return;
    }
    if (judged->certificate->issued != NULL) {
        (void)mimic_say_invalid(
            judgement, "Certificate with id " QUOTE "{ \"value\": \"%s\" }" QUOTE " already exists",
            event->certificate_id->stream_id->value);
        return;
    }
    (void)(mimic_is_commitment(judged, event->quantity_commitment,
                               event->certificate_id->stream_id->value, judgement) &&
           is_certificate(event, judgement) &&
           mimic_is_signed_by_issuer(judged, event->grid_area, judgement));
}

void mimic_verify_withdrawn(const struct mimic_case *judged, struct mimic_judgement *judgement) {
    if (judged->certificate->issued == NULL) {
        (void)mimic_say_invalid(judgement, "Certificate does not exist");
        return;
    }
    if (judged->certificate->withdrawn) {
        (void)mimic_say_invalid(judgement, "Certificate is already withdrawn");
        return;
    }
    (void)mimic_is_signed_by_issuer(judged, judged->certificate->issued->grid_area, judgement);
}
