#include <assert.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "cli/verify/difference.h"
#include "cli/verify/state.h"
#include "domain/certificate.h"
#include "domain/certificate_model.h"
#include "domain/submission.h"
#include "generated/c/certificates_state.h"
#include "generated/c/registry_state.h"
#include "wire/decode.h"
#include "wire/encode.h"

/* What a fold of one kind is made of: the same three functions for both. */
struct kind {
    const char *noun;
    const struct record_descriptor *record;
    size_t plan_offset; /* of its plan in struct verify */
    void (*init)(void *model);
    bool (*follows)(const void *model, const struct message *event);
    void (*evolve)(void *model, const struct message *event, struct arena *arena);
    bool (*sound)(const void *model);
};

static void certificate_begin(void *model) {
    certificate_init(model);
}

static bool certificate_may_follow(const void *model, const struct message *event) {
    return certificate_follows(model, event);
}

static void certificate_go_on(void *model, const struct message *event, struct arena *arena) {
    certificate_evolve(model, event, arena);
}

static bool certificate_sound(const void *model) {
    return certificate_is_sound(model);
}

static void ledger_begin(void *model) {
    memset(model, 0, sizeof(struct registry_state_ledger_model));
}

static bool ledger_may_follow(const void *model, const struct message *event) {
    return submission_follows(model, event);
}

static void ledger_go_on(void *model, const struct message *event, struct arena *arena) {
    submission_evolve(model, event, arena);
}

static bool ledger_sound(const void *model) {
    (void)model;
    return true;
}

static const struct kind certificate_kind = {
    .noun = "certificate",
    .record = &certificates_state_certificate_model_descriptor,
    .plan_offset = offsetof(struct verify, model_plan),
    .init = certificate_begin,
    .follows = certificate_may_follow,
    .evolve = certificate_go_on,
    .sound = certificate_sound,
};

static const struct kind ledger_kind = {
    .noun = "ledger of certificate",
    .record = &registry_state_ledger_model_descriptor,
    .plan_offset = offsetof(struct verify, ledger_plan),
    .init = ledger_begin,
    .follows = ledger_may_follow,
    .evolve = ledger_go_on,
    .sound = ledger_sound,
};

static void keep(struct verify_encoded *kept, const struct record_descriptor *record,
                 const void *model) {
    const size_t length = encode(record, model, NULL, 0);
    assert(length <= VERIFY_MODEL_BYTES_MAX);
    kept->data = realloc(kept->data, length == 0 ? 1 : length);
    assert(kept->data != NULL);
    const size_t written = encode(record, model, kept->data, length);
    assert(written == length);
    kept->length = (uint32_t)length;
}

/* The struct of a kept value, in the scratch arena; of none: the initial value. */
static void *unfold(struct verify *verify, const struct kind *kind,
                    const struct verify_encoded *kept) {
    if (kept->data == NULL) {
        void *model = arena_take(&verify->scratch, kind->record->size);
        kind->init(model);
        return model;
    }
    /* The copy lives as long as the struct that points into it; the kept bytes are replaced. */
    const struct bytes bytes =
        arena_bytes(&verify->scratch, (struct bytes){.data = kept->data, .length = kept->length});
    const struct plan *plan = (const struct plan *)((const char *)verify + kind->plan_offset);
    struct decode_error error;
    void *model = NULL;
    const bool decoded = decode(plan, bytes, &verify->scratch, &model, &error);
    assert(decoded); /* we encoded it ourselves */
    return model;
}

static bool matches(struct verify *verify, const struct kind *kind,
                    const struct verify_fold *fold) {
    struct verify_encoded initial = {.data = NULL};
    const struct verify_encoded *folded = &fold->folded;
    if (fold->state.data == NULL) {
        return false;
    }
    if (folded->data == NULL) {
        keep(&initial, kind->record, unfold(verify, kind, &initial));
        folded = &initial;
    }
    const bool same = folded->length == fold->state.length &&
                      memcmp(folded->data, fold->state.data, folded->length) == 0;
    free(initial.data);
    return same;
}

/* Have its events come to nothing? */
static bool is_initial(struct verify *verify, const struct kind *kind,
                       const struct verify_fold *fold) {
    struct verify_encoded initial = {.data = NULL};
    arena_reset(&verify->scratch);
    verify_scratch_reserve(verify, kind->record->size);
    keep(&initial, kind->record, unfold(verify, kind, &initial));
    const bool same = initial.length == fold->folded.length &&
                      memcmp(initial.data, fold->folded.data, initial.length) == 0;
    free(initial.data);
    return same;
}

static void take_event(struct verify *verify, const struct kind *kind, struct verify_fold *fold,
                       const struct uuid *id, const struct verify_record *record) {
    char text[VERIFY_ID_SIZE];
    const struct verify_place place = verify_place_of(record->record);
    if (fold->broken) {
        return;
    }
    verify_scratch_reserve(verify, (size_t)fold->folded.length * 2);
    if (record->late && !fold->due) {
        fold->due = true;
        fold->matched = matches(verify, kind, fold);
    }
    void *model = unfold(verify, kind, &fold->folded);
    if (!kind->follows(model, record->message)) {
        verify_breach(verify, &place,
                      "%s cannot come next for the %s %s, whose event before it is "
                      "at offset %lld",
                      message_types[record->message->type].full_name, kind->noun,
                      verify_id(id, text),
                      fold->has_events ? (long long)fold->event_place.offset : -1LL);
        fold->broken = true;
        return;
    }
    kind->evolve(model, record->message, &verify->scratch);
    if (!kind->sound(model)) {
        verify_breach(verify, &place, "after this event the slices of %s %s no longer add up",
                      kind->noun, verify_id(id, text));
        fold->broken = true;
        return;
    }
    keep(&fold->folded, kind->record, model);
    fold->has_events = true;
    fold->event_place = place;
    if (fold->due) {
        fold->matched = fold->matched || matches(verify, kind, fold);
    }
}

static bool is_on_topic(const struct message *message, const char *topic) {
    return message != NULL && strcmp(message_types[message->type].topic, topic) == 0;
}

/* A record of our own that cannot be read: nothing of its key can be checked any further. */
static bool readable(struct verify *verify, struct verify_fold *fold,
                     const struct verify_record *record, const char *topic) {
    if (is_on_topic(record->message, topic)) {
        return true;
    }
    const struct verify_place place = verify_place_of(record->record);
    verify_breach(verify, &place, "cannot be read, or is no message of this topic");
    fold->broken = true;
    return false;
}

void verify_certificate_events_take(struct verify *verify, const struct verify_record *record) {
    struct verify_certificate *certificate = verify_certificate_of(verify, record);
    if (certificate == NULL ||
        !readable(verify, &certificate->model, record, "certificates.events")) {
        return;
    }
    const struct verify_place place = verify_place_of(record->record);
    const struct millrace_metadata *metadata = record->message->body;
    char text[VERIFY_ID_SIZE];
    verify->report.counts.events++;
    if (uuid_map_find(&verify->events, &metadata->id) != NULL) {
        verify_breach(verify, &place, "the event %s is written a second time",
                      verify_id(&metadata->id, text));
    }
    struct verify_event *event = uuid_map_take(&verify->events, &metadata->id);
    event->certificate_id = certificate->id;
    take_event(verify, &certificate_kind, &certificate->model, &certificate->id, record);
}

void verify_ledger_events_take(struct verify *verify, const struct verify_record *record) {
    struct verify_certificate *certificate = verify_certificate_of(verify, record);
    if (certificate == NULL || !readable(verify, &certificate->ledger, record, "registry.events")) {
        return;
    }
    verify_outcomes_take(verify, record);
    take_event(verify, &ledger_kind, &certificate->ledger, &certificate->id, record);
}

/* Remember which commands the newest state says are under way; the one at the registry first. */
static void note_work(struct verify_certificate *certificate,
                      const struct certificates_state_certificate_work *work) {
    certificate->has_current = work->current != NULL;
    certificate->under_way_count = work->waiting_count + (work->current != NULL ? 1 : 0);
    certificate->under_way = realloc(certificate->under_way, (certificate->under_way_count + 1) *
                                                                 sizeof *certificate->under_way);
    assert(certificate->under_way != NULL);
    struct uuid *next = certificate->under_way;
    if (work->current != NULL) {
        *next++ = work->current->command.command_id;
    }
    for (uint32_t i = 0; i < work->waiting_count; i++) {
        *next++ = work->waiting[i].command_id;
    }
}

void verify_certificate_states_take(struct verify *verify, const struct verify_record *record) {
    struct verify_certificate *certificate = verify_certificate_of(verify, record);
    if (certificate == NULL ||
        !readable(verify, &certificate->model, record, "certificates.state")) {
        return;
    }
    const struct certificates_state_certificate_state *state = record->message->body;
    keep(&certificate->model.state, certificate_kind.record, &state->model);
    certificate->model.state_place = verify_place_of(record->record);
    note_work(certificate, &state->work);
}

void verify_ledger_states_take(struct verify *verify, const struct verify_record *record) {
    struct verify_certificate *certificate = verify_certificate_of(verify, record);
    if (certificate == NULL || !readable(verify, &certificate->ledger, record, "registry.state")) {
        return;
    }
    const struct registry_state_ledger_state *state = record->message->body;
    keep(&certificate->ledger.state, ledger_kind.record, &state->ledger);
    certificate->ledger.state_place = verify_place_of(record->record);
    certificate->has_queued = state->work.queued != NULL;
    if (state->work.queued != NULL) {
        certificate->queued = state->work.queued->submission_id;
    }
}

static void end_fold(struct verify *verify, const struct kind *kind, struct verify_fold *fold,
                     const struct uuid *id) {
    char text[VERIFY_ID_SIZE];
    if (fold->broken || (!fold->has_events && fold->state.data == NULL)) {
        return;
    }
    if (fold->state.data == NULL) {
        /* Refusals alone leave a certificate that never was as it was. */
        if (!is_initial(verify, kind, fold)) {
            verify_breach(verify, &fold->event_place, "the %s %s has events and no state",
                          kind->noun, verify_id(id, text));
        }
        return;
    }
    arena_reset(&verify->scratch);
    verify_scratch_reserve(verify, (size_t)fold->folded.length + fold->state.length);
    if (!fold->due) {
        fold->matched = matches(verify, kind, fold);
    }
    if (!fold->matched) {
        char difference[DIFFERENCE_BYTES_MAX];
        difference_of(kind->record, unfold(verify, kind, &fold->state),
                      unfold(verify, kind, &fold->folded), difference);
        verify_breach(verify, &fold->state_place,
                      "the state of the %s %s is not what its events make: %s (state, events)",
                      kind->noun, verify_id(id, text), difference);
    }
}

void verify_folds_end(struct verify *verify) {
    for (uint32_t i = 0; i < verify->certificates.items_count; i++) {
        struct verify_certificate *certificate = verify->certificates.items[i];
        end_fold(verify, &certificate_kind, &certificate->model, &certificate->id);
        end_fold(verify, &ledger_kind, &certificate->ledger, &certificate->id);
    }
}
