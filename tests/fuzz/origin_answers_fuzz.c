/* Any bytes as what Project Origin's registry answers: to the adapter's questions one by one, or to
 * submissions on their way from sending to outcome, one of which somebody else has sent and is only
 * asked for. The first byte says which. Whatever is said: a transaction is sent once, and its
 * outcome is what was said of it. */
#include <assert.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "outside/grpc/call.h"
#include "outside/registry_project_origin/commitment.h"
#include "outside/registry_project_origin/connection.h"
#include "outside/registry_project_origin/projection.h"
#include "outside/registry_project_origin/questions.h"
#include "tests/fuzz/fuzz.h"
#include "wire/utf8.h"

enum { CALLS = 4, ONLY_ASKED = 3, CALL_MS = 30000, STATUS = 0, STREAM = 1 };

static const char *const transactions[CALLS] = {"a transaction", "another", "and another", "last"};
static char ids[CALLS][ORIGIN_TRANSACTION_ID_CHARACTERS + 1];

static struct text id_of(uint32_t number) {
    uint8_t digest[crypto_hash_sha256_BYTES];
    const char *transaction = transactions[number];
    crypto_hash_sha256(digest, (const uint8_t *)transaction, strlen(transaction));
    sodium_bin2base64(ids[number], sizeof ids[number], digest, sizeof digest,
                      sodium_base64_VARIANT_ORIGINAL);
    return (struct text){ids[number], ORIGIN_TRANSACTION_ID_CHARACTERS};
}

/* --- One answer. --- */

static void read_status(struct bytes answer) {
    enum answered_status status = ANSWERED_STATUS_UNKNOWN;
    char words[REGISTRY_TEXT_MAX];
    uint32_t length = 0;
    if (answer_status(answer, &status, words, &length, sizeof words)) {
        fuzz_require(status <= ANSWERED_STATUS_EXECUTED && length <= sizeof words);
        fuzz_require(memchr(words, '\0', length) == NULL);
    }
}

/* A stream that can be read can be read with one more transaction behind it, and then has that. */
static void read_stream(struct bytes answer) {
    const uint8_t field[] = {0x0a, (uint8_t)strlen(transactions[0])};
    const uint32_t more = (uint32_t)(sizeof field + strlen(transactions[0]));
    uint8_t *whole = malloc(answer.length + more);
    bool found = false;
    bool found_behind = false;
    assert(whole != NULL);
    if (answer.length > 0) {
        memcpy(whole, answer.data, answer.length);
    }
    memcpy(whole + answer.length, field, sizeof field);
    memcpy(whole + answer.length + sizeof field, transactions[0], more - sizeof field);
    if (answer_stream(answer, id_of(0), &found)) {
        fuzz_require(
            answer_stream((struct bytes){whole, answer.length + more}, id_of(0), &found_behind));
        fuzz_require(found_behind);
        fuzz_require(!found || memmem(answer.data, answer.length, transactions[0],
                                      strlen(transactions[0])) != NULL);
    }
    free(whole);
}

/* Whatever a stream says, its slices are whole, and no two available ones have one name. */
static void project_stream(struct bytes answer) {
    static _Alignas(max_align_t) uint8_t memory[PROJECTION_ARENA_BYTES];
    static const struct uuid certificate_id = {.bytes = {1}};
    struct arena arena;
    struct registry_stream stream;
    struct error error;
    arena_init(&arena, memory, sizeof memory);
    if (projection_make(answer, &certificate_id, &arena, &stream, &error) != RESULT_OK) {
        return;
    }
    fuzz_require(stream.slices_count <= REGISTRY_STREAM_SLICES_MAX);
    for (uint32_t i = 0; i < stream.slices_count; i++) {
        const struct registry_events_stream_slice *slice = &stream.slices[i];
        const bool available = slice->state == MILLRACE_SLICE_STATE_AVAILABLE;
        fuzz_require(slice->registry_hash.length == SLICE_HASH_BYTES);
        fuzz_require(slice->owner_key.length > 0 && slice->state != MILLRACE_SLICE_STATE_OTHER);
        fuzz_require(slice->has_allocation_id != available);
        fuzz_require(slice->has_counterpart_certificate_id != available);
        for (uint32_t j = 0; available && j < i; j++) {
            fuzz_require(stream.slices[j].state != MILLRACE_SLICE_STATE_AVAILABLE ||
                         !bytes_equal(stream.slices[j].registry_hash, slice->registry_hash));
        }
    }
}

/* --- From sending to outcome. --- */

/* What was said of a call, and what the adapter said of it. */
struct told {
    uint32_t accepted; /* replies */
    uint32_t unknown;
    uint32_t over;
    bool sending_ended;
    enum grpc_outcome sending;
    bool yes;       /* the last answer said that it was executed */
    bool no;        /* one said that it failed */
    bool no_stream; /* the last answer was a stream without it */
};

struct world {
    struct origin *origin;
    struct told told[CALLS];
};

static int64_t now_ms;

static int64_t tell_now(void *self) {
    (void)self;
    return now_ms;
}

static const struct clock fuzz_clock = {.monotonic_ms = tell_now, .wall_ms = tell_now};

static struct registry_call name_of(uint32_t number) {
    return (struct registry_call){.submission_id = {{(uint8_t)(number + 1)}}, .attempt = 1};
}

static struct origin *origin_of_fuzz(void) {
    static const struct origin_settings settings = {
        .name = "main",
        .own_name = "registry",
        .connections_max = 1,
        .schedule = {.first_ms = 500, .longest_ms = 4000},
    };
    static const struct blinding_secrets secrets = {.count = 1};
    static const struct registry_project_origin_adapter adapter = {
        .settings = &settings, .settings_count = 1, .secrets = &secrets};
    static const struct registry_config config = {.address = "http://127.0.0.1:1"};
    struct origin *origin = NULL;
    struct error error;
    const enum result result =
        connection_open(&adapter, &settings, &config, &fuzz_clock, &origin, &error);
    assert(result == RESULT_OK);
    return origin;
}

static void take_replies(struct world *world) {
    struct registry_reply reply;
    while (registry_replies_take(&world->origin->replies, &reply, 1) == 1) {
        struct told *told = &world->told[reply.call.submission_id.bytes[0] - 1];
        fuzz_require(reply.text_length <= sizeof reply.text &&
                     utf8_valid((const uint8_t *)reply.text, reply.text_length));
        fuzz_require(told->over == 0 && told->sending_ended == !reply.to_question);
        switch (reply.kind) {
        case REGISTRY_REPLY_ACCEPTED:
            fuzz_require(++told->accepted == 1 && told->sending == GRPC_OUTCOME_REPLY);
            fuzz_require(!reply.to_question);
            break;
        case REGISTRY_REPLY_SUCCEEDED:
            fuzz_require(++told->over == 1 && told->yes);
            break;
        case REGISTRY_REPLY_REFUSED:
            fuzz_require(++told->over == 1 && told->no && told->no_stream);
            break;
        case REGISTRY_REPLY_NOT_SENT:
            fuzz_require(++told->over == 1 && told->unknown == 0 && !reply.to_question);
            fuzz_require(told->sending == GRPC_OUTCOME_NOT_HANDED ||
                         told->sending == GRPC_OUTCOME_UNPROCESSED);
            break;
        case REGISTRY_REPLY_UNKNOWN:
            fuzz_require(++told->unknown == 1);
            told->over += reply.to_question ? 1 : 0;
            break;
        }
    }
}

static void note(struct told *told, enum origin_phase phase,
                 const struct grpc_completion *completion) {
    enum answered_status status = ANSWERED_STATUS_UNKNOWN;
    char words[REGISTRY_TEXT_MAX];
    uint32_t length = 0;
    bool found = false;
    const bool whole = completion->outcome == GRPC_OUTCOME_REPLY;
    told->yes = false;
    told->no_stream = false;
    if (phase == ORIGIN_PHASE_SENDING) {
        fuzz_require(!told->sending_ended);
        told->sending_ended = true;
        told->sending = completion->outcome;
    } else if (phase == ORIGIN_PHASE_ASKING && whole &&
               answer_status(completion->reply, &status, words, &length, sizeof words)) {
        told->yes = status == ANSWERED_STATUS_EXECUTED;
        told->no |= status == ANSWERED_STATUS_FAILED;
    }
    const struct text id = {(const char *)completion->context, ORIGIN_TRANSACTION_ID_CHARACTERS};
    if (phase == ORIGIN_PHASE_READING && whole && answer_stream(completion->reply, id, &found)) {
        told->yes = found;
        told->no_stream = !found;
    }
}

/* What is out of this call is answered so. */
static void answer(struct world *world, uint32_t number, struct origin_call *call,
                   enum grpc_outcome outcome, struct bytes reply) {
    struct grpc_completion completion = {.context = ids[number], .outcome = outcome};
    const bool is_sending = call->question->path == question_path_send;
    fuzz_require(is_sending == (call->phase == ORIGIN_PHASE_SENDING));
    fuzz_require(!is_sending || number != ONLY_ASKED);
    fuzz_require(grpc_call_withdraw(world->origin->client, call->question));
    call->question = NULL;
    if (outcome == GRPC_OUTCOME_REPLY) {
        completion.reply = reply;
    } else {
        completion.words = text_of("no answer");
    }
    note(&world->told[number], call->phase, &completion);
    settle_completion(world->origin, call, &completion);
    take_replies(world);
}

static void pass_time(struct world *world, uint8_t how_much) {
    static const int64_t steps_ms[] = {1, 50, 700, 3000, 16000, 3600000};
    struct timer *timer;
    now_ms += steps_ms[how_much % (sizeof steps_ms / sizeof steps_ms[0])];
    while ((timer = timer_wheel_take(&world->origin->wheel, now_ms)) != NULL) {
        settle_timer(world->origin, origin_call_of(timer));
        take_replies(world);
    }
}

/* Steps: which call, how it is answered or how much time passes, and the bytes of the answer. */
static void settle(const uint8_t *data, size_t size) {
    struct world world = {.origin = origin_of_fuzz()};
    for (uint32_t i = 0; i < CALLS; i++) {
        const struct registry_transaction transaction = {
            .id = id_of(i),
            .bytes = {(const uint8_t *)transactions[i], (uint32_t)strlen(transactions[i])},
        };
        if (i == ONLY_ASKED) {
            connection_ask(world.origin,
                           &(struct registry_question){.call = name_of(i),
                                                       .transaction = transaction,
                                                       .deadline_ms = now_ms + CALL_MS});
        } else {
            connection_send(world.origin,
                            &(struct registry_request){.call = name_of(i),
                                                       .transaction = transaction,
                                                       .deadline_ms = now_ms + CALL_MS});
        }
    }
    for (size_t at = 0; at + 2 <= size;) {
        const uint32_t number = data[at] % CALLS;
        const uint8_t what = data[at] / CALLS;
        size_t length = data[at + 1];
        at += 2;
        length = length < size - at ? length : size - at;
        const struct registry_call name = name_of(number);
        struct origin_call *call =
            origin_calls_find(&world.origin->calls, &name, number == ONLY_ASKED);
        if (call != NULL && call->question != NULL) {
            answer(&world, number, call, what % (GRPC_OUTCOME_TIMED_OUT + 1),
                   (struct bytes){data + at, (uint32_t)length});
        } else {
            pass_time(&world, what);
            length = 0;
        }
        at += length;
    }
    connection_close(world.origin);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size == 0) {
        return 0;
    }
    const struct bytes rest = {data + 1, (uint32_t)size - 1};
    if (data[0] == STATUS) {
        read_status(rest);
    } else if (data[0] == STREAM) {
        read_stream(rest);
        project_stream(rest);
    } else {
        now_ms = 1000;
        settle(data + 1, size - 1);
    }
    return 0;
}
