#include "outside/registry_plain/message.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "domain/uuid.h"

uint8_t *plain_request_make(const struct registry_request *request, uint32_t *length) {
    char id[UUID_CHARACTERS];
    char head[512];
    uuid_to_text(&request->call.submission_id, id);
    const int written = snprintf(head, sizeof head, "send %.*s %" PRId32 " %.*s\n", (int)sizeof id,
                                 id, request->call.attempt, (int)request->transaction.id.length,
                                 request->transaction.id.data);
    assert(written > 0 && (size_t)written < sizeof head);
    const uint32_t body = (uint32_t)written + request->transaction.bytes.length;
    assert(body <= PLAIN_REQUEST_MAX);
    uint8_t *frame = malloc(PLAIN_LENGTH_BYTES + (size_t)body);
    if (frame == NULL) {
        return NULL;
    }
    for (uint32_t i = 0; i < PLAIN_LENGTH_BYTES; i++) {
        frame[i] = (uint8_t)(body >> (8 * (PLAIN_LENGTH_BYTES - 1 - i)));
    }
    memcpy(frame + PLAIN_LENGTH_BYTES, head, (size_t)written);
    memcpy(frame + PLAIN_LENGTH_BYTES + written, request->transaction.bytes.data,
           request->transaction.bytes.length);
    *length = PLAIN_LENGTH_BYTES + body;
    return frame;
}

uint32_t plain_frame_length(const uint8_t bytes[PLAIN_LENGTH_BYTES]) {
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 |
           (uint32_t)bytes[3];
}

/* Cut the text up to `end` off the front of `rest`. False: there is no `end`, or nothing before. */
static bool cut(struct text *rest, char end, struct text *part) {
    const char *at = memchr(rest->data, end, rest->length);
    if (at == NULL || at == rest->data) {
        return false;
    }
    *part = (struct text){.data = rest->data, .length = (uint32_t)(at - rest->data)};
    rest->data = at + 1;
    rest->length -= part->length + 1;
    return true;
}

/* 1 … 2^31-1 in digits, without leading zeros. */
static bool attempt_of(struct text digits, int32_t *attempt) {
    int64_t value = 0;
    if (digits.length > 10 || digits.data[0] == '0') {
        return false;
    }
    for (uint32_t i = 0; i < digits.length; i++) {
        if (digits.data[i] < '0' || digits.data[i] > '9') {
            return false;
        }
        value = value * 10 + (digits.data[i] - '0');
    }
    if (value > INT32_MAX) {
        return false;
    }
    *attempt = (int32_t)value;
    return true;
}

bool plain_reply_read(struct bytes frame, struct plain_reply *reply) {
    struct text words = {.data = (const char *)frame.data, .length = frame.length};
    struct text head;
    struct text id;
    struct text attempt;
    if (!cut(&words, '\n', &head) || !cut(&head, ' ', &reply->verdict_word) ||
        !cut(&head, ' ', &id) || !cut(&head, ' ', &attempt) ||
        !uuid_from_text(id, &reply->submission_id) || !attempt_of(attempt, &reply->attempt)) {
        return false;
    }
    reply->transaction_id = head;
    reply->words = words;
    reply->verdict = PLAIN_VERDICT_OTHER;
    if (text_equal(reply->verdict_word, text_of("executed"))) {
        reply->verdict = PLAIN_VERDICT_EXECUTED;
    } else if (text_equal(reply->verdict_word, text_of("refused"))) {
        reply->verdict = PLAIN_VERDICT_REFUSED;
    }
    return true;
}
