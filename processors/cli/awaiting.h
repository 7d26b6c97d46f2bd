/* What became of messages that were sent: finds the answers among the records that come in. */
#ifndef MILLRACE_CLI_AWAITING_H
#define MILLRACE_CLI_AWAITING_H

#include <stdbool.h>
#include <stdint.h>

#include "cli/exit_code.h"
#include "cli/reading.h"
#include "domain/values.h"
#include "generated/c/message_types.h"

enum { AWAITED_WORDS_MAX = 1200 };

enum awaited_verdict {
    AWAITED_NOTHING = 0, /* no answer so far */
    AWAITED_APPLIED,
    AWAITED_REJECTED,
    AWAITED_UNKNOWN,
    AWAITED_DEAD_LETTERED,
};

/* One message that was sent, and its answer. */
struct awaited {
    enum message_type type;
    struct uuid id;
    struct uuid certificate_id;
    bool has_submission_id; /* of a ResolveSubmission */
    struct uuid submission_id;
    enum awaited_verdict verdict;
    int64_t version; /* of the certificate afterwards; -1: not told */
    char reason[64];
    char detail[AWAITED_WORDS_MAX];
};

/* The topics on which answers come. */
enum { AWAITING_TOPICS_COUNT = 3 };
extern const char *const awaiting_topics[AWAITING_TOPICS_COUNT];

/* Is this record the answer to one of them? The first answer counts. True: to one that had none. */
bool awaiting_take(struct awaited *awaited, uint32_t count, const struct read_record *read);

/* "Applied", "Rejected", "Unknown", "DeadLettered"; "" for none. */
const char *awaited_word(enum awaited_verdict verdict);

/* How a program ends that waited for all of these: by the worst of them. */
enum exit_code awaiting_exit_code(const struct awaited *awaited, uint32_t count);

#endif
