#include "loop/lane_thread.h"

#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum {
    WAIT_MS_MAX = 1000, /* so that a lane without work still ticks */
    EVENTS_MAX = 4,
};

/* Watch another descriptor in the place of `*watched`; -1: none. */
static void watch(const struct lane_thread *thread, int *watched, int fd, uint32_t events) {
    if (*watched == fd) {
        return;
    }
    if (*watched >= 0) {
        /* It may be closed already, and is forgotten by that. */
        (void)epoll_ctl(thread->epoll_fd, EPOLL_CTL_DEL, *watched, NULL);
    }
    if (fd >= 0) {
        struct epoll_event event = {.events = events, .data.fd = fd};
        const int failed = epoll_ctl(thread->epoll_fd, EPOLL_CTL_ADD, fd, &event);
        assert(failed == 0);
    }
    *watched = fd;
}

static void wait_until(struct lane_thread *thread, int64_t due_ms) {
    const int64_t now_ms = thread->clock->monotonic_ms(thread->clock->self);
    if (due_ms <= now_ms) {
        return;
    }
    const int64_t left_ms = due_ms - now_ms;
    struct epoll_event events[EVENTS_MAX];
    const int count = epoll_wait(thread->epoll_fd, events, EVENTS_MAX,
                                 left_ms < WAIT_MS_MAX ? (int)left_ms : WAIT_MS_MAX);
    assert(count >= 0 || errno == EINTR);
    for (int i = 0; i < count; i++) {
        if (events[i].data.fd == thread->wake_fd) {
            uint64_t wakes;
            const ssize_t taken = read(thread->wake_fd, &wakes, sizeof wakes);
            (void)taken;
        }
    }
}

static void *run(void *context) {
    struct lane_thread *thread = context;
    while (lane_step(thread->lane)) {
        watch(thread, &thread->log_fd, lane_log_fd(thread->lane), EPOLLIN | EPOLLET);
        watch(thread, &thread->processor_fd, lane_processor_fd(thread->lane), EPOLLIN);
        wait_until(thread, lane_due_ms(thread->lane));
    }
    const uint64_t one = 1;
    const ssize_t written = write(thread->ended_fd, &one, sizeof one);
    (void)written;
    return NULL;
}

static int start(struct lane_thread *thread) {
    /* Signals are the main thread's. */
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    int failed = pthread_sigmask(SIG_SETMASK, &all, &before);
    assert(failed == 0);
    const int result = pthread_create(&thread->thread, NULL, run, thread);
    failed = pthread_sigmask(SIG_SETMASK, &before, NULL);
    assert(failed == 0);
    return result;
}

static void close_fds(const struct lane_thread *thread) {
    if (thread->epoll_fd >= 0) {
        close(thread->epoll_fd);
    }
    if (thread->wake_fd >= 0) {
        close(thread->wake_fd);
    }
}

enum result lane_thread_start(struct lane_thread *thread, struct lane *lane,
                              const struct clock *clock, int ended_fd, struct error *error) {
    assert(lane != NULL && clock != NULL && ended_fd >= 0);
    *thread = (struct lane_thread){
        .lane = lane,
        .clock = clock,
        .ended_fd = ended_fd,
        .wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC),
        .epoll_fd = epoll_create1(EPOLL_CLOEXEC),
        .log_fd = -1,
        .processor_fd = -1,
    };
    int failed = thread->wake_fd < 0 || thread->epoll_fd < 0 ? errno : 0;
    if (failed == 0) {
        int command_fd = -1;
        watch(thread, &command_fd, thread->wake_fd, EPOLLIN);
        failed = start(thread);
    }
    if (failed != 0) {
        close_fds(thread);
        return error_set(error, RESULT_FAILED,
                         "no thread for a lane: %s; look at the limits of this process",
                         strerror(failed));
    }
    return RESULT_OK;
}

void lane_thread_wake(const struct lane_thread *thread) {
    const uint64_t one = 1;
    const ssize_t written = write(thread->wake_fd, &one, sizeof one);
    (void)written;
}

void lane_thread_join(struct lane_thread *thread) {
    const int failed = pthread_join(thread->thread, NULL);
    assert(failed == 0);
    close_fds(thread);
}
