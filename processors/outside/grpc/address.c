#include "outside/grpc/address.h"

#include <assert.h>
#include <string.h>

static const char notation[] = "use http://host:port or https://host:port";

/* Only what names and addresses are made of: it goes into a header as it is. */
static bool is_host(const struct host_port *parts) {
    static const char in_names[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_";
    static const char in_brackets[] = "0123456789abcdefABCDEF:.";
    return parts->host_length > 0 &&
           strspn(parts->host, parts->bracketed ? in_brackets : in_names) >= parts->host_length;
}

enum result grpc_address_parse(const char *text, struct grpc_address *address,
                               struct error *error) {
    static const char plain[] = "http://";
    static const char tls[] = "https://";
    assert(text != NULL && address != NULL && error != NULL);
    memset(address, 0, sizeof *address);
    address->tls = strncmp(text, tls, sizeof tls - 1) == 0;
    if (!address->tls && strncmp(text, plain, sizeof plain - 1) != 0) {
        return error_set(error, RESULT_INVALID, "address \"%.100s\": %s", text, notation);
    }
    const char *host = text + (address->tls ? sizeof tls : sizeof plain) - 1;
    const size_t authority = strlen(host);
    struct host_port parts;
    if (!host_port_split(host, &parts)) {
        return error_set(error, RESULT_INVALID,
                         "address \"%.100s\": behind the host it has no port, or more; %s", text,
                         notation);
    }
    if (!is_host(&parts) || parts.host_length >= sizeof address->host ||
        authority >= sizeof address->authority) {
        return error_set(error, RESULT_INVALID, "address \"%.100s\": it has no host; %s", text,
                         notation);
    }
    memcpy(address->host, parts.host, parts.host_length);
    memcpy(address->port, parts.port, strlen(parts.port) + 1);
    memcpy(address->authority, host, authority + 1);
    return RESULT_OK;
}
