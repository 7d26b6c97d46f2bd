/* The life of one certificate, once more: its commands in the order of the log, what the registry's
 * events say, and what was recorded. What one processor wrote is in the order in which it decided;
 * where the order of two topics is left to chance, the recorded events tell which came first;
 * everything else follows. */
#include <assert.h>

#include "tests/simulate/auditor_replay.h"
#include "tests/simulate/known_ids.h"

/* ---- what did not come in the order of the commands ---- */

/* EvidenceContradicts, if that is what the next event comes of. */
static bool is_incident(const struct replay *replay) {
    const struct audit_item *item = replay->event;
    if (item == NULL || replay->registry == NULL ||
        item->message.type != MESSAGE_CERTIFICATES_EVENTS_CERTIFICATE_SUSPENDED ||
        replay->registry->message.type != MESSAGE_REGISTRY_EVENTS_EVIDENCE_CONTRADICTS) {
        return false;
    }
    const struct certificate_event_head head = replay_event_head(item);
    const struct certificate_registry_head cause = replay_registry_head(replay->registry);
    if (head.command_id != NULL && replay->certificate->current == NULL) {
        return false; /* the next command had been submitted already */
    }
    return head.metadata->has_parent_id &&
           uuid_equal(&head.metadata->parent_id, &cause.metadata->id);
}

static bool brings_incident(const struct replay *replay) {
    return replay->model->issue != NULL && !replay_is_misaligned(replay);
}

/* False: nothing more can be explained. */
static bool take_incident(struct replay *replay) {
    struct audit_item *registry = replay->registry;
    const struct certificate_registry_head cause = replay_registry_head(registry);
    replay_begin(replay, &replay->nobodys, &cause.metadata->id);
    replay->registry = registry->next;
    return replay_suspension(replay, MILLRACE_SUSPENSION_CAUSE_MISALIGNED, registry);
}

/* The operation that the next event is about; NULL: it is about none. */
static struct audit_command *operation_of_event(const struct replay *replay) {
    if (replay->event == NULL) {
        return NULL;
    }
    const struct certificate_event_head head = replay_event_head(replay->event);
    struct audit_command *operation =
        head.command_id == NULL ? NULL : audit_command_find(replay->certificate, head.command_id);
    return operation != NULL && operation->operation ? operation : NULL;
}

static bool take_operation(struct replay *replay, struct audit_command *operation) {
    const struct uuid *parent_id = &operation->head.metadata->id;
    const uint64_t refusals =
        audit_realign_refusals(replay->model, operation, replay->certificate->current != NULL);
    replay_begin(replay, &operation->result, parent_id);
    if (operation->fate != AUDIT_OPEN) {
        audit_violation(replay->audit, "event", replay->certificate, operation, replay->event,
                        "had its event before");
        return false;
    }
    if (refusals != 0) {
        if (!replay_rejection(replay, operation, parent_id, refusals)) {
            return false;
        }
        replay_end(replay);
        return true;
    }
    const struct audit_item *item = replay->event;
    if (!replay_event(replay, MESSAGE_CERTIFICATES_EVENTS_CERTIFICATE_REALIGNED, operation,
                      parent_id, replay->model->version + 1)) {
        return false;
    }
    const struct certificates_operations_realign_certificate *realign =
        operation->item->message.body;
    const struct audit_realigned books = {realign->slices, realign->slices_count,
                                          realign->withdrawn};
    const char *wrong = audit_realign(replay->audit, replay->model, &books, &item->message);
    wrong = wrong != NULL ? wrong : audit_conserved(replay->model);
    if (wrong != NULL) {
        audit_violation(replay->audit, "event", replay->certificate, operation, item, "says %s",
                        wrong);
        return false;
    }
    replay->model->version++;
    operation->fate = AUDIT_APPLIED;
    if (!replay_resumption(replay, operation, parent_id, NULL)) {
        return false;
    }
    replay_end(replay);
    return true;
}

/* The command that the next event refuses before it had a turn: it is too large, or there is no
 * room in the mailbox. */
static struct audit_command *turned_away(const struct replay *replay) {
    const struct audit_item *item = replay->event;
    if (item == NULL || item->message.type != MESSAGE_CERTIFICATES_EVENTS_COMMAND_REJECTED) {
        return NULL;
    }
    const struct certificates_events_command_rejected *event = item->message.body;
    struct audit_command *command = audit_command_find(replay->certificate, &event->command_id);
    const bool away = event->reason == MILLRACE_REASON_TOO_MANY_WAITING ||
                      (command != NULL && audit_is_too_large(command));
    return away ? command : NULL;
}

/* Exactly 64 must wait at that place, unless it is too large; it never waits itself. */
static bool take_turned_away(struct replay *replay, struct audit_command *command) {
    enum { WAITING_MOST = 64 };
    const struct uuid *parent_id = &command->head.metadata->id;
    const bool too_large = audit_is_too_large(command);
    const bool blocked = replay->certificate->current != NULL || replay_is_suspended(replay);
    const struct audit_command *other = replay->head;
    uint32_t waiting = 0;
    for (; other != NULL && other != command; other = other->next) {
        waiting += other->out_of_turn ? 0 : 1;
    }
    if (other == NULL || command->out_of_turn ||
        (!too_large && (!blocked || waiting != WAITING_MOST))) {
        audit_violation(replay->audit, "mailbox", replay->certificate, command, replay->event,
                        "refused without a turn where %u wait%s", other == NULL ? 0 : waiting,
                        blocked ? "" : " and nothing holds them");
        return false;
    }
    replay_begin(replay, &command->result, parent_id);
    command->out_of_turn = true;
    if (!replay_rejection(replay, command, parent_id,
                          UINT64_C(1) << (too_large ? MILLRACE_REASON_TOO_LARGE
                                                    : MILLRACE_REASON_TOO_MANY_WAITING))) {
        return false;
    }
    replay_end(replay);
    return true;
}

/* ---- the command whose turn it is ---- */

static bool needs_registry(enum message_type type) {
    return type != MESSAGE_CERTIFICATES_COMMANDS_RESERVE_SLICES &&
           type != MESSAGE_CERTIFICATES_COMMANDS_RELEASE_RESERVATION;
}

static bool submission_is_right(struct replay *replay, struct audit_command *command) {
    struct audit_case *certificate = replay->certificate;
    const struct audit_item *item = replay->submission;
    const struct registry_commands_submit_transaction *submission = item->message.body;
    const struct certificates_commands_issue_certificate *issue =
        replay->model->issue != NULL ? replay->model->issue : command->item->message.body;
    const struct uuid *command_id = &command->head.metadata->id;
    const struct uuid id =
        known_message_id(&certificate->id, command_id,
                         message_types[MESSAGE_REGISTRY_COMMANDS_SUBMIT_TRANSACTION].full_name, 0);
    const char *wrong = NULL;
    if (!uuid_equal(&submission->submission_id, &command->submission_id)) {
        wrong = "submissionId";
    } else if (submission->sequence != certificate->sequence) {
        wrong = "sequence";
    } else if (!text_equal(submission->registry, issue->registry)) {
        wrong = "registry";
    } else if (!audit_operation_right(replay->model, command, &submission->operation)) {
        wrong = "operation";
    } else if (!uuid_equal(&submission->metadata.id, &id) || !submission->metadata.has_parent_id ||
               !uuid_equal(&submission->metadata.parent_id, command_id)) {
        wrong = "id or parent";
    }
    if (wrong != NULL) {
        audit_violation(replay->audit, "submission", certificate, command, item,
                        "submitted with another %s: sequence %lld where %lld is due", wrong,
                        (long long)submission->sequence, (long long)certificate->sequence);
    }
    return wrong == NULL;
}

/* Was it written before the next event? */
static bool is_submission_next(const struct replay *replay) {
    return replay->submission != NULL &&
           (replay->event == NULL ||
            !memory_moment_before(&replay->event->moment, &replay->submission->moment));
}

/* The head asks the registry, if that can be seen. False: it cannot, or is wrong. */
static bool submit_head(struct replay *replay) {
    struct audit_command *command = replay->head;
    struct audit_case *certificate = replay->certificate;
    if (command == NULL || certificate->current != NULL || replay_is_suspended(replay) ||
        !is_submission_next(replay) || !needs_registry(command->item->message.type) ||
        audit_refusals(replay->model, command) != 0) {
        return false;
    }
    command->submitted = true;
    command->submission_id = known_submission_id(&certificate->id, &command->head.metadata->id);
    certificate->sequence++;
    if (!submission_is_right(replay, command)) {
        return false;
    }
    certificate->current = command;
    replay->submission = replay->submission->next;
    replay->head = command->next;
    return true;
}

/* The head is refused, or done in our own books. */
static bool decide_head(struct replay *replay) {
    struct audit_command *command = replay->head;
    const struct uuid *parent_id = &command->head.metadata->id;
    const uint64_t refusals = audit_refusals(replay->model, command);
    if (replay->event == NULL) {
        return false;
    }
    replay_begin(replay, &command->result, parent_id);
    bool right;
    if (refusals != 0) {
        right = replay_rejection(replay, command, parent_id, refusals);
    } else if (needs_registry(command->item->message.type)) {
        audit_violation(replay->audit, "submission", replay->certificate, command, replay->event,
                        "an event of its certificate, but it was never submitted");
        return false;
    } else {
        right = replay_applied(replay, command, parent_id, &(struct audit_names){0});
    }
    if (right) {
        replay_end(replay);
        replay->head = command->next;
    }
    return right;
}

/* ---- the command that is at the registry ---- */

/* Words that only wrong books of ours can explain. */
static bool contradicts(struct text words) {
    static const char *const table[] = {
        "Slice not found",
        "Certificate slice does not exist",
        "Certificate does not exist",
        "Certificate is withdrawn",
        "Certificate is already withdrawn",
        "Allocation does not exist",
        "Certificate claim does not exist",
        "Invalid signature for slice",
        "Invalid signature for claim",
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        if (text_equal(words, text_of(table[i]))) {
            return true;
        }
    }
    return false;
}

static bool resume_if_unknown(struct replay *replay, const struct audit_command *command,
                              const struct uuid *parent_id) {
    return replay->model->suspended != MILLRACE_SUSPENSION_CAUSE_OUTCOME_UNKNOWN ||
           replay_resumption(replay, command, parent_id, &command->submission_id);
}

static bool take_done(struct replay *replay, const struct audit_item *registry,
                      const struct audit_names *names) {
    struct audit_command *command = replay->certificate->current;
    const struct certificate_registry_head head = replay_registry_head(registry);
    return replay_applied(replay, command, &head.metadata->id, names) &&
           resume_if_unknown(replay, command, &head.metadata->id);
}

static bool take_refused(struct replay *replay, const struct audit_item *registry,
                         struct text words, bool by_registry) {
    struct audit_command *command = replay->certificate->current;
    const struct certificate_registry_head head = replay_registry_head(registry);
    const struct audit_item *item = replay->event;
    if (!replay_rejection(replay, command, &head.metadata->id,
                          UINT64_C(1) << MILLRACE_REASON_REGISTRY_REFUSED)) {
        return false;
    }
    const struct certificates_events_command_rejected *event = item->message.body;
    const bool says = by_registry ? text_equal(event->detail, words)
                                  : memmem(event->detail.data, event->detail.length, words.data,
                                           words.length) != NULL;
    if (!event->has_detail || !says) {
        audit_violation(replay->audit, "event", replay->certificate, command, item,
                        "does not say \"%.*s\"", (int)words.length, words.data);
        return false;
    }
    command->has_detail = true;
    command->detail = event->detail;
    command->refused_by_registry = by_registry && head.transaction_id.length > 0;
    if (by_registry && contradicts(words) && replay->model->issue != NULL) {
        return replay_is_misaligned(replay) ||
               replay_suspension(replay, MILLRACE_SUSPENSION_CAUSE_MISALIGNED, registry);
    }
    return resume_if_unknown(replay, command, &head.metadata->id);
}

static bool take_unknown(struct replay *replay, const struct audit_item *registry) {
    struct audit_command *command = replay->certificate->current;
    const struct certificate_registry_head head = replay_registry_head(registry);
    if (command->unknown) {
        audit_violation(replay->audit, "outcome", replay->certificate, command, registry,
                        "its outcome became unknown twice");
        return false;
    }
    command->unknown = true;
    replay_begin(replay, &command->unknown_result, &head.metadata->id);
    if (!replay_is_suspended(replay) &&
        !replay_suspension(replay, MILLRACE_SUSPENSION_CAUSE_OUTCOME_UNKNOWN, registry)) {
        return false;
    }
    replay_end(replay);
    return true;
}

/* What the registry's event says of the command that is there. */
static bool take_outcome(struct replay *replay, const struct audit_item *registry) {
    struct audit_command *command = replay->certificate->current;
    const struct registry_events_submission_succeeded *succeeded = registry->message.body;
    const struct registry_events_submission_refused *refused = registry->message.body;
    const struct registry_events_submission_resolved *resolved = registry->message.body;
    bool right = false;
    if (registry->message.type == MESSAGE_REGISTRY_EVENTS_SUBMISSION_UNKNOWN) {
        return take_unknown(replay, registry);
    }
    replay_begin(replay, &command->result, &replay_registry_head(registry).metadata->id);
    switch ((int)registry->message.type) {
    case MESSAGE_REGISTRY_EVENTS_SUBMISSION_SUCCEEDED:
        right = take_done(
            replay, registry,
            &(struct audit_names){succeeded->slice_hashes, succeeded->slice_hashes_count});
        break;
    case MESSAGE_REGISTRY_EVENTS_SUBMISSION_REFUSED:
        right = take_refused(replay, registry, refused->message, true);
        break;
    default:
        assert(registry->message.type == MESSAGE_REGISTRY_EVENTS_SUBMISSION_RESOLVED);
        command->may_be_wrong = resolved->closing_rule == MILLRACE_CLOSING_RULE_MAY_EXECUTE_TWICE;
        right = resolved->executed ? take_done(replay, registry,
                                               &(struct audit_names){resolved->slice_hashes,
                                                                     resolved->slice_hashes_count})
                                   : take_refused(replay, registry, resolved->evidence, false);
        break;
    }
    if (right) {
        replay_end(replay);
        replay->certificate->current = NULL;
    }
    return right;
}

static bool is_step(enum message_type type) {
    return type == MESSAGE_REGISTRY_EVENTS_SUBMISSION_INTENDED ||
           type == MESSAGE_REGISTRY_EVENTS_SUBMISSION_NOT_SENT ||
           type == MESSAGE_REGISTRY_EVENTS_SUBMISSION_SENT ||
           type == MESSAGE_REGISTRY_EVENTS_RESOLUTION_REFUSED;
}

/* Contradicting evidence changes nothing while the books are known to be wrong, or were never
 * opened. Whether it came in such a time can only be seen by what never came of it. */
static bool is_silent_incident(const struct replay *replay) {
    if (replay->registry->message.type != MESSAGE_REGISTRY_EVENTS_EVIDENCE_CONTRADICTS ||
        brings_incident(replay)) {
        return false;
    }
    const struct certificate_registry_head cause = replay_registry_head(replay->registry);
    for (const struct audit_item *item = replay->event; item != NULL; item = item->next) {
        if (item->message.type == MESSAGE_CERTIFICATES_EVENTS_CERTIFICATE_SUSPENDED &&
            uuid_equal(&replay_event_head(item).metadata->parent_id, &cause.metadata->id)) {
            return false;
        }
    }
    return true;
}

static void skip_what_is_silent(struct replay *replay) {
    while (replay->registry != NULL &&
           (is_step(replay->registry->message.type) || is_silent_incident(replay))) {
        replay->registry = replay->registry->next;
    }
}

/* Passed when its time may have come, before anything else happens. */
static bool pass_silent_stream(struct replay *replay) {
    return replay_stream_is_silent(replay) && replay_pass_stream(replay);
}

/* The next event of the registry, where a command is there. False: it is not to be seen, was not
 * taken yet, or is wrong. */
static bool take_registry(struct replay *replay) {
    struct audit_item *registry = replay->registry;
    const struct audit_command *command = replay->certificate->current;
    if (registry == NULL || replay_is_stream(registry)) {
        return false;
    }
    const bool incident = registry->message.type == MESSAGE_REGISTRY_EVENTS_EVIDENCE_CONTRADICTS;
    const bool silent =
        incident ? !brings_incident(replay)
                 : registry->message.type == MESSAGE_REGISTRY_EVENTS_SUBMISSION_UNKNOWN &&
                       replay_is_suspended(replay);
    if (replay->event == NULL && !silent) {
        return false;
    }
    if (incident) {
        return take_incident(replay);
    }
    if (!uuid_equal(replay_registry_head(registry).submission_id, &command->submission_id)) {
        audit_violation(replay->audit, "outcome", replay->certificate, command, registry,
                        "an outcome of submission %s while %s is at the registry",
                        short_id(replay_registry_head(registry).submission_id),
                        short_id(&command->submission_id));
        return false;
    }
    replay->registry = registry->next;
    return take_outcome(replay, registry);
}

/* ---- all of it ---- */

static bool go_on(struct replay *replay) {
    if (is_incident(replay)) {
        return take_incident(replay);
    }
    if (submit_head(replay)) {
        return true;
    }
    struct audit_command *command = operation_of_event(replay);
    if (command != NULL) {
        return take_operation(replay, command);
    }
    command = turned_away(replay);
    if (command != NULL) {
        return take_turned_away(replay, command);
    }
    if (replay->certificate->current != NULL) {
        return take_registry(replay);
    }
    return replay->head != NULL && !replay_is_suspended(replay) && decide_head(replay);
}

static bool step(struct replay *replay) {
    while (replay->head != NULL && replay->head->out_of_turn) {
        replay->head = replay->head->next;
    }
    skip_what_is_silent(replay);
    if (replay_stream_is_next(replay)) {
        return replay_take_stream(replay);
    }
    if (pass_silent_stream(replay) || go_on(replay)) {
        return true;
    }
    return !audit_stopped(replay->audit) && replay_pass_stream(replay);
}

/* What cannot be explained by anything. */
static void look_at_the_rest(struct replay *replay) {
    struct audit_case *certificate = replay->certificate;
    if (audit_stopped(replay->audit)) {
        return;
    }
    if (replay->event != NULL) {
        audit_violation(replay->audit, "event", certificate, certificate->current, replay->event,
                        "nothing explains it: version %lld, %s", (long long)replay->model->version,
                        certificate->current != NULL  ? "the registry has not answered"
                        : replay_is_suspended(replay) ? "suspended"
                                                      : "no command is under way");
        return;
    }
    if (replay->submission != NULL) {
        audit_violation(replay->audit, "submission", certificate, NULL, replay->submission,
                        "no command asks for it now");
        return;
    }
    certificate->registry_used_up = replay->registry == NULL;
    if (certificate->current == NULL && replay->registry != NULL &&
        replay->registry->message.type != MESSAGE_REGISTRY_EVENTS_EVIDENCE_CONTRADICTS &&
        !replay_is_stream(replay->registry)) {
        audit_violation(replay->audit, "outcome", certificate, NULL, replay->registry,
                        "an outcome where no command is at the registry");
    }
}

void audit_replay(struct audit *audit, struct audit_case *certificate) {
    struct replay replay = {
        .audit = audit,
        .certificate = certificate,
        .model = &certificate->model,
        .event = certificate->events.first,
        .registry = certificate->registry.first,
        .submission = certificate->submissions.first,
        .head = certificate->commands,
    };
    while (!audit_stopped(audit) && step(&replay)) {
    }
    look_at_the_rest(&replay);
}
