/* Where fresh ids come from: random ones in a process, counted ones in a test. */
#ifndef MILLRACE_PORTS_IDS_H
#define MILLRACE_PORTS_IDS_H

#include "domain/values.h"

struct ids {
    void *self;
    /* An id that nobody ever had. Safe from any thread. */
    struct uuid (*fresh)(void *self);
};

#endif
