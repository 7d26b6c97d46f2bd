/* The replies of an adapter's calls, until the connector fetches them: in order, each once. */
#ifndef MILLRACE_OUTSIDE_REGISTRY_REPLIES_H
#define MILLRACE_OUTSIDE_REGISTRY_REPLIES_H

#include <stdbool.h>
#include <stdint.h>

#include "ports/registry.h"

struct registry_replies {
    struct registry_replies_item *head; /* NULL: none waits */
    struct registry_replies_item *tail;
    uint32_t calls_out; /* started, and what settles them is not fetched yet */
};

/* A call was started, or withdrawn. */
void registry_replies_expect(struct registry_replies *replies);
void registry_replies_forgo(struct registry_replies *replies);

/* A new reply, whose causes the caller sets. `late`: it comes behind an UNKNOWN. Words are copied,
 * cut to what a reply holds; what is not UTF-8 in them is replaced. */
struct registry_reply *registry_replies_add(struct registry_replies *replies,
                                            const struct registry_call *call,
                                            enum registry_reply_kind kind, bool late,
                                            struct text words);

uint32_t registry_replies_take(struct registry_replies *replies, struct registry_reply *to,
                               uint32_t to_max);
/* Those that nobody has fetched are dropped. */
void registry_replies_deinit(struct registry_replies *replies);

#endif
