/* The descriptors of a stand-in's one epoll, and the signals among them. */
#ifndef MILLRACE_STANDIN_DESCRIPTORS_H
#define MILLRACE_STANDIN_DESCRIPTORS_H

#include <stdbool.h>

#include "ports/error.h"

/* What signals have told it. */
struct standin_told {
    bool outage;   /* SIGUSR1 begins it, SIGUSR2 ends it */
    bool stopping; /* SIGTERM or SIGINT */
};

/* Have `epoll` tell when `fd` can be read: `object` is what it says then. */
enum result standin_watch(int epoll, int fd, void *object, struct error *error);

/* Those signals, from now on by a descriptor that never blocks. -1: not possible, and `error` says
 * why. */
int standin_signals_open(struct error *error);
/* Take over what has come since. */
void standin_signals_take(int signals, struct standin_told *told);

/* Close it if it is open, and set it to -1. */
void standin_descriptor_close(int *fd);

#endif
