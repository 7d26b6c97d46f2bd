/* A host and a port as people write them: host:port, or [ipv6]:port. */
#ifndef MILLRACE_OUTSIDE_HOST_LOOKUP_HOST_PORT_H
#define MILLRACE_OUTSIDE_HOST_LOOKUP_HOST_PORT_H

#include <stdbool.h>
#include <stddef.h>

enum { HOST_PORT_PORT_BYTES = 6 /* of the longest port, with its NUL */ };

/* Points into the text it was cut out of. */
struct host_port {
    const char *host;
    size_t host_length; /* without brackets; may be 0 */
    bool bracketed;
    const char *port; /* decimal, 1 to 65535, to the end of the text */
};

/* False: there is no port behind the last colon. What is in `host` is for the caller to judge. */
bool host_port_split(const char *text, struct host_port *parts);

#endif
