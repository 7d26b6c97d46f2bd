/* IssueCertificate and WithdrawCertificate: the two commands of the issuer. */
#include <assert.h>

#include "domain/certificate_steps.h"
#include "domain/ids.h"
#include "domain/limits.h"
#include "generated/c/certificates_commands.h"
#include "generated/c/certificates_events.h"

static bool check_issuer(const struct certificate_step *step, struct text grid_area) {
    if (rules_is_issuer(step->context->rules, grid_area, step->requested_by)) {
        return true;
    }
    certificate_reject(
        step, MILLRACE_REASON_NOT_ISSUER,
        PHRASES(say("\""), say_text(step->requested_by), say("\" is no issuer of grid area \""),
                say_text(grid_area), say("\"")));
    return false;
}

static bool check_period(const struct certificate_step *step, int64_t start_ms, int64_t end_ms) {
    const bool start_fits = start_ms >= 0 && start_ms <= LIMIT_PERIOD_START_MS_MAX;
    if (!start_fits || start_ms % 1000 != 0 || end_ms % 1000 != 0) {
        certificate_reject(
            step, MILLRACE_REASON_INVALID_PERIOD,
            PHRASES(say("a period begins and ends with a whole second, from 1970 to "
                        "9999; this is "),
                    say_number(start_ms), say(" to "), say_number(end_ms), say(" ms")));
        return false;
    }
    /* `end_ms` may be anything: compare without a difference that could overflow. */
    if (end_ms < start_ms + LIMIT_PERIOD_MS_MIN || end_ms > start_ms + LIMIT_PERIOD_MS_MAX) {
        certificate_reject(
            step, MILLRACE_REASON_INVALID_PERIOD,
            PHRASES(say("a period is 1 minute to 1 hour long; this is "), say_number(start_ms),
                    say(" to "), say_number(end_ms), say(" ms")));
        return false;
    }
    return true;
}

static bool check_attributes(const struct certificate_step *step,
                             const struct millrace_attribute *attributes, uint32_t count) {
    if (count > LIMIT_ATTRIBUTES_MAX) {
        certificate_reject(step, MILLRACE_REASON_TOO_LARGE,
                           PHRASES(say_number(count), say(" attributes, at most "),
                                   say_number(LIMIT_ATTRIBUTES_MAX)));
        return false;
    }
    for (uint32_t i = 0; i < count; i++) {
        if (attributes[i].key.length > LIMIT_ATTRIBUTE_BYTES_MAX ||
            attributes[i].value.length > LIMIT_ATTRIBUTE_BYTES_MAX) {
            certificate_reject(
                step, MILLRACE_REASON_TOO_LARGE,
                PHRASES(say("attribute "), say_number(i), say(": key and value have at most "),
                        say_number(LIMIT_ATTRIBUTE_BYTES_MAX), say(" bytes each")));
            return false;
        }
    }
    return true;
}

void certificate_decide_issue(const struct certificate_step *step, const void *body) {
    const struct certificates_commands_issue_certificate *command = body;
    assert(command->certificate_type != MILLRACE_CERTIFICATE_TYPE_OTHER);
    if (step->model->issued != NULL) {
        certificate_reject(step, MILLRACE_REASON_ALREADY_ISSUED,
                           PHRASES(say("certificate "), say_uuid(step->certificate_id),
                                   say(" was issued before")));
        return;
    }
    if (!check_issuer(step, command->grid_area) ||
        !certificate_check_registry(step, command->registry) ||
        !check_period(step, command->period_start, command->period_end) ||
        !certificate_check_quantity(step, command->quantity) ||
        !certificate_check_owner(step, command->owner) ||
        !check_attributes(step, command->attributes, command->attributes_count)) {
        return;
    }
    struct millrace_issue_operation *operation =
        arena_take(step->context->arena, sizeof *operation);
    *operation = (struct millrace_issue_operation){
        .certificate_type = command->certificate_type,
        .grid_area = command->grid_area,
        .period_start = command->period_start,
        .period_end = command->period_end,
        .quantity = command->quantity,
        .has_asset_id = command->has_asset_id,
        .asset_id = command->asset_id,
        .attributes = command->attributes,
        .attributes_count = command->attributes_count,
        .slice_id = id_of_slice(step->certificate_id, step->command_id, 0),
        .owner = command->owner,
    };
    certificate_submit(step, command->registry);
    step->decision->operation.issue = operation;
}

void certificate_succeed_issue(const struct certificate_step *step, const void *body,
                               const struct certificate_success *success) {
    const struct certificates_commands_issue_certificate *command = body;
    struct certificates_events_certificate_issued *event =
        certificate_event_add(step, MESSAGE_CERTIFICATES_EVENTS_CERTIFICATE_ISSUED, sizeof *event);
    COMMAND_EVENT_OPENING(step, event);
    event->certificate_type = command->certificate_type;
    event->grid_area = command->grid_area;
    event->period_start = command->period_start;
    event->period_end = command->period_end;
    event->quantity = command->quantity;
    event->registry = command->registry;
    event->has_asset_id = command->has_asset_id;
    event->asset_id = command->asset_id;
    event->attributes = command->attributes;
    event->attributes_count = command->attributes_count;
    event->slice.slice_id = id_of_slice(step->certificate_id, step->command_id, 0);
    event->slice.quantity = command->quantity;
    event->slice.owner = command->owner;
    certificate_name_slice(&event->slice, success);
}

void certificate_decide_withdraw(const struct certificate_step *step, const void *body) {
    const struct certificates_commands_withdraw_certificate *command = body;
    if (!certificate_check_exists(step) || !check_issuer(step, step->model->issued->grid_area) ||
        !certificate_check_registry(step, step->model->issued->registry)) {
        return;
    }
    struct millrace_withdraw_operation *operation =
        arena_take(step->context->arena, sizeof *operation);
    *operation = (struct millrace_withdraw_operation){
        .grid_area = step->model->issued->grid_area,
        .reason = command->reason,
    };
    certificate_submit(step, step->model->issued->registry);
    step->decision->operation.withdraw = operation;
}

void certificate_succeed_withdraw(const struct certificate_step *step, const void *body,
                                  const struct certificate_success *success) {
    (void)success; /* a withdrawal makes no slices */
    const struct certificates_commands_withdraw_certificate *command = body;
    struct certificates_events_certificate_withdrawn *event = certificate_event_add(
        step, MESSAGE_CERTIFICATES_EVENTS_CERTIFICATE_WITHDRAWN, sizeof *event);
    COMMAND_EVENT_OPENING(step, event);
    event->reason = command->reason;
}
