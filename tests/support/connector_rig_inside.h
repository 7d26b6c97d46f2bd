/* What the rig's own files share: its one state, and how it reads. */
#ifndef MILLRACE_TESTS_CONNECTOR_RIG_INSIDE_H
#define MILLRACE_TESTS_CONNECTOR_RIG_INSIDE_H

#include "registry_connector/late_replies.h"
#include "registry_connector/registry_connector.h"
#include "tests/support/connector_rig.h"
#include "wire/message.h"

enum { CONNECTOR_RIG_VALUE_BYTES = 1 << 20 }; /* of a record, at most */

struct connector_rig {
    int64_t now_ms;
    int64_t wall_ahead_ms; /* of the wall clock, against `now_ms` */
    struct clock clock;
    struct memory_log *log;
    struct fake_schemas fake_schemas;
    struct schemas schemas;
    struct schema_cache *cache; /* the test's own */
    struct emitter emitter;
    struct options options;
    struct stores stores;
    struct store store; /* of the lane that was opened last */
    struct registry_config registries[2];
    struct registry_adapter adapter;
    struct fake_registry registry;
    bool writers_dead;
    int32_t partition;
    uint64_t ids;
    struct arena arena;

    /* The process that runs, or ran last. */
    bool runs;
    struct log_group log_group;
    struct log_plain plain;
    struct late_replies late;
    struct registry_connector_config config;
    struct processor_kind kind;
    struct lane_setup setup;
    struct lane *lane;
    struct counts counts;
    struct connector_gauges gauges[CONNECTOR_PARTITIONS];

    /* What the test has looked at. */
    uint32_t events_named;
    uint32_t letters_named;
    uint32_t evidence_named;
};

extern struct connector_rig connector_rig;

/* No id comes twice. */
struct uuid connector_rig_fresh_id(void *self);
/* Into the rig's arena, whatever state the schema registry is in. */
const void *connector_rig_read(const struct log_record *record, enum message_type *type);
/* The registry's half of the promise: what it is sent lies in a committed intent, the last of its
 * submission, with these very bytes. */
void connector_rig_watch(void *context, const struct registry_request *request);

#endif
