/* Asks a cluster which topics it has, and makes them as a plan wants them. Deletes nothing. */
#ifndef MILLRACE_OUTSIDE_KAFKA_ADMIN_H
#define MILLRACE_OUTSIDE_KAFKA_ADMIN_H

#include <stdint.h>

#include "configuration/topics_file.h"
#include "configuration/topics_plan.h"
#include "outside/kafka/kafka_config.h"
#include "ports/error.h"

struct kafka_admin;

/* A cluster as it is. */
struct kafka_admin_cluster {
    char id[64];
    uint32_t brokers_count; /* that are alive */
};

/* Nothing is contacted yet. INVALID: librdkafka refuses a property. */
enum result kafka_admin_open(const struct kafka_config *config, struct kafka_admin **admin,
                             struct error *error);

/* No call takes much longer than `timeout_ms`. FAILED: Kafka did not answer, or refused. */
enum result kafka_admin_cluster(struct kafka_admin *admin, int32_t timeout_ms,
                                struct kafka_admin_cluster *cluster, struct error *error);

/* All topics under the deployment's prefix but Kafka's own, as `topics_plan_make` wants them: with
 * the settings that we decide about, for those that the file names. They live until the next call
 * or the close. */
enum result kafka_admin_topics(struct kafka_admin *admin, const struct topics_file *file,
                               int32_t timeout_ms, const struct topic_live **live, uint32_t *count,
                               struct error *error);

/* The same where one may not see everything: topics that are hidden are left out, and `settings` is
 * DENIED where they have no settings because we may not ask for them, else OK. */
enum result kafka_admin_topics_seen(struct kafka_admin *admin, const struct topics_file *file,
                                    int32_t timeout_ms, const struct topic_live **live,
                                    uint32_t *count, struct error *settings, struct error *error);

/* Create a topic, and wait until it can be seen. INVALID: Kafka will never take it like that.
 * FAILED: it refused now; also when somebody else has just created it. */
enum result kafka_admin_create(struct kafka_admin *admin, const struct topic_target *target,
                               int32_t timeout_ms, struct error *error);

/* Give a topic all settings of the target, and wait until they can be seen; nothing happens where
 * it has them. librdkafka 2.0 can only replace all settings of a topic, so the others are read and
 * written again: a change to them that somebody else makes in the very same moment is lost. */
enum result kafka_admin_set(struct kafka_admin *admin, const struct topic_target *target,
                            int32_t timeout_ms, struct error *error);

/* NULL is harmless. */
void kafka_admin_close(struct kafka_admin *admin);

#endif
