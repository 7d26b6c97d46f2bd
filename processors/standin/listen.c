#include "standin/listen.h"

#include <errno.h>
#include <netdb.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { BACKLOG = 1024 };

static int listen_local(const char *path, struct error *error) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path) {
        (void)error_set(error, RESULT_INVALID, "%s: the path is too long", path);
        return -1;
    }
    memcpy(address.sun_path, path, strlen(path) + 1);
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    (void)unlink(path); /* left behind by one that was killed */
    if (fd < 0 || bind(fd, (const struct sockaddr *)&address, sizeof address) != 0 ||
        listen(fd, BACKLOG) != 0) {
        (void)error_set(error, RESULT_FAILED, "cannot listen at %s: %s", path, strerror(errno));
        if (fd >= 0) {
            (void)close(fd);
        }
        return -1;
    }
    return fd;
}

static int listen_address(const struct addrinfo *address) {
    const int on = 1;
    const int fd =
        socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
    if (fd < 0) {
        return -1;
    }
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, address->ai_addr, address->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0) {
        return fd;
    }
    const int number = errno;
    (void)close(fd);
    errno = number;
    return -1;
}

static int listen_tcp(const char *text, struct error *error) {
    char host[256] = "";
    const char *colon = strrchr(text, ':');
    const bool bracketed = text[0] == '[' && colon > text && colon[-1] == ']';
    const char *first = text + (bracketed ? 1 : 0);
    if (colon == NULL || colon - first - (bracketed ? 1 : 0) >= (long)sizeof host) {
        (void)error_set(error, RESULT_INVALID,
                        "\"%s\" is no address: unix:/path, host:port or [ipv6]:port", text);
        return -1;
    }
    memcpy(host, first, (size_t)(colon - first) - (bracketed ? 1 : 0));
    const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    const int answer = getaddrinfo(host, colon + 1, &hints, &found);
    if (answer != 0) {
        (void)error_set(error, RESULT_FAILED, "%s: %s", text, gai_strerror(answer));
        return -1;
    }
    int fd = -1;
    for (const struct addrinfo *each = found; each != NULL && fd < 0; each = each->ai_next) {
        fd = listen_address(each);
    }
    if (fd < 0) {
        (void)error_set(error, RESULT_FAILED, "cannot listen at %s: %s", text, strerror(errno));
    }
    freeaddrinfo(found);
    return fd;
}

int standin_listen(const char *address, struct error *error) {
    static const char local[] = "unix:";
    return strncmp(address, local, sizeof local - 1) == 0
               ? listen_local(address + sizeof local - 1, error)
               : listen_tcp(address, error);
}
