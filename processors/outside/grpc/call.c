#include "outside/grpc/call.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

void grpc_line_add(struct grpc_line *line, struct grpc_call *call) {
    call->before = line->tail;
    call->behind = NULL;
    *(line->tail == NULL ? &line->head : &line->tail->behind) = call;
    line->tail = call;
    line->count++;
}

void grpc_line_add_first(struct grpc_line *line, struct grpc_call *call) {
    call->before = NULL;
    call->behind = line->head;
    *(line->head == NULL ? &line->tail : &line->head->before) = call;
    line->head = call;
    line->count++;
}

void grpc_line_remove(struct grpc_line *line, struct grpc_call *call) {
    assert(line->count > 0);
    *(call->before == NULL ? &line->head : &call->before->behind) = call->behind;
    *(call->behind == NULL ? &line->tail : &call->behind->before) = call->before;
    call->before = NULL;
    call->behind = NULL;
    line->count--;
}

static void put(struct grpc_timers *timers, uint32_t at, struct grpc_call *call) {
    timers->calls[at] = call;
    call->timer = at;
}

static void move_up(struct grpc_timers *timers, uint32_t at, struct grpc_call *call) {
    while (at > 0 && timers->calls[(at - 1) / 2]->deadline_ms > call->deadline_ms) {
        put(timers, at, timers->calls[(at - 1) / 2]);
        at = (at - 1) / 2;
    }
    put(timers, at, call);
}

static void move_down(struct grpc_timers *timers, uint32_t at, struct grpc_call *call) {
    for (;;) {
        uint32_t child = 2 * at + 1;
        if (child + 1 < timers->count &&
            timers->calls[child + 1]->deadline_ms < timers->calls[child]->deadline_ms) {
            child++;
        }
        if (child >= timers->count || timers->calls[child]->deadline_ms >= call->deadline_ms) {
            break;
        }
        put(timers, at, timers->calls[child]);
        at = child;
    }
    put(timers, at, call);
}

void grpc_timers_add(struct grpc_timers *timers, struct grpc_call *call) {
    if (timers->count == timers->capacity) {
        timers->capacity = timers->capacity == 0 ? 64 : timers->capacity * 2;
        timers->calls = reallocarray(timers->calls, timers->capacity, sizeof(struct grpc_call *));
        assert(timers->calls != NULL);
    }
    timers->count++;
    move_up(timers, timers->count - 1, call);
}

void grpc_timers_remove(struct grpc_timers *timers, struct grpc_call *call) {
    assert(call->timer < timers->count && timers->calls[call->timer] == call);
    const uint32_t at = call->timer;
    timers->count--;
    struct grpc_call *last = timers->calls[timers->count];
    if (last == call) {
        return;
    }
    if (at > 0 && timers->calls[(at - 1) / 2]->deadline_ms > last->deadline_ms) {
        move_up(timers, at, last);
    } else {
        move_down(timers, at, last);
    }
}

struct grpc_call *grpc_calls_add(struct grpc_calls *calls, const char *path, struct bytes message,
                                 int64_t deadline_ms, void *context) {
    assert(calls->count < GRPC_CALLS_MAX && message.length <= GRPC_MESSAGE_BYTES_MAX);
    struct grpc_call *call = malloc(sizeof *call + GRPC_FRAME_PREFIX_BYTES + message.length);
    assert(call != NULL);
    *call = (struct grpc_call){
        .context = context,
        .path = path,
        .deadline_ms = deadline_ms,
        .place = GRPC_PLACE_WAITING,
        .message_length = GRPC_FRAME_PREFIX_BYTES + message.length,
    };
    call->message[0] = 0; /* not compressed */
    call->message[1] = (uint8_t)(message.length >> 24);
    call->message[2] = (uint8_t)(message.length >> 16);
    call->message[3] = (uint8_t)(message.length >> 8);
    call->message[4] = (uint8_t)message.length;
    if (message.length > 0) {
        memcpy(call->message + GRPC_FRAME_PREFIX_BYTES, message.data, message.length);
    }
    grpc_line_add(&calls->waiting, call);
    grpc_timers_add(&calls->timers, call);
    calls->count++;
    return call;
}

void grpc_calls_end(struct grpc_calls *calls, struct grpc_call *call, enum grpc_outcome outcome,
                    bool handed, const char *words) {
    assert(call->place != GRPC_PLACE_ENDED);
    assert((outcome == GRPC_OUTCOME_NOT_HANDED) == !handed);
    if (call->place == GRPC_PLACE_WAITING) {
        assert(!handed);
        grpc_line_remove(&calls->waiting, call);
    }
    grpc_timers_remove(&calls->timers, call);
    call->place = GRPC_PLACE_ENDED;
    call->connection = NULL;
    call->outcome = outcome;
    call->handed = handed;
    if (words != NULL) {
        char clean[GRPC_WORDS_MAX];
        const uint32_t length = grpc_words_clean(text_of(words), clean, sizeof clean);
        call->words = strndup(clean, length);
        assert(call->words != NULL);
    }
    grpc_line_add(&calls->ended, call);
}

void grpc_calls_return(struct grpc_calls *calls, struct grpc_call *call) {
    assert(call->place == GRPC_PLACE_OUT);
    grpc_answer_free(call->answer);
    call->answer = NULL;
    call->connection = NULL;
    call->place = GRPC_PLACE_WAITING;
    grpc_line_add_first(&calls->waiting, call);
}

void grpc_calls_remove(struct grpc_calls *calls, struct grpc_call *call) {
    assert(call->place != GRPC_PLACE_OUT && calls->count > 0);
    if (call->place == GRPC_PLACE_WAITING) {
        grpc_timers_remove(&calls->timers, call);
    }
    grpc_line_remove(call->place == GRPC_PLACE_WAITING ? &calls->waiting : &calls->ended, call);
    grpc_answer_free(call->answer);
    free(call->words);
    free(call);
    calls->count--;
}

static void forget_line(struct grpc_calls *calls, const struct grpc_line *line) {
    struct grpc_call *call = line->head;
    while (call != NULL) {
        struct grpc_call *behind = call->behind;
        grpc_calls_remove(calls, call);
        call = behind;
    }
    assert(line->count == 0);
}

void grpc_calls_deinit(struct grpc_calls *calls) {
    forget_line(calls, &calls->waiting);
    forget_line(calls, &calls->ended);
    assert(calls->count == 0 && calls->timers.count == 0);
    free(calls->timers.calls);
}
