#include "outside/host_lookup/host_port.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static bool is_port(const char *text) {
    const size_t digits = strspn(text, "0123456789");
    if (digits == 0 || digits >= HOST_PORT_PORT_BYTES || text[digits] != '\0') {
        return false;
    }
    const long port = strtol(text, NULL, 10);
    return port >= 1 && port <= 65535;
}

bool host_port_split(const char *text, struct host_port *parts) {
    assert(text != NULL && parts != NULL);
    const char *colon = strrchr(text, ':');
    if (colon == NULL || !is_port(colon + 1)) {
        return false;
    }
    const size_t length = (size_t)(colon - text);
    const bool bracketed = length >= 2 && text[0] == '[' && text[length - 1] == ']';
    *parts = (struct host_port){
        .host = text + (bracketed ? 1 : 0),
        .host_length = length - (bracketed ? 2 : 0),
        .bracketed = bracketed,
        .port = colon + 1,
    };
    assert(strlen(parts->port) < HOST_PORT_PORT_BYTES);
    return true;
}
