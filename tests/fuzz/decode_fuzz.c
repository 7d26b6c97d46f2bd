/* Any bytes as a message of any type: the first byte is the type, the rest its Avro bytes. */
#include "tests/fuzz/fuzz.h"
#include "wire/decode.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size == 0) {
        return 0;
    }
    const enum message_type type = (enum message_type)(data[0] % MESSAGE_TYPES_COUNT);
    const struct bytes input = {.data = data + 1, .length = (uint32_t)(size - 1)};
    void *body;
    struct decode_error error;
    if (decode(fuzz_plan(type), input, fuzz_arena(), &body, &error)) {
        fuzz_round_trip(type, body);
    } else {
        fuzz_require(error.reason != DECODE_OK);
    }
    return 0;
}
