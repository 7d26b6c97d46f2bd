/* The thread of a lane: steps it, and waits between steps for what the lane waits for. */
#ifndef MILLRACE_LOOP_LANE_THREAD_H
#define MILLRACE_LOOP_LANE_THREAD_H

#include <pthread.h>

#include "loop/lane.h"

struct lane_thread {
    struct lane *lane;
    const struct clock *clock;
    int ended_fd; /* an eventfd of the group's that is written to when the lane has ended */
    int wake_fd;  /* an eventfd: look at the lane's command */
    int epoll_fd;
    int log_fd;       /* watched now, or -1 */
    int processor_fd; /* the same */
    pthread_t thread;
};

/* Start stepping a lane. `thread` must stay where it is until the join. */
enum result lane_thread_start(struct lane_thread *thread, struct lane *lane,
                              const struct clock *clock, int ended_fd, struct error *error);
/* After a command was given to the lane, so that it is seen at once. */
void lane_thread_wake(const struct lane_thread *thread);
/* Wait for the thread of a lane that has ended. */
void lane_thread_join(struct lane_thread *thread);

#endif
