#include "tests/simulate/auditor.h"

#include <stdlib.h>

#include "tests/simulate/auditor_inside.h"

enum { ARENA_BYTES = 64 << 20 }; /* touched only as far as it is used */

/* Nothing may be open any more. */
static void look_at_rest(struct audit *audit, const struct audit_case *certificate) {
    if (certificate->current != NULL) {
        audit_violation(audit, "rest", certificate, certificate->current, NULL,
                        "is at the registry still");
    } else if (certificate->model.suspended != MILLRACE_SUSPENSION_CAUSE_OTHER) {
        audit_violation(audit, "rest", certificate, NULL, NULL, "is suspended still: %s",
                        millrace_suspension_cause_descriptor.symbols[certificate->model.suspended]);
    } else if (!certificate->registry_used_up) {
        audit_violation(audit, "rest", certificate, NULL, certificate->registry.last,
                        "events of the registry have had no consequence");
    }
}

/* Who is misaligned without a command at the registry asks by himself, and only a reading that
 * could not set him right leaves him so. */
static void look_at_reading(struct audit *audit, const struct audit_case *certificate) {
    const struct audit_model *model = &certificate->model;
    if (certificate->current != NULL || model->suspended != MILLRACE_SUSPENSION_CAUSE_MISALIGNED ||
        certificate->was_read) {
        return;
    }
    const struct lying_stream *stream =
        lying_registry_stream(audit->setup->registry, &certificate->id, model->issue->registry);
    if (stream == NULL || !stream->poisoned) {
        audit_violation(audit, "realignment", certificate, NULL, NULL,
                        "is misaligned, and its stream has not been read since");
    }
}

static void look_at(struct audit *audit, struct audit_case *certificate) {
    void (*const looks[])(struct audit *, struct audit_case *) = {audit_replay, audit_answers};
    for (size_t i = 0; i < sizeof looks / sizeof looks[0] && !audit_stopped(audit); i++) {
        looks[i](audit, certificate);
    }
    if (!audit_stopped(audit)) {
        audit_state(audit, certificate);
    }
    if (!audit_stopped(audit) && audit->setup->is_read) {
        look_at_reading(audit, certificate);
    }
    if (!audit_stopped(audit) && audit->setup->at_rest) {
        look_at_rest(audit, certificate);
    }
}

void auditor_look(const struct auditor_setup *setup) {
    static _Alignas(16) uint8_t memory[ARENA_BYTES];
    static struct audit_case cases[AUDIT_CASES_MAX];
    struct audit audit = {.setup = setup, .cases = cases};
    arena_init(&audit.arena, memory, sizeof memory);
    audit_read(&audit);
    if (!audit_stopped(&audit)) {
        audit_letters(&audit);
    }
    for (uint32_t i = 0; i < audit.cases_count && !audit_stopped(&audit); i++) {
        look_at(&audit, &audit.cases[i]);
    }
    if (!audit_stopped(&audit) && setup->registry != NULL) {
        audit_ledger(&audit);
    }
}
