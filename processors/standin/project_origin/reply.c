/* How a call is answered, as it should be and otherwise. */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "standin/project_origin/session.h"

enum { STATUS_TEXT_MAX = 16, GRPC_TEXT_MAX = 1024 };

#define FIELD(name, value)                                                                       \
    (nghttp2_nv) {                                                                               \
        (uint8_t *)(name), (uint8_t *)(value), strlen(name), strlen(value), NGHTTP2_NV_FLAG_NONE \
    }

/* The texts of grpc-status and grpc-message. */
struct trailer {
    char status[STATUS_TEXT_MAX];
    char text[GRPC_TEXT_MAX];
};

static struct trailer trailer_of(const struct mimic_answer *answer) {
    struct trailer trailer;
    (void)snprintf(trailer.status, sizeof trailer.status, "%d", (int)answer->status);
    mimic_percent_encode(answer->text, trailer.text, sizeof trailer.text);
    return trailer;
}

static ssize_t read_answer(nghttp2_session *http2, int32_t stream, uint8_t *buffer, size_t length,
                           uint32_t *flags, nghttp2_data_source *source, void *self) {
    struct mimic_call *call = source->ptr;
    const struct mimic_answer *answer = &call->answer;
    const bool half = answer->reply == MIMIC_REPLY_HALF;
    const size_t all = half ? answer->length / 2 : answer->length;
    const size_t count = length < all - call->sent ? length : all - call->sent;
    (void)self;
    if (count > 0) {
        memcpy(buffer, answer->bytes + call->sent, count);
        call->sent += count;
    }
    if (half) {
        return count == 0 ? NGHTTP2_ERR_DEFERRED : (ssize_t)count;
    }
    if (call->sent == all) {
        const struct trailer trailer = trailer_of(answer);
        const nghttp2_nv fields[] = {FIELD("grpc-status", trailer.status),
                                     FIELD("grpc-message", trailer.text)};
        *flags |= NGHTTP2_DATA_FLAG_EOF | NGHTTP2_DATA_FLAG_NO_END_STREAM;
        if (nghttp2_submit_trailer(http2, stream, fields, trailer.text[0] == '\0' ? 1 : 2) != 0) {
            return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
        }
    }
    return (ssize_t)count;
}

static void answer_whole(struct mimic_call *call) {
    const nghttp2_nv fields[] = {FIELD(":status", "200"), FIELD("content-type", "application/grpc"),
                                 FIELD("server", "standin")};
    const nghttp2_data_provider provider = {.source = {.ptr = call}, .read_callback = read_answer};
    (void)nghttp2_submit_response(call->session->http2, call->stream, fields,
                                  sizeof fields / sizeof fields[0], &provider);
}

/* Trailers only: as upstream's server does whenever there is no message. */
static void answer_status(struct mimic_call *call) {
    const struct trailer trailer = trailer_of(&call->answer);
    const nghttp2_nv fields[] = {FIELD(":status", "200"), FIELD("content-type", "application/grpc"),
                                 FIELD("grpc-status", trailer.status),
                                 FIELD("grpc-message", trailer.text)};
    const size_t count = sizeof fields / sizeof fields[0];
    (void)nghttp2_submit_response(call->session->http2, call->stream, fields,
                                  trailer.text[0] == '\0' ? count - 1 : count, NULL);
}

static void set_status(struct mimic_call *call, enum mimic_grpc status, const char *text) {
    const enum mimic_reply reply = call->answer.reply;
    mimic_answer_close(&call->answer);
    call->answer = mimic_answer_status(status, text);
    call->answer.reply = reply;
}

static void reset(struct mimic_call *call, uint32_t code) {
    (void)nghttp2_submit_rst_stream(call->session->http2, NGHTTP2_FLAG_NONE, call->stream, code);
}

static void say_goodbye(struct mimic_session *session) {
    session->stream_last = session->processed_last;
    (void)nghttp2_submit_goaway(session->http2, NGHTTP2_FLAG_NONE, session->processed_last,
                                NGHTTP2_NO_ERROR, NULL, 0);
}

void mimic_session_answer(struct mimic_call *call) {
    struct mimic_session *session = call->session;
    if (!call->is_grpc) {
        const nghttp2_nv status = FIELD(":status", "415");
        (void)nghttp2_submit_response(session->http2, call->stream, &status, 1, NULL);
        return;
    }
    switch (call->answer.reply) {
    case MIMIC_REPLY_ANSWER:
        (call->answer.status == MIMIC_GRPC_OK ? answer_whole : answer_status)(call);
        return;
    case MIMIC_REPLY_NONE:
        return;
    case MIMIC_REPLY_UNAVAILABLE:
        set_status(call, MIMIC_GRPC_UNAVAILABLE, "by a rule of the stand-in");
        answer_status(call);
        return;
    case MIMIC_REPLY_FAIL:
        set_status(call, MIMIC_GRPC_UNKNOWN, "by a rule of the stand-in");
        answer_whole(call);
        return;
    case MIMIC_REPLY_RESET:
        reset(call, NGHTTP2_INTERNAL_ERROR);
        return;
    case MIMIC_REPLY_HANG_UP:
        session->ended = true;
        return;
    case MIMIC_REPLY_HALF:
        answer_whole(call);
        session->hang_up = true;
        return;
    case MIMIC_REPLY_REFUSED:
        reset(call, NGHTTP2_REFUSED_STREAM);
        return;
    case MIMIC_REPLY_GOAWAY:
        /* Where a later stream was processed GOAWAY cannot say that this one was not. */
        if (call->stream < session->processed_last) {
            reset(call, NGHTTP2_REFUSED_STREAM);
        }
        say_goodbye(session);
        return;
    case MIMIC_REPLY_LAST_GOAWAY:
        say_goodbye(session);
        session->hang_up = true;
        return;
    }
}
