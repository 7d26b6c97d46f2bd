/* Processes as the ledger names them: who writes an intent, and whether such a one is dead. */
#ifndef MILLRACE_PORTS_PROCESS_H
#define MILLRACE_PORTS_PROCESS_H

#include <stdbool.h>

#include "generated/c/millrace.h"

struct process {
    void *self;
    struct millrace_writer writer; /* this process; its text lives as long as the port */

    /* True only where nothing else is possible: it ran where we can see every process, and it is
     * not there any more. False says nothing. Safe from any thread. */
    bool (*proven_dead)(void *self, const struct millrace_writer *writer);
};

#endif
