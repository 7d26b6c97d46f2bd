/* Whether somebody who says how much a slice holds, and how its registry hides that, is right. */
#ifndef MILLRACE_PORTS_OPENINGS_H
#define MILLRACE_PORTS_OPENINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "domain/values.h"

struct openings {
    void *self;

    /* Do `quantity` (Wh) and `blinding` open what this registry calls `hash`? True as well where
     * that registry hides nothing: there is nothing to check. The same answer to the same question;
     * nobody outside is asked, and no secret is needed. */
    bool (*fit)(void *self, struct text registry, int64_t quantity, struct bytes blinding,
                struct bytes hash);
};

#endif
