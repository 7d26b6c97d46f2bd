/* Sentences for people, put together from words and values; for what a rejection's detail says. */
#ifndef MILLRACE_DOMAIN_SENTENCE_H
#define MILLRACE_DOMAIN_SENTENCE_H

#include <stdint.h>

#include "domain/arena.h"
#include "domain/values.h"

enum phrase_kind {
    PHRASE_WORDS,
    PHRASE_TEXT,
    PHRASE_UUID,
    PHRASE_NUMBER,
};

struct phrase {
    enum phrase_kind kind;
    union {
        const char *words; /* ASCII, NUL-terminated */
        struct text text;
        struct uuid uuid;
        int64_t number;
    };
};

static inline struct phrase say(const char *words) {
    return (struct phrase){.kind = PHRASE_WORDS, .words = words};
}

static inline struct phrase say_text(struct text text) {
    return (struct phrase){.kind = PHRASE_TEXT, .text = text};
}

static inline struct phrase say_uuid(const struct uuid *uuid) {
    return (struct phrase){.kind = PHRASE_UUID, .uuid = *uuid};
}

static inline struct phrase say_number(int64_t number) {
    return (struct phrase){.kind = PHRASE_NUMBER, .number = number};
}

/* The phrases one behind the other, in the arena; cut at LIMIT_DETAIL_BYTES_MAX, between two
 * characters. */
struct text sentence_of(struct arena *arena, const struct phrase *phrases, uint32_t count);

#endif
