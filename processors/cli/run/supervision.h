/* Tells whoever watches the process how it stands: that it works, that it lives, that it ends. */
#ifndef MILLRACE_CLI_RUN_SUPERVISION_H
#define MILLRACE_CLI_RUN_SUPERVISION_H

#include "cli/run/run.h"
#include "outside/process_os/supervisor.h"

enum { SUPERVISION_STATUS_MAX = 300 }; /* bytes */

/* How the process stands at one moment. */
struct standing {
    bool alive;                          /* see `struct health` */
    bool begun;                          /* as well */
    char status[SUPERVISION_STATUS_MAX]; /* a sentence */
};

struct supervision {
    struct supervisor supervisor;
    bool begun_told;
    char status_told[SUPERVISION_STATUS_MAX];
};

/* Tell what has changed, and that the process lives if it does; a process that does not is left
 * without a word, so that its supervisor's watchdog ends it. */
void supervision_tell(struct supervision *supervision, const struct standing *standing);
/* How long to wait until it is told again, so that a watchdog hears of us in time. */
int32_t supervision_pause_ms(const struct supervision *supervision);

struct supervision_thread;

/* Tell from now on, from a thread of its own. Nothing is opened where nobody watches: `thread` is
 * NULL then. INVALID: the environment asks for what cannot be. */
enum result supervision_open(struct run *run, const struct supervisor_wishes *wishes,
                             struct supervision_thread **thread, struct error *error);
/* Tell that the process ends, and nothing more. NULL is harmless. */
void supervision_close(struct supervision_thread *thread);

#endif
