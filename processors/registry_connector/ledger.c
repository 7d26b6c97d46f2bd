#include <assert.h>
#include <inttypes.h>

#include "domain/uuid.h"
#include "registry_connector/lane.h"

static struct bytes key_of(const struct uuid *certificate_id) {
    return (struct bytes){.data = certificate_id->bytes, .length = sizeof certificate_id->bytes};
}

enum result ledger_decode(struct connector_lane *lane, struct bytes value, struct turn *turn,
                          struct registry_state_ledger_state *state, struct error *error) {
    const struct wire_input input = {
        .topic = "registry.state", .value = value, .refuse_other = true};
    struct wire_failure failure;
    struct message message;
    const enum result result = wire_decode(lane->cache, &input, turn_arena(turn),
                                           turn_monotonic_ms(turn), &message, &failure);
    if (result != RESULT_OK) {
        return error_set(error, result, "%s", failure.text);
    }
    assert(message.type == MESSAGE_REGISTRY_STATE_LEDGER_STATE);
    *state = *(const struct registry_state_ledger_state *)message.body;
    if (state->format_version <= SUBMISSION_FORMAT_VERSION) {
        return RESULT_OK;
    }
    char id[UUID_CHARACTERS];
    uuid_to_text(&state->certificate_id, id);
    return error_set(error, RESULT_INVALID,
                     "the ledger of certificate %.*s has format %" PRId32
                     ", this version knows up to %d: start the newer version again, nothing is "
                     "lost meanwhile",
                     (int)sizeof id, id, state->format_version, SUBMISSION_FORMAT_VERSION);
}

enum result ledger_load(struct handling *handling, const struct uuid *certificate_id,
                        struct error *error) {
    struct bytes value;
    const enum result found =
        turn_get(handling->turn, TABLE_LEDGER, key_of(certificate_id), &value, error);
    if (found == RESULT_NOT_FOUND) {
        submission_init(&handling->state, certificate_id);
        handling->state.format_version = handling->lane->config->state_format;
        return RESULT_OK;
    }
    if (found != RESULT_OK) {
        return found;
    }
    const enum result result =
        ledger_decode(handling->lane, value, handling->turn, &handling->state, error);
    if (result != RESULT_OK) {
        return error_wrap(error, "registry.state, partition %" PRId32, handling->lane->partition);
    }
    assert(uuid_equal(&handling->state.certificate_id, certificate_id));
    return RESULT_OK;
}

static struct submission_context context_of(const struct handling *handling) {
    const struct connector_lane *lane = handling->lane;
    return (struct submission_context){
        .incarnation = lane->identity.incarnation,
        .writer = lane->config->process.writer,
        .source = lane->config->source,
        .now_ms = turn_wall_ms(handling->turn),
        .arena = turn_arena(handling->turn),
    };
}

void ledger_decide(struct handling *handling, const struct submission_input *input,
                   struct submission_decision *decision) {
    const struct submission_context context = context_of(handling);
    submission_decide(&handling->state, input, &context, decision);
}

/* What was executed has made slices, of which the registry may have names of its own. They follow
 * from the bytes that were sent, whoever settles it, and whatever would be built by now. */
static void name_slices(const struct handling *handling, const struct message *event) {
    const struct registry_state_submission_model *model = handling->state.ledger.submission;
    const struct registry_state_queued_submission *queued = handling->state.work.queued;
    struct registry_events_submission_succeeded *succeeded = event->body;
    struct registry_events_submission_resolved *resolved = event->body;
    const bool was_resolved = event->type == MESSAGE_REGISTRY_EVENTS_SUBMISSION_RESOLVED;
    if (!(was_resolved ? resolved->executed
                       : event->type == MESSAGE_REGISTRY_EVENTS_SUBMISSION_SUCCEEDED)) {
        return;
    }
    assert(model != NULL && queued != NULL);
    const struct lane_registry *registry = memory_registry(handling->lane, queued->registry);
    if (registry == NULL || registry->registry.slices_of == NULL || !model->has_transaction) {
        return;
    }
    struct millrace_slice_hash **hashes =
        was_resolved ? &resolved->slice_hashes : &succeeded->slice_hashes;
    uint32_t *count = was_resolved ? &resolved->slice_hashes_count : &succeeded->slice_hashes_count;
    assert(*count == 0);
    *count = registry->registry.slices_of(registry->registry.self, &queued->operation,
                                          model->transaction, turn_arena(handling->turn), hashes);
}

void ledger_stage(struct handling *handling, const struct submission_decision *decision) {
    if (decision->verdict != SUBMISSION_VERDICT_CHANGED) {
        return;
    }
    const struct uuid *key = &handling->state.certificate_id;
    for (uint32_t i = 0; i < decision->events_count; i++) {
        name_slices(handling, &decision->events[i]);
        (void)turn_emit(handling->turn, OUTPUT_EVENTS, key, decision->events[i].type,
                        decision->events[i].body, &handling->trace);
    }
    const int open_before = submission_open(&handling->state) ? 1 : 0;
    submission_apply(&handling->state, decision, turn_arena(handling->turn));
    handling->lane->open += (submission_open(&handling->state) ? 1 : 0) - open_before;
    assert(handling->lane->open >= 0);
    quarantines_follow(&handling->lane->quarantines, &handling->state,
                       turn_monotonic_ms(handling->turn));
    asking_follow(handling->lane, &handling->state, turn_monotonic_ms(handling->turn));
    const int32_t format = handling->lane->config->state_format;
    /* Raised when it is written anyway, never lowered: it may hold what the older one has no place
     * for. */
    if (handling->state.format_version < format) {
        handling->state.format_version = format;
    }
    const struct bytes value =
        turn_emit(handling->turn, OUTPUT_STATE, key, MESSAGE_REGISTRY_STATE_LEDGER_STATE,
                  &handling->state, &handling->trace);
    turn_put(handling->turn, TABLE_LEDGER, key_of(key), value);
}

enum result ledger_restore(void *self, uint32_t changelog, const struct log_record *record,
                           struct turn *turn, struct error *error) {
    struct connector_lane *lane = self;
    struct arena *arena = turn_arena(turn);
    const size_t mark = arena->used;
    struct registry_state_ledger_state state = {.format_version = 0};
    assert(changelog == 0);
    (void)changelog;
    const enum result result = record->value_null
                                   ? error_set(error, RESULT_INVALID, "it has no value")
                                   : ledger_decode(lane, record->value, turn, &state, error);
    if (result != RESULT_OK) {
        return error_wrap(error, "registry.state/%" PRId32 "/%" PRId64, record->partition,
                          record->offset);
    }
    /* What was decoded is not needed any more, and there may be millions of records. */
    arena->used = mark;
    turn_put(turn, TABLE_LEDGER, key_of(&state.certificate_id), record->value);
    return RESULT_OK;
}
