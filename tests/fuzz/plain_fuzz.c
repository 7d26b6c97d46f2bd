/* Any bytes as what a plain registry sends, in pieces as the first byte says: the frames must be
 * those that lie there, however the bytes come. */
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "outside/registry_plain/connection.h"
#include "tests/fuzz/fuzz.h"

static bool lies_within(struct text part, struct bytes frame) {
    const uint8_t *from = (const uint8_t *)part.data;
    return part.length == 0 ||
           (from >= frame.data && from + part.length <= frame.data + frame.length);
}

static void read_reply(struct bytes frame) {
    struct plain_reply reply;
    if (!plain_reply_read(frame, &reply)) {
        return;
    }
    fuzz_require(reply.attempt >= 1 && reply.verdict_word.length > 0);
    fuzz_require(lies_within(reply.verdict_word, frame) && lies_within(reply.words, frame) &&
                 lies_within(reply.transaction_id, frame));
    fuzz_require((reply.verdict == PLAIN_VERDICT_EXECUTED) ==
                 (frame.length > 9 && memcmp(frame.data, "executed ", 9) == 0));
}

/* Takes what has come: each frame must be the next that lies in `rest`. False: it is over. */
static bool take_frames(struct plain_connection *connection, struct bytes *rest) {
    struct bytes frame = {0};
    struct error error = {0};
    for (;;) {
        switch (plain_connection_receive(connection, &frame, &error)) {
        case PLAIN_INPUT_NOTHING:
            return true;
        case PLAIN_INPUT_BROKEN:
            fuzz_require(error.text[0] != '\0');
            return false;
        case PLAIN_INPUT_FRAME:
            break;
        }
        fuzz_require(frame.length >= 1 && frame.length <= PLAIN_REPLY_MAX);
        fuzz_require(rest->length >= PLAIN_LENGTH_BYTES + frame.length);
        fuzz_require(plain_frame_length(rest->data) == frame.length);
        fuzz_require(memcmp(rest->data + PLAIN_LENGTH_BYTES, frame.data, frame.length) == 0);
        rest->data += PLAIN_LENGTH_BYTES + frame.length;
        rest->length -= PLAIN_LENGTH_BYTES + frame.length;
        read_reply(frame);
    }
}

/* No frame that lies whole in what came may have been left there. */
static void require_no_frame(struct bytes rest) {
    if (rest.length >= PLAIN_LENGTH_BYTES) {
        const uint32_t length = plain_frame_length(rest.data);
        fuzz_require(length == 0 || length > PLAIN_REPLY_MAX ||
                     rest.length < PLAIN_LENGTH_BYTES + length);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct plain_connection connection;
    static const struct plain_address address = {.local = true};
    struct error error;
    int pair[2];
    if (size == 0) {
        return 0;
    }
    const size_t piece_max = (size_t)1 << data[0] % 16;
    struct bytes rest = {.data = data + 1, .length = (uint32_t)(size - 1)};
    fuzz_require(plain_connection_open(&connection, &address, &error) == RESULT_OK);
    fuzz_require(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
    connection.socket = pair[0];
    connection.state = PLAIN_CONNECTION_UP;
    bool goes_on = true;
    for (size_t at = 1; at < size && goes_on;) {
        const size_t piece = piece_max < size - at ? piece_max : size - at;
        fuzz_require(send(pair[1], data + at, piece, MSG_NOSIGNAL) == (ssize_t)piece);
        at += piece;
        goes_on = take_frames(&connection, &rest);
    }
    (void)shutdown(pair[1], SHUT_WR);
    fuzz_require(!goes_on || !take_frames(&connection, &rest));
    require_no_frame(rest);
    (void)close(pair[1]);
    plain_connection_close(&connection);
    return 0;
}
