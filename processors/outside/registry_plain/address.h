/* Where a registry listens. */
#ifndef MILLRACE_REGISTRY_PLAIN_ADDRESS_H
#define MILLRACE_REGISTRY_PLAIN_ADDRESS_H

#include <stdbool.h>
#include <sys/un.h>

#include "outside/host_lookup/host_port.h"
#include "ports/error.h"

struct plain_address {
    bool local;                       /* a socket of this host's; else TCP */
    struct sockaddr_un local_address; /* of `local` */
    char host[256];                   /* a name, or an address in digits */
    char port[HOST_PORT_PORT_BYTES];
};

/* INVALID: it is none of the notations. */
enum result plain_address_parse(const char *text, struct plain_address *address,
                                struct error *error);

#endif
