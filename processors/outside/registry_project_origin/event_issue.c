/* What an issuer does: a certificate is issued, and withdrawn. */
#include <inttypes.h>
#include <sodium.h>

#include "domain/uuid.h"
#include "outside/registry_project_origin/event_building.h"

static Google__Protobuf__Timestamp *second_of(const struct building *building, int64_t ms) {
    Google__Protobuf__Timestamp timestamp = GOOGLE__PROTOBUF__TIMESTAMP__INIT;
    timestamp.seconds = ms / 1000;
    return building_copy(building, &timestamp, sizeof timestamp);
}

static enum result take_period(const struct building *building, int64_t start_ms, int64_t end_ms,
                               ELECTRICITY(DateInterval) * *period) {
    if (start_ms < 0 || start_ms >= end_ms || start_ms % 1000 != 0 || end_ms % 1000 != 0) {
        return error_set(building->error, RESULT_INVALID,
                         "the period from %" PRId64 " to %" PRId64 " ms is none of whole seconds",
                         start_ms, end_ms);
    }
    ELECTRICITY(DateInterval) taken = PROJECT_ORIGIN__ELECTRICITY__V1__DATE_INTERVAL__INIT;
    taken.start = second_of(building, start_ms);
    taken.end = second_of(building, end_ms);
    *period = building_copy(building, &taken, sizeof taken);
    return RESULT_OK;
}

/* What is to be given as a hash: SHA-256 of the certificate's id as text, '/' and the value, in
 * hex, so that equal values of two certificates are not seen to be equal. */
static char *hashed_value(const struct building *building, const struct millrace_attribute *from) {
    enum { HEX_CHARACTERS = 2 * crypto_hash_sha256_BYTES };
    uint8_t digest[crypto_hash_sha256_BYTES];
    crypto_hash_sha256_state state;
    (void)crypto_hash_sha256_init(&state);
    (void)crypto_hash_sha256_update(&state, (const uint8_t *)building->certificate_text,
                                    UUID_CHARACTERS);
    (void)crypto_hash_sha256_update(&state, (const uint8_t *)"/", 1);
    (void)crypto_hash_sha256_update(&state, (const uint8_t *)from->value.data, from->value.length);
    (void)crypto_hash_sha256_final(&state, digest);
    char *hex = arena_take(building->arena, HEX_CHARACTERS + 1);
    return sodium_bin2hex(hex, HEX_CHARACTERS + 1, digest, sizeof digest);
}

static enum result take_attribute(const struct building *building,
                                  const struct millrace_attribute *from,
                                  ELECTRICITY(Attribute) * *attribute) {
    ELECTRICITY(Attribute) taken = PROJECT_ORIGIN__ELECTRICITY__V1__ATTRIBUTE__INIT;
    enum result result = building_string(building, "an attribute's key", from->key, &taken.key);
    if (result == RESULT_OK && from->kind == MILLRACE_ATTRIBUTE_KIND_HASHED) {
        taken.type = PROJECT_ORIGIN__ELECTRICITY__V1__ATTRIBUTE_TYPE__HASHED;
        taken.value = hashed_value(building, from);
    } else if (result == RESULT_OK) {
        result = building_string(building, "an attribute's value", from->value, &taken.value);
    }
    *attribute = building_copy(building, &taken, sizeof taken);
    return result;
}

static enum result take_attributes(const struct building *building,
                                   const struct millrace_issue_operation *issue,
                                   ELECTRICITY(IssuedEvent) * message) {
    enum result result = RESULT_OK;
    message->n_attributes = issue->attributes_count;
    message->attributes = arena_take(building->arena, issue->attributes_count * sizeof(void *) + 1);
    for (uint32_t i = 0; i < issue->attributes_count && result == RESULT_OK; i++) {
        result = take_attribute(building, &issue->attributes[i], &message->attributes[i]);
    }
    return result;
}

enum result building_issued(const struct building *building,
                            const struct millrace_issue_operation *issue,
                            struct origin_event *event) {
    ELECTRICITY(IssuedEvent) message = PROJECT_ORIGIN__ELECTRICITY__V1__ISSUED_EVENT__INIT;
    struct opening opening;
    message.certificate_id = building_own_stream(building);
    message.type = issue->certificate_type == MILLRACE_CERTIFICATE_TYPE_PRODUCTION
                       ? PROJECT_ORIGIN__ELECTRICITY__V1__GRANULAR_CERTIFICATE_TYPE__PRODUCTION
                       : PROJECT_ORIGIN__ELECTRICITY__V1__GRANULAR_CERTIFICATE_TYPE__CONSUMPTION;
    enum result result = building_issuer(building, issue->grid_area, event);
    if (result == RESULT_OK) {
        result = take_period(building, issue->period_start, issue->period_end, &message.period);
    }
    if (result == RESULT_OK) {
        result = building_string(building, "the grid area", issue->grid_area, &message.grid_area);
    }
    if (result == RESULT_OK) {
        result = take_attributes(building, issue, &message);
    }
    if (result == RESULT_OK) {
        result = building_recipient(building, issue->owner, &message.owner_public_key);
    }
    if (result == RESULT_OK) {
        result = building_commit(building, &issue->slice_id, issue->quantity, &opening,
                                 &message.quantity_commitment);
        opening_wipe(&opening);
    }
    event->message = building_copy(building, &message, sizeof message);
    return result;
}

enum result building_withdrawn(const struct building *building,
                               const struct millrace_withdraw_operation *withdraw,
                               struct origin_event *event) {
    const ELECTRICITY(WithdrawnEvent) message =
        PROJECT_ORIGIN__ELECTRICITY__V1__WITHDRAWN_EVENT__INIT;
    event->message = building_copy(building, &message, sizeof message);
    return building_issuer(building, withdraw->grid_area, event);
}
