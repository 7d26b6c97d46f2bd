/* Any text as what people type: ids, times, durations, addresses, names of types. */
#include <stdlib.h>
#include <string.h>

#include "cli/duration.h"
#include "cli/message_fields.h"
#include "cli/moment.h"
#include "cli/verify/witness.h"
#include "configuration/settings.h"
#include "domain/placement.h"
#include "domain/uuid.h"
#include "outside/grpc/address.h"
#include "outside/registry_plain/address.h"
#include "tests/fuzz/fuzz.h"
#include "wire/rfc3339.h"

static void try_time(const char *text) {
    static const int64_t now_ms = INT64_C(1763726400123);
    char again[RFC3339_SIZE];
    int64_t time_ms = 0;
    struct moment moment;
    if (rfc3339_parse(text, strlen(text), &time_ms)) {
        int64_t same_ms = 0;
        fuzz_require(rfc3339_format(time_ms, again));
        fuzz_require(rfc3339_parse(again, strlen(again), &same_ms) && same_ms == time_ms);
        fuzz_require(strncmp(text, again, strlen("2026-01-01T00:00:00")) == 0);
    }
    if (moment_parse(text, now_ms, &moment)) {
        fuzz_require(moment.kind != MOMENT_OFFSET || moment.value >= 0);
    }
    int64_t duration_ms = 0;
    if (duration_parse(text, &duration_ms)) {
        fuzz_require(duration_ms >= 0);
    }
}

static void try_id(struct text text) {
    char again[UUID_CHARACTERS];
    struct uuid uuid;
    if (uuid_from_text(text, &uuid)) {
        uuid_to_text(&uuid, again);
        fuzz_require(text_equal(text, (struct text){again, sizeof again}));
    }
    const struct bytes key = {(const uint8_t *)text.data, text.length};
    fuzz_require(placement_partition(key, 6) >= 0 && placement_partition(key, 6) < 6);
    fuzz_require(placement_partition_crc32(key, 6) >= 0 && placement_partition_crc32(key, 6) < 6);
}

static void try_names(const char *text) {
    enum message_type type;
    struct plain_address address;
    struct grpc_address server;
    struct error error = {0};
    struct text item;
    const char *rest = text;
    enum witness_what what;
    struct uuid submission_id;
    (void)message_type_named(text, &type);
    if (witness_parse(text, &what, &submission_id, &error) != RESULT_OK) {
        fuzz_require(error.text[0] != '\0');
    }
    if (plain_address_parse(text, &address, &error) != RESULT_OK) {
        fuzz_require(error.text[0] != '\0');
    }
    if (grpc_address_parse(text, &server, &error) == RESULT_OK) {
        fuzz_require(server.host[0] != '\0' && strpbrk(server.authority, " /@\r\n") == NULL);
    }
    while (setting_list_next(&rest, &item)) {
        fuzz_require(item.length > 0 && memchr(item.data, ',', item.length) == NULL);
    }
    char suggestion[SETTING_NAME_MAX];
    (void)setting_suggestion(text, suggestion, sizeof suggestion);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char *text = fuzz_string(data, size);
    try_id((struct text){text, (uint32_t)size});
    try_time(text);
    try_names(text);
    free(text);
    return 0;
}
