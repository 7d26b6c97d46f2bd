/* Where a certificate or a command stands, in words, from what the topics hold about it. */
#ifndef MILLRACE_CLI_STATUS_H
#define MILLRACE_CLI_STATUS_H

#include <jansson.h>

/* All arguments are messages as JSON, or NULL where there is none; they are only read. The results
 * are new references. `state` is the newest certificates.state.CertificateState of the certificate,
 * `ledger` the newest registry.state.LedgerState. */

/* What it is, who holds which slices, and the commands that are under way, in their order. While it
 * is suspended: why, since when, and what would settle it; `suspension` is its newest
 * CertificateSuspended. */
json_t *status_of_certificate(const json_t *state, const json_t *ledger, const json_t *suspension);

/* "status" is one of Applied, Rejected, Unknown, DeadLettered, AtRegistry, Queued, Waiting and
 * NotRead; "behind" counts the commands before it, "since" says from when on. `answer` is its
 * newest CommandAnswered, `letter` the view of its dead letter. */
json_t *status_of_command(const char *command_id, const json_t *answer, const json_t *letter,
                          const json_t *state, const json_t *ledger);

#endif
