/* The stand-in at work: one thread, one epoll. */
#ifndef MILLRACE_STANDIN_SERVER_H
#define MILLRACE_STANDIN_SERVER_H

#include "ports/clock.h"
#include "ports/error.h"
#include "standin/client.h"
#include "standin/descriptors.h"
#include "standin/jobs.h"
#include "standin/ledger.h"
#include "standin/options.h"

struct standin_server {
    struct standin_options *options;
    struct clock clock;
    struct standin_ledger *ledger;
    struct standin_chance chance;
    int64_t started_ms;
    int epoll;
    int signals;  /* those that fill `told` */
    int listener; /* -1: none, in an outage */
    struct standin_told told;
    struct standin_client *clients;
    uint64_t clients_number; /* of the last that came */
    struct standin_jobs jobs;
    uint64_t orders;
};

enum result standin_server_open(struct standin_server *server, struct standin_options *options,
                                const struct clock *clock, struct error *error);
/* Serve until told to stop. */
enum result standin_server_run(struct standin_server *server, struct error *error);
void standin_server_close(struct standin_server *server);

/* Everything that one frame sets off, now or later. */
void standin_server_request(struct standin_server *server, struct standin_client *client,
                            char *frame, size_t length);
/* Do a job that is due; `client` is NULL when its connection is gone. */
void standin_server_finish(struct standin_server *server, struct standin_client *client,
                           const struct standin_job *job);

#endif
