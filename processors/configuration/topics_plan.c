#include "configuration/topics_plan.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

/* Plans are read beside topics.yaml, so they say `cleanup` in its words. */
static const char cleanup_name[] = "cleanup.policy";

static const char *our_name(const char *setting) {
    return strcmp(setting, cleanup_name) == 0 ? "cleanup" : setting;
}

static const char *our_value(const char *setting, const char *value) {
    const bool keeps = strcmp(setting, cleanup_name) == 0 && strcmp(value, "delete") == 0;
    return keeps ? "keep" : value;
}

static void add_setting(struct topic_target *target, const char *name, const char *value) {
    assert(target->settings_count < TOPIC_SETTINGS_MAX);
    struct topic_setting *setting = &target->settings[target->settings_count++];
    setting->name = name;
    (void)snprintf(setting->value, sizeof setting->value, "%s", value);
}

static void add_number(struct topic_target *target, const char *name, int64_t value) {
    char text[24];
    (void)snprintf(text, sizeof text, "%lld", (long long)value);
    add_setting(target, name, text);
}

void topic_target_of(const struct topics_file *file, const struct topic_wanted *topic,
                     const struct topics_deployment *deployment, struct topic_target *target) {
    assert(file != NULL && topic != NULL && deployment != NULL && target != NULL);
    *target = (struct topic_target){.partitions = file->partitions,
                                    .replication_factor = deployment->replication_factor};
    (void)snprintf(target->name, sizeof target->name, "%.126s%.128s", deployment->prefix,
                   topic->name);
    const bool compact = topic->cleanup == TOPIC_CLEANUP_COMPACT;
    add_setting(target, cleanup_name, compact ? "compact" : "delete");
    add_number(target, "retention.ms", topic->retention_ms);
    add_setting(target, "retention.bytes", "-1");
    add_number(target, "max.message.bytes", topic->max_message_bytes);
    if (deployment->min_insync_replicas > 0) {
        add_number(target, "min.insync.replicas", deployment->min_insync_replicas);
    }
}

static struct topic_step *add_step(struct topics_plan *plan, enum topic_step_kind kind,
                                   const char *topic) {
    assert(plan->steps_count < TOPICS_PLAN_MAX);
    struct topic_step *step = &plan->steps[plan->steps_count++];
    *step = (struct topic_step){.kind = kind};
    (void)snprintf(step->topic, sizeof step->topic, "%s", topic);
    return step;
}

static void compare_number(struct topics_plan *plan, const char *topic, const char *what,
                           uint32_t is, uint32_t wanted) {
    if (is == wanted) {
        return;
    }
    struct topic_step *step = add_step(plan, TOPIC_STEP_CONFLICT, topic);
    (void)snprintf(step->what, sizeof step->what, "%s", what);
    (void)snprintf(step->is, sizeof step->is, "%u", is);
    (void)snprintf(step->wanted, sizeof step->wanted, "%u", wanted);
}

static const char *live_value(const struct topic_live *live, const char *name) {
    for (uint32_t i = 0; i < live->settings_count; i++) {
        if (strcmp(live->settings[i].name, name) == 0) {
            return live->settings[i].value;
        }
    }
    return "";
}

static void compare(struct topics_plan *plan, const struct topic_target *target,
                    const struct topic_live *live) {
    compare_number(plan, target->name, "partitions", live->partitions, target->partitions);
    if (target->replication_factor > 0) {
        compare_number(plan, target->name, "replication factor", live->replication_factor,
                       (uint32_t)target->replication_factor);
    }
    for (uint32_t i = 0; i < target->settings_count; i++) {
        const struct topic_setting *setting = &target->settings[i];
        const char *is = live_value(live, setting->name);
        if (strcmp(is, setting->value) == 0) {
            continue;
        }
        struct topic_step *step = add_step(plan, TOPIC_STEP_SET, target->name);
        step->target = *target;
        (void)snprintf(step->what, sizeof step->what, "%s", our_name(setting->name));
        (void)snprintf(step->is, sizeof step->is, "%s", our_value(setting->name, is));
        (void)snprintf(step->wanted, sizeof step->wanted, "%s",
                       our_value(setting->name, setting->value));
    }
}

static const struct topic_live *find_live(const struct topic_live *live, uint32_t live_count,
                                          const char *name) {
    for (uint32_t i = 0; i < live_count; i++) {
        if (strcmp(live[i].name, name) == 0) {
            return &live[i];
        }
    }
    return NULL;
}

/* Does a live topic lie where ours lie: under our prefix, in a context that the file knows? With a
 * prefix of its own a deployment has all of it to itself. */
static bool looks_like_ours(const struct topics_file *file, const char *prefix, const char *name) {
    const size_t prefix_length = strlen(prefix);
    if (strncmp(name, prefix, prefix_length) != 0) {
        return false;
    }
    if (prefix_length > 0) {
        return true;
    }
    for (uint32_t i = 0; i < file->topics_count; i++) {
        const size_t context = strcspn(file->topics[i].name, ".");
        if (strncmp(name, file->topics[i].name, context) == 0 && name[context] == '.') {
            return true;
        }
    }
    return false;
}

void topics_plan_make(const struct topics_file *file, const struct topics_deployment *deployment,
                      const struct topic_live *live, uint32_t live_count,
                      struct topics_plan *plan) {
    assert(file != NULL && deployment != NULL && plan != NULL && plan->steps != NULL);
    assert(live != NULL || live_count == 0);
    plan->steps_count = 0;
    for (uint32_t i = 0; i < file->topics_count; i++) {
        struct topic_target target;
        topic_target_of(file, &file->topics[i], deployment, &target);
        const struct topic_live *is = find_live(live, live_count, target.name);
        if (is != NULL) {
            compare(plan, &target, is);
        } else {
            struct topic_step *step = add_step(plan, TOPIC_STEP_CREATE, target.name);
            step->target = target;
            (void)snprintf(step->what, sizeof step->what, "topic");
            (void)snprintf(step->wanted, sizeof step->wanted, "%u partitions, %s",
                           target.partitions,
                           our_value(target.settings[0].name, target.settings[0].value));
        }
    }
    const size_t prefix_length = strlen(deployment->prefix);
    for (uint32_t i = 0; i < live_count && plan->steps_count < TOPICS_PLAN_MAX; i++) {
        if (looks_like_ours(file, deployment->prefix, live[i].name) &&
            topics_file_find(file, live[i].name + prefix_length) == NULL) {
            add_step(plan, TOPIC_STEP_UNMANAGED, live[i].name);
        }
    }
}

bool topics_plan_is_drift(const struct topics_plan *plan) {
    for (uint32_t i = 0; i < plan->steps_count; i++) {
        if (plan->steps[i].kind != TOPIC_STEP_UNMANAGED) {
            return true;
        }
    }
    return false;
}

bool topics_plan_has_conflict(const struct topics_plan *plan) {
    for (uint32_t i = 0; i < plan->steps_count; i++) {
        if (plan->steps[i].kind == TOPIC_STEP_CONFLICT) {
            return true;
        }
    }
    return false;
}
