/* Finding the hosts behind a name without ever waiting for them. */
#ifndef MILLRACE_OUTSIDE_HOST_LOOKUP_H
#define MILLRACE_OUTSIDE_HOST_LOOKUP_H

#include <netdb.h>

#include "ports/error.h"

enum {
    HOST_LOOKUP_INTERVAL_MS = 10, /* to ask again: the resolver has no descriptor to wait on */
    HOST_LOOKUP_LEFT_MAX = 16,    /* questions that nobody waits for any more, in a process */
};

/* One question to the resolver of the system, which answers from a thread of its own; an address in
 * digits is its own answer. */
struct host_lookup;

/* NULL: it could not even be asked, for want of memory or since HOST_LOOKUP_LEFT_MAX questions that
 * were given up are still with the resolver. */
struct host_lookup *host_lookup_open(const char *host, const char *port);
/* AGAIN: not yet. OK: `*found` belongs to the lookup. FAILED: there is no such host, says `error`.
 */
enum result host_lookup_poll(struct host_lookup *lookup, const struct addrinfo **found,
                             struct error *error);
/* Does not wait either: what the resolver still writes to is freed by a later opening or closing,
 * of any thread. */
void host_lookup_close(struct host_lookup *lookup);

#endif
