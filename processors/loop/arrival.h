/* What every record has to pass before anything is decided about it: readable where it travels,
 * keyed by its aggregate, and in the partition where that belongs. */
#ifndef MILLRACE_LOOP_ARRIVAL_H
#define MILLRACE_LOOP_ARRIVAL_H

#include <stdbool.h>
#include <stdint.h>

#include "domain/arena.h"
#include "domain/dead_letter_reason.h"
#include "loop/turn.h"
#include "ports/log.h"
#include "ports/logger.h"
#include "wire/message.h"

/* Read a record's value as `wire_decode` does, and refuse symbols that we do not know and a message
 * whose id is nil. */
enum result arrival_read(struct schema_cache *cache, const struct log_record *record,
                         struct turn *turn, struct message *message, struct wire_failure *failure);

/* Why a record must not be worked on where it lies. */
struct misplacement {
    enum dead_letter_reason reason;
    char text[160]; /* for a person, with what to do next */
};

/* Is the key the aggregate's id as we write ids, and does it belong into the record's partition?
 * Otherwise two lanes could decide about one aggregate. A nil id belongs nowhere. */
bool arrival_is_placed(const struct log_record *record, const struct uuid *id, int32_t partitions,
                       struct misplacement *misplacement);

/* Stage the dead letter, and say so in the log. */
void arrival_dead_letter(struct turn *turn, uint32_t output, const struct log_record *record,
                         const struct dead_letter *letter, const struct logger *logger);

#endif
