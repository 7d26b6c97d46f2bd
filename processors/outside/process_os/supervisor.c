#include "outside/process_os/supervisor.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

/* A whole number, as environments have them. */
static bool number_of(const char *text, int64_t *number) {
    char *end = NULL;
    errno = 0;
    *number = strtoll(text, &end, 10);
    return errno == 0 && text[0] >= '0' && text[0] <= '9' && *end == '\0';
}

static enum result read_watchdog(const struct supervisor_wishes *wishes, int64_t *watchdog_ms,
                                 struct error *error) {
    int64_t pid = getpid();
    int64_t watchdog_us = 0;
    *watchdog_ms = 0;
    if (wishes->watchdog_usec == NULL) {
        return RESULT_OK;
    }
    if (!number_of(wishes->watchdog_usec, &watchdog_us) || watchdog_us < 1000) {
        return error_set(error, RESULT_INVALID,
                         "WATCHDOG_USEC is \"%s\"; it must be a number of microseconds, of a "
                         "millisecond at least",
                         wishes->watchdog_usec);
    }
    if (wishes->watchdog_pid != NULL && !number_of(wishes->watchdog_pid, &pid)) {
        return error_set(error, RESULT_INVALID,
                         "WATCHDOG_PID is \"%s\"; it must be the number of a process",
                         wishes->watchdog_pid);
    }
    if (pid == getpid()) {
        *watchdog_ms = watchdog_us / 1000;
    }
    return RESULT_OK;
}

static bool address_of(const char *socket, struct supervisor *supervisor) {
    const size_t length = strlen(socket);
    struct sockaddr_un *address = &supervisor->address;
    if ((socket[0] != '/' && socket[0] != '@') || length < 2 ||
        length >= sizeof address->sun_path) {
        return false;
    }
    *address = (struct sockaddr_un){.sun_family = AF_UNIX};
    memcpy(address->sun_path, socket, length);
    if (socket[0] == '@') {
        address->sun_path[0] = '\0'; /* an abstract name has no end but the address's */
    }
    supervisor->address_length =
        (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length + (socket[0] == '@' ? 0 : 1));
    return true;
}

enum result supervisor_open(const struct supervisor_wishes *wishes, struct supervisor *supervisor,
                            struct error *error) {
    assert(wishes != NULL && supervisor != NULL);
    *supervisor = (struct supervisor){.socket = -1};
    if (wishes->socket == NULL || wishes->socket[0] == '\0') {
        return RESULT_OK;
    }
    const enum result result = read_watchdog(wishes, &supervisor->watchdog_ms, error);
    if (result != RESULT_OK) {
        return result;
    }
    if (!address_of(wishes->socket, supervisor)) {
        return error_set(error, RESULT_INVALID,
                         "NOTIFY_SOCKET is \"%.200s\"; it must be an absolute path, or @ and a "
                         "name, of at most %zu bytes",
                         wishes->socket, sizeof supervisor->address.sun_path - 1);
    }
    supervisor->socket = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    const struct timeval second = {.tv_sec = 1};
    if (supervisor->socket < 0 ||
        setsockopt(supervisor->socket, SOL_SOCKET, SO_SNDTIMEO, &second, sizeof second) != 0) {
        const int failure = errno;
        supervisor_close(supervisor);
        return error_set(error, RESULT_FAILED, "no socket can be had to tell NOTIFY_SOCKET: %s",
                         strerror(failure));
    }
    return RESULT_OK;
}

void supervisor_close(struct supervisor *supervisor) {
    if (supervisor->socket >= 0) {
        (void)close(supervisor->socket);
        supervisor->socket = -1;
    }
}

bool supervisor_tell(const struct supervisor *supervisor, const char *state) {
    assert(supervisor != NULL && state != NULL && state[0] != '\0');
    if (supervisor->socket < 0) {
        return true;
    }
    const size_t length = strlen(state);
    /* To its address each time: a supervisor may be started anew, and its socket be another. */
    const ssize_t sent =
        sendto(supervisor->socket, state, length, MSG_NOSIGNAL,
               (const struct sockaddr *)&supervisor->address, supervisor->address_length);
    return sent == (ssize_t)length;
}
