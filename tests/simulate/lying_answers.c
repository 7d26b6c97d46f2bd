/* Questions what became of a submission, or for a certificate's stream, and what the registry
 * answers: it forgets a status, never a stream. */
#include <assert.h>
#include <stdlib.h>

#include "tests/simulate/lying_inside.h"

/* Readings, in any weather: */
enum {
    FAILS_PERMILLE = 50,
    SLOW_PERMILLE = 300, /* as long as a call may take */
    SLOW_MS = 25000,
};

/* What it knows of it, and how. What it refused and has forgotten nobody learns any more. */
static void tell(const struct lying_registry *registry, struct lying_question *question) {
    const struct lying_submission *submission =
        lying_submission_find(registry, &question->call.submission_id);
    const bool remembers =
        submission != NULL && registry->timeline->now_ms < submission->done_ms + LYING_REMEMBERS_MS;
    question->told = REGISTRY_REPLY_UNKNOWN;
    question->words = "not found";
    if (submission != NULL && submission->executions > 0) {
        question->told = REGISTRY_REPLY_SUCCEEDED;
        question->learnt = remembers ? REGISTRY_LEARNT_BY_STATUS : REGISTRY_LEARNT_BY_STREAM;
        question->words = remembers ? "committed" : "it is in the stream";
    } else if (remembers && submission->refused != NULL) {
        question->told = REGISTRY_REPLY_REFUSED;
        question->learnt = REGISTRY_LEARNT_BY_STATUS;
        question->words = submission->refused;
    }
}

/* The stream as it is at this moment, whenever the answer comes. */
static void look_into_stream(struct lying_registry *registry, struct lying_question *question,
                             bool fails) {
    const struct lying_stream *stream =
        lying_stream_of(registry, &question->call.certificate_id, question->name);
    if (question->connection == NULL) {
        return; /* it was given up */
    }
    question->told = REGISTRY_REPLY_UNKNOWN;
    question->words = stream->poisoned ? "the stream cannot be read to its end" : "internal error";
    if (stream->poisoned || fails) {
        return;
    }
    const size_t size = stream->slices_count * sizeof *stream->slices;
    question->told = REGISTRY_REPLY_SUCCEEDED;
    question->words = "read";
    question->seen = *stream;
    question->seen.deeds = NULL;
    question->seen.slices = malloc(size + 1);
    assert(question->seen.slices != NULL);
    if (size > 0) {
        memcpy(question->seen.slices, stream->slices, size);
    }
    transcript_say(registry->transcript,
                   "the registry looks into the stream of %s: %lld transactions",
                   short_id(&stream->certificate_id), (long long)stream->transactions);
}

static void say_later(void *context, uint64_t back_ms) {
    struct lying_question *question = context;
    if (!question->socket->broken) {
        lying_way_send(&question->socket->in,
                       &(struct lying_parcel){.kind = LYING_PARCEL_TOLD, .question = question},
                       (int64_t)back_ms);
    }
}

void lying_question_read(struct lying_socket *socket, struct lying_question *question) {
    struct lying_registry *registry = socket->registry;
    const struct registry_weather *weather = &registry->weather;
    lying_registry_look(registry);
    struct chance chance = {.state = registry->chance.state ^ registry->questions_read++};
    (void)chance_below(&chance, 2);
    const bool silent = chance_permille(&chance, weather->silent_permille);
    const bool breaks = chance_permille(&chance, weather->reset_before_permille);
    const bool garbled = chance_permille(&chance, weather->garbled_permille);
    const int64_t back_ms = chance_between(&chance, 0, weather->way_most_ms);
    const bool fails = chance_permille(&chance, FAILS_PERMILLE + weather->garbled_permille);
    const bool late = chance_permille(&chance, weather->late_permille);
    const bool slow = weather->latency_most_ms > 0 && chance_permille(&chance, SLOW_PERMILLE);
    const int64_t takes_ms = chance_between(&chance, 0,
                                            late   ? weather->queue_most_ms
                                            : slow ? SLOW_MS
                                                   : weather->latency_most_ms);
    if (socket->broken || silent) {
        return;
    }
    if (breaks) {
        lying_socket_break(socket, true, back_ms);
    } else if (garbled) {
        lying_way_send(&socket->in, &(struct lying_parcel){.kind = LYING_PARCEL_UNREADABLE},
                       back_ms);
    } else if (question->reads) {
        question->socket = socket;
        look_into_stream(registry, question, fails);
        timeline_in(registry->timeline, takes_ms, say_later, question, (uint64_t)back_ms);
    } else {
        tell(registry, question);
        lying_way_send(&socket->in,
                       &(struct lying_parcel){.kind = LYING_PARCEL_TOLD, .question = question},
                       back_ms);
    }
}

struct lying_question *lying_question_new(struct lying_registry *registry,
                                          const struct registry_call *call,
                                          struct lying_connection *connection) {
    struct lying_question *question = calloc(1, sizeof *question);
    assert(question != NULL && registry->can_be_asked);
    question->call = *call;
    question->connection = connection;
    question->next = registry->questions;
    registry->questions = question;
    return question;
}

uint32_t lying_registry_questions(const struct lying_registry *registry) {
    return registry->questions_read;
}

void lying_questions_close(struct lying_registry *registry) {
    while (registry->questions != NULL) {
        struct lying_question *question = registry->questions;
        registry->questions = question->next;
        lying_stream_deinit(&question->seen);
        free(question);
    }
}
