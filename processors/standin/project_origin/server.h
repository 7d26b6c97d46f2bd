/* The stand-in at work: one thread, one epoll. */
#ifndef MILLRACE_STANDIN_PROJECT_ORIGIN_SERVER_H
#define MILLRACE_STANDIN_PROJECT_ORIGIN_SERVER_H

#include "standin/descriptors.h"
#include "standin/project_origin/options.h"
#include "standin/project_origin/session.h"

struct mimic_visitor;

struct mimic_server {
    struct mimic_options *options;
    struct clock clock; /* the machine's */
    int64_t ahead_ms;   /* so much later it is for the registry: the admin port can move it */
    struct standin_chance chance;
    struct standin_ledger *ledger;
    struct mimic_timers timers;
    struct mimic_registry registry;
    struct mimic_service service;
    SSL_CTX *tls; /* NULL: in the open */
    int epoll;
    int signals;        /* those that fill `told` */
    int listener;       /* -1: none, in an outage */
    int admin_listener; /* -1: none */
    /* Also the admin port begins and ends an outage: nobody can connect, no connection lives. */
    struct standin_told told;
    struct mimic_session *sessions;
    uint64_t sessions_number; /* of the last that came */
    struct mimic_visitor *visitors;
};

enum result mimic_server_open(struct mimic_server *server, struct mimic_options *options,
                              const struct clock *clock, struct error *error);
/* Serve until told to stop. */
enum result mimic_server_run(struct mimic_server *server, struct error *error);
void mimic_server_close(struct mimic_server *server);

#endif
