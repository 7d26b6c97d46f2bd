/* The newest state of a certificate: the fold of its events, and what is under way. */
#include <assert.h>

#include "tests/simulate/auditor_inside.h"
#include "wire/message.h"

/* What waits is what came and is not decided, in the order of the log and without a gap. */
static const char *wrong_mailbox(const struct audit_case *certificate,
                                 const struct certificates_state_certificate_work *work) {
    const struct audit_command *command = certificate->commands;
    if (work->waiting_count > 64) {
        return "more than 64 wait";
    }
    if (work->waiting_count == 0) {
        return NULL;
    }
    while (command != NULL && (command->fate != AUDIT_OPEN || command == certificate->current)) {
        command = command->next;
    }
    for (uint32_t i = 0; i < work->waiting_count; i++) {
        while (command != NULL && command->out_of_turn) {
            command = command->next;
        }
        if (command == NULL ||
            !uuid_equal(&command->head.metadata->id, &work->waiting[i].command_id)) {
            return "another command waits than the next of the log";
        }
        command = command->next;
    }
    return NULL;
}

static const char *wrong_work(const struct audit *audit, const struct audit_case *certificate,
                              const struct certificates_state_certificate_work *work) {
    const struct audit_command *current = certificate->current;
    if (work->sequence != certificate->sequence) {
        return "another sequence";
    }
    if ((work->current == NULL) != (current == NULL) ||
        (current != NULL &&
         (!uuid_equal(&work->current->submission_id, &current->submission_id) ||
          !uuid_equal(&work->current->command.command_id, &current->head.metadata->id)))) {
        return "another command is at the registry";
    }
    if (audit->setup->at_rest && work->waiting_count > 0) {
        return "commands wait for ever";
    }
    return wrong_mailbox(certificate, work);
}

void audit_state(struct audit *audit, const struct audit_case *certificate) {
    struct audit_item item = {
        .topic = "certificates.state",
        .partition = certificate->partition,
        .offset = certificate->state_offset,
        .message = {MESSAGE_CERTIFICATES_STATE_CERTIFICATE_STATE, NULL},
    };
    if (certificate->state_offset < 0) {
        if (certificate->model.version != 0 || certificate->sequence != 0) {
            audit_violation(audit, "state", certificate, NULL, NULL, "has no state");
        }
        return;
    }
    struct wire_failure failure;
    const struct wire_input input = {.topic = item.topic, .value = certificate->state};
    if (wire_decode(audit->setup->cache, &input, &audit->arena,
                    audit->setup->transcript->timeline->now_ms, &item.message,
                    &failure) != RESULT_OK) {
        audit_violation(audit, "state", certificate, NULL, &item, "cannot be read: %s",
                        failure.text);
        return;
    }
    const struct certificates_state_certificate_state *state = item.message.body;
    const char *wrong = audit_same_model(&certificate->model, &state->model);
    wrong = wrong != NULL ? wrong : wrong_work(audit, certificate, &state->work);
    if (wrong != NULL) {
        audit_violation(audit, "state", certificate, certificate->current, &item,
                        "differs from its events at version %lld: %s",
                        (long long)certificate->model.version, wrong);
    }
}
