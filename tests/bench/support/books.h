/* What a deployment of long standing has in its changelogs: for each certificate a state, a ledger
 * and the answers to its commands, as the processors write them. */
#ifndef MILLRACE_TESTS_BENCH_BOOKS_H
#define MILLRACE_TESTS_BENCH_BOOKS_H

#include <stdint.h>

#include "loop/processor.h"
#include "loop/turn.h"

enum { BOOKS_ANSWERS = 10 }; /* for each certificate */

enum books_kind { BOOKS_STATES, BOOKS_ANSWERED, BOOKS_LEDGERS, BOOKS_KINDS };

extern const char *const books_topics[BOOKS_KINDS];

/* The id of certificate `number`; the same in every run. */
struct uuid books_certificate(uint32_t number);

/* Emit what there is of a kind about a certificate, to output 0; `each` from 0 tells its answers
 * apart. Returns the value, which lives until the turn ends. */
struct bytes books_emit(struct turn *turn, enum books_kind kind, uint32_t number, uint32_t each);

/* The processors that have these as changelogs, with their configuration. */
struct processor_kind books_certificates(void);
struct processor_kind books_connector(void);

#endif
