/* ports/log.h: records outside of transactions. They leave a little later than they were written,
 * and are sent again until they are taken, however long that is: the producer is idempotent, so
 * none comes twice. */
#include <assert.h>
#include <stdlib.h>

#include "domain/placement.h"
#include "tests/simulate/kafka_inside.h"

enum {
    LINGER_MS = 1,
    RETRY_MS = 500, /* while no broker answers, or the process stands still */
};

struct sim_evidence {
    struct sim_evidence *following;
    struct sim_plain *plain;
    struct memory_topic *topic;
    int32_t partition;
    struct log_record record;
    void *block;
};

static void done(struct sim_evidence *evidence) {
    assert(evidence->plain->pending > 0);
    evidence->plain->pending--;
    free(evidence->block);
    evidence->block = NULL;
}

static void leaves(void *context, uint64_t argument);

static void arrives(void *context, uint64_t argument) {
    struct sim_evidence *evidence = context;
    struct sim_plain *plain = evidence->plain;
    (void)argument;
    if (!sim_reaches(plain->kafka, plain->process)) {
        timeline_in(plain->kafka->timeline, RETRY_MS, leaves, evidence, 0);
        return;
    }
    const struct memory_record record = {.key = evidence->record.key,
                                         .value = evidence->record.value,
                                         .headers = evidence->record.headers,
                                         .headers_count = evidence->record.headers_count};
    (void)memory_append(plain->kafka->log, evidence->topic, evidence->partition, &record, NULL);
    done(evidence);
}

static void leaves(void *context, uint64_t argument) {
    struct sim_evidence *evidence = context;
    struct sim_plain *plain = evidence->plain;
    struct kafka *kafka = plain->kafka;
    (void)argument;
    if (plain->dead || plain->process->dead || plain->closed) {
        transcript_say(kafka->transcript, "process %u: a record for %s never left it",
                       plain->process->number, evidence->topic->name);
        done(evidence);
    } else if (plain->process->paused || !sim_reaches(kafka, plain->process)) {
        timeline_in(kafka->timeline, RETRY_MS, leaves, evidence, 0);
    } else {
        sim_later(kafka, sim_way_ms(kafka), arrives, evidence, 0);
    }
}

static enum result port_write(void *self, const char *topic, struct bytes key, struct bytes value,
                              const struct log_header *headers, uint32_t headers_count,
                              struct error *error) {
    struct sim_plain *plain = self;
    struct kafka *kafka = plain->kafka;
    if (plain->dead || !process_comes_to(plain->process, POINT_EVIDENCE)) {
        return sim_gone(error);
    }
    struct sim_evidence *evidence = calloc(1, sizeof *evidence);
    assert(evidence != NULL);
    const struct log_record record = {
        .key = key, .value = value, .headers = headers, .headers_count = headers_count};
    evidence->plain = plain;
    evidence->topic = memory_topic(kafka->log, topic);
    evidence->partition = placement_partition(key, kafka->log->partitions);
    evidence->block = memory_record_copy(&record, &evidence->record);
    evidence->following = kafka->evidence;
    kafka->evidence = evidence;
    plain->pending++;
    transcript_say(kafka->transcript, "process %u writes a record for %s", plain->process->number,
                   topic);
    timeline_in(kafka->timeline, LINGER_MS, leaves, evidence, 0);
    return RESULT_OK;
}

static enum result port_flush(void *self, int32_t timeout_ms, struct error *error) {
    struct sim_plain *plain = self;
    (void)timeout_ms;
    if (plain->dead || plain->process->dead) {
        return sim_gone(error);
    }
    return plain->pending == 0 ? RESULT_OK
                               : error_set(error, RESULT_AGAIN, "records are on their way");
}

static void port_close(void *self) {
    struct sim_plain *plain = self;
    plain->closed = true;
}

void sim_evidence_free(struct kafka *kafka) {
    while (kafka->evidence != NULL) {
        struct sim_evidence *evidence = kafka->evidence;
        kafka->evidence = evidence->following;
        free(evidence->block);
        free(evidence);
    }
}

struct log_plain kafka_plain(struct kafka *kafka, struct sim_process *process) {
    struct sim_plain *plain = calloc(1, sizeof *plain);
    assert(plain != NULL);
    plain->kafka = kafka;
    plain->process = process;
    plain->following = kafka->plains;
    kafka->plains = plain;
    return (struct log_plain){
        .self = plain, .write = port_write, .flush = port_flush, .close = port_close};
}
