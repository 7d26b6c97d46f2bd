/* What a dead letter's headers say of the record that it was. */
#ifndef MILLRACE_SIMULATE_LETTER_H
#define MILLRACE_SIMULATE_LETTER_H

#include "domain/values.h"
#include "ports/log.h"

struct letter {
    struct text topic;
    int64_t partition; /* -1, here and below: it does not say */
    int64_t offset;
    struct text reason;
};

/* Its texts are the record's own; one that it does not say is empty. */
struct letter letter_read(const struct log_record *record);

#endif
