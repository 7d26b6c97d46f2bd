/* What the registry remembers of a transaction's fate for an hour, and forgets. */
#ifndef MILLRACE_STANDIN_PROJECT_ORIGIN_STATUS_H
#define MILLRACE_STANDIN_PROJECT_ORIGIN_STATUS_H

#include <stdbool.h>
#include <stdint.h>

enum { MIMIC_ID_BYTES = 32, MIMIC_STATUS_KEPT_MS = 60 * 60 * 1000 };

/* The numbers are the contract's. */
enum mimic_status {
    MIMIC_STATUS_UNKNOWN,
    MIMIC_STATUS_PENDING,
    MIMIC_STATUS_FAILED,
    MIMIC_STATUS_COMMITTED,
    MIMIC_STATUS_FINALIZED,
};

struct mimic_status_entry {
    uint8_t id[MIMIC_ID_BYTES];
    enum mimic_status status;
    char *message; /* of FAILED; NULL: none */
    int64_t until_ms;
    struct mimic_status_entry *next;
};

struct mimic_statuses {
    struct mimic_status_entry **buckets;
    uint32_t count;
    uint32_t swept_at; /* when there are so many, those whose time is over are let go */
};

void mimic_statuses_init(struct mimic_statuses *statuses);
void mimic_statuses_deinit(struct mimic_statuses *statuses);

/* Keep it for an hour from now, unless a higher one is kept. `message` may be NULL. */
void mimic_status_set(struct mimic_statuses *statuses, const uint8_t id[MIMIC_ID_BYTES],
                      enum mimic_status status, const char *message, int64_t now_ms);
/* What is kept, for another hour from now; NULL: nothing. Valid until the next call. */
const struct mimic_status_entry *mimic_status_get(struct mimic_statuses *statuses,
                                                  const uint8_t id[MIMIC_ID_BYTES], int64_t now_ms);

#endif
