/* The events that a step must have left. */
#include <assert.h>

#include "tests/simulate/auditor_replay.h"
#include "tests/simulate/known_ids.h"

struct certificate_event_head replay_event_head(const struct audit_item *item) {
    struct certificate_event_head head = {0};
    const bool known = certificate_event_head(&item->message, &head);
    assert(known);
    (void)known;
    return head;
}

struct certificate_registry_head replay_registry_head(const struct audit_item *item) {
    struct certificate_registry_head head = {0};
    const bool known = certificate_registry_head(&item->message, &head);
    assert(known);
    (void)known;
    return head;
}

bool replay_is_suspended(const struct replay *replay) {
    return replay->model->suspended != MILLRACE_SUSPENSION_CAUSE_OTHER;
}

bool replay_is_misaligned(const struct replay *replay) {
    return replay->model->suspended == MILLRACE_SUSPENSION_CAUSE_MISALIGNED;
}

bool replay_event(struct replay *replay, enum message_type type,
                  const struct audit_command *command, const struct uuid *parent_id,
                  int64_t version) {
    struct audit_item *item = replay->event;
    if (item == NULL) {
        audit_violation(replay->audit, "event", replay->certificate, command, NULL,
                        "%s is missing behind the last event", audit_type_name(type));
        return false;
    }
    const struct certificate_event_head head = replay_event_head(item);
    const struct uuid id =
        known_message_id(&replay->certificate->id, parent_id, message_types[type].full_name, 0);
    const bool by_right_one =
        (head.command_id == NULL) == (command == NULL) &&
        (command == NULL || uuid_equal(head.command_id, &command->head.metadata->id));
    if (item->message.type != type || !by_right_one) {
        audit_violation(replay->audit, "event", replay->certificate, command, item,
                        "found where %s was expected, at version %lld", audit_type_name(type),
                        (long long)version);
        return false;
    }
    if (head.version != version) {
        audit_violation(replay->audit, "version", replay->certificate, command, item,
                        "version %lld, expected %lld", (long long)head.version, (long long)version);
        return false;
    }
    if (!uuid_equal(&head.metadata->id, &id) || !head.metadata->has_parent_id ||
        !uuid_equal(&head.metadata->parent_id, parent_id)) {
        audit_violation(replay->audit, "parent", replay->certificate, command, item,
                        "id %s of parent %s, expected %s of %s", short_id(&head.metadata->id),
                        short_id(&head.metadata->parent_id), short_id(&id), short_id(parent_id));
        return false;
    }
    replay->event = item->next;
    assert(replay->result->event_ids_count < AUDIT_EVENTS_MAX);
    replay->result->event_ids[replay->result->event_ids_count++] = id;
    return true;
}

void replay_begin(struct replay *replay, struct audit_result *result,
                  const struct uuid *parent_id) {
    *result = (struct audit_result){.parent_id = *parent_id};
    replay->result = result;
}

void replay_end(struct replay *replay) {
    replay->result->version = replay->model->version;
}

bool replay_rejection(struct replay *replay, struct audit_command *command,
                      const struct uuid *parent_id, uint64_t reasons) {
    const struct audit_item *item = replay->event;
    if (!replay_event(replay, MESSAGE_CERTIFICATES_EVENTS_COMMAND_REJECTED, command, parent_id,
                      replay->model->version)) {
        return false;
    }
    const struct certificates_events_command_rejected *event = item->message.body;
    if ((reasons >> event->reason & 1) == 0) {
        enum millrace_reason right = 0;
        while ((reasons >> right & 1) == 0) {
            right++;
        }
        audit_violation(replay->audit, "reason", replay->certificate, command, item,
                        "refused for %s, expected %s at version %lld",
                        audit_reason_name(event->reason), audit_reason_name(right),
                        (long long)replay->model->version);
        return false;
    }
    if (!text_equal(event->command_type,
                    text_of(message_types[command->item->message.type].full_name))) {
        audit_violation(replay->audit, "event", replay->certificate, command, item,
                        "says another commandType");
        return false;
    }
    command->fate = AUDIT_REJECTED;
    command->reason = event->reason;
    return true;
}

bool replay_suspension(struct replay *replay, enum millrace_suspension_cause cause,
                       const struct audit_item *registry) {
    const struct certificate_registry_head head = replay_registry_head(registry);
    const struct audit_item *item = replay->event;
    if (!replay_event(replay, MESSAGE_CERTIFICATES_EVENTS_CERTIFICATE_SUSPENDED,
                      replay->certificate->current, &head.metadata->id,
                      replay->model->version + 1)) {
        return false;
    }
    const struct certificates_events_certificate_suspended *event = item->message.body;
    if (event->cause != cause || !event->has_submission_id ||
        !uuid_equal(&event->submission_id, head.submission_id)) {
        audit_violation(replay->audit, "event", replay->certificate, replay->certificate->current,
                        item, "suspended for another cause or by another submission");
        return false;
    }
    replay->model->version++;
    replay->model->suspended = cause;
    replay->certificate->was_read = false;
    replay->model->has_suspended_by = true;
    replay->model->suspended_by = *head.submission_id;
    return true;
}

bool replay_resumption(struct replay *replay, const struct audit_command *command,
                       const struct uuid *parent_id, const struct uuid *submission_id) {
    const struct audit_item *item = replay->event;
    if (!replay_event(replay, MESSAGE_CERTIFICATES_EVENTS_CERTIFICATE_RESUMED, command, parent_id,
                      replay->model->version + 1)) {
        return false;
    }
    const struct certificates_events_certificate_resumed *event = item->message.body;
    if (event->has_submission_id != (submission_id != NULL) ||
        (submission_id != NULL && !uuid_equal(&event->submission_id, submission_id))) {
        audit_violation(replay->audit, "event", replay->certificate, command, item,
                        "resumed by another submission");
        return false;
    }
    replay->model->version++;
    replay->model->suspended = MILLRACE_SUSPENSION_CAUSE_OTHER;
    replay->model->has_suspended_by = false;
    return true;
}

bool replay_applied(struct replay *replay, struct audit_command *command,
                    const struct uuid *parent_id, const struct audit_names *names) {
    const struct audit_item *item = replay->event;
    if (item == NULL) {
        audit_violation(replay->audit, "event", replay->certificate, command, NULL,
                        "its event is missing");
        return false;
    }
    const enum message_type type = item->message.type;
    if (!replay_event(replay, type, command, parent_id, replay->model->version + 1)) {
        return false;
    }
    const char *wrong = audit_apply(replay->audit, replay->model, command, names, &item->message);
    if (wrong != NULL) {
        audit_violation(replay->audit, "event", replay->certificate, command, item, "says %s",
                        wrong);
        return false;
    }
    replay->model->version++;
    wrong = audit_conserved(replay->model);
    if (wrong != NULL) {
        audit_violation(replay->audit, "conservation", replay->certificate, command, item, "%s",
                        wrong);
        return false;
    }
    command->fate = AUDIT_APPLIED;
    return true;
}
