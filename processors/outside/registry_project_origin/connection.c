#include "outside/registry_project_origin/connection.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "outside/registry_project_origin/questions.h"

enum { SCRATCH_BYTES = QUESTION_BYTES_MAX + 4096 };

int64_t connection_now_ms(const struct origin *origin) {
    return origin->clock->monotonic_ms(origin->clock->self);
}

/* --- Calls. --- */

void connection_send(struct origin *origin, const struct registry_request *request) {
    const int64_t now_ms = connection_now_ms(origin);
    struct origin_call *call =
        origin_calls_add(&origin->calls, &request->call, request->transaction.id, false);
    call->phase = ORIGIN_PHASE_SENDING;
    call->deadline_ms = request->deadline_ms;
    /* The registry takes a transaction at once, or not; the rest of the time is for asking. */
    const int64_t send_by_ms = now_ms + (request->deadline_ms - now_ms) / 2;
    arena_reset(&origin->scratch);
    call->question = grpc_call_start(origin->client, question_path_send,
                                     question_send(request->transaction.bytes, &origin->scratch),
                                     send_by_ms > now_ms ? send_by_ms : request->deadline_ms, call);
    registry_replies_expect(&origin->replies);
}

/* It is asked by the timer, as all questions are: there is a limit to them. */
void connection_ask(struct origin *origin, const struct registry_question *question) {
    if (question->transaction.id.length != ORIGIN_TRANSACTION_ID_CHARACTERS) {
        settle_unasked(origin, &question->call); /* it was made for a registry of another kind */
        return;
    }
    struct origin_call *call =
        origin_calls_add(&origin->calls, &question->call, question->transaction.id, true);
    call->phase = ORIGIN_PHASE_WAITING;
    call->deadline_ms = question->deadline_ms;
    timer_wheel_set(&origin->wheel, &call->timer, connection_now_ms(origin));
}

void connection_begin_reading(struct origin *origin, const struct uuid *certificate_id,
                              int64_t deadline_ms) {
    arena_reset(&origin->scratch);
    origin_readings_begin(&origin->readings, origin->client, certificate_id,
                          question_stream(certificate_id, &origin->scratch), deadline_ms);
}

bool connection_withdraw(struct origin *origin, const struct registry_call *name) {
    struct origin_call *call = origin_calls_find(&origin->calls, name, false);
    if (call == NULL || call->phase != ORIGIN_PHASE_SENDING || call->question == NULL ||
        !grpc_call_withdraw(origin->client, call->question)) {
        return false;
    }
    call->question = NULL;
    origin_calls_remove(&origin->calls, call);
    registry_replies_forgo(&origin->replies);
    return true;
}

void connection_drive(struct origin *origin) {
    struct grpc_completion completion;
    struct timer *timer = NULL;
    grpc_poll(origin->client);
    while (grpc_next(origin->client, &completion)) {
        if (origin_readings_hear(&origin->readings, &completion)) {
            continue;
        }
        struct origin_call *call = completion.context;
        call->question = NULL;
        settle_completion(origin, call, &completion);
    }
    while (origin->questions_out < ORIGIN_QUESTIONS_MAX &&
           (timer = timer_wheel_take(&origin->wheel, connection_now_ms(origin))) != NULL) {
        settle_timer(origin, origin_call_of(timer));
    }
}

int64_t connection_next_ms(const struct origin *origin) {
    if (origin->replies.head != NULL || origin->readings.answered_first != NULL) {
        return INT64_MIN; /* no descriptor tells of that */
    }
    const int64_t grpc_ms = grpc_next_deadline_ms(origin->client);
    if (origin->questions_out == ORIGIN_QUESTIONS_MAX) {
        return grpc_ms; /* whatever is due waits for one of them */
    }
    const int64_t timer_ms = timer_wheel_next_ms(&origin->wheel);
    return timer_ms < grpc_ms ? timer_ms : grpc_ms;
}

/* --- Its life. --- */

/* The one that is spoken to is the first. */
static struct origin_name *names_of(const struct registry_project_origin_adapter *adapter,
                                    const struct origin_settings *settings) {
    struct origin_name *names = calloc(adapter->settings_count, sizeof *names);
    assert(names != NULL);
    uint32_t count = 1;
    for (uint32_t i = 0; i < adapter->settings_count; i++) {
        const struct origin_settings *one = &adapter->settings[i];
        names[one == settings ? 0 : count++] =
            (struct origin_name){text_of(one->name), one->own_name};
    }
    assert(count == adapter->settings_count);
    return names;
}

static struct origin_means means_of(const struct registry_project_origin_adapter *adapter,
                                    const struct origin_name *names) {
    const struct blinding_secret *newest = &adapter->secrets->secrets[0];
    return (struct origin_means){
        .names = names,
        .names_count = adapter->settings_count,
        .rules = adapter->rules,
        .keyring = adapter->keyring,
        .secrets = adapter->secrets,
        .secret = {newest->name, newest->name_length},
        .prover = adapter->prover,
    };
}

static enum result open_client(const struct registry_project_origin_adapter *adapter,
                               const struct origin_settings *settings,
                               const struct registry_config *config, struct origin *origin,
                               struct error *error) {
    const struct grpc_options options = {
        .address = config->address,
        .tls_ca_file = settings->tls_ca_file,
        .tls_certificate_file = settings->tls_certificate_file,
        .tls_key_file = settings->tls_key_file,
        .connections_max = settings->connections_max,
        .reply_bytes_max = ORIGIN_REPLY_BYTES_MAX,
        .seed = origin->chance,
        .clock = origin->clock,
        .logger = adapter->logger,
    };
    return grpc_open(&options, &origin->client, error);
}

enum result connection_open(const struct registry_project_origin_adapter *adapter,
                            const struct origin_settings *settings,
                            const struct registry_config *config, const struct clock *clock,
                            struct origin **opened, struct error *error) {
    assert(adapter->secrets->count > 0);
    struct origin *origin = calloc(1, sizeof *origin);
    void *scratch = malloc(SCRATCH_BYTES);
    assert(origin != NULL && scratch != NULL);
    origin->logger = adapter->logger;
    origin->clock = clock;
    origin->schedule = settings->schedule;
    origin->names = names_of(adapter, settings);
    origin->means = means_of(adapter, origin->names);
    /* So that two lanes do not ask at the same moments; nothing rests on it. */
    origin->chance = (uint64_t)(uintptr_t)origin ^ (uint64_t)connection_now_ms(origin);
    arena_init(&origin->scratch, scratch, SCRATCH_BYTES);
    timer_wheel_init(&origin->wheel, connection_now_ms(origin));
    const enum result result = open_client(adapter, settings, config, origin, error);
    if (result != RESULT_OK) {
        connection_close(origin);
        return result;
    }
    *opened = origin;
    return RESULT_OK;
}

void connection_close(struct origin *origin) {
    if (origin->client != NULL) {
        grpc_close(origin->client);
    }
    origin_calls_deinit(&origin->calls);
    origin_readings_deinit(&origin->readings);
    registry_replies_deinit(&origin->replies);
    free(origin->scratch.base);
    free(origin->names);
    free(origin);
}
