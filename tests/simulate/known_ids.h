/* Ids and places that anybody can compute from the public contract (schemas/README.md), computed
 * here without our code: what the teams and the auditor know. */
#ifndef MILLRACE_SIMULATE_KNOWN_IDS_H
#define MILLRACE_SIMULATE_KNOWN_IDS_H

#include <stdint.h>

#include "domain/values.h"

enum { KNOWN_ID_CHARACTERS = 36 };

/* The text form, with a NUL behind it. */
void known_id_text(const struct uuid *id, char text[KNOWN_ID_CHARACTERS + 1]);

/* The slice that part `index` of this command makes. */
struct uuid known_slice_id(const struct uuid *certificate_id, const struct uuid *command_id,
                           uint32_t index);
struct uuid known_submission_id(const struct uuid *certificate_id, const struct uuid *command_id);
struct uuid known_allocation_id(const struct uuid *claim_id, const struct uuid *production_slice,
                                const struct uuid *consumption_slice);
/* The recommended id of a certificate; `type` as its symbol. */
struct uuid known_certificate_id(const char *grid_area, const char *asset, int64_t start_ms,
                                 int64_t end_ms, const char *type);
/* Message number `ordinal` of this type that a processor makes from a parent. */
struct uuid known_message_id(const struct uuid *key, const struct uuid *parent, const char *type,
                             uint32_t ordinal);

/* Where the Java client puts this key. */
int32_t known_place(struct bytes key, int32_t partitions);
int32_t known_place_of(const struct uuid *id, int32_t partitions);

#endif
