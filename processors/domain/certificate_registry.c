/* What the registry said about the command that is there: done, refused, not known, settled. */
#include <assert.h>

#include "domain/certificate_steps.h"
#include "generated/c/certificates_events.h"
#include "generated/c/registry_events.h"

static void suspend(const struct certificate_step *step, enum millrace_suspension_cause cause,
                    const struct uuid *submission_id) {
    struct certificates_events_certificate_suspended *event = certificate_event_add(
        step, MESSAGE_CERTIFICATES_EVENTS_CERTIFICATE_SUSPENDED, sizeof *event);
    EVENT_OPENING(step, event);
    event->has_command_id = step->command_id != NULL;
    if (step->command_id != NULL) {
        event->command_id = *step->command_id;
    }
    event->cause = cause;
    event->has_submission_id = submission_id != NULL;
    if (submission_id != NULL) {
        event->submission_id = *submission_id;
    }
}

void certificate_misalign(const struct certificate_step *step, const struct uuid *submission_id) {
    /* Books that were never opened cannot be set right: there is nothing to suspend. */
    if (step->model->issued != NULL &&
        !certificate_is_suspended(step->model, MILLRACE_SUSPENSION_CAUSE_MISALIGNED)) {
        suspend(step, MILLRACE_SUSPENSION_CAUSE_MISALIGNED, submission_id);
    }
}

void certificate_resume(const struct certificate_step *step, const struct uuid *submission_id) {
    struct certificates_events_certificate_resumed *event =
        certificate_event_add(step, MESSAGE_CERTIFICATES_EVENTS_CERTIFICATE_RESUMED, sizeof *event);
    EVENT_OPENING(step, event);
    event->has_command_id = step->command_id != NULL;
    if (step->command_id != NULL) {
        event->command_id = *step->command_id;
    }
    event->has_submission_id = submission_id != NULL;
    if (submission_id != NULL) {
        event->submission_id = *submission_id;
    }
}

/* The outcome is known now. A certificate that is misaligned as well stays suspended. */
static void resume_if_unknown(const struct certificate_step *step,
                              const struct uuid *submission_id) {
    if (certificate_is_suspended(step->model, MILLRACE_SUSPENSION_CAUSE_OUTCOME_UNKNOWN)) {
        certificate_resume(step, submission_id);
    }
}

static void decide_succeeded(const struct certificate_step *step,
                             const struct registry_events_submission_succeeded *event,
                             const struct message *command) {
    const struct certificate_success success = {.hashes = event->slice_hashes,
                                                .hashes_count = event->slice_hashes_count};
    certificate_succeed(step, command, &success);
    resume_if_unknown(step, &event->submission_id);
}

static void decide_refused(const struct certificate_step *step,
                           const struct registry_events_submission_refused *event) {
    certificate_reject(step, MILLRACE_REASON_REGISTRY_REFUSED, PHRASES(say_text(event->message)));
    if (step->model->issued != NULL && certificate_refusal_contradicts(event->message)) {
        certificate_misalign(step, &event->submission_id);
    } else {
        resume_if_unknown(step, &event->submission_id);
    }
}

static void decide_unknown(const struct certificate_step *step,
                           const struct registry_events_submission_unknown *event) {
    if (step->model->suspension == NULL) {
        suspend(step, MILLRACE_SUSPENSION_CAUSE_OUTCOME_UNKNOWN, &event->submission_id);
    }
}

static void decide_resolved(const struct certificate_step *step,
                            const struct registry_events_submission_resolved *event,
                            const struct message *command) {
    if (event->executed) {
        const struct certificate_success success = {.hashes = event->slice_hashes,
                                                    .hashes_count = event->slice_hashes_count};
        certificate_succeed(step, command, &success);
    } else {
        certificate_reject(step, MILLRACE_REASON_REGISTRY_REFUSED,
                           PHRASES(say("the registry did not execute it, says "),
                                   say_text(event->by), say(": "), say_text(event->evidence)));
    }
    resume_if_unknown(step, &event->submission_id);
}

/* Misaligned, or so by this decision? */
static bool is_misaligned(const struct certificate_step *step) {
    bool misaligned = certificate_is_suspended(step->model, MILLRACE_SUSPENSION_CAUSE_MISALIGNED);
    for (uint32_t i = 0; i < step->decision->events_count; i++) {
        const struct message *event = &step->decision->events[i];
        if (event->type == MESSAGE_CERTIFICATES_EVENTS_CERTIFICATE_SUSPENDED) {
            const struct certificates_events_certificate_suspended *body = event->body;
            misaligned = body->cause == MILLRACE_SUSPENSION_CAUSE_MISALIGNED;
        }
    }
    return misaligned;
}

/* The stream may be read while no submission is open. */
static void read_if_misaligned(const struct certificate_step *step) {
    if (!is_misaligned(step)) {
        return;
    }
    const struct rules_registry *registry =
        rules_registry_find(step->context->rules, step->model->issued->registry);
    step->decision->read_stream = registry != NULL && registry->readable;
}

void certificate_decide_registry(const struct certificate_step *beginning,
                                 const struct certificate_input *input) {
    struct certificate_step step = *beginning;
    struct certificate_registry_head head;
    struct certificate_command_head command;
    if (!certificate_registry_head(&input->message, &head)) {
        return;
    }
    step.parent = head.metadata;
    step.certificate_id = head.certificate_id;
    if (input->in_flight != NULL && certificate_command_head(input->in_flight, &command)) {
        step.command_id = &command.metadata->id;
        step.requested_by = command.requested_by;
    }
    step.transaction_id = head.transaction_id;
    switch ((int)input->message.type) {
    case MESSAGE_REGISTRY_EVENTS_SUBMISSION_SUCCEEDED:
        assert(input->in_flight != NULL);
        decide_succeeded(&step, input->message.body, input->in_flight);
        read_if_misaligned(&step);
        return;
    case MESSAGE_REGISTRY_EVENTS_SUBMISSION_REFUSED:
        assert(input->in_flight != NULL);
        decide_refused(&step, input->message.body);
        read_if_misaligned(&step);
        return;
    case MESSAGE_REGISTRY_EVENTS_SUBMISSION_UNKNOWN:
        assert(input->in_flight != NULL);
        decide_unknown(&step, input->message.body);
        return;
    case MESSAGE_REGISTRY_EVENTS_SUBMISSION_RESOLVED:
        assert(input->in_flight != NULL);
        decide_resolved(&step, input->message.body, input->in_flight);
        read_if_misaligned(&step);
        return;
    case MESSAGE_REGISTRY_EVENTS_EVIDENCE_CONTRADICTS:
        certificate_misalign(&step, head.submission_id);
        if (input->in_flight == NULL) {
            read_if_misaligned(&step);
        }
        return;
    case MESSAGE_REGISTRY_EVENTS_STREAM_READ:
        assert(input->in_flight == NULL);
        certificate_decide_stream(&step, input->message.body);
        return;
    default: /* Intended, NotSent, Sent, ResolutionRefused: nothing happens here */
        return;
    }
}
