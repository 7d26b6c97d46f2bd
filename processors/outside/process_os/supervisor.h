/* Whoever started this process and watches it, such as systemd: told how the process stands by the
 * datagrams that systemd documents (sd_notify(3), "Notes"). */
#ifndef MILLRACE_OUTSIDE_SUPERVISOR_H
#define MILLRACE_OUTSIDE_SUPERVISOR_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "ports/error.h"

struct supervisor {
    int socket; /* -1: nobody watches */
    struct sockaddr_un address;
    socklen_t address_length;
    int64_t watchdog_ms; /* without a sign of life for so long it ends the process; 0: it waits */
};

/* As it says in our environment. */
struct supervisor_wishes {
    const char *socket;        /* NOTIFY_SOCKET: a path, or @ and an abstract name; NULL: nobody */
    const char *watchdog_usec; /* WATCHDOG_USEC; NULL: no watchdog */
    const char *watchdog_pid;  /* WATCHDOG_PID: whom it is for; NULL: us */
};

/* INVALID: such wishes cannot be met; `error` says which. */
enum result supervisor_open(const struct supervisor_wishes *wishes, struct supervisor *supervisor,
                            struct error *error);
/* Harmless when nobody watches. */
void supervisor_close(struct supervisor *supervisor);

/* Tell a state: lines of NAME=VALUE. False: it was not taken, or only after a second. */
bool supervisor_tell(const struct supervisor *supervisor, const char *state);

#endif
