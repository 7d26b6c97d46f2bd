/* What is said to Project Origin's registry service, and what it answers, as bytes of the contract
 * (schemas/project_origin/registry.proto). */
#ifndef MILLRACE_REGISTRY_PROJECT_ORIGIN_QUESTIONS_H
#define MILLRACE_REGISTRY_PROJECT_ORIGIN_QUESTIONS_H

#include <stdbool.h>

#include "domain/arena.h"
#include "domain/values.h"
#include "outside/registry_project_origin/transaction.h"

enum { QUESTION_BYTES_MAX = ORIGIN_TRANSACTION_BYTES_MAX + 16 };

/* Constant texts: where each question goes. */
extern const char question_path_send[];
extern const char question_path_status[];
extern const char question_path_stream[];

/* The questions, in `arena`: at most QUESTION_BYTES_MAX each. A sending has one transaction, for a
 * list of them is not taken as a whole. */
struct bytes question_send(struct bytes transaction, struct arena *arena);
struct bytes question_status(struct text transaction_id, struct arena *arena);
struct bytes question_stream(const struct uuid *certificate_id, struct arena *arena);

/* Is it an answer to a sending? It says nothing more than that the transaction is queued. */
bool answer_taken(struct bytes answer);

enum answered_status {
    ANSWERED_STATUS_UNKNOWN, /* not heard of, or forgotten, or not looked at yet: nothing is said */
    ANSWERED_STATUS_PENDING, /* queued, perhaps for ever */
    ANSWERED_STATUS_FAILED,  /* refused, and not executed by this request */
    ANSWERED_STATUS_EXECUTED, /* committed or finalized */
};

/* The registry's word on a transaction; `words`, at most `words_max` bytes of its own, are copied
 * and need not be UTF-8. False: that is no such answer, or a status that we do not know. */
bool answer_status(struct bytes answer, enum answered_status *status, char *words,
                   uint32_t *words_length, uint32_t words_max);

/* Is the transaction of this id in the stream, byte for byte? False: the answer is none. */
bool answer_stream(struct bytes answer, struct text transaction_id, bool *found);

/* The next transaction of a stream, from the answer's byte `*at` on, which moves behind it. False:
 * there is no other, or, with `*at` before the answer's end, the rest is none. */
bool answer_stream_next(struct bytes answer, uint32_t *at, struct bytes *transaction);

#endif
