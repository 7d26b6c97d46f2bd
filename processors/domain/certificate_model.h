/* Questions to a certificate's model that several decisions ask. */
#ifndef MILLRACE_DOMAIN_CERTIFICATE_MODEL_H
#define MILLRACE_DOMAIN_CERTIFICATE_MODEL_H

#include "generated/c/certificates_state.h"

/* NULL: this certificate has no such slice. */
const struct certificates_state_slice_model *certificate_slice(
    const struct certificates_state_certificate_model *model, const struct uuid *slice_id);

/* Was this allocation id ever used on the certificate? */
bool certificate_allocation_used(const struct certificates_state_certificate_model *model,
                                 const struct uuid *allocation_id);

/* The first slice that a reservation holds; NULL: it holds none. */
const struct certificates_state_slice_model *certificate_reserved_slice(
    const struct certificates_state_certificate_model *model, const struct uuid *reservation_id);

/* Is the certificate suspended for this cause? */
bool certificate_is_suspended(const struct certificates_state_certificate_model *model,
                              enum millrace_suspension_cause cause);

/* Do the slices add up to the issued quantity, and is each of them whole in itself? Always true but
 * for bugs. */
bool certificate_is_sound(const struct certificates_state_certificate_model *model);

#endif
