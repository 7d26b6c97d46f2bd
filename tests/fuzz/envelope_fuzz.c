/* Any bytes as a record's value on any topic; the first byte is the topic. Ids 1 and up stand for
 * the message types. */
#include "tests/fuzz/fuzz.h"
#include "wire/message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size == 0) {
        return 0;
    }
    const struct wire_input input = {.topic = message_types[data[0] % MESSAGE_TYPES_COUNT].topic,
                                     .value = {.data = data + 1, .length = (uint32_t)(size - 1)},
                                     .refuse_other = data[0] >= 0x80};
    struct message message;
    struct wire_failure failure;
    switch (wire_decode(fuzz_cache(), &input, fuzz_arena(), 0, &message, &failure)) {
    case RESULT_OK:
        fuzz_round_trip(message.type, message.body);
        break;
    case RESULT_INVALID:
        fuzz_require(failure.text[0] != '\0');
        break;
    default:
        fuzz_require(false);
    }
    return 0;
}
