/* What the ledger says was executed is what the streams hold. */
#include <assert.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "standin/ledger_lines.h"
#include "standin/project_origin/registry.h"

/* NULL: this is no transaction in Base64. */
static struct mimic_transaction *read_whole(const char *text) {
    const size_t size = strlen(text) / 4 * 3 + 3;
    size_t length = 0;
    uint8_t *bytes = malloc(size);
    assert(bytes != NULL);
    struct mimic_transaction *transaction =
        sodium_base642bin(bytes, size, text, strlen(text), NULL, &length, NULL,
                          sodium_base64_VARIANT_ORIGINAL) == 0
            ? mimic_transaction_parse(bytes, length)
            : NULL;
    free(bytes);
    return transaction;
}

/* Could this have been committed, whoever signed it? */
static bool is_possible(struct mimic_registry *registry, const struct mimic_stream *stream,
                        const struct mimic_transaction *transaction, struct mimic_event *event) {
    const struct mimic_network lenient = {.registry = registry->network->registry};
    struct mimic_case judged = {
        .network = &lenient,
        .transaction = transaction,
        .certificate = &stream->certificate,
        .find = mimic_registry_find,
        .self = registry,
    };
    struct mimic_judgement judgement;
    mimic_verify(&judged, event, &judgement);
    return judgement.verdict == MIMIC_VERDICT_VALID;
}

static bool commit(struct mimic_registry *registry, const char *whole, int64_t at_ms) {
    struct mimic_transaction *transaction = read_whole(whole);
    const char *text = transaction == NULL ? NULL : mimic_transaction_stream(transaction);
    uint8_t id[MIMIC_UUID_BYTES];
    if (text != NULL && mimic_uuid_parse(text, id)) {
        struct mimic_stream *stream = mimic_stream_take(&registry->streams, id);
        struct mimic_event event;
        if (is_possible(registry, stream, transaction, &event)) {
            const struct clock *clock = &registry->clock;
            const int64_t since_ms = clock->wall_ms(clock->self) - at_ms;
            mimic_registry_commit(registry, stream, transaction, &event,
                                  clock->monotonic_ms(clock->self) - since_ms);
            return true;
        }
    }
    if (transaction != NULL) {
        mimic_transaction_close(transaction);
    }
    return false;
}

static const char *take(void *self, const json_t *entry) {
    const char *what = json_string_value(json_object_get(entry, "what"));
    const char *whole = json_string_value(json_object_get(entry, "transaction"));
    if (what == NULL || strcmp(what, "execution") != 0) {
        return NULL;
    }
    return whole != NULL && commit(self, whole, json_integer_value(json_object_get(entry, "atMs")))
               ? NULL
               : "is an execution of another registry";
}

enum result mimic_registry_restore(struct mimic_registry *registry, const char *ledger,
                                   struct error *error) {
    return standin_ledger_lines(ledger, take, registry, error);
}
