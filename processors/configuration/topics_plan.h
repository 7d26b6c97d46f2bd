/* What must be done to make a cluster's topics as topics.yaml wants them: a value that is printed
 * by `topics plan` and carried out by `topics apply`, so that both always say the same. */
#ifndef MILLRACE_CONFIGURATION_TOPICS_PLAN_H
#define MILLRACE_CONFIGURATION_TOPICS_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "configuration/topics_file.h"

enum {
    TOPIC_SETTINGS_MAX = 5,  /* Kafka's own topic settings that we decide about */
    TOPICS_LIVE_MAX = 10000, /* topics of a cluster that are looked at */
    TOPICS_PLAN_MAX = 512,   /* lines of a plan */
};

/* One of Kafka's settings of a topic, as text. */
struct topic_setting {
    const char *name;
    char value[32];
};

/* A topic as it should be, in Kafka's own words. */
struct topic_target {
    char name[256]; /* with the deployment's prefix */
    uint32_t partitions;
    int32_t replication_factor; /* -1: the cluster's default */
    struct topic_setting settings[TOPIC_SETTINGS_MAX];
    uint32_t settings_count;
};

/* A topic as it is. The strings are the caller's. */
struct topic_live {
    const char *name;
    uint32_t partitions;
    uint32_t replication_factor;
    const struct topic_setting *settings; /* at least those that a target names */
    uint32_t settings_count;
};

enum topic_step_kind {
    TOPIC_STEP_CREATE,    /* the topic is not there */
    TOPIC_STEP_SET,       /* one setting differs; all that we decide about are set anew */
    TOPIC_STEP_CONFLICT,  /* it differs in what cannot be changed while there are records */
    TOPIC_STEP_UNMANAGED, /* it is there, looks like ours, and stands in no file; left alone */
};

/* One line of a plan. */
struct topic_step {
    enum topic_step_kind kind;
    char topic[256];            /* with the prefix */
    struct topic_target target; /* CREATE, SET: as it should be in the end */
    char what[64];              /* "partitions", or the setting: Kafka's name, but "cleanup" */
    char is[32];                /* as it is; empty: nothing; of the cleanup in our words */
    char wanted[64];
};

struct topics_plan {
    struct topic_step *steps; /* TOPICS_PLAN_MAX of them, the caller's */
    uint32_t steps_count;
};

/* What a deployment's configuration adds to topics.yaml. */
struct topics_deployment {
    const char *prefix;
    int32_t replication_factor;  /* -1: the cluster's default */
    int32_t min_insync_replicas; /* -1: the cluster's default, and not compared */
};

/* A wanted topic in Kafka's words. */
void topic_target_of(const struct topics_file *file, const struct topic_wanted *topic,
                     const struct topics_deployment *deployment, struct topic_target *target);

/* Compare; the steps stand in the order of the file, the unmanaged topics last. Pure. */
void topics_plan_make(const struct topics_file *file, const struct topics_deployment *deployment,
                      const struct topic_live *live, uint32_t live_count, struct topics_plan *plan);

/* Is there anything that is not as it should be? (Unmanaged topics are as they are.) */
bool topics_plan_is_drift(const struct topics_plan *plan);
bool topics_plan_has_conflict(const struct topics_plan *plan);

#endif
