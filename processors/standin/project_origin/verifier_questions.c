#include <assert.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "standin/project_origin/proof.h"
#include "standin/project_origin/signature.h"
#include "standin/project_origin/verifier_inside.h"

enum { DAY_MS = 24 * 60 * 60 * 1000 };

bool mimic_say_invalid(struct mimic_judgement *judgement, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    judgement->verdict = MIMIC_VERDICT_INVALID;
    (void)vsnprintf(judgement->message, sizeof judgement->message, format, arguments);
    va_end(arguments);
    return false;
}

bool mimic_say_poison(struct mimic_judgement *judgement, const char *why) {
    judgement->verdict = MIMIC_VERDICT_POISON;
    (void)snprintf(judgement->message, sizeof judgement->message, "%s", why);
    return false;
}

static bool has_expired(const struct mimic_case *judged) {
    const int64_t days = judged->network->expire_days;
    const int64_t end_s = judged->certificate->issued->period->end->seconds;
    return days > 0 && judged->wall_ms / 1000 > end_s + days * (DAY_MS / 1000);
}

bool mimic_is_alive(const struct mimic_case *judged, struct mimic_judgement *judgement) {
    if (judged->certificate->issued == NULL) {
        return mimic_say_invalid(judgement, "Certificate does not exist");
    }
    if (judged->certificate->withdrawn) {
        return mimic_say_invalid(judgement, "Certificate is withdrawn");
    }
    if (has_expired(judged)) {
        return mimic_say_invalid(judgement, "Certificate has expired");
    }
    return true;
}

static enum mimic_signature header_signature(const struct mimic_case *judged,
                                             const ProjectOrigin__Electricity__V1__PublicKey *key) {
    const struct mimic_transaction *transaction = judged->transaction;
    return judged->network->signatures
               ? mimic_signature_check(key, transaction->header, transaction->header_length,
                                       &transaction->message->header_signature)
               : MIMIC_SIGNATURE_RIGHT;
}

bool mimic_is_signed_by(const struct mimic_case *judged,
                        const ProjectOrigin__Electricity__V1__PublicKey *key, const char *complaint,
                        struct mimic_judgement *judgement) {
    switch (header_signature(judged, key)) {
    case MIMIC_SIGNATURE_RIGHT:
        return true;
    case MIMIC_SIGNATURE_WRONG:
        return mimic_say_invalid(judgement, "%s", complaint);
    case MIMIC_SIGNATURE_MALFORMED:
        break;
    }
    return mimic_say_poison(judgement, "the signature is no DER");
}

const struct mimic_area *mimic_area_find(const struct mimic_network *network, const char *name) {
    static const struct mimic_area any = {.name = "any"};
    if (network->areas_count == 0 && !network->signatures) {
        return &any;
    }
    for (uint32_t i = 0; i < network->areas_count; i++) {
        if (strcmp(network->areas[i].name, name) == 0) {
            return &network->areas[i];
        }
    }
    return NULL;
}

bool mimic_is_signed_by_issuer(const struct mimic_case *judged, const char *name,
                               struct mimic_judgement *judgement) {
    const struct mimic_area *area = mimic_area_find(judged->network, name);
    if (area == NULL || (area->issuers_count == 0 && judged->network->signatures)) {
        return mimic_say_invalid(judgement, "No issuer found for GridArea " QUOTE "%s" QUOTE, name);
    }
    bool right = !judged->network->signatures;
    for (uint32_t i = 0; i < area->issuers_count && !right; i++) {
        const enum mimic_signature signature = header_signature(judged, &area->issuers[i].key);
        if (signature == MIMIC_SIGNATURE_MALFORMED) {
            return mimic_say_poison(judgement, "the signature is no DER");
        }
        right = signature == MIMIC_SIGNATURE_RIGHT;
    }
    return right || mimic_say_invalid(
                        judgement, "Invalid issuer signature for GridArea " QUOTE "%s" QUOTE, name);
}

bool mimic_is_commitment(const struct mimic_case *judged,
                         const ProjectOrigin__Electricity__V1__Commitment *commitment,
                         const char *certificate_id, struct mimic_judgement *judgement) {
    if (commitment == NULL || commitment->content.len != crypto_core_ristretto255_BYTES) {
        return mimic_say_poison(judgement, "a commitment is missing, or has not 32 bytes");
    }
    enum prover_verdict verdict = PROVER_VERDICT_RIGHT;
    if (judged->network->range_proofs) {
        const struct prover *prover = &judged->network->prover;
        verdict = prover->verify(prover->self, commitment->content.data, text_of(certificate_id),
                                 (struct bytes){.data = commitment->range_proof.data,
                                                .length = (uint32_t)commitment->range_proof.len});
    }
    if (verdict == PROVER_VERDICT_UNREADABLE) {
        return mimic_say_poison(judgement, "a range proof cannot be read, or there is none");
    }
    /* No range proof can be right for what is no point. */
    return (verdict == PROVER_VERDICT_RIGHT &&
            crypto_core_ristretto255_is_valid_point(commitment->content.data) == 1) ||
           mimic_say_invalid(judgement, "Invalid range proof for Quantity commitment");
}

bool mimic_load_other(const struct mimic_case *judged,
                      const ProjectOrigin__Common__V1__FederatedStreamId *id,
                      const struct mimic_certificate **other, struct mimic_judgement *judgement) {
    uint8_t stream[MIMIC_UUID_BYTES];
    if (id == NULL || strcmp(id->registry, judged->network->registry) != 0) {
        return mimic_say_poison(judgement, "the other certificate's registry is not known");
    }
    if (id->stream_id == NULL || !mimic_uuid_parse(id->stream_id->value, stream)) {
        return mimic_say_poison(judgement, "the other certificate's id is no GUID");
    }
    const struct mimic_certificate *found = judged->find(judged->self, stream);
    if (found != NULL && found->broken) {
        return mimic_say_poison(judgement, "the other certificate cannot be read any more");
    }
    *other = found != NULL && found->issued != NULL ? found : NULL;
    return true;
}

bool mimic_is_proven(const struct mimic_case *judged, const ProtobufCBinaryData *proof,
                     const uint8_t *left, const uint8_t *right, const char *label,
                     const char *complaint, struct mimic_judgement *judgement) {
    if (proof->len != MIMIC_PROOF_BYTES) {
        return mimic_say_poison(judgement, "a proof has not 64 bytes");
    }
    if (!judged->network->proofs) {
        return true;
    }
    return mimic_proof_is_right(proof->data, left, right, label) ||
           mimic_say_invalid(judgement, "%s", complaint);
}
