/* What this process takes of its machine, as /proc tells. */
#ifndef MILLRACE_OUTSIDE_PROCESS_OS_USAGE_H
#define MILLRACE_OUTSIDE_PROCESS_OS_USAGE_H

#include <stdint.h>

struct process_usage {
    double cpu_s;
    int64_t resident_bytes; /* this and the next: -1 where /proc does not tell */
    int64_t descriptors;
    int64_t threads;
};

void process_usage(struct process_usage *usage);

#endif
