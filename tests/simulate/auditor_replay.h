/* A walk through one certificate's life, and the steps that it may consist of. */
#ifndef MILLRACE_SIMULATE_AUDITOR_REPLAY_H
#define MILLRACE_SIMULATE_AUDITOR_REPLAY_H

#include "tests/simulate/auditor_inside.h"

struct replay {
    struct audit *audit;
    struct audit_case *certificate;
    struct audit_model *model;
    struct audit_item *event;    /* the next to be explained */
    struct audit_item *registry; /* the next of registry.events to be taken */
    struct audit_item *submission;
    struct audit_command *head;  /* the next command whose turn comes */
    struct audit_result *result; /* of the step that is being looked at */
    struct audit_result nobodys; /* of a step that no command hears of */
    int64_t transactions;        /* the most that a reading that counted has shown */
};

struct certificate_event_head replay_event_head(const struct audit_item *item);
struct certificate_registry_head replay_registry_head(const struct audit_item *item);
bool replay_is_suspended(const struct replay *replay);
bool replay_is_misaligned(const struct replay *replay);

/* ---- auditor_stream.c ---- */

bool replay_is_stream(const struct audit_item *item);
/* Does the next event come of a reading? */
bool replay_stream_is_next(const struct replay *replay);
bool replay_take_stream(struct replay *replay);
/* Is the next of registry.events a reading that nothing came of, nor had to? */
bool replay_stream_is_silent(const struct replay *replay);
/* Goes past one that brings nothing now. False: there is none. */
bool replay_pass_stream(struct replay *replay);

/* ---- auditor_expect.c: each takes the next event; false: it is missing, or wrong ---- */

/* A step begins, caused by `parent_id`; what its answer must say is gathered in `result`. */
void replay_begin(struct replay *replay, struct audit_result *result, const struct uuid *parent_id);
void replay_end(struct replay *replay);
/* It has this type, its place in the chain of causes, and the command (NULL: none). */
bool replay_event(struct replay *replay, enum message_type type,
                  const struct audit_command *command, const struct uuid *parent_id,
                  int64_t version);
/* A CommandRejected for one of these reasons. */
bool replay_rejection(struct replay *replay, struct audit_command *command,
                      const struct uuid *parent_id, uint64_t reasons);
bool replay_suspension(struct replay *replay, enum millrace_suspension_cause cause,
                       const struct audit_item *registry);
bool replay_resumption(struct replay *replay, const struct audit_command *command,
                       const struct uuid *parent_id, const struct uuid *submission_id);
/* The event of a command that was done. */
bool replay_applied(struct replay *replay, struct audit_command *command,
                    const struct uuid *parent_id, const struct audit_names *names);

#endif
