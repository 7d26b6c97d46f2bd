/* Given, when, then for one certificate. Each Test is a process of its own, so there is one
 * certificate, and sentences need not name it.
 *
 *     given_certificate(1000, "alice");
 *     when(transfer_slice(first_slice(), "mallory", "bob"));
 *     then_rejected(MILLRACE_REASON_NOT_OWNER);
 *     and_nothing_else();
 *
 * Every step checks besides that deciding changed nothing, that the model is what its events fold
 * to, and that it grew by no more than was foretold. */
#ifndef MILLRACE_TESTS_SUPPORT_CERTIFICATE_SPEC_H
#define MILLRACE_TESTS_SUPPORT_CERTIFICATE_SPEC_H

#include "domain/certificate.h"
#include "domain/certificate_model.h"
#include "domain/limits.h"
#include "generated/c/certificates_commands.h"
#include "generated/c/certificates_events.h"
#include "generated/c/certificates_operations.h"
#include "generated/c/registry_events.h"

/* ---- the world: change it before the step that it bears on ---- */

/* Issuer "issuer" of grid area "DK1" and "else" of "DK2"; registries "plain" (cannot be read) and
 * "readable"; any well-formed owner, of whom "alice" has key "key-a" and "bob" "key-b"; no expiry.
 */
struct rules *the_rules(void);
void the_time_is(int64_t now_ms);
const struct certificates_state_certificate_model *the_model(void);
struct arena *the_arena(void);
struct uuid the_certificate(void);

enum { PERIOD_START = 1000 * 3600, PERIOD_END = 2 * 1000 * 3600 }; /* ms, of every certificate */

/* An id for this number; the same for the same number, and of no command or certificate. */
struct uuid some_id(uint32_t number);

/* ---- commands, each with an id of its own ---- */

struct message issue_certificate(int64_t quantity, const char *owner); /* by "issuer", in DK1 */
struct message withdraw_certificate(const char *by);
struct message slice_certificate(struct uuid slice_id, const char *by, uint32_t parts_count,
                                 const int64_t *quantities, const char *const *owners);
/* Two parts; an owner NULL: stays. */
struct message slice_in_two(struct uuid slice_id, const char *by, int64_t one,
                            const char *owner_one, int64_t two, const char *owner_two);
struct message transfer_slice(struct uuid slice_id, const char *by, const char *to);
struct message reserve_slices(struct uuid reservation_id, const char *by, int64_t quantity);
struct message release_reservation(struct uuid reservation_id, const char *by);
struct message allocate_slice(struct uuid slice_id, const char *by, struct uuid allocation_id,
                              int64_t quantity);
struct message claim_slice(struct uuid slice_id, const char *by, struct uuid allocation_id);
struct message unclaim_slice(struct uuid slice_id, const char *by, struct uuid allocation_id);
/* As our books have it; change the slices before it is sent. */
struct message realign_certificate(void);

/* The same command with more said. */
struct message expecting_version(struct message command, int64_t version);
struct message with_reservation(struct message command, struct uuid reservation_id);
struct message with_claim(struct message command, struct uuid claim_id);

/* Slice number `index` that this command makes. */
struct uuid slice_of(struct message command, uint32_t index);

/* ---- given: everything up to a point; it must succeed ---- */

/* Issued at "plain" with its first slice; version 1. */
void given_certificate(int64_t quantity, const char *owner);
void given_certificate_at(const char *registry, int64_t quantity, const char *owner);
struct uuid first_slice(void);
/* The command was accepted and, where it went to the registry, executed. */
void given(struct message command);
/* The command is at the registry. */
void given_in_flight(struct message command);
/* From now on the opening of this slice is found to be wrong; NULL: of none. */
void given_unopened(const struct uuid *slice_id);

/* Is a command at the registry? */
bool is_at_registry(void);

/* ---- when ---- */

void when(struct message command); /* a command, or an operation, has its turn */
void when_succeeded(void);         /* with the registry's names for new slices */
void when_succeeded_without_names(void);
void when_refused(const char *message);
void when_unknown(void);
void when_resolved(bool executed);
void when_evidence_contradicts(void);
/* The registry's stream, as our books have it: changed by the caller, then sent. */
struct registry_events_stream_read *a_stream(void);
void when_stream_read(struct registry_events_stream_read *stream);

/* ---- then ---- */

void then_rejected(enum millrace_reason reason);
void then_rejected_because(enum millrace_reason reason, const char *detail);
/* The next event of the step is of this type; its struct is returned. */
const void *then_event(enum message_type type);
/* The registry was asked; its operation is returned. */
const struct millrace_operation *then_submitted(const char *registry);
void then_stream_asked_for(void);
/* Everything that the step did was named. */
void and_nothing_else(void);
/* The step did nothing at all. */
void nothing_happens(void);

/* The model is what its events fold to; the two above ask it too. */
void expect_fold(void);

/* ---- what slices are like ---- */

void expect_slice(struct uuid slice_id, int64_t quantity, const char *owner,
                  enum millrace_slice_state state);
void expect_reserved(struct uuid slice_id, struct uuid reservation_id);
void expect_free(struct uuid slice_id);
void expect_text(struct text actual, const char *expected);
void expect_uuid(const struct uuid *actual, const struct uuid *expected);

#endif
