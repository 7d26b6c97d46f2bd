/* The rights that each role of a deployment needs at Kafka, as topics.yaml has them. */
#ifndef MILLRACE_CLI_RIGHTS_H
#define MILLRACE_CLI_RIGHTS_H

#include <jansson.h>

#include "configuration/topics_file.h"

/* One row for each access-control entry: role, operation, resource, name and pattern, in Kafka's
 * words. What Kafka itself implies (Describe by Read or Write) is not listed. A new reference. */
json_t *rights_rows(const struct topics_file *file, const char *prefix, const char *application);

#endif
