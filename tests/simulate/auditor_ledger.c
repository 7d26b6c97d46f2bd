/* What the registry really did, against what we say that it did. */
#include "tests/simulate/auditor_inside.h"

static const char *deed_name(enum registry_deed deed) {
    static const char *const names[] = {"a request", "an execution", "a refusal"};
    return names[deed];
}

static struct audit_command *submitted_by(struct audit *audit, const struct registry_entry *entry) {
    struct audit_case *certificate = audit_case_find(audit, &entry->certificate_id);
    struct audit_command *command = certificate->commands;
    while (command != NULL &&
           !(command->submitted && uuid_equal(&command->submission_id, &entry->submission_id))) {
        command = command->next;
    }
    return command;
}

static uint32_t deeds_of(const struct lying_registry *registry, const struct uuid *submission_id,
                         enum registry_deed deed, struct text words) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < lying_registry_entries(registry); i++) {
        const struct registry_entry *entry = lying_registry_entry(registry, i);
        if (entry->deed == deed && uuid_equal(&entry->submission_id, submission_id) &&
            (deed != REGISTRY_DEED_REFUSAL || text_equal(text_of(entry->words), words))) {
            count++;
        }
    }
    return count;
}

/* What we say happened, did; a verdict under "may execute twice" may be wrong. */
static void look_at_command(struct audit *audit, const struct audit_case *certificate,
                            const struct audit_command *command) {
    const struct lying_registry *registry = audit->setup->registry;
    const uint32_t executed =
        deeds_of(registry, &command->submission_id, REGISTRY_DEED_EXECUTION, (struct text){0});
    if (executed > 1) {
        audit_violation(audit, "twice", certificate, command, NULL,
                        "the registry executed it %u times", executed);
    } else if (command->fate == AUDIT_APPLIED && executed == 0) {
        audit_violation(audit, "registry", certificate, command, NULL,
                        "applied, and the registry never executed it");
    } else if (command->fate == AUDIT_REJECTED && executed > 0 && !command->may_be_wrong) {
        audit_violation(audit, "registry", certificate, command, NULL,
                        "refused, and the registry executed it");
    } else if (command->fate == AUDIT_REJECTED && command->refused_by_registry &&
               deeds_of(registry, &command->submission_id, REGISTRY_DEED_REFUSAL,
                        command->detail) == 0) {
        audit_violation(audit, "registry", certificate, command, NULL,
                        "refused with \"%.*s\", and the registry never said so",
                        (int)command->detail.length, command->detail.data);
    }
}

void audit_ledger(struct audit *audit) {
    const struct lying_registry *registry = audit->setup->registry;
    for (uint32_t i = 0; i < lying_registry_entries(registry); i++) {
        const struct registry_entry *entry = lying_registry_entry(registry, i);
        if (submitted_by(audit, entry) == NULL) {
            audit_violation(audit, "registry", audit_case_find(audit, &entry->certificate_id), NULL,
                            NULL, "%s of submission %s, which no command asked for",
                            deed_name(entry->deed), short_id(&entry->submission_id));
            return;
        }
    }
    for (uint32_t i = 0; i < audit->cases_count; i++) {
        const struct audit_case *certificate = &audit->cases[i];
        const struct audit_command *command = certificate->commands;
        for (; command != NULL && !audit_stopped(audit); command = command->next) {
            if (command->submitted) {
                look_at_command(audit, certificate, command);
            }
        }
    }
}
