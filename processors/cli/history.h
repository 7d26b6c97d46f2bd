/* Everything that the topics hold about one certificate, as JSON; and finding which it is about. */
#ifndef MILLRACE_CLI_HISTORY_H
#define MILLRACE_CLI_HISTORY_H

#include "cli/reading.h"
#include "domain/values.h"

/* All of it borrowed until `history_deinit`. */
struct history {
    json_t *state;  /* newest certificates.state; NULL: none */
    json_t *ledger; /* newest registry.state; NULL: none */
    json_t *views;  /* array of views (`reading_view`) of all other records, topic by topic */
};

/* Read what there is about a certificate now. `partitions`: of every topic. */
void history_collect(struct reading *reading, const struct uuid *certificate_id, int32_t partitions,
                     struct history *history);
void history_deinit(struct history *history);

/* The ids (as keys of records) of the certificates that a command or operation of this id is for: a
 * JSON array of texts, without repeats. A new reference. */
json_t *history_find(struct reading *reading, const struct uuid *message_id);

/* Of a history: the newest answer to a command, its dead letter, the newest CertificateSuspended,
 * and the newest StreamRead. NULL: there is none. */
const json_t *history_answer(const struct history *history, const char *command_id);
const json_t *history_letter(const struct history *history, const char *command_id);
const json_t *history_suspension(const struct history *history);
const json_t *history_stream(const struct history *history);

#endif
