/* Where a gRPC server listens, and whether TLS is spoken there. */
#ifndef MILLRACE_OUTSIDE_GRPC_ADDRESS_H
#define MILLRACE_OUTSIDE_GRPC_ADDRESS_H

#include <stdbool.h>

#include "outside/host_lookup/host_port.h"
#include "ports/error.h"

struct grpc_address {
    bool tls;                        /* https */
    char host[256];                  /* a name, or an address in digits, without brackets */
    char port[HOST_PORT_PORT_BYTES]; /* decimal, 1 to 65535 */
    char authority[264];             /* host and port as they were given: `:authority` */
};

/* `http://host:port`, `https://host:port`; an IPv6 address in brackets. INVALID: it is neither. */
enum result grpc_address_parse(const char *text, struct grpc_address *address, struct error *error);

#endif
