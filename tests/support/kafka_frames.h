/* Kafka's protocol as far as the proxy must understand it: frames in a stream of bytes, and the
 * brokers' addresses in answers, which it replaces by its own. */
#ifndef MILLRACE_TESTS_SUPPORT_KAFKA_FRAMES_H
#define MILLRACE_TESTS_SUPPORT_KAFKA_FRAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes that grow; `data` is freed by whoever has it. */
struct buffer {
    uint8_t *data;
    size_t length;
    size_t capacity;
};
void buffer_append(struct buffer *buffer, const void *data, size_t length);
void buffer_drop_front(struct buffer *buffer, size_t length);

uint32_t u32_at(const uint8_t *bytes);
uint16_t u16_at(const uint8_t *bytes);

/* The length of the frame in front, with its length field; 0: it is not complete. */
size_t frame_length(const struct buffer *buffer);

/* An answer to this version of this kind of request, with another address in the place of every
 * broker's. False: such answers hold none, and `to` is left alone. */
bool frame_readdress(int16_t api, int16_t version, const uint8_t *frame, size_t length,
                     const char *host, uint16_t port, struct buffer *to);

#endif
