#include "outside/grpc/answer.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct grpc_answer *grpc_answer_new(uint32_t bytes_max) {
    struct grpc_answer *answer = calloc(1, sizeof *answer);
    assert(answer != NULL);
    answer->bytes_max = bytes_max;
    return answer;
}

void grpc_answer_free(struct grpc_answer *answer) {
    if (answer != NULL) {
        free(answer->message);
        free(answer->words);
        free(answer);
    }
}

/* Most answers have no words, so there is room for them only where they come. */
static char *room_for_words(struct grpc_answer *answer) {
    if (answer->words == NULL) {
        answer->words = malloc(GRPC_WORDS_MAX);
        assert(answer->words != NULL);
    }
    return answer->words;
}

void grpc_answer_say(struct grpc_answer *answer, const char *words) {
    answer->words_length = grpc_words_clean(text_of(words), room_for_words(answer), GRPC_WORDS_MAX);
}

__attribute__((format(printf, 2, 3))) static bool wrong(struct grpc_answer *answer,
                                                        const char *format, ...) {
    char words[256];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(words, sizeof words, format, arguments);
    va_end(arguments);
    grpc_answer_say(answer, words);
    return false;
}

/* nghttp2 lets only three digits through. A status of 1xx is followed by another one. */
static bool take_http_status(struct grpc_answer *answer, struct text value) {
    int32_t number = 0;
    for (uint32_t i = 0; i < value.length && i < 3; i++) {
        number = number * 10 + (value.data[i] - '0');
    }
    answer->http_status = number;
    answer->content_type_is_ours = false;
    return true;
}

static bool take_status(struct grpc_answer *answer, struct text value, bool is_last_block) {
    uint32_t status;
    if (answer->has_status || !is_last_block) {
        return wrong(answer, "the server gave its status %s",
                     is_last_block ? "twice" : "before the end of its answer");
    }
    if (!grpc_status_from_text(value, &status)) {
        return wrong(answer, "the server gave a status that is no number: \"%.*s\"",
                     (int)(value.length < 32 ? value.length : 32), value.data);
    }
    answer->status = status;
    answer->has_status = true;
    return true;
}

bool grpc_answer_take_header(struct grpc_answer *answer, struct text name, struct text value,
                             bool is_last_block) {
    answer->header_bytes += name.length + value.length;
    if (answer->header_bytes > GRPC_HEADER_BYTES_MAX) {
        return wrong(answer, "the server sent more than %d bytes of headers",
                     GRPC_HEADER_BYTES_MAX);
    }
    if (text_equal(name, text_of(":status"))) {
        return take_http_status(answer, value);
    }
    if (text_equal(name, text_of("grpc-status"))) {
        return take_status(answer, value, is_last_block);
    }
    if (text_equal(name, text_of("grpc-message")) && is_last_block) {
        answer->words_length = grpc_words_decode(value, room_for_words(answer), GRPC_WORDS_MAX);
    } else if (text_equal(name, text_of("content-type")) && answer->prefix_length == 0) {
        answer->content_type_is_ours = grpc_content_type_is_ours(value);
        if (!answer->content_type_is_ours && answer->http_status == 200) {
            return wrong(answer, "the server answered with content type \"%.*s\", not gRPC",
                         (int)(value.length < 100 ? value.length : 100), value.data);
        }
    }
    return true;
}

static bool take_prefix(struct grpc_answer *answer) {
    if (answer->prefix[0] != 0) {
        return wrong(answer, "the server compressed its message, which nobody asked for");
    }
    answer->length = (uint32_t)answer->prefix[1] << 24 | (uint32_t)answer->prefix[2] << 16 |
                     (uint32_t)answer->prefix[3] << 8 | answer->prefix[4];
    if (answer->length > answer->bytes_max) {
        return wrong(answer, "the server began a message of %u bytes; at most %u are taken",
                     answer->length, answer->bytes_max);
    }
    return true;
}

/* As much memory as came, not as was announced. */
static void make_room(struct grpc_answer *answer, uint32_t needed) {
    if (needed <= answer->capacity) {
        return;
    }
    uint32_t capacity = answer->capacity == 0 ? 512 : answer->capacity;
    while (capacity < needed) {
        capacity *= 2;
    }
    answer->capacity = capacity < answer->length ? capacity : answer->length;
    answer->message = realloc(answer->message, answer->capacity);
    assert(answer->message != NULL);
}

bool grpc_answer_take_data(struct grpc_answer *answer, const uint8_t *data, size_t length) {
    if (!answer->content_type_is_ours || answer->http_status != 200) {
        return true; /* a page for people: the end says what it was */
    }
    while (length > 0 && answer->prefix_length < sizeof answer->prefix) {
        answer->prefix[answer->prefix_length++] = *data++;
        length--;
        if (answer->prefix_length == sizeof answer->prefix && !take_prefix(answer)) {
            return false;
        }
    }
    if (length == 0) {
        return true;
    }
    if (length > answer->length - answer->received) {
        return wrong(answer, "the server sent more than one message");
    }
    make_room(answer, answer->received + (uint32_t)length);
    memcpy(answer->message + answer->received, data, length);
    answer->received += (uint32_t)length;
    return true;
}

enum grpc_outcome grpc_answer_end(struct grpc_answer *answer) {
    if (!answer->has_status && answer->http_status != 200) {
        (void)wrong(answer, "HTTP status %d instead of an answer", (int)answer->http_status);
        answer->status = grpc_status_of_http(answer->http_status);
        answer->status_is_http = true;
        return GRPC_OUTCOME_STATUS;
    }
    if (!answer->content_type_is_ours) {
        (void)wrong(answer, "the server answered without a content type of gRPC");
        return GRPC_OUTCOME_BROKEN;
    }
    if (!answer->has_status) {
        (void)wrong(answer, "the server ended its answer without a status");
        return GRPC_OUTCOME_BROKEN;
    }
    if (answer->status != GRPC_STATUS_OK) {
        return GRPC_OUTCOME_STATUS;
    }
    if (answer->http_status != 200) {
        (void)wrong(answer, "HTTP status %d with a status of OK", (int)answer->http_status);
        return GRPC_OUTCOME_BROKEN;
    }
    if (answer->prefix_length < sizeof answer->prefix || answer->received < answer->length) {
        (void)wrong(answer, "the server said OK %s a message",
                    answer->prefix_length == 0 ? "without" : "in the middle of");
        return GRPC_OUTCOME_BROKEN;
    }
    return GRPC_OUTCOME_REPLY;
}
