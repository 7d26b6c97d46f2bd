/* What an owner does to a slice alone: transfer it, or cut it into others. */
#include <assert.h>
#include <sodium.h>
#include <string.h>

#include "standin/project_origin/signature.h"
#include "standin/project_origin/verifier_inside.h"

/* The slice that is meant, signed for by its owner. NULL: no, and that is said. */
static const struct mimic_slice *own_slice(const struct mimic_case *judged,
                                           const ProtobufCBinaryData *hash,
                                           struct mimic_judgement *judgement) {
    if (!mimic_is_alive(judged, judgement)) {
        return NULL;
    }
    const struct mimic_slice *slice = mimic_certificate_slice(judged->certificate, hash);
    if (slice == NULL) {
        (void)mimic_say_invalid(judgement, "Slice not found");
        return NULL;
    }
    return mimic_is_signed_by(judged, slice->owner, "Invalid signature for slice", judgement)
               ? slice
               : NULL;
}

static bool is_new_owner(const ProjectOrigin__Electricity__V1__PublicKey *key,
                         struct mimic_judgement *judgement) {
    return mimic_key_is_valid(key) ||
           mimic_say_invalid(judgement, "Invalid NewOwner key, not a valid publicKey");
}

void mimic_verify_transferred(const struct mimic_case *judged, struct mimic_judgement *judgement) {
    const ProjectOrigin__Electricity__V1__TransferredEvent *event = judged->event->transferred;
    if (own_slice(judged, &event->source_slice_hash, judgement) != NULL) {
        (void)is_new_owner(event->new_owner, judgement);
    }
}

static bool are_slices(const struct mimic_case *judged,
                       const ProjectOrigin__Electricity__V1__SlicedEvent *event,
                       uint8_t sum[crypto_core_ristretto255_BYTES],
                       struct mimic_judgement *judgement) {
    if (event->n_new_slices == 0) {
        return mimic_say_poison(judgement, "there are no new slices to add up");
    }
    if (event->certificate_id == NULL || event->certificate_id->stream_id == NULL) {
        return mimic_say_poison(judgement, "the certificate's id is missing");
    }
    for (size_t i = 0; i < event->n_new_slices; i++) {
        const ProjectOrigin__Electricity__V1__SlicedEvent__Slice *slice = event->new_slices[i];
        if (!is_new_owner(slice->new_owner, judgement) ||
            !mimic_is_commitment(judged, slice->quantity, event->certificate_id->stream_id->value,
                                 judgement)) {
            return false;
        }
        if (i == 0) {
            memcpy(sum, slice->quantity->content.data, crypto_core_ristretto255_BYTES);
        } else {
            const int failed =
                crypto_core_ristretto255_add(sum, sum, slice->quantity->content.data);
            assert(failed == 0); /* both are points */
        }
    }
    return true;
}

void mimic_verify_sliced(const struct mimic_case *judged, struct mimic_judgement *judgement) {
    const ProjectOrigin__Electricity__V1__SlicedEvent *event = judged->event->sliced;
    const struct mimic_slice *slice = own_slice(judged, &event->source_slice_hash, judgement);
    uint8_t sum[crypto_core_ristretto255_BYTES];
    if (slice != NULL && are_slices(judged, event, sum, judgement)) {
        (void)mimic_is_proven(judged, &event->sum_proof, slice->commitment->content.data, sum,
                              event->certificate_id->stream_id->value, "Invalid sum proof",
                              judgement);
    }
}
