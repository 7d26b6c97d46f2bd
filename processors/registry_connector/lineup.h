/* Who waits for a slot of one registry, the oldest first. */
#ifndef MILLRACE_REGISTRY_CONNECTOR_LINEUP_H
#define MILLRACE_REGISTRY_CONNECTOR_LINEUP_H

#include <stdint.h>

#include "domain/values.h"

struct lineup_entry {
    int64_t queued_at; /* wall clock; only compared with each other */
    struct uuid certificate_id;
};

/* All zeroes is empty. */
struct lineup {
    struct lineup_entry *heap; /* from malloc */
    uint32_t count;
    uint32_t capacity;
};

void lineup_add(struct lineup *lineup, int64_t queued_at, const struct uuid *certificate_id);
/* The oldest; only when there is one. */
const struct lineup_entry *lineup_first(const struct lineup *lineup);
void lineup_drop_first(struct lineup *lineup);
void lineup_deinit(struct lineup *lineup);

#endif
