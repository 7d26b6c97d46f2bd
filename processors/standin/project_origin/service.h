/* The registry's methods: bytes of a call in, what to answer out. */
#ifndef MILLRACE_STANDIN_PROJECT_ORIGIN_SERVICE_H
#define MILLRACE_STANDIN_PROJECT_ORIGIN_SERVICE_H

#include "standin/project_origin/description.h"
#include "standin/project_origin/message.h"
#include "standin/project_origin/registry.h"

struct mimic_service {
    struct mimic_registry *registry;
    struct mimic_faults *faults;
    const struct mimic_names *names; /* NULL: nobody has any */
    uint64_t requests;               /* transactions that came */
};

struct mimic_answer {
    enum mimic_reply reply;
    enum mimic_grpc status;
    const char *text; /* of the status; constant */
    uint8_t *bytes;   /* the message with its prefix; NULL where the status is not OK */
    size_t length;
};

/* Do what a call to `path` asks for; `body` is all that came. The answer is to be closed. */
void mimic_service_call(struct mimic_service *service, const char *path, const uint8_t *body,
                        size_t size, struct mimic_answer *answer);
void mimic_answer_close(struct mimic_answer *answer);

/* An answer of a status alone; `text` is constant. */
struct mimic_answer mimic_answer_status(enum mimic_grpc status, const char *text);

#endif
