/* Transactions that the stand-in is busy with, the next to be done first. */
#ifndef MILLRACE_STANDIN_JOBS_H
#define MILLRACE_STANDIN_JOBS_H

#include <stdint.h>

#include "standin/request.h"
#include "standin/rule.h"

struct standin_job {
    int64_t due_ms;
    uint64_t order;                 /* of arrival: among equals the first comes first */
    uint64_t client;                /* number of the connection it came by */
    char *frame;                    /* the job's own */
    struct standin_request request; /* into `frame`; without fields */
    enum standin_rule_action action;
};

struct standin_jobs {
    struct standin_job *heap;
    uint32_t count;
    uint32_t capacity;
};

void standin_jobs_add(struct standin_jobs *jobs, const struct standin_job *job);
/* The job that is due next; NULL: there is none. Valid until the next call. */
const struct standin_job *standin_jobs_next(const struct standin_jobs *jobs);
/* Take it out; the caller frees its frame. */
struct standin_job standin_jobs_take(struct standin_jobs *jobs);
void standin_jobs_deinit(struct standin_jobs *jobs);

#endif
