#include "cli/fresh_ids.h"

#include <stddef.h>
#include <string.h>
#include <uuid/uuid.h>

static struct uuid fresh(void *self) {
    (void)self;
    struct uuid id;
    uuid_t random;
    uuid_generate_random(random);
    memcpy(id.bytes, random, sizeof id.bytes);
    return id;
}

struct ids fresh_ids(void) {
    return (struct ids){.self = NULL, .fresh = fresh};
}
