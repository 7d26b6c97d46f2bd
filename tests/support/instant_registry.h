/* A registry inside the process that executes everything at once, to measure what is around it. */
#ifndef MILLRACE_TESTS_SUPPORT_INSTANT_REGISTRY_H
#define MILLRACE_TESTS_SUPPORT_INSTANT_REGISTRY_H

#include "ports/registry.h"

enum { INSTANT_REGISTRY_CALLS_MAX = 4096 }; /* of a connection, with replies not fetched yet */

/* The adapter "instant". Transactions are those of the plain registry. Replies come in the order of
 * the calls. */
struct registry_adapter instant_registry_adapter(void);

#endif
