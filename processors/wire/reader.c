#include "wire/reader.h"

const char *decode_reason_text(enum decode_reason reason) {
    static const char *const texts[] = {
#define DECODE_REASON_TEXT(name, text) [name] = (text),
        DECODE_REASONS(DECODE_REASON_TEXT)
#undef DECODE_REASON_TEXT
    };
    assert((size_t)reason < sizeof texts / sizeof texts[0]);
    return texts[reason];
}
