/* What decisions come to: events, answers, a submission; and the mailbox that moves on. */
#include <assert.h>

#include "certificates/lane.h"
#include "domain/certificate_model.h"
#include "domain/ids.h"
#include "domain/limits.h"
#include "domain/metadata.h"
#include "generated/c/certificates_events.h"
#include "generated/c/certificates_operations.h"
#include "generated/c/registry_commands.h"
#include "generated/c/registry_events.h"
#include "generated/c/registry_operations.h"

enum { ANSWER_EVENTS_MAX = CERTIFICATE_EVENTS_MAX + 1 };

/* What came of one command: the events to name in its answer. */
struct outcome {
    struct uuid event_ids[ANSWER_EVENTS_MAX];
    uint32_t event_ids_count;
    const struct rejection *rejection; /* NULL: none */
};

struct certificate_context work_context(const struct handling *handling) {
    return (struct certificate_context){
        .rules = handling->lane->config->rules,
        .source = handling->lane->config->source,
        .now_ms = turn_wall_ms(handling->turn),
        .arena = turn_arena(handling->turn),
    };
}

bool work_is_idle(const struct handling *handling) {
    return handling->state.work.current == NULL && handling->state.model.suspension == NULL;
}

static struct millrace_metadata child(const struct handling *handling,
                                      const struct millrace_metadata *parent,
                                      enum message_type type) {
    return metadata_child(parent, &handling->state.certificate_id,
                          text_of(message_types[type].full_name), 0, turn_wall_ms(handling->turn),
                          &handling->lane->config->source);
}

static void emit_event(struct handling *handling, const struct message *event,
                       const struct trace *trace, struct outcome *outcome) {
    struct certificate_event_head head;
    const bool is_event = certificate_event_head(event, &head);
    assert(is_event && outcome->event_ids_count < ANSWER_EVENTS_MAX);
    (void)is_event;
    outcome->event_ids[outcome->event_ids_count++] = head.metadata->id;
    (void)turn_emit(handling->turn, OUTPUT_EVENTS, &handling->state.certificate_id, event->type,
                    event->body, trace);
}

static void answer(struct handling *handling, const struct arrived *arrived,
                   const struct millrace_metadata *parent, enum millrace_verdict verdict,
                   const struct outcome *outcome) {
    struct arena *arena = turn_arena(handling->turn);
    struct certificates_answers_command_answered *body = arena_take(arena, sizeof *body);
    struct uuid *event_ids = arena_take(arena, sizeof outcome->event_ids);
    memcpy(event_ids, outcome->event_ids, sizeof outcome->event_ids);
    *body = (struct certificates_answers_command_answered){
        .metadata = child(handling, parent, MESSAGE_CERTIFICATES_ANSWERS_COMMAND_ANSWERED),
        .command_id = arrived->head.metadata->id,
        .certificate_id = handling->state.certificate_id,
        .verdict = verdict,
        .event_ids = event_ids,
        .event_ids_count = outcome->event_ids_count,
        .version = handling->state.model.version,
        .payload_hash = {arrived->hash, sizeof arrived->hash},
    };
    if (outcome->rejection != NULL) {
        body->has_reason = true;
        body->reason = outcome->rejection->reason;
        body->has_detail = outcome->rejection->detail.length > 0;
        body->detail = outcome->rejection->detail;
    } else if (verdict == MILLRACE_VERDICT_UNKNOWN) {
        body->has_reason = true;
        body->reason = MILLRACE_REASON_OUTCOME_UNKNOWN;
    }
    const struct bytes value =
        turn_emit(handling->turn, OUTPUT_ANSWERS, &handling->state.certificate_id,
                  MESSAGE_CERTIFICATES_ANSWERS_COMMAND_ANSWERED, body, &arrived->trace);
    seen_put(handling, body, value);
    turn_count(handling->turn, METRIC_COMMANDS, metric_command_type(arrived->message.type),
               metric_command_verdict(verdict));
    if (verdict != MILLRACE_VERDICT_UNKNOWN) {
        turn_observe(handling->turn, METRIC_COMMAND_DURATION,
                     turn_wall_ms(handling->turn) - arrived->head.metadata->timestamp);
    }
}

/* The CommandRejected, before anything else that a decision brings; the model stays as it is. */
static void emit_rejection(struct handling *handling, const struct arrived *arrived,
                           const struct millrace_metadata *parent, struct text transaction_id,
                           struct outcome *outcome) {
    const struct millrace_metadata metadata =
        child(handling, parent, MESSAGE_CERTIFICATES_EVENTS_COMMAND_REJECTED);
    const struct rejected_command rejected = {
        .certificate_id = &handling->state.certificate_id,
        .command_id = &arrived->head.metadata->id,
        .type = text_of(message_types[arrived->message.type].full_name),
        .version = handling->state.model.version,
        .has_transaction_id = transaction_id.length > 0,
        .transaction_id = transaction_id,
    };
    const struct message event =
        rejection_event(outcome->rejection, &rejected, &metadata, turn_arena(handling->turn));
    emit_event(handling, &event, &arrived->trace, outcome);
}

/* Count what an event of a decision changes in how our books stand to the registry's. */
static void count_alignment(struct handling *handling, const struct certificate_decision *decision,
                            uint32_t index) {
    const struct message *event = &decision->events[index];
    if (event->type == MESSAGE_CERTIFICATES_EVENTS_CERTIFICATE_SUSPENDED) {
        const struct certificates_events_certificate_suspended *suspended = event->body;
        if (suspended->cause == MILLRACE_SUSPENSION_CAUSE_MISALIGNED) {
            turn_count(handling->turn, METRIC_CERTIFICATE_ALIGNMENTS, METRIC_ALIGNMENT_MISALIGNED,
                       0);
        }
    } else if (event->type == MESSAGE_CERTIFICATES_EVENTS_CERTIFICATE_REALIGNED) {
        const struct certificates_events_certificate_realigned *realigned = event->body;
        turn_count(
            handling->turn, METRIC_CERTIFICATE_ALIGNMENTS,
            realigned->has_command_id ? METRIC_ALIGNMENT_CORRECTED : METRIC_ALIGNMENT_FOLLOWED, 0);
    } else if (event->type == MESSAGE_CERTIFICATES_EVENTS_CERTIFICATE_RESUMED && index == 0 &&
               certificate_is_suspended(&handling->state.model,
                                        MILLRACE_SUSPENSION_CAUSE_MISALIGNED)) {
        turn_count(handling->turn, METRIC_CERTIFICATE_ALIGNMENTS, METRIC_ALIGNMENT_CONFIRMED, 0);
    }
}

static void emit_decided(struct handling *handling, const struct certificate_decision *decision,
                         const struct trace *trace, struct outcome *outcome) {
    for (uint32_t i = 0; i < decision->events_count; i++) {
        count_alignment(handling, decision, i);
        emit_event(handling, &decision->events[i], trace, outcome);
        certificate_evolve(&handling->state.model, &decision->events[i],
                           turn_arena(handling->turn));
        handling->changed = true;
    }
}

static void request_stream(struct handling *handling, const struct millrace_metadata *parent) {
    struct certificates_state_certificate_work *work = &handling->state.work;
    if (work->stream_requested) {
        return; /* one at a time; what it will show is newer than what we know anyway */
    }
    struct registry_operations_read_stream body = {
        .metadata = child(handling, parent, MESSAGE_REGISTRY_OPERATIONS_READ_STREAM),
        .certificate_id = handling->state.certificate_id,
        .registry = handling->state.model.issued->registry,
    };
    (void)turn_emit(handling->turn, OUTPUT_REGISTRY_OPERATIONS, &handling->state.certificate_id,
                    MESSAGE_REGISTRY_OPERATIONS_READ_STREAM, &body, &handling->trace);
    work->stream_requested = true;
    handling->changed = true;
}

static void submit(struct handling *handling, const struct arrived *arrived,
                   const struct certificates_state_waiting_command *entry,
                   const struct certificate_decision *decision) {
    struct certificates_state_certificate_state *state = &handling->state;
    assert(state->work.current == NULL && state->model.suspension == NULL);
    struct certificates_state_current_submission *current =
        arena_take(turn_arena(handling->turn), sizeof *current);
    *current = (struct certificates_state_current_submission){
        .command = *entry,
        .submission_id = id_of_submission(&state->certificate_id, &entry->command_id),
        .sequence = state->work.sequence + 1,
    };
    struct registry_commands_submit_transaction body = {
        .metadata =
            child(handling, arrived->head.metadata, MESSAGE_REGISTRY_COMMANDS_SUBMIT_TRANSACTION),
        .submission_id = current->submission_id,
        .certificate_id = state->certificate_id,
        .sequence = current->sequence,
        .registry = decision->registry,
        .operation = decision->operation,
    };
    (void)turn_emit(handling->turn, OUTPUT_REGISTRY_COMMANDS, &state->certificate_id,
                    MESSAGE_REGISTRY_COMMANDS_SUBMIT_TRANSACTION, &body, &arrived->trace);
    state->work.current = current;
    state->work.sequence = current->sequence;
    handling->changed = true;
}

static void reject(struct handling *handling, const struct arrived *arrived,
                   const struct rejection *rejection) {
    struct outcome outcome = {.rejection = rejection};
    emit_rejection(handling, arrived, arrived->head.metadata, (struct text){.data = NULL},
                   &outcome);
    answer(handling, arrived, arrived->head.metadata, MILLRACE_VERDICT_REJECTED, &outcome);
}

void work_refuse(struct handling *handling, const struct arrived *arrived,
                 enum millrace_reason reason, const char *detail) {
    const struct rejection rejection = {.reason = reason, .detail = text_of(detail)};
    reject(handling, arrived, &rejection);
}

/* Would the state stay within its limit when this command is at the registry? Asked is how large it
 * can become then, since an outcome of the registry cannot be refused for want of room. */
static bool has_room_for_submission(struct handling *handling, const struct arrived *arrived,
                                    const struct certificates_state_waiting_command *entry) {
    return handling_state_size(handling) + mailbox_entry_size(entry) +
               certificate_growth_max(&handling->state.model, &arrived->message) <=
           LIMIT_STATE_BYTES_MAX;
}

bool work_has_room_for_events(struct handling *handling,
                              const struct certificate_decision *decision) {
    struct arena *arena = turn_arena(handling->turn);
    const size_t mark = arena->used;
    const struct certificates_state_certificate_model before = handling->state.model;
    for (uint32_t i = 0; i < decision->events_count; i++) {
        certificate_evolve(&handling->state.model, &decision->events[i], arena);
    }
    const bool fits = handling_state_size(handling) <= LIMIT_STATE_BYTES_MAX;
    handling->state.model = before;
    arena->used = mark; /* a full mailbox would need all of it many times over */
    return fits;
}

/* What `certificate_input.unopened` asks for. A slice of which no blinding was given follows from a
 * secret, and one without a hash could be any: neither can be checked here. */
static const struct uuid *unopened_slice(const struct handling *handling,
                                         const struct arrived *arrived) {
    const struct openings *openings = &handling->lane->config->openings;
    const struct certificates_state_certificate_model *model = &handling->state.model;
    if (arrived->message.type != MESSAGE_CERTIFICATES_OPERATIONS_REALIGN_CERTIFICATE ||
        openings->fit == NULL || model->suspension == NULL || model->issued == NULL) {
        return NULL;
    }
    const struct certificates_operations_realign_certificate *operation = arrived->message.body;
    for (uint32_t i = 0; i < operation->slices_count && i < LIMIT_SLICES_MAX; i++) {
        const struct millrace_realigned_slice *slice = &operation->slices[i];
        const bool is_said = slice->has_registry_hash && slice->registry_hash.length > 0 &&
                             slice->has_blinding && slice->blinding.length > 0;
        if (is_said && !openings->fit(openings->self, model->issued->registry, slice->quantity,
                                      slice->blinding, slice->registry_hash)) {
            return &slice->slice_id;
        }
    }
    return NULL;
}

/* `entry`: the command as it would wait, NULL for an operation. `in_flight`: what is at the
 * registry, which only an operation can meet; else NULL. */
static void run(struct handling *handling, const struct arrived *arrived,
                const struct certificates_state_waiting_command *entry,
                const struct message *in_flight) {
    const struct certificate_context context = work_context(handling);
    const struct certificate_input input = {.message = arrived->message,
                                            .in_flight = in_flight,
                                            .unopened = unopened_slice(handling, arrived)};
    struct certificate_decision decision;
    certificate_decide(&handling->state.model, &input, &context, &decision);
    assert(!decision.read_stream);
    if (decision.rejected) {
        reject(handling, arrived, &decision.rejection);
        return;
    }
    assert(!decision.submit || entry != NULL);
    if (decision.submit ? !has_room_for_submission(handling, arrived, entry)
                        : !work_has_room_for_events(handling, &decision)) {
        work_refuse(handling, arrived, MILLRACE_REASON_TOO_LARGE,
                    "the state of the certificate would exceed its limit");
        return;
    }
    if (decision.submit) {
        submit(handling, arrived, entry, &decision);
        return;
    }
    struct outcome outcome = {0};
    emit_decided(handling, &decision, &arrived->trace, &outcome);
    answer(handling, arrived, arrived->head.metadata, MILLRACE_VERDICT_APPLIED, &outcome);
}

void work_run(struct handling *handling, const struct arrived *arrived) {
    assert(work_is_idle(handling) && handling->state.work.waiting_count == 0);
    const struct certificates_state_waiting_command entry = mailbox_entry(handling, arrived);
    run(handling, arrived, &entry, NULL);
}

void work_operate(struct handling *handling, const struct arrived *operation,
                  const struct arrived *in_flight) {
    assert((in_flight == NULL) == (handling->state.work.current == NULL));
    run(handling, operation, NULL, in_flight == NULL ? NULL : &in_flight->message);
}

enum result work_look_ahead(const struct handling *handling, struct work_ahead *ahead,
                            struct error *error) {
    const struct certificates_state_certificate_work *work = &handling->state.work;
    struct arena *arena = turn_arena(handling->turn);
    *ahead = (struct work_ahead){.count = work->waiting_count};
    if (work->current != NULL) {
        ahead->in_flight = arena_take(arena, sizeof *ahead->in_flight);
        const enum result result =
            mailbox_read(handling, &work->current->command, ahead->in_flight, error);
        if (result != RESULT_OK) {
            return result;
        }
    }
    ahead->commands = arena_take(arena, work->waiting_count * sizeof *ahead->commands);
    for (uint32_t i = 0; i < work->waiting_count; i++) {
        const enum result result =
            mailbox_read(handling, &work->waiting[i], &ahead->commands[i], error);
        if (result != RESULT_OK) {
            return result;
        }
    }
    return RESULT_OK;
}

void work_drain_mailbox(struct handling *handling, const struct work_ahead *ahead) {
    struct certificates_state_certificate_work *work = &handling->state.work;
    assert(work->waiting_count == ahead->count);
    uint32_t next = 0;
    while (next < ahead->count && work_is_idle(handling)) {
        const struct certificates_state_waiting_command entry = *work->waiting;
        work->waiting++;
        work->waiting_count--;
        handling->changed = true;
        run(handling, &ahead->commands[next], &entry, NULL);
        next++;
    }
}

static bool ends_submission(enum message_type type) {
    return type == MESSAGE_REGISTRY_EVENTS_SUBMISSION_SUCCEEDED ||
           type == MESSAGE_REGISTRY_EVENTS_SUBMISSION_REFUSED ||
           type == MESSAGE_REGISTRY_EVENTS_SUBMISSION_RESOLVED;
}

/* Answer the command that was at the registry, if this event is about it. */
static void answer_in_flight(struct handling *handling, enum message_type type,
                             const struct arrived *in_flight,
                             const struct millrace_metadata *parent,
                             const struct outcome *outcome) {
    struct certificates_state_certificate_work *work = &handling->state.work;
    if (ends_submission(type)) {
        assert(work->current != NULL);
        work->current = NULL;
        handling->changed = true;
        answer(handling, in_flight, parent,
               outcome->rejection != NULL ? MILLRACE_VERDICT_REJECTED : MILLRACE_VERDICT_APPLIED,
               outcome);
    } else if (type == MESSAGE_REGISTRY_EVENTS_SUBMISSION_UNKNOWN && !work->current->unknown) {
        work->current->unknown = true;
        handling->changed = true;
        answer(handling, in_flight, parent, MILLRACE_VERDICT_UNKNOWN, outcome);
    }
}

void work_settle(struct handling *handling, const struct message *event,
                 const struct arrived *in_flight, const struct certificate_decision *decision) {
    assert(!decision->submit);
    struct certificate_registry_head head;
    const bool is_event = certificate_registry_head(event, &head);
    assert(is_event);
    (void)is_event;
    const struct trace *trace = in_flight != NULL ? &in_flight->trace : &handling->trace;
    struct outcome outcome = {.rejection = decision->rejected ? &decision->rejection : NULL};
    if (decision->rejected) {
        assert(in_flight != NULL);
        emit_rejection(handling, in_flight, head.metadata, head.transaction_id, &outcome);
    }
    emit_decided(handling, decision, trace, &outcome);
    if (in_flight != NULL) {
        answer_in_flight(handling, event->type, in_flight, head.metadata, &outcome);
    }
    if (decision->read_stream) {
        request_stream(handling, head.metadata);
    }
}
