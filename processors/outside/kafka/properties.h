/* The properties of each kind of client: our defaults, then the user's, then what is not for sale.
 */
#ifndef MILLRACE_OUTSIDE_KAFKA_PROPERTIES_H
#define MILLRACE_OUTSIDE_KAFKA_PROPERTIES_H

#include <librdkafka/rdkafka.h>

#include "outside/kafka/client.h"

/* The caller destroys `*conf` or gives it to rd_kafka_new. INVALID: names the wrong property. */
enum result kafka_properties_build(const struct kafka_config *config,
                                   const struct kafka_client_plan *plan, const char *client_id,
                                   rd_kafka_conf_t **conf, struct error *error);

#endif
