/* What the command line of `millrace standin` says. */
#ifndef MILLRACE_STANDIN_OPTIONS_H
#define MILLRACE_STANDIN_OPTIONS_H

#include "standin/chance.h"
#include "standin/rule.h"

enum { OPTIONS_RULES_MAX = 64, OPTIONS_OUTAGES_MAX = 16 };

/* A time in which nobody can connect and no connection lives. */
struct standin_outage {
    int64_t begin_ms; /* since the start of the process */
    int64_t end_ms;
};

struct standin_options {
    const char *listen; /* unix:/path, host:port or [ipv6]:port */
    const char *ledger; /* path */
    struct standin_latency latency;
    uint64_t seed;
    struct standin_rule rules[OPTIONS_RULES_MAX]; /* the first that applies decides */
    uint32_t rules_count;
    struct standin_outage outages[OPTIONS_OUTAGES_MAX];
    uint32_t outages_count;
};

/* Exits with a usage message when the command line is wrong. */
void standin_options_parse(int argc, char **argv, struct standin_options *options);

#endif
