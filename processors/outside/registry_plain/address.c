#include "outside/registry_plain/address.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static const char notation[] = "use unix:/path, host:port or [ipv6]:port";

static bool is_port(const char *text) {
    const size_t digits = strspn(text, "0123456789");
    if (digits == 0 || digits > 5 || text[digits] != '\0') {
        return false;
    }
    const long port = strtol(text, NULL, 10);
    return port >= 1 && port <= 65535;
}

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
    const char *colon = strrchr(text, ':');
    if (colon == NULL || !is_port(colon + 1)) {
        return error_set(error, RESULT_INVALID, "address \"%s\": it has no port; %s", text,
                         notation);
    }
    const char *host = text;
    size_t length = (size_t)(colon - text);
    const bool bracketed = length >= 2 && host[0] == '[' && host[length - 1] == ']';
    if (bracketed) {
        host++;
        length -= 2;
    }
    if (length == 0 || length >= sizeof address->host ||
        (!bracketed && memchr(host, ':', length) != NULL)) {
        return error_set(error, RESULT_INVALID, "address \"%s\": it has no host; %s", text,
                         notation);
    }
    memcpy(address->host, host, length);
    memcpy(address->port, colon + 1, strlen(colon + 1) + 1);
    return RESULT_OK;
}
