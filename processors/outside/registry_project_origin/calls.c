#include "outside/registry_project_origin/calls.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* Submission ids are hashes themselves. */
static struct origin_call **bucket_of(struct origin_calls *calls, const struct uuid *id) {
    uint32_t word;
    memcpy(&word, id->bytes, sizeof word);
    return &calls->buckets[word % ORIGIN_CALLS_BUCKETS];
}

struct origin_call *origin_calls_add(struct origin_calls *calls, const struct registry_call *name,
                                     struct text transaction_id, bool only_asked) {
    assert(transaction_id.length == ORIGIN_TRANSACTION_ID_CHARACTERS);
    assert(origin_calls_find(calls, name, only_asked) == NULL);
    struct origin_call *call = calloc(1, sizeof *call);
    assert(call != NULL);
    call->call = *name;
    call->only_asked = only_asked;
    memcpy(call->transaction_id, transaction_id.data, transaction_id.length);
    struct origin_call **bucket = bucket_of(calls, &name->submission_id);
    call->bucket_next = *bucket;
    *bucket = call;
    calls->count++;
    return call;
}

struct origin_call *origin_calls_find(const struct origin_calls *calls,
                                      const struct registry_call *name, bool only_asked) {
    struct origin_call *call = *bucket_of((struct origin_calls *)calls, &name->submission_id);
    while (call != NULL && (call->only_asked != only_asked || call->call.attempt != name->attempt ||
                            !uuid_equal(&call->call.submission_id, &name->submission_id))) {
        call = call->bucket_next;
    }
    return call;
}

static void release(struct origin_call *call) {
    free(call->words);
    free(call);
}

void origin_calls_remove(struct origin_calls *calls, struct origin_call *call) {
    assert(call->question == NULL && call->timer.slot == NULL && calls->count > 0);
    struct origin_call **link = bucket_of(calls, &call->call.submission_id);
    while (*link != call) {
        assert(*link != NULL);
        link = &(*link)->bucket_next;
    }
    *link = call->bucket_next;
    calls->count--;
    release(call);
}

void origin_calls_deinit(struct origin_calls *calls) {
    for (uint32_t i = 0; i < ORIGIN_CALLS_BUCKETS; i++) {
        while (calls->buckets[i] != NULL) {
            struct origin_call *call = calls->buckets[i];
            calls->buckets[i] = call->bucket_next;
            release(call);
        }
    }
    calls->count = 0;
}

void origin_call_say(struct origin_call *call, struct text words) {
    char *kept = malloc((size_t)words.length + 1);
    assert(kept != NULL);
    if (words.length > 0) {
        memcpy(kept, words.data, words.length);
    }
    free(call->words);
    call->words = kept;
    call->words_length = words.length;
}
