/* From what is heard of a transaction to what became of it. An answer that says yes is believed at
 * once. One that says no is believed when the certificate's stream does not have the transaction
 * either: the registry may have been given it twice by somebody on the way, and then refuses what
 * it has executed. Silence says nothing, and neither does "unknown". */
#include <assert.h>
#include <string.h>

#include "outside/registry_project_origin/connection.h"
#include "outside/registry_project_origin/questions.h"
#include "ports/fault.h"

static struct text words_of(const struct origin_call *call) {
    return (struct text){.data = call->words, .length = call->words_length};
}

static struct registry_reply *reply(struct origin *origin, const struct origin_call *call,
                                    enum registry_reply_kind kind, struct text words) {
    struct registry_reply *added = registry_replies_add(&origin->replies, &call->call, kind,
                                                        call->late || call->only_asked, words);
    added->to_question = call->only_asked;
    return added;
}

static void end(struct origin *origin, struct origin_call *call, enum registry_reply_kind kind,
                enum registry_learnt learnt, struct text words) {
    FAULT("reply.decoded");
    reply(origin, call, kind, words)->learnt = learnt;
    origin_calls_remove(&origin->calls, call);
}

/* Nothing was learnt; whoever asks may ask again. */
static void end_question(struct origin *origin, struct origin_call *call) {
    assert(call->only_asked);
    (void)reply(origin, call, REGISTRY_REPLY_UNKNOWN, text_of(""));
    origin_calls_remove(&origin->calls, call);
}

void settle_unasked(struct origin *origin, const struct registry_call *name) {
    registry_replies_add(&origin->replies, name, REGISTRY_REPLY_UNKNOWN, true, text_of(""))
        ->to_question = true;
}

static void end_not_sent(struct origin *origin, struct origin_call *call,
                         enum millrace_not_sent_cause cause, struct text words) {
    assert(!call->accepted && call->asked == 0);
    reply(origin, call, REGISTRY_REPLY_NOT_SENT, words)->not_sent_cause = cause;
    origin_calls_remove(&origin->calls, call);
}

/* --- When to ask. --- */

/* A fifth more or less. */
static int64_t about(struct origin *origin, int64_t ms) {
    origin->chance = origin->chance * 6364136223846793005u + 1442695040888963407u;
    const int64_t most = ms * 2 / 5;
    return ms * 4 / 5 + (most > 0 ? (int64_t)(origin->chance >> 33) % most : 0);
}

static int64_t pause_ms(const struct origin *origin, const struct origin_call *call) {
    int64_t ms = origin->schedule.first_ms;
    for (uint32_t i = 0; i < call->asked && ms < origin->schedule.longest_ms; i++) {
        ms += ms / 2 + 1;
    }
    return ms < origin->schedule.longest_ms ? ms : origin->schedule.longest_ms;
}

/* Until then there is time for a question: first for its status, then for its stream. */
static int64_t end_of_questions_ms(const struct origin_call *call, int64_t now_ms) {
    const int64_t read_ms = call->deadline_ms - ORIGIN_READ_MS;
    return call->late || call->only_asked || now_ms >= read_ms ? call->deadline_ms : read_ms;
}

static void ask_later(struct origin *origin, struct origin_call *call) {
    const int64_t now_ms = connection_now_ms(origin);
    const int64_t due_ms = now_ms + about(origin, pause_ms(origin, call));
    const int64_t end_ms = end_of_questions_ms(call, now_ms);
    call->phase = ORIGIN_PHASE_WAITING;
    timer_wheel_set(&origin->wheel, &call->timer, due_ms < end_ms ? due_ms : end_ms);
}

/* Nobody waits for it any more; but as long as the registry may remember it, it is asked for. */
static void say_unknown(struct origin *origin, struct origin_call *call) {
    assert(!call->late);
    reply(origin, call, REGISTRY_REPLY_UNKNOWN, words_of(call))->unknown_cause = call->cause;
    call->late = true;
    call->deadline_ms = connection_now_ms(origin) + ORIGIN_LATE_MS;
    ask_later(origin, call);
}

/* --- Questions. --- */

static void ask(struct origin *origin, struct origin_call *call, enum origin_phase phase,
                const char *path, struct bytes question) {
    const int64_t now_ms = connection_now_ms(origin);
    const int64_t by_ms = now_ms + ORIGIN_QUESTION_MS;
    const int64_t end_ms = end_of_questions_ms(call, now_ms);
    assert(call->question == NULL);
    call->phase = phase;
    call->question =
        grpc_call_start(origin->client, path, question, by_ms < end_ms ? by_ms : end_ms, call);
    call->asked++;
    origin->questions_out++;
}

static void ask_status(struct origin *origin, struct origin_call *call) {
    arena_reset(&origin->scratch);
    ask(origin, call, ORIGIN_PHASE_ASKING, question_path_status,
        question_status(origin_call_id(call), &origin->scratch));
    FAULT("status.asked");
}

static void read_stream(struct origin *origin, struct origin_call *call) {
    arena_reset(&origin->scratch);
    ask(origin, call, ORIGIN_PHASE_READING, question_path_stream,
        question_stream(&call->call.certificate_id, &origin->scratch));
    FAULT("stream.asked");
}

void settle_timer(struct origin *origin, struct origin_call *call) {
    const int64_t now_ms = connection_now_ms(origin);
    assert(call->phase == ORIGIN_PHASE_WAITING);
    if (call->only_asked) {
        if (now_ms >= call->deadline_ms) {
            end_question(origin, call);
        } else {
            ask_status(origin, call);
        }
        return;
    }
    if (now_ms >= call->deadline_ms && call->late) {
        origin_calls_remove(&origin->calls, call);
    } else if (now_ms >= call->deadline_ms) {
        say_unknown(origin, call);
    } else if (call->refused || (!call->late && now_ms >= call->deadline_ms - ORIGIN_READ_MS)) {
        read_stream(origin, call);
    } else {
        ask_status(origin, call);
    }
}

/* --- Answers. --- */

static void doubt(struct origin_call *call, enum millrace_unknown_cause cause, struct text words) {
    call->cause = cause;
    origin_call_say(call, words);
}

static void hear_sending(struct origin *origin, struct origin_call *call,
                         const struct grpc_completion *completion) {
    switch (completion->outcome) {
    case GRPC_OUTCOME_NOT_HANDED:
        end_not_sent(origin, call, MILLRACE_NOT_SENT_CAUSE_CONNECT_FAILED, completion->words);
        return;
    case GRPC_OUTCOME_UNPROCESSED:
        end_not_sent(origin, call, MILLRACE_NOT_SENT_CAUSE_NOT_PROCESSED, completion->words);
        return;
    case GRPC_OUTCOME_REPLY:
        if (!answer_taken(completion->reply)) {
            doubt(call, MILLRACE_UNKNOWN_CAUSE_BAD_REPLY,
                  text_of("the registry's answer is not one of its contract"));
            break;
        }
        call->accepted = true;
        FAULT("call.accepted");
        (void)reply(origin, call, REGISTRY_REPLY_ACCEPTED, text_of("taken"));
        doubt(call, MILLRACE_UNKNOWN_CAUSE_NO_OUTCOME,
              text_of("the registry took it, and told no outcome in the time of a call"));
        break;
    case GRPC_OUTCOME_STATUS:
        doubt(call, MILLRACE_UNKNOWN_CAUSE_BAD_REPLY, completion->words);
        break;
    case GRPC_OUTCOME_BROKEN:
        doubt(call, MILLRACE_UNKNOWN_CAUSE_CONNECTION_LOST, completion->words);
        break;
    case GRPC_OUTCOME_TIMED_OUT:
        doubt(call, MILLRACE_UNKNOWN_CAUSE_TIMEOUT, completion->words);
        break;
    }
    ask_later(origin, call);
}

static void hear_status(struct origin *origin, struct origin_call *call,
                        const struct grpc_completion *completion) {
    enum answered_status status = ANSWERED_STATUS_UNKNOWN;
    char words[REGISTRY_TEXT_MAX];
    uint32_t length = 0;
    const bool told = completion->outcome == GRPC_OUTCOME_REPLY &&
                      answer_status(completion->reply, &status, words, &length, sizeof words);
    if (told && status == ANSWERED_STATUS_EXECUTED) {
        end(origin, call, REGISTRY_REPLY_SUCCEEDED, REGISTRY_LEARNT_BY_STATUS,
            text_of("the registry has committed it"));
    } else if (told && status == ANSWERED_STATUS_FAILED) {
        call->refused = true;
        doubt(call, MILLRACE_UNKNOWN_CAUSE_NO_OUTCOME, (struct text){words, length});
        read_stream(origin, call);
    } else if (call->only_asked && told) {
        read_stream(origin, call); /* it forgets what became of a transaction; a stream does not */
    } else if (call->only_asked) {
        end_question(origin, call);
    } else {
        ask_later(origin, call); /* likewise whoever cannot be asked now */
    }
}

static void hear_stream(struct origin *origin, struct origin_call *call,
                        const struct grpc_completion *completion) {
    bool found = false;
    const bool read = completion->outcome == GRPC_OUTCOME_REPLY &&
                      answer_stream(completion->reply, origin_call_id(call), &found);
    if (read && found) {
        end(origin, call, REGISTRY_REPLY_SUCCEEDED, REGISTRY_LEARNT_BY_STREAM,
            text_of("it is in the certificate's stream"));
    } else if (read && call->refused) {
        end(origin, call, REGISTRY_REPLY_REFUSED, REGISTRY_LEARNT_BY_STATUS, words_of(call));
    } else if (call->only_asked) {
        end_question(origin, call);
    } else if (!call->late && connection_now_ms(origin) >= call->deadline_ms) {
        say_unknown(origin, call);
    } else {
        ask_later(origin, call);
    }
}

void settle_completion(struct origin *origin, struct origin_call *call,
                       const struct grpc_completion *completion) {
    if (call->phase == ORIGIN_PHASE_SENDING) {
        hear_sending(origin, call, completion);
        return;
    }
    assert(origin->questions_out > 0);
    origin->questions_out--;
    if (call->phase == ORIGIN_PHASE_ASKING) {
        hear_status(origin, call, completion);
    } else {
        assert(call->phase == ORIGIN_PHASE_READING);
        hear_stream(origin, call, completion);
    }
}
