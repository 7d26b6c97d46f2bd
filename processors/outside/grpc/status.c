#include "outside/grpc/status.h"

#include <assert.h>
#include <string.h>
#include <strings.h>

#include "wire/utf8.h"

static const char *const names[] = {
    "OK",
    "CANCELLED",
    "UNKNOWN",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
    "UNAUTHENTICATED",
};

const char *grpc_status_name(uint32_t status) {
    return status < sizeof names / sizeof names[0] ? names[status] : "a code of its own";
}

enum grpc_status grpc_status_of_http(int32_t http_status) {
    assert(http_status != 200);
    switch (http_status) {
    case 400:
        return GRPC_STATUS_INTERNAL;
    case 401:
        return GRPC_STATUS_UNAUTHENTICATED;
    case 403:
        return GRPC_STATUS_PERMISSION_DENIED;
    case 404:
        return GRPC_STATUS_UNIMPLEMENTED;
    case 429:
    case 502:
    case 503:
    case 504:
        return GRPC_STATUS_UNAVAILABLE;
    default:
        return GRPC_STATUS_UNKNOWN;
    }
}

bool grpc_status_from_text(struct text value, uint32_t *status) {
    if (value.length == 0 || value.length > 3) {
        return false;
    }
    *status = 0;
    for (uint32_t i = 0; i < value.length; i++) {
        if (value.data[i] < '0' || value.data[i] > '9') {
            return false;
        }
        *status = *status * 10 + (uint32_t)(value.data[i] - '0');
    }
    return true;
}

bool grpc_content_type_is_ours(struct text value) {
    static const char *const types[] = {"application/grpc", "application/grpc+proto"};
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        const size_t length = strlen(types[i]);
        if (value.length >= length && strncasecmp(value.data, types[i], length) == 0 &&
            (value.length == length || value.data[length] == ';' || value.data[length] == ' ')) {
            return true;
        }
    }
    return false;
}

/* Bytes of the well-formed character that begins here; 0: there is none. */
static uint32_t character_length(const uint8_t *data, uint32_t left) {
    for (uint32_t length = 1; length <= 4 && length <= left; length++) {
        if (utf8_valid(data, length)) {
            return length;
        }
    }
    return 0;
}

/* C0 and DEL; and C1, which UTF-8 writes as c2 80 to c2 9f. */
static bool is_control(const uint8_t *data, uint32_t length) {
    return data[0] < 0x20 || data[0] == 0x7f || (length == 2 && data[0] == 0xc2 && data[1] < 0xa0);
}

static uint32_t make_harmless(char *words, uint32_t length) {
    uint8_t *data = (uint8_t *)words;
    uint32_t kept = 0;
    for (uint32_t i = 0; i < length;) {
        const uint32_t character = character_length(data + i, length - i);
        if (character == 0 || is_control(data + i, character)) {
            data[kept++] = character == 0 ? '?' : ' ';
            i += character == 0 ? 1 : character;
        } else {
            memmove(data + kept, data + i, character);
            kept += character;
            i += character;
        }
    }
    assert(kept <= length);
    return kept;
}

static int hex_digit(char character) {
    if (character >= '0' && character <= '9') {
        return character - '0';
    }
    const char lower = (char)(character | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

uint32_t grpc_words_decode(struct text value, char *words, uint32_t size) {
    uint32_t length = 0;
    for (uint32_t i = 0; i < value.length && length < size; i++) {
        if (value.data[i] == '%' && value.length - i > 2) {
            const int high = hex_digit(value.data[i + 1]);
            const int low = hex_digit(value.data[i + 2]);
            if (high >= 0 && low >= 0) {
                words[length++] = (char)(high << 4 | low);
                i += 2;
                continue;
            }
        }
        words[length++] = value.data[i]; /* the specification asks to leave what is no escape */
    }
    return make_harmless(words, length);
}

uint32_t grpc_words_clean(struct text value, char *words, uint32_t size) {
    const uint32_t length = value.length < size ? value.length : size;
    if (length > 0) {
        memcpy(words, value.data, length);
    }
    return make_harmless(words, length);
}

void grpc_timeout_write(int64_t timeout_ms, char text[GRPC_TIMEOUT_CHARACTERS]) {
    enum { DIGITS = 8, VALUE_MAX = 99999999 };
    const int64_t at_least_ms = timeout_ms < 1 ? 1 : timeout_ms;
    const bool in_seconds = at_least_ms > VALUE_MAX;
    int64_t value = in_seconds ? at_least_ms / 1000 : at_least_ms;
    value = value < VALUE_MAX ? value : VALUE_MAX;
    char digits[DIGITS];
    int first = DIGITS;
    do { /* by hand: it is in every call */
        digits[--first] = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    const int length = DIGITS - first;
    memcpy(text, digits + first, (size_t)length);
    text[length] = in_seconds ? 'S' : 'm';
    text[length + 1] = '\0';
}
