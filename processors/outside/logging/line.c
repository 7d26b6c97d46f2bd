#include "outside/logging/line.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static void add_bytes(struct line *line, const char *data, size_t length) {
    if (line->full || line->length + length > LINE_BYTES_MAX - LINE_RESERVED) {
        line->full = true;
        return;
    }
    memcpy(line->data + line->length, data, length);
    line->length += (uint32_t)length;
}

void line_add(struct line *line, const char *string) {
    add_bytes(line, string, strlen(string));
}

void line_add_number(struct line *line, int64_t number) {
    char text[24];
    const int length = snprintf(text, sizeof text, "%" PRId64, number);
    assert(length > 0 && (size_t)length < sizeof text);
    add_bytes(line, text, (size_t)length);
}

void line_add_time(struct line *line, int64_t wall_us) {
    const time_t seconds = (time_t)(wall_us / 1000000);
    struct tm parts;
    const struct tm *converted = gmtime_r(&seconds, &parts);
    assert(converted != NULL);
    char text[40];
    const size_t length = strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
    assert(length > 0);
    add_bytes(line, text, length);
    const int rest = snprintf(text, sizeof text, ".%06dZ", (int)(wall_us % 1000000));
    add_bytes(line, text, (size_t)rest);
}

/* Bytes of the well-formed UTF-8 sequence that starts here; 0 where there is none. */
static uint32_t sequence_length(const uint8_t *data, uint32_t left) {
    const uint8_t first = data[0];
    if (first < 0x80) {
        return 1;
    }
    const uint32_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (first < 0xc2 || first > 0xf4 || length > left) {
        return 0;
    }
    /* The second byte's range keeps out overlong forms, surrogates and what is above U+10FFFF. */
    const uint8_t low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
    const uint8_t high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
    if (data[1] < low || data[1] > high) {
        return 0;
    }
    for (uint32_t i = 2; i < length; i++) {
        if ((data[i] & 0xc0) != 0x80) {
            return 0;
        }
    }
    return length;
}

static void add_escaped(struct line *line, uint8_t byte) {
    char text[8];
    if (byte == '"' || byte == '\\') {
        const int length = snprintf(text, sizeof text, "\\%c", byte);
        add_bytes(line, text, (size_t)length);
    } else {
        const int length = snprintf(text, sizeof text, "\\u%04x", byte);
        add_bytes(line, text, (size_t)length);
    }
}

void line_add_quoted(struct line *line, struct text text) {
    const uint8_t *data = (const uint8_t *)text.data;
    line_add(line, "\"");
    for (uint32_t i = 0; i < text.length && !line->full;) {
        const uint32_t length = sequence_length(data + i, text.length - i);
        if (length == 0) {
            line_add(line, "\\ufffd");
        } else if (length == 1 && (data[i] < 0x20 || data[i] == '"' || data[i] == '\\')) {
            add_escaped(line, data[i]);
        } else {
            add_bytes(line, text.data + i, length);
        }
        i += length == 0 ? 1 : length;
    }
    line_add(line, "\"");
}

void line_add_plain(struct line *line, struct text text) {
    bool plain = text.length > 0;
    for (uint32_t i = 0; i < text.length; i++) {
        plain = plain && text.data[i] > ' ' && text.data[i] < 0x7f && text.data[i] != '"';
    }
    if (plain) {
        add_bytes(line, text.data, text.length);
    } else {
        line_add_quoted(line, text);
    }
}

void line_close(struct line *line, const char *closing) {
    const size_t length = strlen(closing);
    assert(line->length + length <= LINE_BYTES_MAX);
    memcpy(line->data + line->length, closing, length);
    line->length += (uint32_t)length;
}
