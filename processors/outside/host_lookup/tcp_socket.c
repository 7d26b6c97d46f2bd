#include "outside/host_lookup/tcp_socket.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <sys/socket.h>

enum {
    PEER_TIMEOUT_MS = 15000, /* for what was sent to be acknowledged */
    KEEPALIVE_IDLE_S = 5,
    KEEPALIVE_INTERVAL_S = 3,
    KEEPALIVE_COUNT = 3,
};

void tcp_socket_tune(int socket) {
    static const struct {
        int level;
        int option;
        int value;
    } settings[] = {
        {IPPROTO_TCP, TCP_NODELAY, 1},
        {IPPROTO_TCP, TCP_USER_TIMEOUT, PEER_TIMEOUT_MS},
        {SOL_SOCKET, SO_KEEPALIVE, 1},
        {IPPROTO_TCP, TCP_KEEPIDLE, KEEPALIVE_IDLE_S},
        {IPPROTO_TCP, TCP_KEEPINTVL, KEEPALIVE_INTERVAL_S},
        {IPPROTO_TCP, TCP_KEEPCNT, KEEPALIVE_COUNT},
    };
    for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++) {
        (void)setsockopt(socket, settings[i].level, settings[i].option, &settings[i].value,
                         sizeof settings[i].value);
    }
}
