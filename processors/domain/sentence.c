#include "domain/sentence.h"

#include <assert.h>

#include "domain/decimal.h"
#include "domain/limits.h"
#include "domain/uuid.h"

struct sentence {
    char *data;
    uint32_t length;
};

static void add(struct sentence *sentence, const char *data, uint32_t length) {
    const uint32_t room = LIMIT_DETAIL_BYTES_MAX - sentence->length;
    uint32_t taken = length;
    if (taken > room) {
        taken = room;
        /* Never half a character: bytes of the form 10xxxxxx go on with the one before. */
        while (taken > 0 && ((uint8_t)data[taken] & 0xc0) == 0x80) {
            taken--;
        }
    }
    if (taken > 0) {
        memcpy(sentence->data + sentence->length, data, taken);
    }
    sentence->length += taken;
}

static void add_phrase(struct sentence *sentence, const struct phrase *phrase) {
    switch (phrase->kind) {
    case PHRASE_WORDS:
        for (const char *at = phrase->words; *at != '\0'; at++) {
            add(sentence, at, 1);
        }
        return;
    case PHRASE_TEXT:
        add(sentence, phrase->text.data, phrase->text.length);
        return;
    case PHRASE_UUID: {
        char text[UUID_CHARACTERS];
        uuid_to_text(&phrase->uuid, text);
        add(sentence, text, sizeof text);
        return;
    }
    case PHRASE_NUMBER: {
        char characters[DECIMAL_CHARACTERS_MAX];
        const struct text number = decimal_of(phrase->number, characters);
        add(sentence, number.data, number.length);
        return;
    }
    }
    assert(false);
}

struct text sentence_of(struct arena *arena, const struct phrase *phrases, uint32_t count) {
    assert(phrases != NULL && count > 0);
    struct sentence sentence = {.data = arena_take(arena, LIMIT_DETAIL_BYTES_MAX)};
    for (uint32_t i = 0; i < count; i++) {
        add_phrase(&sentence, &phrases[i]);
    }
    assert(sentence.length <= LIMIT_DETAIL_BYTES_MAX);
    return (struct text){.data = sentence.data, .length = sentence.length};
}
