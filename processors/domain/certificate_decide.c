/* What follows from a message: the table of the parts, and what they share. */
#include <assert.h>

#include "domain/certificate_steps.h"
#include "domain/limits.h"
#include "domain/metadata.h"

static certificate_decide_part *const parts[MESSAGE_TYPES_COUNT] = {
    [MESSAGE_CERTIFICATES_COMMANDS_ISSUE_CERTIFICATE] = certificate_decide_issue,
    [MESSAGE_CERTIFICATES_COMMANDS_SLICE_CERTIFICATE] = certificate_decide_slice,
    [MESSAGE_CERTIFICATES_COMMANDS_TRANSFER_SLICE] = certificate_decide_transfer,
    [MESSAGE_CERTIFICATES_COMMANDS_RESERVE_SLICES] = certificate_decide_reserve,
    [MESSAGE_CERTIFICATES_COMMANDS_RELEASE_RESERVATION] = certificate_decide_release,
    [MESSAGE_CERTIFICATES_COMMANDS_ALLOCATE_SLICE] = certificate_decide_allocate,
    [MESSAGE_CERTIFICATES_COMMANDS_CLAIM_SLICE] = certificate_decide_claim,
    [MESSAGE_CERTIFICATES_COMMANDS_UNCLAIM_SLICE] = certificate_decide_unclaim,
    [MESSAGE_CERTIFICATES_COMMANDS_WITHDRAW_CERTIFICATE] = certificate_decide_withdraw,
    [MESSAGE_CERTIFICATES_OPERATIONS_REALIGN_CERTIFICATE] = certificate_decide_realign,
};

static certificate_succeed_part *const succeed_parts[MESSAGE_TYPES_COUNT] = {
    [MESSAGE_CERTIFICATES_COMMANDS_ISSUE_CERTIFICATE] = certificate_succeed_issue,
    [MESSAGE_CERTIFICATES_COMMANDS_SLICE_CERTIFICATE] = certificate_succeed_slice,
    [MESSAGE_CERTIFICATES_COMMANDS_TRANSFER_SLICE] = certificate_succeed_transfer,
    [MESSAGE_CERTIFICATES_COMMANDS_ALLOCATE_SLICE] = certificate_succeed_allocate,
    [MESSAGE_CERTIFICATES_COMMANDS_CLAIM_SLICE] = certificate_succeed_claim,
    [MESSAGE_CERTIFICATES_COMMANDS_UNCLAIM_SLICE] = certificate_succeed_unclaim,
    [MESSAGE_CERTIFICATES_COMMANDS_WITHDRAW_CERTIFICATE] = certificate_succeed_withdraw,
};

/* expectedVersion 0 says "must not exist": a certificate that was only ever suspended does not. */
static bool version_is_expected(const struct certificate_step *step,
                                const struct certificate_command_head *head) {
    if (!head->has_expected_version) {
        return true;
    }
    const struct certificates_state_certificate_model *model = step->model;
    if (head->expected_version == 0 ? model->issued == NULL
                                    : head->expected_version == model->version) {
        return true;
    }
    certificate_reject(step, MILLRACE_REASON_VERSION_CONFLICT,
                       PHRASES(say("expected version "), say_number(head->expected_version),
                               say(", the certificate has "), say_number(model->version)));
    return false;
}

void certificate_decide(const struct certificates_state_certificate_model *model,
                        const struct certificate_input *input,
                        const struct certificate_context *context,
                        struct certificate_decision *decision) {
    assert(model != NULL && input != NULL && context != NULL && decision != NULL);
    assert(certificate_is_sound(model));
    *decision = (struct certificate_decision){.rejected = false};
    struct certificate_step step = {.model = model,
                                    .context = context,
                                    .in_flight = input->in_flight != NULL,
                                    .unopened = input->unopened,
                                    .decision = decision};
    struct certificate_command_head head;
    if (certificate_command_head(&input->message, &head)) {
        step.parent = head.metadata;
        step.certificate_id = head.certificate_id;
        step.command_id = &head.metadata->id;
        step.requested_by = head.requested_by;
        if (version_is_expected(&step, &head)) {
            parts[input->message.type](&step, input->message.body);
        }
    } else {
        certificate_decide_registry(&step, input);
    }
    assert(!decision->submit || (!decision->rejected && decision->events_count == 0));
}

void certificate_succeed(const struct certificate_step *step, const struct message *command,
                         const struct certificate_success *success) {
    assert(succeed_parts[command->type] != NULL);
    const uint32_t before = step->decision->events_count;
    succeed_parts[command->type](step, command->body, success);
    assert(step->decision->events_count == before + 1);
}

void certificate_reject(const struct certificate_step *step, enum millrace_reason reason,
                        const struct phrase *phrases, uint32_t count) {
    assert(!step->decision->rejected && reason != MILLRACE_REASON_OTHER);
    step->decision->rejected = true;
    step->decision->rejection = (struct rejection){
        .reason = reason, .detail = sentence_of(step->context->arena, phrases, count)};
}

void *certificate_event_add(const struct certificate_step *step, enum message_type type,
                            size_t size) {
    struct certificate_decision *decision = step->decision;
    assert(decision->events_count < CERTIFICATE_EVENTS_MAX);
    for (uint32_t i = 0; i < decision->events_count; i++) {
        assert(decision->events[i].type != type); /* so that ordinal 0 makes an id of its own */
    }
    void *event = arena_take(step->context->arena, size);
    const struct millrace_metadata metadata =
        metadata_child(step->parent, step->certificate_id, text_of(message_types[type].full_name),
                       0, step->context->now_ms, &step->context->source);
    memcpy(event, &metadata, sizeof metadata);
    decision->events[decision->events_count++] = (struct message){.type = type, .body = event};
    return event;
}

void certificate_name_slice(struct millrace_slice *slice,
                            const struct certificate_success *success) {
    for (uint32_t i = 0; i < success->hashes_count; i++) {
        if (uuid_equal(&success->hashes[i].slice_id, &slice->slice_id)) {
            slice->has_registry_hash = true;
            slice->registry_hash = success->hashes[i].registry_hash;
        }
    }
}

void certificate_submit(const struct certificate_step *step, struct text registry) {
    assert(!step->decision->submit && registry.length > 0);
    step->decision->submit = true;
    step->decision->registry = registry;
}
