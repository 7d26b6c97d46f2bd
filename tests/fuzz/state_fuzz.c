/* Any bytes as the state of a certificate (first byte even) or an answer (odd), as a lane reads
 * them from the log and takes them for its own: taken, or refused with a reason. */
#include <stdlib.h>
#include <string.h>

#include "certificates/lane.h"
#include "tests/fuzz/fuzz.h"
#include "wire/envelope.h"

static struct bytes framed(enum message_type type, const uint8_t *data, size_t size) {
    uint8_t *value = malloc(ENVELOPE_BYTES + size);
    fuzz_require(value != NULL);
    envelope_write((int32_t)type + 1, value);
    memcpy(value + ENVELOPE_BYTES, data, size);
    return (struct bytes){.data = value, .length = (uint32_t)(ENVELOPE_BYTES + size)};
}

/* What was taken can be loaded again, and is of a format that we know. */
static void load(struct certificates_lane *lane, struct turn *turn, struct bytes key) {
    struct handling handling = {.lane = lane, .turn = turn};
    struct error error = {0};
    struct uuid id;
    memcpy(id.bytes, key.data, sizeof id.bytes);
    if (key.length == sizeof id.bytes) {
        fuzz_require(handling_load(&handling, &id, &error) == RESULT_OK);
        fuzz_require(handling.state.format_version <= CERTIFICATES_FORMAT_VERSION);
        fuzz_require(handling_state_size(&handling) > 0);
        return;
    }
    const struct certificates_answers_command_answered *answer;
    struct uuid command_id;
    fuzz_require(key.length == sizeof id.bytes + sizeof command_id.bytes);
    memcpy(command_id.bytes, key.data + sizeof id.bytes, sizeof command_id.bytes);
    const enum result result = seen_find(&handling, &id, &command_id, &answer, &error);
    fuzz_require(result == RESULT_OK || (result == RESULT_INVALID && error.text[0] != '\0'));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size == 0) {
        return 0;
    }
    const bool is_state = data[0] % 2 == 0;
    const enum message_type type = is_state ? MESSAGE_CERTIFICATES_STATE_CERTIFICATE_STATE
                                            : MESSAGE_CERTIFICATES_ANSWERS_COMMAND_ANSWERED;
    struct certificates_lane lane = {.cache = fuzz_cache(), .partitions = 6};
    struct turn *turn = fuzz_turn();
    const struct log_record record = {.topic = message_types[type].topic,
                                      .value = framed(type, data + 1, size - 1)};
    struct error error = {0};
    turn->restoring = true;
    const enum result result = certificates_restore(
        &lane, is_state ? CHANGELOG_STATE : CHANGELOG_ANSWERS, &record, turn, &error);
    turn->restoring = false;
    if (result == RESULT_OK) {
        fuzz_require(turn->batch.overlay.count == 1);
        load(&lane, turn, turn->batch.overlay.writes[0].key);
    } else {
        fuzz_require(result == RESULT_INVALID && error.text[0] != '\0');
    }
    free((void *)record.value.data);
    return 0;
}
