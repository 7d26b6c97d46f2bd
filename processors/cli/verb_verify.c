#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cut.h"
#include "cli/verbs.h"
#include "cli/verify/verify.h"
#include "cli/verify/witness.h"
#include "outside/clock_os/clock_os.h"

enum { PROGRESS_AFTER_MS = 2000 };

struct verifying {
    struct reading reading;
    struct cut cut;
    struct verify *verify;
    uint32_t topic; /* the one being read, index into verify_topics */
    const char *ledger;
};

static const struct argp_option options[] = {
    {"ledger", 'l', "FILE", 0, "Compare also with the ledger of a stand-in", 0},
    {0},
};

static void take_option(void *values, int key, const char *argument, struct argp_state *state) {
    (void)state;
    assert(key == 'l');
    ((struct verifying *)values)->ledger = argument;
}

static bool take(void *context, const struct read_record *read) {
    struct verifying *verifying = context;
    const struct log_record *record = read->record;
    const struct cut *cut = &verifying->cut;
    if (record->offset >= cut->ends[verifying->topic][record->partition]) {
        return true;
    }
    const struct verify_record taken = {
        .record = record,
        .message = read->readable ? &read->message : NULL,
        .late = record->offset >= cut->dues[verifying->topic][record->partition],
    };
    if (strcmp(verify_topics[verifying->topic], "dead-letters") == 0) {
        verify_dead_letter(verifying->verify, &taken);
    } else {
        verify_record(verifying->verify, &taken);
    }
    return true;
}

static void read_topic(struct verifying *verifying, uint32_t topic, int32_t partition) {
    const struct kafka_reader_plan plan = {
        .topics = &verify_topics[topic],
        .topics_count = 1,
        .partition = partition,
        .from = KAFKA_READER_FROM_BEGINNING,
        .until = KAFKA_READER_UNTIL_WRITTEN,
    };
    verifying->topic = topic;
    reading_each(&verifying->reading, &plan, take, verifying);
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
    const struct clock clock = clock_os();
    const int64_t start_ms = clock.monotonic_ms(clock.self);
    read_ledger(verifying, true);
    cut_take(&verifying->reading, partitions, &verifying->cut);
    read_topic(verifying, 0, -1);
    for (int32_t partition = 0; partition < partitions; partition++) {
        const struct verify_positions positions = {
            .certificates_commands = verifying->cut.certificates_commands[partition],
            .registry_commands = verifying->cut.registry_commands[partition],
        };
        if (clock.monotonic_ms(clock.self) - start_ms > PROGRESS_AFTER_MS) {
            note(invocation, "partition %d of %d", partition + 1, partitions);
        }
        verify_begin(verifying->verify, partition, &positions);
        for (uint32_t topic = 1; topic < VERIFY_TOPICS_COUNT; topic++) {
            read_topic(verifying, topic, partition);
        }
        verify_end(verifying->verify);
    }
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
    const struct verb_options own = {.options = options, .take = take_option, .values = &verifying};
    invocation_begin(invocation, argc, argv, &own);
    struct topics_file *topics = invocation_topics(invocation);
    const int32_t partitions = (int32_t)topics->partitions;
    topics_file_close(topics);
    reading_open(invocation, &verifying.reading);
    verifying.verify = verify_open();
    const struct verify_report *report = read_all(invocation, &verifying, partitions);
    print(invocation, report);
    const int code = report->breaches_count == 0 ? EXIT_CODE_OK : EXIT_CODE_FAILURE;
    verify_close(verifying.verify);
    reading_close(&verifying.reading);
    return code;
}
