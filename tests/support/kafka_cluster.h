/* A real Kafka for tests: topics of their own for each test, and what outsiders do to them. */
#ifndef MILLRACE_TESTS_SUPPORT_KAFKA_CLUSTER_H
#define MILLRACE_TESTS_SUPPORT_KAFKA_CLUSTER_H

#include <stdbool.h>
#include <stdint.h>

#include "domain/arena.h"
#include "outside/kafka/kafka_config.h"
#include "outside/logging/logging.h"
#include "ports/log.h"

enum { KAFKA_CLUSTER_PROPERTIES_MAX = 8, KAFKA_CLUSTER_MEMORY = 1 << 24 };

struct kafka_cluster {
    char bootstrap[256];
    char prefix[64]; /* of topics, groups and transactional ids; no two tests share one */
    struct options options;
    struct kafka_property properties[KAFKA_CLUSTER_PROPERTIES_MAX];
    struct kafka_config config; /* refers to the above; tests may change it before they use it */
    struct logging logging;     /* warnings and worse go to stderr */
    struct arena arena;         /* records that were read */
    void *writer;               /* an outsider's producer */
};

/* Where MILLRACE_KAFKA_BOOTSTRAP_SERVERS says; without it the test fails. The cluster
 * must not move. */
void kafka_cluster_open(struct kafka_cluster *cluster);
void kafka_cluster_close(struct kafka_cluster *cluster);

/* A second process's view: other addresses or another instance name, the same topics. */
void kafka_cluster_share(struct kafka_cluster *other, const struct kafka_cluster *cluster,
                         const char *bootstrap, const char *instance);

/* A member of the topology's group, which must find `partitions` in each topic. */
struct log_group kafka_cluster_join(const struct kafka_cluster *cluster,
                                    const struct log_topology *topology, int32_t partitions,
                                    int32_t call_ms);

/* Names are without the prefix; it returns when every partition has a leader. */
void kafka_cluster_create(struct kafka_cluster *cluster, const char *topic, int32_t partitions,
                          bool compacted);
/* What retention does: the records before an offset are no more. */
void kafka_cluster_delete_records(struct kafka_cluster *cluster, const char *topic,
                                  int32_t partition, int64_t before);
/* Every topic of a topology that is not there yet; changelogs are compacted. */
void kafka_cluster_create_all(struct kafka_cluster *cluster, const struct log_topology *topology,
                              int32_t partitions);
/* Delete them, for those who wrote so much that the next to come need the disk. */
void kafka_cluster_delete_all(struct kafka_cluster *cluster, const struct log_topology *topology);

/* Write without a transaction; visible when it returns. Returns the offset. */
int64_t kafka_cluster_append(struct kafka_cluster *cluster, const char *topic, int32_t partition,
                             const struct log_record *record);
/* `count` records with the values "0", "1", ... from `first` on, all with the same key. */
void kafka_cluster_append_numbers(struct kafka_cluster *cluster, const char *topic,
                                  int32_t partition, const char *key, uint32_t first,
                                  uint32_t count);

/* What a reader of committed data sees in a partition now; the first `records_max` are described,
 * in memory of the cluster's. Returns how many there are. */
uint32_t kafka_cluster_read(struct kafka_cluster *cluster, const char *topic, int32_t partition,
                            struct log_record *records, uint32_t records_max);

/* Where a partition ends: behind every record, or (`stable`) before the first one whose transaction
 * is still open. */
int64_t kafka_cluster_end(struct kafka_cluster *cluster, const char *topic, int32_t partition,
                          bool stable);

/* What a group has committed, or -1. */
int64_t kafka_cluster_committed(struct kafka_cluster *cluster, const char *processor,
                                const char *topic, int32_t partition);

/* Somebody else initialises the transactional id of a processor's partition. */
void kafka_cluster_usurp(struct kafka_cluster *cluster, const char *processor, int32_t partition);

#endif
