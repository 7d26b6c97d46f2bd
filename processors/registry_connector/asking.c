#include "registry_connector/asking.h"

#include <assert.h>
#include <stdlib.h>

#include "registry_connector/lane.h"

struct question {
    struct backoff_entry entry; /* while it waits */
    struct registry_call about;
    /* It was put, and has no reply yet: enough to write that down, whatever the ledger has become
     * by then. From malloc. NULL: it waits. */
    struct flight_subject *out;
    struct question *bucket_next;
};

/* --- All of them. --- */

/* Submission ids are hashes themselves. */
static struct question **bucket_of(struct asking *asking, const struct uuid *submission_id) {
    uint32_t word;
    memcpy(&word, submission_id->bytes, sizeof word);
    return &asking->buckets[word % ASKING_BUCKETS];
}

static struct question **link_of(struct asking *asking, const struct registry_call *about) {
    struct question **link = bucket_of(asking, &about->submission_id);
    while (*link != NULL && ((*link)->about.attempt != about->attempt ||
                             !uuid_equal(&(*link)->about.submission_id, &about->submission_id))) {
        link = &(*link)->bucket_next;
    }
    return link;
}

static void forget(struct asking *asking, struct question *question) {
    struct question **link = link_of(asking, &question->about);
    assert(*link == question && question->out == NULL);
    *link = question->bucket_next;
    free(question);
}

void asking_each_out(const struct asking *asking,
                     void (*visit)(void *context, const struct flight_subject *subject),
                     void *context) {
    uint32_t seen = 0;
    for (uint32_t i = 0; i < ASKING_BUCKETS; i++) {
        for (const struct question *question = asking->buckets[i]; question != NULL;
             question = question->bucket_next) {
            if (question->out != NULL) {
                visit(context, question->out);
                seen++;
            }
        }
    }
    assert(seen == asking->out);
}

void asking_deinit(struct asking *asking) {
    for (uint32_t i = 0; i < ASKING_BUCKETS; i++) {
        while (asking->buckets[i] != NULL) {
            struct question *question = asking->buckets[i];
            asking->buckets[i] = question->bucket_next;
            free(question->out);
            free(question);
        }
    }
    *asking = (struct asking){.out = 0};
}

/* --- Who is asked for. --- */

static struct registry_call call_of(const struct registry_state_ledger_state *state) {
    const struct registry_state_submission_model *model = state->ledger.submission;
    return (struct registry_call){.certificate_id = state->certificate_id,
                                  .submission_id = model->submission_id,
                                  .attempt = model->attempt};
}

/* Does nobody else bring its outcome? A call of this lane's own has its reply still to come. */
static bool is_open(const struct connector_lane *lane,
                    const struct registry_state_ledger_state *state) {
    const struct registry_state_submission_model *model = state->ledger.submission;
    return submission_held(state, &lane->identity.incarnation) != NULL ||
           (model != NULL && model->state == REGISTRY_STATE_SUBMISSION_STATE_UNKNOWN);
}

static bool can_be_asked(const struct lane_registry *registry) {
    return (registry->registry.capabilities & REGISTRY_CAPABILITY_STATUS) != 0;
}

void asking_follow(struct connector_lane *lane, const struct registry_state_ledger_state *state,
                   int64_t now_ms) {
    if (!is_open(lane, state)) {
        return;
    }
    const struct registry_state_submission_model *model = state->ledger.submission;
    struct lane_registry *registry = memory_registry(lane, model->registry);
    if (registry == NULL || !can_be_asked(registry)) {
        return;
    }
    const struct registry_call about = call_of(state);
    if (*link_of(&registry->asking, &about) != NULL) {
        return; /* it was held, and is unknown now */
    }
    struct question *question = calloc(1, sizeof *question);
    assert(question != NULL);
    question->about = about;
    struct question **bucket = bucket_of(&registry->asking, &about.submission_id);
    question->bucket_next = *bucket;
    *bucket = question;
    /* What this lane has sent itself its adapter still listens for. */
    const bool own = uuid_equal(&model->incarnation, &lane->identity.incarnation);
    if (own) {
        backoff_queue_add_last(&registry->asking.queue, &question->entry, now_ms);
    } else {
        backoff_queue_add(&registry->asking.queue, &question->entry, now_ms);
    }
}

/* --- Asking. --- */

static bool may_ask(const struct asking *asking, int64_t now_ms) {
    return asking->out < ASKING_OUT_MAX && (asking->in_window < ASKING_AT_A_TIME_MAX ||
                                            now_ms >= asking->window_ms + ASKING_WINDOW_MS);
}

/* NULL: nobody, or not now. */
static struct question *due(const struct asking *asking, int64_t now_ms) {
    if (!may_ask(asking, now_ms)) {
        return NULL;
    }
    return (struct question *)backoff_queue_due(&asking->queue, now_ms); /* its first member */
}

static void count_in_window(struct asking *asking, int64_t now_ms) {
    if (now_ms >= asking->window_ms + ASKING_WINDOW_MS) {
        asking->window_ms = now_ms;
        asking->in_window = 0;
    }
    asking->in_window++;
}

static void put(struct connector_lane *lane, struct lane_registry *registry,
                struct question *question, const struct registry_state_ledger_state *state,
                int64_t now_ms) {
    const struct registry_state_submission_model *model = state->ledger.submission;
    const struct millrace_metadata intended = submission_intended(state);
    assert(model->has_transaction && question->out == NULL);
    question->out = malloc(sizeof *question->out);
    assert(question->out != NULL);
    flight_subject_init(question->out, &question->about, &model->incarnation, model->transaction_id,
                        &intended);
    const struct registry_question wanted = {
        .call = question->about,
        .transaction = {.id = model->transaction_id, .bytes = model->transaction},
        .deadline_ms = now_ms + lane->config->options->call_timeout_ms,
    };
    registry->asking.out++;
    count_in_window(&registry->asking, now_ms);
    registry->registry.ask(registry->registry.self, &wanted);
}

static enum result ask_one(struct connector_lane *lane, struct lane_registry *registry,
                           struct question *question, struct turn *turn, struct error *error) {
    struct arena *arena = turn_arena(turn);
    const size_t mark = arena->used;
    struct handling handling = {.lane = lane, .turn = turn};
    const enum result result = ledger_load(&handling, &question->about.certificate_id, error);
    if (result != RESULT_OK) {
        return result;
    }
    backoff_queue_leave(&registry->asking.queue, &question->entry);
    bool is_it = is_open(lane, &handling.state);
    if (is_it) {
        const struct registry_call open = call_of(&handling.state);
        is_it = open.attempt == question->about.attempt &&
                uuid_equal(&open.submission_id, &question->about.submission_id);
    }
    if (is_it) {
        put(lane, registry, question, &handling.state, turn_monotonic_ms(turn));
    } else {
        forget(&registry->asking, question); /* it is settled */
    }
    arena->used = mark; /* nothing refers to what was read */
    return RESULT_OK;
}

enum result asking_ask(struct connector_lane *lane, struct turn *turn, struct error *error) {
    assert(!lane->draining);
    const int64_t now_ms = turn_monotonic_ms(turn);
    for (uint32_t i = 0; i < lane->registries_count; i++) {
        struct lane_registry *registry = &lane->registries[i];
        struct question *question = NULL;
        const uint32_t out = registry->asking.out;
        while ((question = due(&registry->asking, now_ms)) != NULL) {
            if (!turn_has_room(turn)) {
                return RESULT_AGAIN;
            }
            const enum result result = ask_one(lane, registry, question, turn, error);
            if (result == RESULT_AGAIN) {
                lane->retry_ms = now_ms + RETRY_MS;
                return RESULT_OK;
            }
            if (result != RESULT_OK) {
                return result;
            }
        }
        if (registry->asking.out > out) {
            (void)registry->registry.poll(registry->registry.self, NULL, 0); /* so they leave */
        }
    }
    return RESULT_OK;
}

int64_t asking_next_ms(const struct connector_lane *lane) {
    int64_t next_ms = INT64_MAX;
    for (uint32_t i = 0; i < lane->registries_count && !lane->draining; i++) {
        const struct asking *asking = &lane->registries[i].asking;
        if (asking->out == ASKING_OUT_MAX) {
            continue;
        }
        const int64_t window_ms = asking->in_window < ASKING_AT_A_TIME_MAX
                                      ? INT64_MIN
                                      : asking->window_ms + ASKING_WINDOW_MS;
        const int64_t due_ms = backoff_queue_next_ms(&asking->queue);
        const int64_t wanted_ms = due_ms > window_ms ? due_ms : window_ms;
        next_ms = wanted_ms < next_ms ? wanted_ms : next_ms;
    }
    return next_ms;
}

/* --- Answers. --- */

static void count(const struct connector_lane *lane, enum registry_reply_kind kind) {
    static const enum metric_question_answer answers[] = {
        [REGISTRY_REPLY_SUCCEEDED] = METRIC_QUESTION_EXECUTED,
        [REGISTRY_REPLY_REFUSED] = METRIC_QUESTION_REFUSED,
        [REGISTRY_REPLY_UNKNOWN] = METRIC_QUESTION_NOTHING,
    };
    counts_add(lane->config->counts, METRIC_REGISTRY_QUESTIONS, answers[kind], 0);
}

void asking_hear(struct connector_lane *lane, const struct registry_reply *reply) {
    assert(reply->to_question);
    assert(reply->kind == REGISTRY_REPLY_SUCCEEDED || reply->kind == REGISTRY_REPLY_REFUSED ||
           reply->kind == REGISTRY_REPLY_UNKNOWN);
    struct lane_registry *registry = lane->registries;
    struct question *question = *link_of(&registry->asking, &reply->call);
    while (question == NULL || question->out == NULL) {
        registry++;
        assert(registry < lane->registries + lane->registries_count); /* nobody asked */
        question = *link_of(&registry->asking, &reply->call);
    }
    count(lane, reply->kind);
    if (reply->kind != REGISTRY_REPLY_UNKNOWN) {
        logger_info(&lane->logger, "the registry was asked, and knows what became of a submission",
                    LOGGER_FIELDS(logger_uuid("certificate_id", &reply->call.certificate_id),
                                  logger_uuid("submission_id", &reply->call.submission_id),
                                  logger_string("answer", reply->kind == REGISTRY_REPLY_SUCCEEDED
                                                              ? "executed"
                                                              : "refused")));
        /* In the name of who was to send it: evidence of others is about other attempts. */
        late_replies_testify(lane->config->late_replies, question->out, reply);
    }
    free(question->out);
    question->out = NULL;
    assert(registry->asking.out > 0);
    registry->asking.out--;
    /* Also what was told: if the evidence did not get there, it is asked for again. */
    backoff_queue_add_again(&registry->asking.queue, &question->entry,
                            lane->config->clock.monotonic_ms(lane->config->clock.self));
}
