/* The end of a turn: everything staged and the offsets of all inputs in one transaction; effects
 * only when it is known to be committed. */
#include <assert.h>

#include "loop/lane_inside.h"
#include "ports/fault.h"

static void count_transaction(const struct lane *lane, enum metric_transaction_result result) {
    counts_add(lane->setup->counts, METRIC_TRANSACTIONS, (uint32_t)result, 0);
}

static void count_failure(const struct lane *lane, enum result result) {
    static const struct {
        enum result of;
        enum metric_transaction_result result;
    } rows[] = {
        {RESULT_FENCED, METRIC_TRANSACTION_FENCED},
        {RESULT_INVALID, METRIC_TRANSACTION_IMPOSSIBLE},
        {RESULT_DENIED, METRIC_TRANSACTION_DENIED},
        {RESULT_DOUBTFUL, METRIC_TRANSACTION_DOUBTFUL},
    };
    enum metric_transaction_result counted = METRIC_TRANSACTION_FAILED;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        counted = rows[i].of == result ? rows[i].result : counted;
    }
    count_transaction(lane, counted);
}

/* What a commit that did not succeed means for the lane. In doubt nothing of its memory may be
 * used any more: only reading the log anew can tell what happened. */
static void end_by(struct lane *lane, const struct error *error, enum result result) {
    count_failure(lane, result);
    switch (result) {
    case RESULT_FENCED:
        lane_finish(lane, LANE_END_FENCED, error);
        break;
    case RESULT_INVALID:
        lane_die(lane, error);
        break;
    case RESULT_DENIED:
        /* Nothing was written, and a new producer would be told the same a moment later. */
        lane_finish(lane, LANE_END_DENIED, error);
        break;
    case RESULT_DOUBTFUL:
        lane_begin_anew(lane, METRIC_REBUILT_DOUBTFUL, error);
        break;
    default:
        lane_begin_anew(lane, METRIC_REBUILT_FAILED, error);
        break;
    }
}

/* No offset passes a record that is not handled: what is committed as read is read by nobody else.
 */
static bool passes_nothing(const struct lane_input *input, int64_t offset) {
    return input->taken == input->batch.count ||
           offset <= input->batch.records[input->taken].offset;
}

void lane_commit_begin(struct lane *lane, int64_t now_ms) {
    assert(!lane->committing && lane->state != LANE_STATE_ENDED);
    struct batch *batch = &lane->turn.batch;
    struct error error;
    int64_t inputs[LOG_TOPICS_MAX] = {0};
    for (uint32_t i = 0; i < lane->topology->inputs_count; i++) {
        inputs[i] = lane->inputs[i].next;
        assert(passes_nothing(&lane->inputs[i], inputs[i]));
    }
    batch_mark(batch, &lane->identity.incarnation, ++lane->sequence);
    lane->committing = true;
    lane->commit_began_ms = now_ms;
    FAULT("commit.before");
    const enum result result = lane->log.commit_begin(lane->log.self, batch->records,
                                                      batch->records_count, inputs, &error);
    if (result == RESULT_OK) {
        lane_commit_wait(lane);
    } else {
        end_by(lane, &error, result);
    }
}

static uint32_t output_of(const struct log_topology *topology, uint32_t changelog) {
    uint32_t output = 0;
    while (output < topology->outputs_count &&
           strcmp(topology->outputs[output], topology->changelogs[changelog]) != 0) {
        output++;
    }
    return output;
}

/* The last record of each changelog that this transaction wrote goes into the store with it. */
static void mark_last(struct lane *lane) {
    struct batch *batch = &lane->turn.batch;
    for (uint32_t i = 0; i < lane->topology->changelogs_count; i++) {
        const uint32_t output = output_of(lane->topology, i);
        uint32_t n = batch->records_count;
        while (n > 0 && batch->records[n - 1].output != output) {
            n--;
        }
        if (n > 0) {
            const struct proof_mark mark = {.known = true,
                                            .offset = lane->changelogs_next[i] - 1,
                                            .hash = proof_of_staged(&batch->records[n - 1])};
            proof_write_mark(batch, lane->setup->kind->tables, i, &mark);
        }
    }
}

/* The transaction is known to be committed: the store follows, then the effects. */
static void finish_turn(struct lane *lane, int64_t now_ms) {
    struct batch *batch = &lane->turn.batch;
    struct error error;
    lane->committing = false;
    lane->transactions++;
    count_transaction(lane, METRIC_TRANSACTION_COMMITTED);
    counts_take(lane->setup->counts, &lane->turn.tally);
    lane->records += lane->handled;
    lane->log.changelogs_next(lane->log.self, lane->changelogs_next);
    mark_last(lane);
    FAULT("store.before");
    const enum result result =
        lane->store.apply(lane->store.self, batch->overlay.writes, batch->overlay.count,
                          lane->changelogs_next, &error);
    FAULT("store.after");
    batch_reset(batch);
    lane->handled = 0;
    lane->content_ms = INT64_MAX;
    FAULT("effects.before");
    lane->processor.committed(lane->processor.self);
    FAULT("effects.after");
    if (result != RESULT_OK) {
        /* The disk may be full. What was intended is sent all the same, as was said: nobody else
         * ever will, and its reply comes back as evidence. */
        lane_begin_anew(lane, METRIC_REBUILT_STORE, &error);
        return;
    }
    const int64_t took_ms = now_ms - lane->commit_began_ms;
    if (took_ms > lane->setup->options->commit_slow_ms || lane->log.worn(lane->log.self)) {
        const bool slow = took_ms > lane->setup->options->commit_slow_ms;
        /* A late request to end this transaction may still arrive; only a new incarnation is safe
         * from it: a delayed request to end can end the next transaction instead. */
        error_set(&error, RESULT_FAILED,
                  "the commit took %lld ms or met a broken connection; a new producer takes over",
                  (long long)took_ms);
        lane_begin_anew(lane, slow ? METRIC_REBUILT_SLOW : METRIC_REBUILT_WORN, &error);
        return;
    }
    lane_report(lane, now_ms, false);
}

void lane_commit_wait(struct lane *lane) {
    assert(lane->committing);
    struct error error;
    const enum result result = lane->log.commit_wait(lane->log.self, lane->setup->call_ms, &error);
    const int64_t now_ms = lane_tick(lane);
    if (result == RESULT_OK) {
        finish_turn(lane, now_ms);
    } else if (result != RESULT_AGAIN) {
        end_by(lane, &error, result);
    } else if (now_ms - lane->commit_began_ms >= lane->setup->options->transaction_timeout_ms) {
        error_set(&error, RESULT_DOUBTFUL,
                  "no answer to a commit for %lld ms; what became of it is read from the log",
                  (long long)(now_ms - lane->commit_began_ms));
        end_by(lane, &error, RESULT_DOUBTFUL);
    } else {
        lane->due_ms = now_ms + LANE_COMMIT_RETRY_MS;
    }
}
