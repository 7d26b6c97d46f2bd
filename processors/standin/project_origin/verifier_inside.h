/* What the verifier's files share: how a judgement is said, and the questions that many ask. */
#ifndef MILLRACE_STANDIN_PROJECT_ORIGIN_VERIFIER_INSIDE_H
#define MILLRACE_STANDIN_PROJECT_ORIGIN_VERIFIER_INSIDE_H

#include "standin/project_origin/verifier.h"

/* U+201D, on both sides of what upstream quotes. */
#define QUOTE "\u201d"

/* Each returns whether the judging goes on; if not, the judgement is said. */

__attribute__((format(printf, 2, 3))) bool mimic_say_invalid(struct mimic_judgement *judgement,
                                                             const char *format, ...);
bool mimic_say_poison(struct mimic_judgement *judgement, const char *why);

/* It exists, is not withdrawn and has not expired. */
bool mimic_is_alive(const struct mimic_case *judged, struct mimic_judgement *judgement);
/* The transaction is signed by this key; if not, `complaint`. */
bool mimic_is_signed_by(const struct mimic_case *judged,
                        const ProjectOrigin__Electricity__V1__PublicKey *key, const char *complaint,
                        struct mimic_judgement *judgement);
/* The transaction is signed by an issuer of the area. */
bool mimic_is_signed_by_issuer(const struct mimic_case *judged, const char *area,
                               struct mimic_judgement *judgement);
/* NULL: the network does not know the area. */
const struct mimic_area *mimic_area_find(const struct mimic_network *network, const char *name);
/* A commitment and, where such are looked at, its range proof, with the certificate's id as it
 * stands in the event. */
bool mimic_is_commitment(const struct mimic_case *judged,
                         const ProjectOrigin__Electricity__V1__Commitment *commitment,
                         const char *certificate_id, struct mimic_judgement *judgement);
/* The certificate that is meant, or NULL where it does not exist. */
bool mimic_load_other(const struct mimic_case *judged,
                      const ProjectOrigin__Common__V1__FederatedStreamId *id,
                      const struct mimic_certificate **other, struct mimic_judgement *judgement);
/* A proof that both sides hold the same quantity; if it is wrong, `complaint`. */
bool mimic_is_proven(const struct mimic_case *judged, const ProtobufCBinaryData *proof,
                     const uint8_t *left, const uint8_t *right, const char *label,
                     const char *complaint, struct mimic_judgement *judgement);

void mimic_verify_issued(const struct mimic_case *judged, struct mimic_judgement *judgement);
void mimic_verify_withdrawn(const struct mimic_case *judged, struct mimic_judgement *judgement);
void mimic_verify_transferred(const struct mimic_case *judged, struct mimic_judgement *judgement);
void mimic_verify_sliced(const struct mimic_case *judged, struct mimic_judgement *judgement);
void mimic_verify_allocated(const struct mimic_case *judged, struct mimic_judgement *judgement);
void mimic_verify_claimed(const struct mimic_case *judged, struct mimic_judgement *judgement);
void mimic_verify_unclaimed(const struct mimic_case *judged, struct mimic_judgement *judgement);

#endif
