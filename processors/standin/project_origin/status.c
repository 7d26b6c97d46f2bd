#include "standin/project_origin/status.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { BUCKETS = 65536, SWEEP_AT = 65536 };

void mimic_statuses_init(struct mimic_statuses *statuses) {
    *statuses = (struct mimic_statuses){
        .buckets = calloc(BUCKETS, sizeof(struct mimic_status_entry *)),
        .swept_at = SWEEP_AT,
    };
    assert(statuses->buckets != NULL);
}

static void drop(struct mimic_statuses *statuses, struct mimic_status_entry **link) {
    struct mimic_status_entry *entry = *link;
    *link = entry->next;
    free(entry->message);
    free(entry);
    statuses->count--;
}

/* Ids are hashes: any bytes of them will do. */
static struct mimic_status_entry **bucket_of(struct mimic_statuses *statuses, const uint8_t *id) {
    return &statuses->buckets[(uint32_t)id[0] << 8 | id[1]];
}

/* Where the entry hangs; what it points to is NULL when there is none that still counts. */
static struct mimic_status_entry **find(struct mimic_statuses *statuses, const uint8_t *id,
                                        int64_t now_ms) {
    struct mimic_status_entry **link = bucket_of(statuses, id);
    while (*link != NULL && memcmp((*link)->id, id, MIMIC_ID_BYTES) != 0) {
        link = &(*link)->next;
    }
    if (*link != NULL && (*link)->until_ms <= now_ms) {
        drop(statuses, link);
        while (*link != NULL) {
            link = &(*link)->next;
        }
    }
    return link;
}

static void sweep(struct mimic_statuses *statuses, int64_t now_ms) {
    for (uint32_t i = 0; i < BUCKETS; i++) {
        for (struct mimic_status_entry **link = &statuses->buckets[i]; *link != NULL;) {
            if ((*link)->until_ms <= now_ms) {
                drop(statuses, link);
            } else {
                link = &(*link)->next;
            }
        }
    }
    statuses->swept_at = statuses->count * 2 < SWEEP_AT ? SWEEP_AT : statuses->count * 2;
}

void mimic_status_set(struct mimic_statuses *statuses, const uint8_t id[MIMIC_ID_BYTES],
                      enum mimic_status status, const char *message, int64_t now_ms) {
    if (statuses->count >= statuses->swept_at) {
        sweep(statuses, now_ms);
    }
    struct mimic_status_entry **link = find(statuses, id, now_ms);
    if (*link == NULL) {
        *link = calloc(1, sizeof **link);
        assert(*link != NULL);
        memcpy((*link)->id, id, MIMIC_ID_BYTES);
        statuses->count++;
    }
    struct mimic_status_entry *entry = *link;
    entry->until_ms = now_ms + MIMIC_STATUS_KEPT_MS; /* upstream looks before it writes */
    if (status < entry->status) {
        return;
    }
    free(entry->message);
    entry->message = message == NULL ? NULL : strdup(message);
    assert(message == NULL || entry->message != NULL);
    entry->status = status;
}

const struct mimic_status_entry *mimic_status_get(struct mimic_statuses *statuses,
                                                  const uint8_t id[MIMIC_ID_BYTES],
                                                  int64_t now_ms) {
    struct mimic_status_entry *entry = *find(statuses, id, now_ms);
    if (entry != NULL) {
        entry->until_ms = now_ms + MIMIC_STATUS_KEPT_MS;
    }
    return entry;
}

void mimic_statuses_deinit(struct mimic_statuses *statuses) {
    for (uint32_t i = 0; statuses->buckets != NULL && i < BUCKETS; i++) {
        while (statuses->buckets[i] != NULL) {
            drop(statuses, &statuses->buckets[i]);
        }
    }
    free(statuses->buckets);
    *statuses = (struct mimic_statuses){0};
}
