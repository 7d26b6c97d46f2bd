#include "outside/grpc/address.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static const char notation[] = "use http://host:port or https://host:port";

static bool is_port(const char *text) {
    const size_t digits = strspn(text, "0123456789");
    if (digits == 0 || digits > 5 || text[digits] != '\0') {
        return false;
    }
    const long port = strtol(text, NULL, 10);
    return port >= 1 && port <= 65535;
}

/* Only what names and addresses are made of: it goes into a header as it is. */
static bool is_host(const char *host, size_t length, bool bracketed) {
    static const char in_names[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_";
    static const char in_brackets[] = "0123456789abcdefABCDEF:.";
    return length > 0 && strspn(host, bracketed ? in_brackets : in_names) >= length;
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
    const char *colon = strrchr(host, ':');
    if (colon == NULL || !is_port(colon + 1)) {
        return error_set(error, RESULT_INVALID,
                         "address \"%.100s\": behind the host it has no port, or more; %s", text,
                         notation);
    }
    const char *name = host;
    size_t length = (size_t)(colon - host);
    const bool bracketed = length >= 2 && name[0] == '[' && name[length - 1] == ']';
    if (bracketed) {
        name++;
        length -= 2;
    }
    if (!is_host(name, length, bracketed) || length >= sizeof address->host ||
        authority >= sizeof address->authority) {
        return error_set(error, RESULT_INVALID, "address \"%.100s\": it has no host; %s", text,
                         notation);
    }
    memcpy(address->host, name, length);
    memcpy(address->port, colon + 1, strlen(colon + 1) + 1);
    memcpy(address->authority, host, authority + 1);
    return RESULT_OK;
}
