/* A message that is in memory: what it is, and its struct. */
#ifndef MILLRACE_DOMAIN_MESSAGE_H
#define MILLRACE_DOMAIN_MESSAGE_H

#include "generated/c/message_types.h"

struct message {
    enum message_type type;
    void *body; /* the struct of that type; lives in the arena it was made in */
};

#endif
