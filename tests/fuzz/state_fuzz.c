/* Any bytes as the state of a certificate (first byte even) or an answer (odd), as a lane reads
 * them from the log and takes them for its own: taken, or refused with a reason. */
#include <stdlib.h>
#include <string.h>

#include "certificates/lane.h"
#include "generated/c/millrace.h"
#include "tests/fuzz/fuzz.h"
#include "wire/encode.h"

/* What was taken can be loaded again, and is of a format that we know. */
static void load_state(struct handling *handling, struct bytes value) {
    struct arena *arena = turn_arena(handling->turn);
    struct message message;
    struct wire_failure failure;
    struct error error = {0};
    const struct wire_input input = {
        .topic = "certificates.state", .value = value, .refuse_other = true};
    fuzz_require(wire_decode(handling->lane->cache, &input, arena, 0, &message, &failure) ==
                 RESULT_OK);
    const struct certificates_state_certificate_state *state = message.body;
    fuzz_require(handling_load(handling, &state->certificate_id, &error) == RESULT_OK);
    fuzz_require(handling->state.model.version == state->model.version);
    fuzz_require(handling->state.format_version <= CERTIFICATES_FORMAT_VERSION);
    fuzz_require(handling_state_size(handling) > 0);
}

/* Whatever command comes again under these ids, an answer can be told or it is another command. */
static void find_answer(struct handling *handling, struct bytes value) {
    struct message message;
    struct wire_failure failure;
    const struct wire_input input = {.topic = "certificates.answers", .value = value};
    fuzz_require(wire_decode(handling->lane->cache, &input, turn_arena(handling->turn), 0, &message,
                             &failure) == RESULT_OK);
    const struct certificates_answers_command_answered *told = message.body;
    const struct millrace_metadata metadata = {.id = told->command_id};
    for (uint32_t i = 0; i < MESSAGE_TYPES_COUNT; i++) {
        if (strcmp(message_types[i].topic, "certificates.commands") != 0) {
            continue;
        }
        struct arrived arrived = {
            .message = {.type = (enum message_type)i},
            .head = {.metadata = &metadata, .certificate_id = &told->certificate_id}};
        const uint32_t length = told->payload_hash.length;
        memcpy(arrived.hash, told->payload_hash.data,
               length < sizeof arrived.hash ? length : sizeof arrived.hash);
        const struct certificates_answers_command_answered *answer = NULL;
        struct error error = {0};
        const enum result result = seen_find(handling, &arrived, &answer, &error);
        fuzz_require(result == RESULT_OK || (result == RESULT_INVALID && error.text[0] != '\0'));
        if (result == RESULT_OK && answer != NULL) {
            fuzz_require(uuid_equal(&answer->command_id, &told->command_id));
            fuzz_require(encode(message_types[message.type].record, answer, NULL, 0) > 0);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size == 0) {
        return 0;
    }
    static struct certificates_lane lane;
    const bool is_state = data[0] % 2 == 0;
    const enum message_type type = is_state ? MESSAGE_CERTIFICATES_STATE_CERTIFICATE_STATE
                                            : MESSAGE_CERTIFICATES_ANSWERS_COMMAND_ANSWERED;
    lane = (struct certificates_lane){.cache = fuzz_cache(), .partitions = 6};
    struct turn *turn = fuzz_turn();
    struct handling handling = {.lane = &lane, .turn = turn};
    const struct log_record record = {.topic = message_types[type].topic,
                                      .value = fuzz_framed((int32_t)type + 1, data + 1, size - 1)};
    struct error error = {0};
    turn->restoring = true;
    const enum result result = certificates_restore(
        &lane, is_state ? CHANGELOG_STATE : CHANGELOG_ANSWERS, &record, turn, &error);
    fuzz_restored(turn);
    if (result == RESULT_OK && is_state) {
        load_state(&handling, record.value);
    } else if (result == RESULT_OK) {
        find_answer(&handling, record.value);
    } else {
        fuzz_require(result == RESULT_INVALID && error.text[0] != '\0');
    }
    free((void *)record.value.data);
    return 0;
}
