/* What the command line of `millrace standin --protocol project-origin` says. */
#ifndef MILLRACE_STANDIN_PROJECT_ORIGIN_OPTIONS_H
#define MILLRACE_STANDIN_PROJECT_ORIGIN_OPTIONS_H

#include <argp.h>

#include "standin/chance.h"
#include "standin/project_origin/description.h"
#include "standin/project_origin/fault.h"
#include "standin/project_origin/transport.h"

struct mimic_options {
    const char *listen; /* unix:/path, host:port or [ipv6]:port */
    const char *admin;  /* the same; NULL: none */
    const char *ledger; /* path */
    struct mimic_tls_options tls;
    uint64_t seed;
    uint32_t streams_max;             /* of a connection at once */
    struct standin_latency latency;   /* of executing a transaction, after the one before it */
    struct standin_latency answering; /* of answering a call */
    int64_t finalize_after_ms;
    struct mimic_network network;
    struct mimic_names names;
    struct mimic_faults faults; /* `chance` is not set */
};

/* Its options; ends with an empty one. */
extern const struct argp_option mimic_known[];

/* Exits with a usage message when the command line is wrong. The options point into `argv`. */
void mimic_options_parse(int argc, char **argv, struct mimic_options *options);

#endif
