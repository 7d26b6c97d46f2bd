#include "domain/dead_letter_reason.h"

#include <assert.h>
#include <stddef.h>

static const struct {
    const char *word;
    const char *sentence;
} reasons[] = {
#define DEAD_LETTER_REASON_TEXT(name, word, sentence) [name] = {(word), (sentence)},
    DEAD_LETTER_REASONS(DEAD_LETTER_REASON_TEXT)
#undef DEAD_LETTER_REASON_TEXT
};

const char *dead_letter_reason_word(enum dead_letter_reason reason) {
    assert((size_t)reason < sizeof reasons / sizeof reasons[0]);
    return reasons[reason].word;
}

const char *dead_letter_reason_sentence(enum dead_letter_reason reason) {
    assert((size_t)reason < sizeof reasons / sizeof reasons[0]);
    return reasons[reason].sentence;
}
