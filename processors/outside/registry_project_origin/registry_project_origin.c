#include "outside/registry_project_origin/registry_project_origin.h"

#include <assert.h>
#include <string.h>

#include "outside/registry_project_origin/connection.h"
#include "outside/registry_project_origin/slices.h"

static enum result origin_prepare(void *self, const struct uuid *submission_id,
                                  const struct uuid *certificate_id,
                                  const struct millrace_operation *operation, struct arena *arena,
                                  struct registry_transaction *transaction, struct error *error) {
    const struct origin *origin = self;
    struct origin_event event;
    const enum result result =
        origin_event_make(&origin->means, certificate_id, operation, arena, &event, error);
    if (result != RESULT_OK) {
        return result;
    }
    const struct origin_order order = {
        .registry = origin->means.names[0].own,
        .certificate_id = *certificate_id,
        .submission_id = *submission_id,
        .event = event.message,
        .key = event.signer,
    };
    return origin_transaction_make(&order, arena, transaction, error);
}

static uint32_t origin_slices_of(void *self, const struct millrace_operation *operation,
                                 struct bytes transaction, struct arena *arena,
                                 struct millrace_slice_hash **hashes) {
    (void)self;
    return slices_of_transaction(operation, transaction, arena, hashes);
}

static void origin_start(void *self, const struct registry_request *request) {
    connection_send(self, request);
}

static uint32_t origin_poll(void *self, struct registry_reply *replies, uint32_t replies_max) {
    struct origin *origin = self;
    connection_drive(origin);
    return registry_replies_take(&origin->replies, replies, replies_max);
}

static bool origin_withdraw(void *self, const struct registry_call *name) {
    return connection_withdraw(self, name);
}

static void origin_ask(void *self, const struct registry_question *question) {
    connection_ask(self, question);
}

static void origin_read_stream(void *self, const struct uuid *certificate_id, int64_t deadline_ms) {
    connection_begin_reading(self, certificate_id, deadline_ms);
}

static bool origin_stream_answer(void *self, struct arena *arena, struct registry_stream *stream) {
    struct origin *origin = self;
    return origin_readings_take(&origin->readings, arena, stream);
}

static void origin_forget_streams(void *self) {
    struct origin *origin = self;
    origin_readings_forget(&origin->readings);
}

static uint32_t origin_calls_out(void *self) {
    return ((const struct origin *)self)->replies.calls_out;
}

static int origin_wait_fd(void *self) {
    return grpc_wait_fd(((const struct origin *)self)->client);
}

static int64_t origin_next_deadline_ms(void *self) {
    return connection_next_ms(self);
}

static void origin_close(void *self) {
    connection_close(self);
}

static const struct origin_settings *settings_of(
    const struct registry_project_origin_adapter *adapter, const char *name) {
    for (uint32_t i = 0; i < adapter->settings_count; i++) {
        if (strcmp(adapter->settings[i].name, name) == 0) {
            return &adapter->settings[i];
        }
    }
    return NULL;
}

static enum result origin_open(void *self, const struct registry_config *config,
                               const struct clock *clock, struct registry *registry,
                               struct error *error) {
    const struct registry_project_origin_adapter *adapter = self;
    const struct origin_settings *settings = settings_of(adapter, config->name);
    assert(settings != NULL);
    ristretto_init();
    struct origin *origin = NULL;
    const enum result result = connection_open(adapter, settings, config, clock, &origin, error);
    if (result != RESULT_OK) {
        return error_wrap(error, "registry %s", config->name);
    }
    *registry = (struct registry){
        .self = origin,
        .capabilities = REGISTRY_CAPABILITY_STATUS | REGISTRY_CAPABILITY_STREAM,
        .prepare = origin_prepare,
        .slices_of = origin_slices_of,
        .start = origin_start,
        .poll = origin_poll,
        .withdraw = origin_withdraw,
        .ask = origin_ask,
        .read_stream = origin_read_stream,
        .stream_answer = origin_stream_answer,
        .forget_streams = origin_forget_streams,
        .calls_out = origin_calls_out,
        .wait_fd = origin_wait_fd,
        .next_deadline_ms = origin_next_deadline_ms,
        .close = origin_close,
    };
    return RESULT_OK;
}

struct registry_adapter registry_project_origin(struct registry_project_origin_adapter *self) {
    assert(self != NULL && self->prover != NULL);
    return (struct registry_adapter){.name = "project-origin", .self = self, .open = origin_open};
}
