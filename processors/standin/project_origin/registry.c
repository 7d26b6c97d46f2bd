#include "standin/project_origin/registry.h"

#include <assert.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "standin/project_origin/description.h"

static int64_t now_of(const struct mimic_registry *registry) {
    return registry->clock.monotonic_ms(registry->clock.self);
}

void mimic_registry_init(struct mimic_registry *registry) {
    const int initialised = sodium_init();
    assert(initialised >= 0);
    mimic_streams_init(&registry->streams);
    mimic_statuses_init(&registry->statuses);
    registry->counts = (struct mimic_counts){0};
}

void mimic_registry_deinit(struct mimic_registry *registry) {
    mimic_streams_deinit(&registry->streams);
    mimic_statuses_deinit(&registry->statuses);
}

/* One line of the ledger; an execution has the whole transaction, so that it can be restored. */
static void witness(struct mimic_registry *registry, enum standin_ledger_what what,
                    const struct mimic_transaction *transaction) {
    struct mimic_description *description = malloc(sizeof *description);
    assert(description != NULL);
    mimic_describe_briefly(transaction, description);
    char *whole = NULL;
    if (what == LEDGER_EXECUTION) {
        const size_t size =
            sodium_base64_ENCODED_LEN(transaction->length, sodium_base64_VARIANT_ORIGINAL);
        whole = malloc(size);
        assert(whole != NULL);
        (void)sodium_bin2base64(whole, size, transaction->bytes, transaction->length,
                                sodium_base64_VARIANT_ORIGINAL);
        description->request.whole = whole;
    }
    (void)standin_ledger_write(registry->ledger, what, &description->request, "",
                               registry->clock.wall_ms(registry->clock.self));
    free(whole);
    mimic_description_close(description);
    free(description);
}

const struct mimic_certificate *mimic_registry_find(void *self,
                                                    const uint8_t id[MIMIC_UUID_BYTES]) {
    const struct mimic_registry *registry = self;
    const struct mimic_stream *stream = mimic_stream_find(&registry->streams, id);
    return stream == NULL ? NULL : &stream->certificate;
}

static void finalize(void *self, void *object, uint64_t number) {
    struct mimic_registry *registry = self;
    struct mimic_row *row = object;
    (void)number;
    row->finalized = true;
    mimic_status_set(&registry->statuses, row->transaction->id, MIMIC_STATUS_FINALIZED, NULL,
                     now_of(registry));
}

void mimic_registry_commit(struct mimic_registry *registry, struct mimic_stream *stream,
                           struct mimic_transaction *transaction, const struct mimic_event *event,
                           int64_t committed_ms) {
    struct mimic_row *row = mimic_stream_append(&registry->streams, stream, transaction, event);
    const struct mimic_timer timer = {
        .due_ms = committed_ms + registry->finalize_after_ms,
        .act = finalize,
        .self = registry,
        .object = row,
    };
    mimic_timers_add(registry->timers, &timer);
}

static void reject(struct mimic_registry *registry, struct mimic_transaction *transaction,
                   const char *message) {
    registry->counts.failed++;
    witness(registry, LEDGER_REFUSAL, transaction);
    mimic_status_set(&registry->statuses, transaction->id, MIMIC_STATUS_FAILED, message,
                     now_of(registry));
    mimic_transaction_close(transaction);
}

/* Upstream would try it again and again, and get no further. */
static void put_away(struct mimic_registry *registry, struct mimic_transaction *transaction,
                     const char *why) {
    registry->counts.poisoned++;
    (void)fprintf(stderr, "standin: transaction %s stays pending for ever: %s\n",
                  transaction->id_text, why);
    mimic_transaction_close(transaction);
}

static void run(struct mimic_registry *registry, struct mimic_stream *stream,
                struct mimic_transaction *transaction) {
    struct mimic_event event;
    struct mimic_judgement judgement;
    struct mimic_case judged = {
        .network = registry->network,
        .transaction = transaction,
        .certificate = &stream->certificate,
        .wall_ms = registry->clock.wall_ms(registry->clock.self),
        .find = mimic_registry_find,
        .self = registry,
    };
    mimic_verify(&judged, &event, &judgement);
    switch (judgement.verdict) {
    case MIMIC_VERDICT_VALID:
        registry->counts.committed++;
        witness(registry, LEDGER_EXECUTION, transaction);
        mimic_status_set(&registry->statuses, transaction->id, MIMIC_STATUS_COMMITTED, NULL,
                         now_of(registry));
        mimic_registry_commit(registry, stream, transaction, &event, now_of(registry));
        return;
    case MIMIC_VERDICT_INVALID:
        reject(registry, transaction, judgement.message);
        return;
    case MIMIC_VERDICT_POISON:
        put_away(registry, transaction, judgement.message);
        return;
    }
}

static void take_turn(void *self, void *object, uint64_t number);

static void wait_for_turn(struct mimic_registry *registry, struct mimic_stream *stream) {
    const struct mimic_timer timer = {
        .due_ms = now_of(registry) + standin_latency_draw(registry->latency, registry->chance),
        .act = take_turn,
        .self = registry,
        .object = stream,
    };
    mimic_timers_add(registry->timers, &timer);
}

/* The first of a stream's queue is done; then the next is begun. */
static void take_turn(void *self, void *object, uint64_t number) {
    struct mimic_registry *registry = self;
    struct mimic_stream *stream = object;
    enum mimic_fate fate;
    (void)number;
    struct mimic_transaction *transaction = mimic_stream_next(stream, &fate);
    registry->counts.queued--;
    switch (fate) {
    case MIMIC_FATE_RUN:
        run(registry, stream, transaction);
        break;
    case MIMIC_FATE_REFUSED:
        reject(registry, transaction, "refused by a rule of the stand-in");
        break;
    case MIMIC_FATE_LOST:
        registry->counts.lost++;
        mimic_transaction_close(transaction);
        break;
    case MIMIC_FATE_POISON:
        put_away(registry, transaction, "by a rule of the stand-in");
        break;
    case MIMIC_FATE_DROPPED:
    case MIMIC_FATE_UNPROCESSED:
        assert(false);
    }
    if (stream->first != NULL) {
        wait_for_turn(registry, stream);
    }
}

bool mimic_registry_queue(struct mimic_registry *registry, struct mimic_transaction *transaction,
                          enum mimic_fate fate) {
    assert(fate != MIMIC_FATE_DROPPED && fate != MIMIC_FATE_UNPROCESSED);
    uint8_t id[MIMIC_UUID_BYTES];
    mimic_status_set(&registry->statuses, transaction->id, MIMIC_STATUS_PENDING, NULL,
                     now_of(registry));
    const char *text = mimic_transaction_stream(transaction);
    if (text == NULL) {
        mimic_transaction_close(transaction);
        return false;
    }
    struct mimic_stream *stream = mimic_uuid_parse(text, id)
                                      ? mimic_stream_take(&registry->streams, id)
                                      : &registry->streams.nowhere;
    registry->counts.queued++;
    if (mimic_stream_queue(stream, transaction, fate)) {
        wait_for_turn(registry, stream);
    }
    return true;
}

enum mimic_status mimic_registry_status(struct mimic_registry *registry,
                                        const uint8_t id[MIMIC_ID_BYTES], const char **message) {
    *message = "";
    const struct mimic_status_entry *entry =
        mimic_status_get(&registry->statuses, id, now_of(registry));
    if (entry != NULL) {
        *message = entry->message == NULL ? "" : entry->message;
        return entry->status;
    }
    const struct mimic_row *row = mimic_row_find(&registry->streams, id);
    if (row == NULL) {
        return MIMIC_STATUS_UNKNOWN;
    }
    const enum mimic_status status =
        row->finalized ? MIMIC_STATUS_FINALIZED : MIMIC_STATUS_COMMITTED;
    mimic_status_set(&registry->statuses, id, status, NULL, now_of(registry));
    return status;
}
