#include "outside/registry_replies/registry_replies.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "wire/utf8.h"

struct registry_replies_item {
    struct registry_reply reply;
    bool late; /* nobody counts on it any more */
    struct registry_replies_item *next;
};

void registry_replies_expect(struct registry_replies *replies) {
    replies->calls_out++;
}

void registry_replies_forgo(struct registry_replies *replies) {
    assert(replies->calls_out > 0);
    replies->calls_out--;
}

static void set_words(struct registry_reply *reply, struct text words) {
    const uint32_t length =
        words.length < sizeof reply->text ? words.length : (uint32_t)sizeof reply->text;
    if (length > 0) {
        memcpy(reply->text, words.data, length);
    }
    reply->text_length = length;
    while (reply->text_length > 0 && reply->text_length + 4 > length &&
           !utf8_valid((const uint8_t *)reply->text, reply->text_length)) {
        reply->text_length--; /* the cut may have split a character */
    }
    if (!utf8_valid((const uint8_t *)reply->text, reply->text_length)) {
        for (uint32_t i = 0; i < reply->text_length; i++) {
            reply->text[i] = (char)((uint8_t)reply->text[i] < 0x80 ? reply->text[i] : '?');
        }
    }
}

struct registry_reply *registry_replies_add(struct registry_replies *replies,
                                            const struct registry_call *call,
                                            enum registry_reply_kind kind, bool late,
                                            struct text words) {
    struct registry_replies_item *item = calloc(1, sizeof *item);
    assert(item != NULL);
    item->reply.call = *call;
    item->reply.kind = kind;
    item->late = late;
    set_words(&item->reply, words);
    *(replies->tail == NULL ? &replies->head : &replies->tail->next) = item;
    replies->tail = item;
    return &item->reply;
}

uint32_t registry_replies_take(struct registry_replies *replies, struct registry_reply *to,
                               uint32_t to_max) {
    uint32_t count = 0;
    while (count < to_max && replies->head != NULL) {
        struct registry_replies_item *item = replies->head;
        replies->head = item->next;
        to[count++] = item->reply;
        if (!item->late && item->reply.kind != REGISTRY_REPLY_ACCEPTED) {
            registry_replies_forgo(replies);
        }
        free(item);
    }
    if (replies->head == NULL) {
        replies->tail = NULL;
    }
    return count;
}

void registry_replies_deinit(struct registry_replies *replies) {
    while (replies->head != NULL) {
        struct registry_replies_item *item = replies->head;
        replies->head = item->next;
        free(item);
    }
    replies->tail = NULL;
}
