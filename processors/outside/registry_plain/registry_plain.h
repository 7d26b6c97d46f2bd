/* The registry of the working assumptions: it takes a transaction over a socket, takes its time,
 * answers once and cannot be asked (PROTOCOL.md). */
#ifndef MILLRACE_OUTSIDE_REGISTRY_PLAIN_H
#define MILLRACE_OUTSIDE_REGISTRY_PLAIN_H

#include "ports/logger.h"
#include "ports/registry.h"

struct registry_plain_adapter {
    struct logger logger; /* used by all connections, from their lanes' threads */
};

/* The adapter "plain". An address is `unix:/path`, `host:port` or `[ipv6]:port`. Each lane has one
 * connection, made when it is first needed; requests follow each other on it without waiting.
 * `self` must outlive every connection that is opened by it. */
struct registry_adapter registry_plain(struct registry_plain_adapter *self);

/* Connect, send nothing, and end the connection; takes 5 s at most. INVALID: the address is none.
 * FAILED: nobody is there, `error` says why. */
enum result registry_plain_reach(const char *address, const struct clock *clock,
                                 struct error *error);

#endif
