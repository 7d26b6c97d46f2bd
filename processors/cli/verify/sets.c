/* Transactions of Kafka, by the header millrace.txn that says <incarnation>/<number>/<n>/<m>: each
 * is there whole or not at all, and once an incarnation has a successor it writes no more. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/verify/state.h"
#include "domain/uuid.h"

enum {
    BLOCK_SETS = 16,         /* consecutive transactions of an incarnation lie together */
    SET_RECORDS_MAX = 65535, /* of a transaction; a lane writes at most a quarter of that */
    HEADER_BYTES_MAX = 96,
};

/* What a header says. */
struct mark {
    struct uuid incarnation;
    uint64_t number;
    uint32_t n;
    uint32_t m;
};

/* One transaction: its records say how many they are. There may be several for each command, so it
 * is packed. */
struct set {
    uint64_t offset : 48;  /* of one of its records */
    uint64_t topic : 8;    /* of that one record */
    uint64_t kind : 1;     /* of the processor */
    uint64_t due : 1;      /* a record of it is before the cut */
    uint64_t lies_at : 48; /* its state records lie behind this offset; 0: nobody can tell */
    uint64_t m : 16;       /* 0: there is no such transaction */
    uint32_t sum;          /* of `mixed` of the records' numbers */
    uint32_t count;        /* of records that are there */
};

#define OFFSET_BITS UINT64_C(0xffffffffffff)

/* Found by the incarnation and the number of the block. */
struct block {
    struct uuid id;
    struct uuid incarnation;
    uint64_t number; /* of the block */
    struct set sets[BLOCK_SETS];
};

/* Dead letters lie in any partition and are read first; here they wait for the rest of their set.
 */
struct letter_set {
    struct uuid id; /* made of incarnation and number */
    struct set set;
    int32_t partition; /* of that one record */
    bool used;
};

/* An incarnation that had a successor in a topic. */
struct ended {
    struct uuid id; /* made of the incarnation and the topic */
    int64_t offset; /* of the successor's first record */
};

struct verify_sets {
    struct uuid_map letters;                /* struct letter_set; of all */
    struct uuid_map blocks;                 /* struct block; of the partition */
    struct uuid_map ended;                  /* struct ended; of the partition */
    struct mark last[VERIFY_TOPICS_COUNT];  /* in each topic of the partition; n 0: none yet */
    int64_t boundaries[VERIFY_KINDS_COUNT]; /* of its state topics; INT64_MAX: no key came again */
};

/* Numbers add up to the same only if they are the same, but once in four thousand million. */
static uint32_t mixed(uint32_t number) {
    uint64_t mix = (uint64_t)number * UINT64_C(0x9e3779b97f4a7c15);
    mix ^= mix >> 31;
    mix *= UINT64_C(0xbf58476d1ce4e5b9);
    return (uint32_t)(mix >> 32);
}

struct verify_sets *verify_sets_open(void) {
    struct verify_sets *sets = calloc(1, sizeof *sets);
    assert(sets != NULL);
    sets->letters.item_size = sizeof(struct letter_set);
    sets->blocks.item_size = sizeof(struct block);
    sets->ended.item_size = sizeof(struct ended);
    return sets;
}

void verify_sets_close(struct verify_sets *sets) {
    uuid_map_deinit(&sets->letters);
    uuid_map_deinit(&sets->blocks);
    uuid_map_deinit(&sets->ended);
    free(sets);
}

void verify_sets_begin(struct verify *verify) {
    struct verify_sets *sets = verify->sets;
    memset(sets->last, 0, sizeof sets->last);
    for (int i = 0; i < VERIFY_KINDS_COUNT; i++) {
        sets->boundaries[i] = INT64_MAX;
    }
}

/* Digits up to `end`; false: none, or too many. */
static bool read_number(const char **text, const char *text_end, char end, uint64_t *number) {
    const char *at = *text;
    *number = 0;
    while (at < text_end && *at >= '0' && *at <= '9' && at - *text < 18) {
        *number = *number * 10 + (uint64_t)(*at++ - '0');
    }
    const bool valid = at > *text && (end == '\0' ? at == text_end : at < text_end && *at == end);
    *text = at + 1;
    return valid;
}

/* False: the record has no such header, or another thing there. */
static bool read_mark(const struct log_record *record, struct mark *mark) {
    for (uint32_t i = 0; i < record->headers_count; i++) {
        const struct log_header *header = &record->headers[i];
        if (!text_equal(header->name, text_of("millrace.txn"))) {
            continue;
        }
        const struct text prefix = {.data = (const char *)header->value.data,
                                    .length = UUID_CHARACTERS};
        const char *end = prefix.data + header->value.length;
        const char *at = prefix.data + UUID_CHARACTERS + 1;
        uint64_t n;
        uint64_t m;
        if (header->value.length <= UUID_CHARACTERS || header->value.length > HEADER_BYTES_MAX ||
            prefix.data[UUID_CHARACTERS] != '/' || !uuid_from_text(prefix, &mark->incarnation) ||
            !read_number(&at, end, '/', &mark->number) || !read_number(&at, end, '/', &n) ||
            !read_number(&at, end, '\0', &m) || n < 1 || n > m || m > SET_RECORDS_MAX) {
            return false;
        }
        mark->n = (uint32_t)n;
        mark->m = (uint32_t)m;
        return true;
    }
    return false;
}

bool verify_sets_incarnation(const struct verify_record *record, struct uuid *incarnation) {
    struct mark mark;
    if (!read_mark(record->record, &mark)) {
        return false;
    }
    *incarnation = mark.incarnation;
    return true;
}

/* Incarnations are random: a few bits more in them make ids of their own. */
static struct uuid id_within(const struct uuid *incarnation, uint64_t number) {
    struct uuid id = *incarnation;
    for (int i = 0; i < 8; i++) {
        id.bytes[i] = (uint8_t)(id.bytes[i] ^ (number >> (8 * i)));
    }
    return id;
}

static unsigned kind_of(enum verify_topic topic) {
    return topic == VERIFY_TOPIC_REGISTRY_EVENTS || topic == VERIFY_TOPIC_LEDGER_STATES ? 1 : 0;
}

static bool is_state(enum verify_topic topic) {
    return topic == VERIFY_TOPIC_STATES || topic == VERIFY_TOPIC_LEDGER_STATES;
}

static struct set *set_of(struct verify_sets *sets, const struct mark *mark) {
    const struct uuid id = id_within(&mark->incarnation, mark->number / BLOCK_SETS);
    struct block *block = uuid_map_take(&sets->blocks, &id);
    block->incarnation = mark->incarnation;
    block->number = mark->number / BLOCK_SETS;
    struct set *set = &block->sets[mark->number % BLOCK_SETS];
    if (set->m == 0) {
        const struct uuid letters_id = id_within(&mark->incarnation, mark->number);
        struct letter_set *letters = uuid_map_find(&sets->letters, &letters_id);
        set->m = (uint16_t)mark->m;
        if (letters != NULL) {
            *set = letters->set;
            letters->used = true;
        }
    }
    return set;
}

/* Count a record. False: it says another size than the others. */
static bool add(struct verify *verify, struct set *set, const struct mark *mark,
                const struct verify_record *record) {
    if (set->m != mark->m) {
        const struct verify_place place = verify_place_of(record->record);
        verify_breach(verify, &place, "says that its transaction has %u records, another says %u",
                      mark->m, (unsigned)set->m);
        return false;
    }
    set->sum += mixed(mark->n);
    set->count++;
    set->topic = (uint8_t)verify->topic;
    set->offset = (uint64_t)record->record->offset & OFFSET_BITS;
    set->due = set->due || !record->late ? 1 : 0;
    return true;
}

static void take_letter(struct verify *verify, const struct mark *mark,
                        const struct verify_record *record) {
    const struct uuid id = id_within(&mark->incarnation, mark->number);
    struct letter_set *letters = uuid_map_take(&verify->sets->letters, &id);
    if (letters->set.m == 0) {
        letters->set.m = (uint16_t)mark->m;
    }
    letters->partition = record->record->partition;
    (void)add(verify, &letters->set, mark, record);
}

/* A topic's records stand in the order in which they were written: one incarnation after the other,
 * its transactions by number, and in each its records. */
static void check_order(struct verify *verify, const struct mark *mark,
                        const struct verify_record *record) {
    struct verify_sets *sets = verify->sets;
    struct mark *last = &sets->last[verify->topic];
    const struct verify_place place = verify_place_of(record->record);
    char text[VERIFY_ID_SIZE];
    if (last->n == 0 || !uuid_equal(&last->incarnation, &mark->incarnation)) {
        const struct uuid id = id_within(&mark->incarnation, (uint64_t)verify->topic);
        const struct ended *ended = uuid_map_find(&sets->ended, &id);
        if (ended != NULL) {
            verify_breach(verify, &place,
                          "is written by the incarnation %s, after another one had taken over at "
                          "offset %lld",
                          verify_id(&mark->incarnation, text), (long long)ended->offset);
            return;
        }
        if (last->n != 0) {
            const struct uuid last_id = id_within(&last->incarnation, (uint64_t)verify->topic);
            struct ended *ending = uuid_map_take(&sets->ended, &last_id);
            ending->offset = place.offset;
        }
    } else if (mark->number == last->number && mark->n == last->n) {
        verify_breach(verify, &place, "record %u of %u of its transaction is there twice", mark->n,
                      mark->m);
    } else if (mark->number < last->number || (mark->number == last->number && mark->n < last->n)) {
        verify_breach(verify, &place,
                      "record %u of transaction %llu stands behind record %u of transaction %llu",
                      mark->n, (unsigned long long)mark->number, last->n,
                      (unsigned long long)last->number);
    }
    *last = *mark;
}

/* Is it a topic whose records are all written in transactions? Operations are written by people,
 * and by us; evidence by a producer without transactions, commands by everybody. */
static bool needs_mark(enum verify_topic topic) {
    return topic >= VERIFY_TOPIC_LEDGER_STATES;
}

void verify_sets_take(struct verify *verify, const struct verify_record *record) {
    struct verify_sets *sets = verify->sets;
    const enum verify_topic topic = verify->topic;
    struct mark mark;
    if (topic == VERIFY_TOPIC_COMMANDS || topic == VERIFY_TOPIC_OPERATIONS ||
        topic == VERIFY_TOPIC_EVIDENCE) {
        return; /* what stands there is not by a processor, whatever it says */
    }
    if (!read_mark(record->record, &mark)) {
        if (needs_mark(topic)) {
            const struct verify_place place = verify_place_of(record->record);
            verify_breach(verify, &place, "does not say of which transaction it is");
        }
        return;
    }
    if (topic == VERIFY_TOPIC_DEAD_LETTERS) {
        take_letter(verify, &mark, record);
        return;
    }
    check_order(verify, &mark, record);
    struct set *set = set_of(sets, &mark);
    if (!add(verify, set, &mark, record)) {
        return;
    }
    set->kind = kind_of(topic) & 1;
    if (is_state(topic)) {
        set->lies_at = (uint64_t)(record->record->offset + 1) & OFFSET_BITS;
    }
}

void verify_sets_key_again(struct verify *verify, int64_t offset) {
    int64_t *boundary = &verify->sets->boundaries[kind_of(verify->topic)];
    *boundary = offset < *boundary ? offset : *boundary;
}

static uint32_t sum_of(uint32_t count) {
    uint32_t sum = 0;
    for (uint32_t i = 1; i <= count; i++) {
        sum += mixed(i);
    }
    return sum;
}

/* Compaction takes records away from a prefix in which, when it is done, no key stands twice. So
 * from the first key that stands there twice on, nothing was taken away. */
static void end_set(struct verify *verify, const struct set *set, bool may_be_compacted,
                    int32_t partition) {
    const struct verify_place place = {
        .topic = verify_topics[set->topic], .partition = partition, .offset = (int64_t)set->offset};
    verify->report.counts.transactions++;
    if (set->count >= set->m) {
        if (set->count > set->m || set->sum != sum_of(set->m)) {
            verify_breach(verify, &place,
                          "a record of its transaction of %u is there twice, in two topics",
                          (unsigned)set->m);
        }
    } else if (!set->due) {
        return; /* the rest of it may lie behind the cut */
    } else if (may_be_compacted) {
        verify->report.counts.compacted++;
    } else {
        verify_breach(verify, &place,
                      "only %u of the %u records of this transaction are there: it is torn",
                      set->count, (unsigned)set->m);
    }
}

/* A block in the order of incarnations and numbers. */
struct ordered {
    struct block *block;
};

static int compare_blocks(const void *a, const void *b) {
    const struct block *x = ((const struct ordered *)a)->block;
    const struct block *y = ((const struct ordered *)b)->block;
    const int incarnations = memcmp(&x->incarnation, &y->incarnation, sizeof x->incarnation);
    return incarnations != 0 ? incarnations : (x->number > y->number) - (x->number < y->number);
}

/* What an incarnation committed before lies before in its state topic too. */
static void end_block(struct verify *verify, struct block *block, int64_t *lies_at) {
    for (int i = 0; i < BLOCK_SETS; i++) {
        struct set *set = &block->sets[i];
        if (set->m == 0) {
            continue;
        }
        const int64_t own = (int64_t)set->lies_at - 1;
        *lies_at = own > *lies_at ? own : *lies_at;
        end_set(verify, set, *lies_at < verify->sets->boundaries[set->kind], verify->partition);
    }
}

void verify_sets_end(struct verify *verify) {
    struct verify_sets *sets = verify->sets;
    const uint32_t count = sets->blocks.items_count;
    struct ordered *blocks = malloc((count + 1) * sizeof *blocks);
    assert(blocks != NULL);
    for (uint32_t i = 0; i < count; i++) {
        blocks[i].block = uuid_map_item(&sets->blocks, i);
    }
    qsort(blocks, count, sizeof *blocks, compare_blocks);
    int64_t lies_at = -1;
    for (uint32_t i = 0; i < count; i++) {
        if (i == 0 ||
            !uuid_equal(&blocks[i].block->incarnation, &blocks[i - 1].block->incarnation)) {
            lies_at = -1;
        }
        end_block(verify, blocks[i].block, &lies_at);
    }
    free(blocks);
    uuid_map_deinit(&sets->blocks);
    uuid_map_deinit(&sets->ended);
}

void verify_sets_finish(struct verify *verify) {
    const struct verify_sets *sets = verify->sets;
    for (uint32_t i = 0; i < sets->letters.items_count; i++) {
        const struct letter_set *letters = uuid_map_item(&sets->letters, i);
        if (!letters->used) {
            end_set(verify, &letters->set, true, letters->partition);
        }
    }
}
