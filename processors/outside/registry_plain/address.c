#include "outside/registry_plain/address.h"

#include <assert.h>
#include <string.h>
#include <sys/socket.h>

static const char notation[] = "use unix:/path, host:port or [ipv6]:port";

static enum result parse_local(const char *text, const char *path, struct plain_address *address,
                               struct error *error) {
    address->local = true;
    address->local_address.sun_family = AF_UNIX;
    const size_t length = strlen(path);
    if (length == 0 || length >= sizeof address->local_address.sun_path) {
        return error_set(error, RESULT_INVALID, "address \"%s\": a path of 1 to %zu bytes", text,
                         sizeof address->local_address.sun_path - 1);
    }
    memcpy(address->local_address.sun_path, path, length + 1);
    return RESULT_OK;
}

enum result plain_address_parse(const char *text, struct plain_address *address,
                                struct error *error) {
    assert(text != NULL && address != NULL && error != NULL);
    static const char local[] = "unix:";
    memset(address, 0, sizeof *address);
    if (strncmp(text, local, sizeof local - 1) == 0) {
        return parse_local(text, text + sizeof local - 1, address, error);
    }
    struct host_port parts;
    if (!host_port_split(text, &parts)) {
        return error_set(error, RESULT_INVALID, "address \"%s\": it has no port; %s", text,
                         notation);
    }
    if (parts.host_length == 0 || parts.host_length >= sizeof address->host ||
        (!parts.bracketed && memchr(parts.host, ':', parts.host_length) != NULL)) {
        return error_set(error, RESULT_INVALID, "address \"%s\": it has no host; %s", text,
                         notation);
    }
    memcpy(address->host, parts.host, parts.host_length);
    memcpy(address->port, parts.port, strlen(parts.port) + 1);
    return RESULT_OK;
}
