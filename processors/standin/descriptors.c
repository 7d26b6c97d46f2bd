#include "standin/descriptors.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

enum result standin_watch(int epoll, int fd, void *object, struct error *error) {
    struct epoll_event event = {.events = EPOLLIN, .data = {.ptr = object}};
    return epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == 0
               ? RESULT_OK
               : error_set(error, RESULT_FAILED, "epoll_ctl: %s", strerror(errno));
}

int standin_signals_open(struct error *error) {
    sigset_t set;
    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGTERM);
    (void)sigaddset(&set, SIGINT);
    (void)sigaddset(&set, SIGUSR1);
    (void)sigaddset(&set, SIGUSR2);
    const int signals = sigprocmask(SIG_BLOCK, &set, NULL) == 0
                            ? signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC)
                            : -1;
    if (signals < 0) {
        (void)error_set(error, RESULT_FAILED, "signals: %s", strerror(errno));
    }
    return signals;
}

void standin_signals_take(int signals, struct standin_told *told) {
    struct signalfd_siginfo info;
    while (read(signals, &info, sizeof info) == sizeof info) {
        if (info.ssi_signo == SIGUSR1 || info.ssi_signo == SIGUSR2) {
            told->outage = info.ssi_signo == SIGUSR1;
        } else {
            told->stopping = true;
        }
    }
}

void standin_descriptor_close(int *fd) {
    if (*fd >= 0) {
        (void)close(*fd);
        *fd = -1;
    }
}
