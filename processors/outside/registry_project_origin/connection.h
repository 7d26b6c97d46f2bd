/* One lane's connection: its calls on their way from sending to outcome. */
#ifndef MILLRACE_REGISTRY_PROJECT_ORIGIN_CONNECTION_H
#define MILLRACE_REGISTRY_PROJECT_ORIGIN_CONNECTION_H

#include "outside/registry_project_origin/calls.h"
#include "outside/registry_project_origin/readings.h"
#include "outside/registry_project_origin/registry_project_origin.h"
#include "outside/registry_replies/registry_replies.h"

enum {
    ORIGIN_QUESTIONS_MAX = 512,       /* out at once; the others wait for them */
    ORIGIN_QUESTION_MS = 5000,        /* for the answer to one */
    ORIGIN_READ_MS = 2000,            /* before a call's deadline its stream is read */
    ORIGIN_LATE_MS = 2 * 3600 * 1000, /* so long one that is unknown is still asked for */
    ORIGIN_REPLY_BYTES_MAX = 16 << 20,
};

struct origin {
    struct logger logger;
    const struct clock *clock;
    struct origin_schedule schedule;
    struct origin_name *names; /* of all registries; that of this one is the first */
    struct origin_means means;
    struct grpc_client *client;
    struct origin_calls calls;
    struct timer_wheel wheel;
    uint64_t chance;        /* of the schedule */
    uint32_t questions_out; /* of status and stream */
    struct registry_replies replies;
    struct origin_readings readings;
    struct arena scratch; /* for one question */
};

enum result connection_open(const struct registry_project_origin_adapter *adapter,
                            const struct origin_settings *settings,
                            const struct registry_config *config, const struct clock *clock,
                            struct origin **origin, struct error *error);
void connection_close(struct origin *origin);

void connection_send(struct origin *origin, const struct registry_request *request);
void connection_ask(struct origin *origin, const struct registry_question *question);
void connection_begin_reading(struct origin *origin, const struct uuid *certificate_id,
                              int64_t deadline_ms);
bool connection_withdraw(struct origin *origin, const struct registry_call *name);
/* Moves everything on, without waiting. */
void connection_drive(struct origin *origin);
/* INT64_MIN: now. */
int64_t connection_next_ms(const struct origin *origin);

/* settling.c: what is heard, and what is asked next. */
void settle_completion(struct origin *origin, struct origin_call *call,
                       const struct grpc_completion *completion);
/* Nothing is known of what cannot be asked for. */
void settle_unasked(struct origin *origin, const struct registry_call *name);
/* Its timer rang. */
void settle_timer(struct origin *origin, struct origin_call *call);

int64_t connection_now_ms(const struct origin *origin);

#endif
