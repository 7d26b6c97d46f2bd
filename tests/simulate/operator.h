/* A simulated operator: looks at unknown outcomes, asks the registry's people, and gives verdicts;
 * in the days of trouble also too early, twice, and about what is not unknown. Never dishonest. */
#ifndef MILLRACE_SIMULATE_OPERATOR_H
#define MILLRACE_SIMULATE_OPERATOR_H

#include "loop/emitter.h"
#include "tests/simulate/chance.h"
#include "tests/simulate/lying_registry.h"
#include "tests/support/memory_log.h"
#include "wire/schema_cache.h"

struct operator_setup {
    struct timeline *timeline;
    struct transcript *transcript;
    struct memory_log *log;
    const struct lying_registry *registry; /* what its people say is true at that moment */
    const struct emitter *emitter;
    struct schema_cache *cache;
    struct chance chance;
    int32_t partitions;
};

/* What he has written so far. */
struct operator_counts {
    uint32_t executed;
    uint32_t not_executed_writer_dead;
    uint32_t not_executed_may_execute_twice;
    uint32_t hopeless; /* verdicts that nobody can follow: malformed, again, without a rule */
    uint32_t realignments;
    uint32_t readings;
};

struct operator;

struct operator* operator_open(const struct operator_setup *setup);
void operator_close(struct operator* person);

/* Something an operator in a hurry does: a verdict on some submission, unknown or not. "Not
 * executed" he says only when the registry says so at that moment. */
void operator_meddles(struct operator* person);
/* The truth about a submission that can be read of, as a verdict; "not executed" with this rule.
 * False: nobody has heard of it. */
bool operator_says(struct operator* person, const struct uuid *submission_id,
                   enum millrace_closing_rule rule);
/* He has some certificate's stream read, needed or not, now and then twice. */
void operator_is_curious(struct operator* person);
/* He has this one's read, wherever he believes it to be; it need not exist yet. */
void operator_guesses(struct operator* person, const struct uuid *certificate_id);
/* Has a certificate's stream read. False: there is none that was issued. */
bool operator_reads_stream(struct operator* person, const struct uuid *certificate_id);
/* Closes all that is unknown now and all that misaligned certificates wait for, as far as it was
 * not tried in the last minute: with the truth; "not executed" with MayExecuteTwice. Returns how
 * many are still open. */
uint32_t operator_resolves_all(struct operator* person);

/* Has he ever said "not executed" of this submission with MayExecuteTwice? Then nobody promised
 * that it is not executed after all. */
bool operator_took_the_risk(const struct operator* person, const struct uuid *submission_id);
const struct operator_counts *operator_counts(const struct operator* person);

#endif
