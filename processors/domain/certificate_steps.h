/* The parts of `certificate_decide`, one subject a file; not for anyone else. */
#ifndef MILLRACE_DOMAIN_CERTIFICATE_STEPS_H
#define MILLRACE_DOMAIN_CERTIFICATE_STEPS_H

#include <stddef.h>

#include "domain/certificate.h"
#include "domain/certificate_heads.h"
#include "domain/certificate_model.h"
#include "domain/sentence.h"

/* Everything that a part needs; the decision starts as "nothing". */
struct certificate_step {
    const struct certificates_state_certificate_model *model;
    const struct certificate_context *context;
    const struct millrace_metadata *parent; /* of what is made: the message that is handled */
    const struct uuid *certificate_id;
    const struct uuid *command_id; /* decided on or in flight; NULL: none */
    struct text requested_by;      /* of that command */
    bool in_flight;                /* a submission is open */
    const struct uuid *unopened;   /* a slice whose opening is wrong; NULL: none */
    struct text transaction_id;    /* of the registry, behind what happens; empty: none */
    struct certificate_decision *decision;
};

/* What the registry told about a command that it executed: its own names for new slices. */
struct certificate_success {
    const struct millrace_slice_hash *hashes;
    uint32_t hashes_count;
};

/* How a type of command is decided, and what has happened when the registry has executed it. */
typedef void certificate_decide_part(const struct certificate_step *step, const void *body);
typedef void certificate_succeed_part(const struct certificate_step *step, const void *body,
                                      const struct certificate_success *success);

certificate_decide_part certificate_decide_issue;
certificate_decide_part certificate_decide_withdraw;
certificate_decide_part certificate_decide_slice;
certificate_decide_part certificate_decide_transfer;
certificate_decide_part certificate_decide_reserve;
certificate_decide_part certificate_decide_release;
certificate_decide_part certificate_decide_allocate;
certificate_decide_part certificate_decide_claim;
certificate_decide_part certificate_decide_unclaim;
certificate_decide_part certificate_decide_realign;

certificate_succeed_part certificate_succeed_issue;
certificate_succeed_part certificate_succeed_withdraw;
certificate_succeed_part certificate_succeed_slice;
certificate_succeed_part certificate_succeed_transfer;
certificate_succeed_part certificate_succeed_allocate;
certificate_succeed_part certificate_succeed_claim;
certificate_succeed_part certificate_succeed_unclaim;

/* The registry's outcomes of the command in flight, and its stream. */
void certificate_decide_registry(const struct certificate_step *step,
                                 const struct certificate_input *input);
void certificate_decide_stream(const struct certificate_step *step, const void *body);

/* The event of the command in flight, now that the registry has executed it. */
void certificate_succeed(const struct certificate_step *step, const struct message *command,
                         const struct certificate_success *success);

/* Refuse: `certificate_reject(step, REASON, PHRASES(say("slice "), say_uuid(&id)))`. */
void certificate_reject(const struct certificate_step *step, enum millrace_reason reason,
                        const struct phrase *phrases, uint32_t count);
#define PHRASES(...)                      \
    (const struct phrase[]){__VA_ARGS__}, \
        (uint32_t)(sizeof((const struct phrase[]){__VA_ARGS__}) / sizeof(struct phrase))

/* Add an event of `size` bytes with its metadata; the rest is zero and the caller's to fill: first
 * of all `EVENT_OPENING`. */
void *certificate_event_add(const struct certificate_step *step, enum message_type type,
                            size_t size);

/* Fill what all events begin with. The structs are generated one by one, so this is a macro. */
#define EVENT_OPENING(step, event)                                                           \
    do {                                                                                     \
        (event)->certificate_id = *(step)->certificate_id;                                   \
        (event)->version = (step)->model->version + (int64_t)(step)->decision->events_count; \
        (event)->has_transaction_id = (step)->transaction_id.length > 0;                     \
        (event)->transaction_id = (step)->transaction_id;                                    \
    } while (0)

/* The same for an event that is always a command's. */
#define COMMAND_EVENT_OPENING(step, event)         \
    do {                                           \
        EVENT_OPENING(step, event);                \
        (event)->command_id = *(step)->command_id; \
    } while (0)

/* Checks that several commands share. False: the decision is a rejection now. */
bool certificate_check_exists(const struct certificate_step *step); /* and not withdrawn */
bool certificate_check_not_expired(const struct certificate_step *step);
bool certificate_check_owner(const struct certificate_step *step, struct text name);
bool certificate_check_registry(const struct certificate_step *step, struct text name);
bool certificate_check_quantity(const struct certificate_step *step, int64_t quantity);

/* The slice that a command is about: of this certificate and in this state (NULL otherwise: the
 * decision is a rejection now). Whose it is is asked by `certificate_check_holder`. */
const struct certificates_state_slice_model *certificate_check_slice(
    const struct certificate_step *step, const struct uuid *slice_id);
bool certificate_check_available(const struct certificate_step *step,
                                 const struct certificates_state_slice_model *slice);
bool certificate_check_holder(const struct certificate_step *step,
                              const struct certificates_state_slice_model *slice);
/* Does the command name the reservation that holds the slice, or none where none does? */
bool certificate_check_reservation(const struct certificate_step *step,
                                   const struct certificates_state_slice_model *slice,
                                   bool has_reservation_id, const struct uuid *reservation_id);

/* Give a new slice the registry's own name for it, if that was told. */
void certificate_name_slice(struct millrace_slice *slice,
                            const struct certificate_success *success);

/* Ask the certificate's registry; sets all but the operation's one field. */
void certificate_submit(const struct certificate_step *step, struct text registry);

/* Suspend as Misaligned, unless it is already or was never issued; `submission_id` NULL: none. */
void certificate_misalign(const struct certificate_step *step, const struct uuid *submission_id);

/* Go on. `submission_id` NULL: none. */
void certificate_resume(const struct certificate_step *step, const struct uuid *submission_id);

/* Set the books to these slices, and go on. They fit the certificate. */
struct certificate_realignment {
    struct millrace_realigned_slice *slices;
    uint32_t slices_count;
    bool withdrawn;
    struct text evidence;
};
bool certificate_realignment_fits(const struct certificates_state_certificate_model *model,
                                  const struct millrace_realigned_slice *slices, uint32_t count);
void certificate_realign(const struct certificate_step *step,
                         const struct certificate_realignment *realignment);

/* Does this refusal by the registry contradict our own books? */
bool certificate_refusal_contradicts(struct text message);

#endif
