/* Which topics a deployment has and how they are to be kept: topics.yaml as a plain value. */
#ifndef MILLRACE_CONFIGURATION_TOPICS_FILE_H
#define MILLRACE_CONFIGURATION_TOPICS_FILE_H

#include <stdint.h>

#include "ports/error.h"

enum {
    TOPICS_MAX = 32,
    TOPIC_NAME_MAX = 128, /* bytes, without the deployment's prefix */
    TOPIC_PARTITIONS_MAX = 1000,
};

enum topic_cleanup {
    TOPIC_CLEANUP_KEEP,
    TOPIC_CLEANUP_COMPACT,
};

/* One topic, as wanted. */
struct topic_wanted {
    char *name; /* without the deployment's prefix */
    char *doc;
    enum topic_cleanup cleanup;
    int64_t retention_ms;       /* -1: for ever */
    uint32_t max_message_bytes; /* the largest batch of records that is taken */
    char **written_by;          /* roles */
    uint32_t written_by_count;
    char **read_by;
    uint32_t read_by_count;
    uint32_t *format; /* of a state's records: its formatVersion; NULL: not a state */
};

struct topics_file {
    uint32_t partitions; /* of every topic */
    struct topic_wanted *topics;
    uint32_t topics_count;
};

/* Read and check a file; free it with `topics_file_close`. NOT_FOUND, INVALID: with the reason. */
enum result topics_file_open(const char *path, struct topics_file **file, struct error *error);
void topics_file_close(struct topics_file *file);

/* NULL: there is no such topic. `name` is without the prefix. */
const struct topic_wanted *topics_file_find(const struct topics_file *file, const char *name);

/* The topic that was probably meant, or NULL. */
const char *topics_file_nearest(const struct topics_file *file, const char *name);

#endif
