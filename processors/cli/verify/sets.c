#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/verify/state.h"
#include "domain/metadata.h"
#include "domain/uuid.h"

enum {
    KINDS_COUNT = 2, /* processors that write in transactions, each with a compacted topic */
    SET_RECORDS_MAX = 1000 * 1000,
    HEADER_BYTES_MAX = 96,
};

static const char *const state_topics[KINDS_COUNT] = {"certificates.state", "registry.state"};

/* A transaction of Kafka: its records say how many they are. */
struct set {
    struct uuid id; /* made of incarnation and number */
    uint8_t *seen;  /* a bit a record */
    uint32_t seen_count;
    uint32_t records_count;
    int32_t partition;         /* of the lane; -1: only dead letters were seen */
    int kind;                  /* index of the processor; -1 likewise */
    bool due;                  /* a record of it is before the cut */
    int64_t state_offset_max;  /* of its state records; -1: none is there (any more) */
    int64_t state_offset_min;  /* its state records lie at or behind this; -1: nobody can tell */
    struct verify_place place; /* of one of its records */
};

/* Which key each state topic of the partition has already had, and where the first came again. */
struct boundary {
    int32_t partition;
    int64_t offsets[KINDS_COUNT]; /* INT64_MAX: no key came again */
};

struct verify_sets {
    struct uuid_map sets;
    struct uuid_map keys[KINDS_COUNT];    /* of the partition */
    int64_t running[VERIFY_TOPICS_COUNT]; /* greatest state_offset_max so far, by topic */
    struct boundary *boundaries;          /* of all partitions */
    uint32_t boundaries_count;
};

struct verify_sets *verify_sets_open(void) {
    struct verify_sets *sets = calloc(1, sizeof *sets);
    assert(sets != NULL);
    sets->sets.item_size = sizeof(struct set);
    for (int i = 0; i < KINDS_COUNT; i++) {
        sets->keys[i].item_size = sizeof(struct uuid);
    }
    return sets;
}

void verify_sets_close(struct verify_sets *sets) {
    for (uint32_t i = 0; i < sets->sets.items_count; i++) {
        const struct set *set = sets->sets.items[i];
        free(set->seen);
    }
    uuid_map_deinit(&sets->sets);
    for (int i = 0; i < KINDS_COUNT; i++) {
        uuid_map_deinit(&sets->keys[i]);
    }
    free(sets->boundaries);
    free(sets);
}

void verify_sets_begin(struct verify *verify) {
    struct verify_sets *sets = verify->sets;
    for (int i = 0; i < VERIFY_TOPICS_COUNT; i++) {
        sets->running[i] = -1;
    }
    for (int i = 0; i < KINDS_COUNT; i++) {
        uuid_map_deinit(&sets->keys[i]);
    }
    sets->boundaries =
        realloc(sets->boundaries, (sets->boundaries_count + 1) * sizeof *sets->boundaries);
    assert(sets->boundaries != NULL);
    sets->boundaries[sets->boundaries_count++] =
        (struct boundary){.partition = verify->partition, .offsets = {INT64_MAX, INT64_MAX}};
}

/* "<incarnation>/<number>/<n>/<m>" of a record; false: it has none, or another thing there. */
static bool read_header(const struct log_record *record, struct uuid *id, uint32_t *n,
                        uint32_t *m) {
    char text[HEADER_BYTES_MAX];
    struct uuid incarnation;
    for (uint32_t i = 0; i < record->headers_count; i++) {
        const struct log_header *header = &record->headers[i];
        if (!text_equal(header->name, text_of("millrace.txn"))) {
            continue;
        }
        const uint32_t length = header->value.length;
        if (length >= sizeof text || length <= UUID_CHARACTERS) {
            return false;
        }
        memcpy(text, header->value.data, length);
        text[length] = '\0';
        long long number;
        int used = 0;
        const struct text prefix = {.data = text, .length = UUID_CHARACTERS};
        if (!uuid_from_text(prefix, &incarnation) ||
            sscanf(text + UUID_CHARACTERS, "/%lld/%u/%u%n", &number, n, m, &used) != 3 ||
            text[UUID_CHARACTERS + used] != '\0') {
            return false;
        }
        struct id_name name = {.length = 0};
        id_name_add_number(&name, number);
        *id = uuid_v5(&incarnation, &name);
        return *n >= 1 && *n <= *m && *m <= SET_RECORDS_MAX;
    }
    return false;
}

static int kind_of(const char *topic) {
    if (strcmp(topic, "dead-letters") == 0) {
        return -1;
    }
    return strcmp(topic, "registry.events") == 0 || strcmp(topic, "registry.state") == 0 ? 1 : 0;
}

static void note_state(struct verify_sets *sets, struct set *set, int kind,
                       const struct log_record *record) {
    struct uuid key;
    const struct text text = {.data = (const char *)record->key.data, .length = record->key.length};
    set->state_offset_max = record->offset;
    if (!uuid_from_text(text, &key)) {
        return;
    }
    int64_t *boundary = &sets->boundaries[sets->boundaries_count - 1].offsets[kind];
    if (uuid_map_find(&sets->keys[kind], &key) != NULL && record->offset < *boundary) {
        *boundary = record->offset;
    }
    (void)uuid_map_take(&sets->keys[kind], &key);
}

/* What was committed before in a topic that is kept whole lies before in the state topic too. */
static void note_order(struct verify_sets *sets, struct set *set, const char *topic) {
    for (uint32_t i = 0; i < VERIFY_TOPICS_COUNT; i++) {
        if (strcmp(verify_topics[i], topic) == 0) {
            int64_t *running = &sets->running[i];
            if (*running > set->state_offset_min) {
                set->state_offset_min = *running;
            }
            if (set->state_offset_max > *running) {
                *running = set->state_offset_max;
            }
        }
    }
}

void verify_sets_take(struct verify *verify, const struct verify_record *record) {
    struct verify_sets *sets = verify->sets;
    const struct verify_place place = verify_place_of(record->record);
    struct uuid id;
    uint32_t n;
    uint32_t m;
    if (!read_header(record->record, &id, &n, &m)) {
        return; /* written without a transaction: by a producer of another team, or evidence */
    }
    struct set *set = uuid_map_take(&sets->sets, &id);
    if (set->seen == NULL) {
        set->seen = calloc(1, m / 8 + 1);
        assert(set->seen != NULL);
        set->records_count = m;
        set->partition = -1;
        set->kind = -1;
        set->state_offset_max = -1;
        set->state_offset_min = -1;
    }
    set->place = place;
    set->due = set->due || !record->late;
    if (m != set->records_count || (set->seen[n / 8] & (1u << (n % 8))) != 0) {
        verify_breach(verify, &place,
                      "record %u of %u of its transaction is there twice, or others "
                      "of it say another number",
                      n, m);
        return;
    }
    set->seen[n / 8] = (uint8_t)(set->seen[n / 8] | (1u << (n % 8)));
    set->seen_count++;
    const int kind = kind_of(place.topic);
    if (kind < 0) {
        return;
    }
    set->kind = kind;
    set->partition = place.partition;
    if (strcmp(place.topic, state_topics[kind]) == 0) {
        note_state(sets, set, kind, record->record);
    } else {
        note_order(sets, set, place.topic);
    }
}

/* Compaction takes records away from a prefix in which, when it is done, no key stands twice. So
 * from the first key that stands there twice on, nothing was taken away. */
static bool may_be_compacted(const struct verify_sets *sets, const struct set *set) {
    const int64_t lies_at = set->state_offset_max > set->state_offset_min ? set->state_offset_max
                                                                          : set->state_offset_min;
    for (uint32_t i = 0; i < sets->boundaries_count; i++) {
        if (set->kind >= 0 && sets->boundaries[i].partition == set->partition) {
            return lies_at < sets->boundaries[i].offsets[set->kind];
        }
    }
    return true;
}

void verify_sets_finish(struct verify *verify) {
    const struct verify_sets *sets = verify->sets;
    verify->report.counts.transactions = sets->sets.items_count;
    for (uint32_t i = 0; i < sets->sets.items_count; i++) {
        const struct set *set = sets->sets.items[i];
        if (set->seen_count == set->records_count || !set->due) {
            continue;
        }
        if (may_be_compacted(sets, set)) {
            verify->report.counts.compacted++;
        } else {
            verify_breach(verify, &set->place,
                          "only %u of the %u records of this transaction are there: it is torn",
                          set->seen_count, set->records_count);
        }
    }
}
