/* What rules and the ledger see of a transaction: its ids, and its event as names and values. */
#ifndef MILLRACE_STANDIN_PROJECT_ORIGIN_DESCRIPTION_H
#define MILLRACE_STANDIN_PROJECT_ORIGIN_DESCRIPTION_H

#include "standin/project_origin/verifier.h"
#include "standin/request.h"

enum { MIMIC_DESCRIPTION_TEXT_MAX = 65536, MIMIC_NONCE_MAX = 64, MIMIC_NAMES_MAX = 64 };

/* What keys are called. */
struct mimic_names {
    struct {
        const char *name;
        struct mimic_area_key key;
    } each[MIMIC_NAMES_MAX];
    uint32_t count;
};

struct mimic_description {
    struct standin_request request;
    struct standin_request_field fields[REQUEST_FIELDS_MAX];
    char nonce[MIMIC_NONCE_MAX]; /* what is longer is cut */
    char text[MIMIC_DESCRIPTION_TEXT_MAX];
    const struct mimic_names *names;
    size_t used; /* of `text` */
    struct mimic_event
        event; /* what the fields point into; `message` is NULL where there is none */
};

/* Names: registry, payloadType, gridArea, certificateType, owner, newOwner, sliceHash,
 * part.commitment, part.owner, attribute.<key>, allocationId, production, consumption,
 * productionSliceHash, consumptionSliceHash. Owners are called as `names` says; NULL: by nothing.
 * Other keys and bytes are in hexadecimal, and as many fields are written as there is room for. It
 * points into the transaction and the names, and is to be closed before them. */
void mimic_describe(const struct mimic_transaction *transaction, const struct mimic_names *names,
                    struct mimic_description *description);
/* Only the ids and the operation. */
void mimic_describe_briefly(const struct mimic_transaction *transaction,
                            struct mimic_description *description);
void mimic_description_close(struct mimic_description *description);

#endif
