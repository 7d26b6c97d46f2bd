#include <assert.h>
#include <poll.h>
#include <stdlib.h>

#include "outside/registry_plain/connection.h"
#include "outside/registry_plain/registry_plain.h"

enum result registry_plain_reach(const char *text, const struct clock *clock, struct error *error) {
    assert(text != NULL && clock != NULL && error != NULL);
    struct plain_address address;
    struct plain_connection *connection = calloc(1, sizeof *connection);
    assert(connection != NULL);
    enum result result = plain_address_parse(text, &address, error);
    if (result == RESULT_OK) {
        result = plain_connection_open(connection, &address, error);
    }
    if (result != RESULT_OK) {
        free(connection);
        return result;
    }
    result = plain_connection_begin(connection, clock->monotonic_ms(clock->self), error);
    if (result == RESULT_OK) {
        result = RESULT_AGAIN;
    }
    while (result == RESULT_AGAIN) {
        result = plain_connection_advance(connection, clock->monotonic_ms(clock->self), error);
        if (result == RESULT_AGAIN) {
            struct pollfd wait = {.fd = connection->epoll, .events = POLLIN};
            (void)poll(&wait, 1, HOST_LOOKUP_INTERVAL_MS);
        }
    }
    plain_connection_close(connection);
    free(connection);
    return result;
}
