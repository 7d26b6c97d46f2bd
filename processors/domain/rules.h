/* What the deployment's configuration says about the business: plain data that decisions read and
 * nothing changes. */
#ifndef MILLRACE_DOMAIN_RULES_H
#define MILLRACE_DOMAIN_RULES_H

#include <stdbool.h>
#include <stdint.h>

#include "domain/values.h"

/* Who may issue and withdraw in a grid area. An area with several issuers has several entries. */
struct rules_issuer {
    struct text grid_area;
    struct text name; /* as in requestedBy */
};

struct rules_registry {
    struct text name; /* as in commands */
    bool readable;    /* the stream of a certificate can be read from it */
};

struct rules_owner {
    struct text name;
    struct bytes key; /* public key as registries show it; empty: not known to us */
};

struct rules {
    const struct rules_issuer *issuers;
    uint32_t issuers_count;
    const struct rules_registry *registries;
    uint32_t registries_count;
    bool owners_any;                  /* anybody with a well-formed name may own slices */
    const struct rules_owner *owners; /* who may, unless anybody may; and whose keys we know */
    uint32_t owners_count;
    bool has_expiry;
    int32_t expiry_days; /* after the end of the period; from then on: Expired */
};

bool rules_is_issuer(const struct rules *rules, struct text grid_area, struct text name);

/* NULL: not configured. */
const struct rules_registry *rules_registry_find(const struct rules *rules, struct text name);

/* Is it a name such as owners have: 1 to 128 of [A-Za-z0-9._:-]? */
bool rules_is_name(struct text name);

/* May this name own slices? It is one, and known where the rules name owners. */
bool rules_is_owner(const struct rules *rules, struct text name);

/* Whose public key it is; NULL: nobody's that we know. */
const struct rules_owner *rules_owner_by_key(const struct rules *rules, struct bytes key);

/* Has a certificate expired by `now_ms` whose period ended at `period_end_ms`? */
bool rules_is_expired(const struct rules *rules, int64_t period_end_ms, int64_t now_ms);

#endif
