#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cut.h"
#include "cli/progress.h"
#include "cli/verbs.h"
#include "cli/verify/verify.h"
#include "cli/verify/witness.h"

struct verifying {
    struct reading reading;
    struct cut cut;
    struct verify *verify;
    enum verify_topic topic; /* the one being read */
    struct progress progress;
    uint64_t done; /* offsets of the topics and partitions that were read */
    uint64_t records;
    const char *ledger;
};

const struct argp_option verb_verify_options[] = {
    {"ledger", 'l', "FILE", 0, "Compare also with the ledger of a stand-in", 0},
    {0},
};

static void take_option(void *values, int key, const char *argument, struct argp_state *state) {
    (void)state;
    assert(key == 'l');
    ((struct verifying *)values)->ledger = argument;
}

/* Of states everything is read: what lies behind the cut tells what compaction may have taken. */
static bool is_state(enum verify_topic topic) {
    return topic == VERIFY_TOPIC_STATES || topic == VERIFY_TOPIC_LEDGER_STATES;
}

static uint64_t span_of(const struct cut *cut, enum verify_topic topic, int32_t partition) {
    return (uint64_t)(cut->ends[topic][partition] - cut->firsts[topic][partition]);
}

static bool take(void *context, const struct read_record *read) {
    struct verifying *verifying = context;
    const struct log_record *record = read->record;
    const struct cut *cut = &verifying->cut;
    const enum verify_topic topic = verifying->topic;
    if (record->offset >= cut->ends[topic][record->partition] && !is_state(topic)) {
        return true;
    }
    const struct verify_record taken = {
        .record = record,
        .message = read->readable ? &read->message : NULL,
        .late = record->offset >= cut->dues[topic][record->partition],
    };
    if (topic == VERIFY_TOPIC_DEAD_LETTERS) {
        verify_dead_letter(verifying->verify, &taken);
    } else {
        verify_record(verifying->verify, &taken);
        const int64_t first = cut->firsts[topic][record->partition];
        progress_tell(&verifying->progress,
                      verifying->done + (uint64_t)(record->offset - first + 1),
                      ++verifying->records);
    }
    return true;
}

static void read_topic(struct verifying *verifying, enum verify_topic topic, int32_t partition) {
    const struct kafka_reader_plan plan = {
        .topics = &verify_topics[topic],
        .topics_count = 1,
        .partition = partition,
        .from = KAFKA_READER_FROM_BEGINNING,
        .until = KAFKA_READER_UNTIL_WRITTEN,
    };
    verifying->topic = topic;
    if (partition < 0 || span_of(&verifying->cut, topic, partition) > 0 || is_state(topic)) {
        reading_each(&verifying->reading, &plan, take, verifying);
    }
    if (partition >= 0) {
        verifying->done += span_of(&verifying->cut, topic, partition);
    }
}

static uint64_t total_of(const struct cut *cut) {
    uint64_t total = 0;
    for (uint32_t topic = VERIFY_TOPIC_COMMANDS; topic < VERIFY_TOPICS_COUNT; topic++) {
        for (int32_t partition = 0; partition < cut->partitions; partition++) {
            total += span_of(cut, (enum verify_topic)topic, partition);
        }
    }
    return total;
}

static void read_ledger(struct verifying *verifying, bool before) {
    struct error error;
    if (verifying->ledger != NULL &&
        witness_read(verifying->verify, verifying->ledger, before, &error) != RESULT_OK) {
        complain("%s", error.text);
        exit(EXIT_CODE_FAILURE);
    }
}

static const struct verify_report *read_all(const struct invocation *invocation,
                                            struct verifying *verifying, int32_t partitions) {
    read_ledger(verifying, true);
    cut_take(&verifying->reading, partitions, &verifying->cut);
    read_topic(verifying, VERIFY_TOPIC_DEAD_LETTERS, -1);
    progress_begin(&verifying->progress, invocation->quiet, total_of(&verifying->cut));
    for (int32_t partition = 0; partition < partitions; partition++) {
        verify_begin(verifying->verify, partition, &verifying->cut.positions[partition]);
        for (uint32_t topic = VERIFY_TOPIC_COMMANDS; topic < VERIFY_TOPICS_COUNT; topic++) {
            read_topic(verifying, (enum verify_topic)topic, partition);
        }
        verify_end(verifying->verify);
    }
    progress_end(&verifying->progress);
    read_ledger(verifying, false);
    return verify_finish(verifying->verify);
}

static json_t *counts_of(const struct verify_counts *counts) {
    const struct {
        const char *name;
        uint64_t count;
    } rows[] = {
        {"records", counts->records},
        {"commands", counts->commands},
        {"applied", counts->applied},
        {"rejected", counts->rejected},
        {"unknown", counts->unknown},
        {"atRegistry", counts->at_registry},
        {"waiting", counts->waiting},
        {"unread", counts->unread},
        {"repeated", counts->repeated},
        {"deadLetters", counts->dead_letters},
        {"certificates", counts->certificates},
        {"events", counts->events},
        {"submissions", counts->submissions},
        {"intents", counts->intents},
        {"requestsAtRegistry", counts->requests},
        {"transactions", counts->transactions},
        {"transactionsCompacted", counts->compacted},
        {"statesMoving", counts->moving},
    };
    json_t *object = json_object();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        json_object_set_new(object, rows[i].name, json_integer((json_int_t)rows[i].count));
    }
    return object;
}

static void print(const struct invocation *invocation, const struct verify_report *report) {
    json_t *counts = counts_of(&report->counts);
    json_t *breaches = json_array();
    for (uint64_t i = 0; i < report->breaches_count && i < VERIFY_BREACHES_MAX; i++) {
        json_array_append_new(breaches, json_string(report->breaches[i]));
    }
    if (invocation->format != OUTPUT_FORMAT_TABLE) {
        json_t *all =
            json_pack("{s:b, s:O, s:I, s:O}", "ok", report->breaches_count == 0, "counts", counts,
                      "breachesCount", (json_int_t)report->breaches_count, "breaches", breaches);
        output_object(stdout, invocation->format, all);
        json_decref(all);
    } else {
        output_object(stdout, invocation->format, counts);
        size_t index;
        const json_t *breach;
        json_array_foreach(breaches, index, breach) {
            (void)printf("%s\n", json_string_value(breach));
        }
        if (report->breaches_count == 0) {
            (void)printf("verify: ok\n");
        } else {
            (void)printf("verify: %llu breaches\n", (unsigned long long)report->breaches_count);
        }
    }
    json_decref(counts);
    json_decref(breaches);
}

int verb_verify(struct invocation *invocation, int argc, char **argv) {
    static struct verifying verifying;
    const struct verb_options own = {.take = take_option, .values = &verifying};
    invocation_begin(invocation, argc, argv, &own);
    const int32_t partitions = invocation_partitions(invocation);
    reading_open(invocation, &verifying.reading);
    verifying.verify = verify_open();
    const struct verify_report *report = read_all(invocation, &verifying, partitions);
    print(invocation, report);
    const int code = report->breaches_count == 0 ? EXIT_CODE_OK : EXIT_CODE_FAILURE;
    verify_close(verifying.verify);
    reading_close(&verifying.reading);
    return code;
}
