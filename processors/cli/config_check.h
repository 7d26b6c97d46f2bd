/* What `millrace config check` makes of what it saw: one line for each thing, and an exit code. */
#ifndef MILLRACE_CLI_CONFIG_CHECK_H
#define MILLRACE_CLI_CONFIG_CHECK_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "cli/exit_code.h"
#include "cli/schemas_plan.h"
#include "configuration/topics_plan.h"
#include "ports/error.h"

enum check_verdict {
    CHECK_OK,
    CHECK_WRONG,  /* it is not as it must be */
    CHECK_DENIED, /* this user lacks a right that it needs */
    CHECK_SILENT, /* nobody answered, or there was no time to ask: unknown */
    CHECK_HIDDEN, /* this user may not ask for it, and need not: unknown */
    CHECK_VERDICTS,
};

struct checks {
    json_t *rows; /* the caller's array: {verdict, what, name, detail}, texts all */
    uint32_t counts[CHECK_VERDICTS];
};

__attribute__((format(printf, 5, 6))) void checks_add(struct checks *checks,
                                                      enum check_verdict verdict, const char *what,
                                                      const char *name, const char *format, ...);

/* A call to the outside that ended so, about something that must be there; `error` where it is not
 * OK, then `good` is not used. */
void checks_add_result(struct checks *checks, const char *what, const char *name,
                       enum result result, const struct error *error, const char *good);

/* A cluster's topics as they were seen. */
struct checks_topics {
    const struct topics_file *file;
    const struct topics_deployment *deployment;
    const struct topic_live *live;
    uint32_t live_count;
    const struct topics_plan *plan; /* of these */
    const enum result *missing;     /* by the file's index, of those that are not live: NOT_FOUND,
                                       DENIED (it may be there, hidden) or FAILED (no answer) */
    uint32_t brokers;               /* that are alive */
    const struct error *settings;   /* DENIED: the live topics have none, since we may not ask */
};

/* A line for each topic of the file, or one for each of its faults. */
void checks_add_topics(struct checks *checks, const struct checks_topics *topics);

/* A subject of the schema registry, with what `schemas plan` would do about this one. */
void checks_add_subject(struct checks *checks, enum message_type type,
                        const struct schemas_plan *plan);

/* A row of `rights_rows`, asked of Kafka. None where the topic is not there, which has its line. */
void checks_add_right(struct checks *checks, const json_t *row, enum result result,
                      const struct error *error);

/* 77: a right is missing; 3: something else is wrong; 1: something is unknown since nobody
 * answered; 0: nothing is wrong. */
enum exit_code checks_exit_code(const struct checks *checks);

#endif
