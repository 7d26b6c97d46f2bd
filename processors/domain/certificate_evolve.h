/* How each type of event changes a certificate's model; not for anyone but `certificate_evolve`. */
#ifndef MILLRACE_DOMAIN_CERTIFICATE_EVOLVE_H
#define MILLRACE_DOMAIN_CERTIFICATE_EVOLVE_H

#include <stdbool.h>
#include <stdint.h>

#include "domain/arena.h"
#include "generated/c/certificates_state.h"
#include "generated/c/millrace.h"

/* One type of event: when it may come, and what it does. `body` is the event's struct. Versions
 * are seen to by `certificate_evolve`. */
struct certificate_evolution {
    bool (*follows)(const struct certificates_state_certificate_model *model, const void *body);
    void (*evolve)(struct certificates_state_certificate_model *model, const void *body,
                   struct arena *arena);
};

extern const struct certificate_evolution certificate_issued_evolution;
extern const struct certificate_evolution certificate_withdrawn_evolution;
extern const struct certificate_evolution certificate_suspended_evolution;
extern const struct certificate_evolution certificate_resumed_evolution;
extern const struct certificate_evolution certificate_realigned_evolution;
extern const struct certificate_evolution certificate_sliced_evolution;
extern const struct certificate_evolution certificate_transferred_evolution;
extern const struct certificate_evolution certificate_reserved_evolution;
extern const struct certificate_evolution certificate_released_evolution;
extern const struct certificate_evolution certificate_allocated_evolution;
extern const struct certificate_evolution certificate_claimed_evolution;
extern const struct certificate_evolution certificate_unclaimed_evolution;

/* A slice as an issue or a slicing makes it. */
struct certificates_state_slice_model certificate_new_slice(const struct millrace_slice *slice);

#endif
