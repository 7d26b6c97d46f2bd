#include "outside/registry_plain/calls.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "outside/registry_plain/message.h"

/* Submission ids are hashes themselves. */
static uint32_t bucket_of(const struct uuid *submission_id) {
    uint32_t word;
    memcpy(&word, submission_id->bytes, sizeof word);
    return word % PLAIN_CALLS_BUCKETS;
}

static void queue_remove(struct plain_calls *calls, struct plain_call *call) {
    assert(call->frame != NULL);
    if (call->queue_before == NULL) {
        calls->queue_head = call->queue_behind;
    } else {
        call->queue_before->queue_behind = call->queue_behind;
    }
    if (call->queue_behind == NULL) {
        calls->queue_tail = call->queue_before;
    } else {
        call->queue_behind->queue_before = call->queue_before;
    }
    free(call->frame);
    call->frame = NULL;
}

static void queue_add(struct plain_calls *calls, struct plain_call *call) {
    call->queue_before = calls->queue_tail;
    if (calls->queue_tail == NULL) {
        calls->queue_head = call;
    } else {
        calls->queue_tail->queue_behind = call;
    }
    calls->queue_tail = call;
}

/* Deadlines come almost in order, so the place is found from the end. */
static void line_add(struct plain_line *line, struct plain_call *call) {
    struct plain_call *before = line->tail;
    while (before != NULL && before->deadline_ms > call->deadline_ms) {
        before = before->line_before;
    }
    call->line_before = before;
    call->line_behind = before == NULL ? line->head : before->line_behind;
    if (before == NULL) {
        line->head = call;
    } else {
        before->line_behind = call;
    }
    if (call->line_behind == NULL) {
        line->tail = call;
    } else {
        call->line_behind->line_before = call;
    }
    line->count++;
}

static void line_remove(struct plain_line *line, struct plain_call *call) {
    assert(line->count > 0);
    if (call->line_before == NULL) {
        line->head = call->line_behind;
    } else {
        call->line_before->line_behind = call->line_behind;
    }
    if (call->line_behind == NULL) {
        line->tail = call->line_before;
    } else {
        call->line_behind->line_before = call->line_before;
    }
    line->count--;
}

static struct plain_line *line_of(struct plain_calls *calls, const struct plain_call *call) {
    return call->place == PLAIN_CALL_LATE ? &calls->late : &calls->open;
}

struct plain_call *plain_calls_add(struct plain_calls *calls,
                                   const struct registry_request *request) {
    assert(request->call.attempt >= 1);
    struct plain_call **bucket = &calls->buckets[bucket_of(&request->call.submission_id)];
    for (const struct plain_call *other = *bucket; other != NULL; other = other->bucket_next) {
        /* Half of a pair, the connector has the other: no second request of a submission. */
        assert(!uuid_equal(&other->call.submission_id, &request->call.submission_id));
    }
    struct plain_call *call = calloc(1, sizeof *call);
    assert(call != NULL && request->transaction.id.length <= sizeof call->transaction_id);
    call->call = request->call;
    call->place = PLAIN_CALL_UNSENT;
    call->transaction_id_length = request->transaction.id.length;
    memcpy(call->transaction_id, request->transaction.id.data, request->transaction.id.length);
    call->deadline_ms = request->deadline_ms;
    call->frame = plain_request_make(request, &call->frame_length);
    assert(call->frame != NULL);
    call->bucket_next = *bucket;
    *bucket = call;
    queue_add(calls, call);
    line_add(&calls->open, call);
    return call;
}

struct plain_call *plain_calls_find(const struct plain_calls *calls,
                                    const struct uuid *submission_id, int32_t attempt) {
    struct plain_call *call = calls->buckets[bucket_of(submission_id)];
    while (call != NULL && !uuid_equal(&call->call.submission_id, submission_id)) {
        call = call->bucket_next;
    }
    return call != NULL && call->call.attempt == attempt ? call : NULL;
}

void plain_calls_sent(struct plain_calls *calls, struct plain_call *call, uint32_t count) {
    assert(call == calls->queue_head && count <= call->frame_length - call->sent);
    if (count == 0) {
        return;
    }
    call->sent += count;
    call->place = PLAIN_CALL_OUT;
    if (call->sent == call->frame_length) {
        queue_remove(calls, call);
    }
}

void plain_calls_make_late(struct plain_calls *calls, struct plain_call *call) {
    assert(call->place == PLAIN_CALL_OUT && call->frame == NULL);
    if (calls->late.count == PLAIN_CALLS_LATE_MAX) {
        plain_calls_remove(calls, calls->late.head);
    }
    line_remove(&calls->open, call);
    call->place = PLAIN_CALL_LATE;
    line_add(&calls->late, call);
}

void plain_calls_remove(struct plain_calls *calls, struct plain_call *call) {
    struct plain_call **link = &calls->buckets[bucket_of(&call->call.submission_id)];
    while (*link != call) {
        assert(*link != NULL);
        link = &(*link)->bucket_next;
    }
    *link = call->bucket_next;
    if (call->frame != NULL) {
        queue_remove(calls, call);
    }
    line_remove(line_of(calls, call), call);
    free(call);
}

static void forget_line(struct plain_calls *calls, const struct plain_line *line) {
    struct plain_call *call = line->head;
    while (call != NULL) {
        struct plain_call *behind = call->line_behind;
        plain_calls_remove(calls, call);
        call = behind;
    }
    assert(line->count == 0);
}

void plain_calls_forget_late(struct plain_calls *calls) {
    forget_line(calls, &calls->late);
}

void plain_calls_deinit(struct plain_calls *calls) {
    forget_line(calls, &calls->open);
    forget_line(calls, &calls->late);
    assert(calls->queue_head == NULL);
}
