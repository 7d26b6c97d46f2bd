/* Where a registry listens, and finding the host behind a name without waiting for it. */
#ifndef MILLRACE_REGISTRY_PLAIN_ADDRESS_H
#define MILLRACE_REGISTRY_PLAIN_ADDRESS_H

#include <netdb.h>
#include <stdbool.h>
#include <sys/un.h>

#include "ports/error.h"

struct plain_address {
    bool local;                       /* a socket of this host's; else TCP */
    struct sockaddr_un local_address; /* of `local` */
    char host[256];                   /* a name, or an address in digits */
    char port[6];
};

/* INVALID: it is none of the notations. */
enum result plain_address_parse(const char *text, struct plain_address *address,
                                struct error *error);

/* One question to the resolver of the system, which answers from a thread of its own; an address in
 * digits is its own answer. */
struct plain_lookup;

/* NULL: it could not even be asked. */
struct plain_lookup *plain_lookup_open(const struct plain_address *address);
/* AGAIN: not yet. OK: `*found` belongs to the lookup. FAILED: there is no such host, says `error`.
 */
enum result plain_lookup_poll(struct plain_lookup *lookup, const struct addrinfo **found,
                              struct error *error);
void plain_lookup_close(struct plain_lookup *lookup);

#endif
