/* The ids that anyone can compute: schemas/README.md has the table, schemas/golden/ids.json the
 * vectors. */
#ifndef MILLRACE_DOMAIN_IDS_H
#define MILLRACE_DOMAIN_IDS_H

#include <stdint.h>

#include "domain/values.h"
#include "generated/c/millrace.h"

/* Slice number `index`, from 0, that a command of this id makes: an issue makes slice 0, a slicing
 * one slice a part. */
struct uuid id_of_slice(const struct uuid *certificate_id, const struct uuid *command_id,
                        uint32_t index);

/* The one submission that a command can lead to. */
struct uuid id_of_submission(const struct uuid *certificate_id, const struct uuid *command_id);

/* The allocation of a pair of slices within a claim. */
struct uuid id_of_allocation(const struct uuid *claim_id, const struct uuid *production_slice_id,
                             const struct uuid *consumption_slice_id);

/* The certificate id that is recommended where the asset is known: the same measurement twice is
 * then refused as AlreadyIssued. The type must not be Other. */
struct uuid id_of_certificate(struct text grid_area, struct text asset_id, int64_t period_start_ms,
                              int64_t period_end_ms, enum millrace_certificate_type type);

#endif
