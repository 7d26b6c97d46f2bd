#include <assert.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "cli/verify/difference.h"
#include "cli/verify/state.h"
#include "domain/certificate.h"
#include "domain/certificate_heads.h"
#include "domain/submission.h"
#include "generated/c/certificates_state.h"
#include "generated/c/registry_state.h"
#include "wire/decode.h"
#include "wire/encode.h"

/* What a fold of one kind is made of: the same three functions for both. */
struct kind {
    const char *noun;
    const struct record_descriptor *record;
    enum verify_topic states;
    enum verify_topic events;
    size_t plan_offset; /* of its plan in struct verify */
    void (*init)(void *model);
    bool (*follows)(const void *model, const struct message *event);
    void (*evolve)(void *model, const struct message *event, struct arena *arena);
    const char *(*breaks)(const void *before, const void *after, enum message_type type);
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

static void ledger_begin(void *model) {
    memset(model, 0, sizeof(struct registry_state_ledger_model));
}

static bool ledger_may_follow(const void *model, const struct message *event) {
    return submission_follows(model, event);
}

static void ledger_go_on(void *model, const struct message *event, struct arena *arena) {
    submission_evolve(model, event, arena);
}

static const char *ledger_keeps(const void *before, const void *after, enum message_type type) {
    (void)before;
    (void)after;
    (void)type;
    return NULL;
}

static const struct kind certificate_kind = {
    .noun = "certificate",
    .record = &certificates_state_certificate_model_descriptor,
    .states = VERIFY_TOPIC_STATES,
    .events = VERIFY_TOPIC_EVENTS,
    .plan_offset = offsetof(struct verify, model_plan),
    .init = certificate_begin,
    .follows = certificate_may_follow,
    .evolve = certificate_go_on,
    .breaks = verify_conservation,
};

static const struct kind ledger_kind = {
    .noun = "ledger of certificate",
    .record = &registry_state_ledger_model_descriptor,
    .states = VERIFY_TOPIC_LEDGER_STATES,
    .events = VERIFY_TOPIC_REGISTRY_EVENTS,
    .plan_offset = offsetof(struct verify, ledger_plan),
    .init = ledger_begin,
    .follows = ledger_may_follow,
    .evolve = ledger_go_on,
    .breaks = ledger_keeps,
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

static bool is_same(const struct verify_encoded *a, const struct verify_encoded *b) {
    return a->data != NULL && b->data != NULL && a->length == b->length &&
           memcmp(a->data, b->data, a->length) == 0;
}

static void forget(struct verify_encoded *kept) {
    free(kept->data);
    *kept = (struct verify_encoded){.data = NULL};
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

/* Where no event was folded, or no state was written, it is the initial value. */
static bool is_initial(struct verify *verify, const struct kind *kind,
                       const struct verify_encoded *kept) {
    struct verify_encoded initial = {.data = NULL};
    keep(&initial, kind->record, unfold(verify, kind, &initial));
    const bool same = kept->data == NULL || is_same(kept, &initial);
    forget(&initial);
    return same;
}

static bool equals_state(struct verify *verify, const struct kind *kind,
                         const struct verify_fold *fold) {
    if (fold->passed) {
        return fold->equal;
    }
    if (fold->folded.data == NULL || !fold->has_state) {
        return is_initial(verify, kind, &fold->folded) && is_initial(verify, kind, &fold->state);
    }
    return is_same(&fold->folded, &fold->state);
}

/* The fold has become something else. Once it was equal to the state, the state's bytes are not
 * needed any more: a fold never comes back to what it was. */
static void compare(struct verify *verify, const struct kind *kind, struct verify_fold *fold,
                    const struct verify_encoded *before) {
    if (!fold->passed && fold->has_state && is_same(&fold->folded, &fold->state)) {
        forget(&fold->state);
        fold->passed = true;
        fold->equal = true;
    } else if (fold->passed && fold->equal && !is_same(&fold->folded, before)) {
        fold->equal = false;
        fold->overtaken = fold->event_offset;
    }
    if (fold->due) {
        fold->matched = fold->matched || equals_state(verify, kind, fold);
    }
}

/* A version that does not come next says more than that the event does not. */
static bool refuse_version(struct verify *verify, const struct verify_fold *fold, const char *id,
                           const struct verify_record *record, const void *model) {
    const struct certificates_state_certificate_model *certificate = model;
    const struct verify_place place = verify_place_of(record->record);
    const bool rejects = record->message->type == MESSAGE_CERTIFICATES_EVENTS_COMMAND_REJECTED;
    struct certificate_event_head head;
    if (!certificate_event_head(record->message, &head) ||
        head.version == certificate->version + (rejects ? 0 : 1)) {
        return false;
    }
    if (!fold->has_events) {
        verify_breach(verify, &place, "version %lld is the first for the certificate %s",
                      (long long)head.version, id);
        return true;
    }
    verify_breach(verify, &place,
                  "version %lld%s follows version %lld, of the event at offset %lld, for the "
                  "certificate %s",
                  (long long)head.version, rejects ? " of a rejection" : "",
                  (long long)certificate->version, (long long)fold->event_offset, id);
    return true;
}

static void refuse_event(struct verify *verify, const struct kind *kind,
                         const struct verify_fold *fold, const struct uuid *id,
                         const struct verify_record *record, const void *model) {
    const struct verify_place place = verify_place_of(record->record);
    char text[VERIFY_ID_SIZE];
    (void)verify_id(id, text);
    if (kind == &certificate_kind && refuse_version(verify, fold, text, record, model)) {
        return;
    }
    verify_breach(verify, &place,
                  "%s cannot come next for the %s %s, whose event before it is "
                  "at offset %lld",
                  message_types[record->message->type].full_name, kind->noun, text,
                  fold->has_events ? (long long)fold->event_offset : -1LL);
}

static void take_event(struct verify *verify, const struct kind *kind, struct verify_fold *fold,
                       const struct uuid *id, const struct verify_record *record) {
    char text[VERIFY_ID_SIZE];
    const struct verify_place place = verify_place_of(record->record);
    if (fold->broken) {
        return;
    }
    arena_reset(&verify->scratch);
    verify_scratch_reserve(verify, (size_t)fold->folded.length * 2);
    if (record->late && !fold->due) {
        fold->due = true;
        fold->matched = equals_state(verify, kind, fold);
    }
    void *model = unfold(verify, kind, &fold->folded);
    if (!kind->follows(model, record->message)) {
        refuse_event(verify, kind, fold, id, record, model);
        fold->broken = true;
        return;
    }
    /* What changes is made anew, so a copy of the struct keeps its value. */
    void *before = arena_take(&verify->scratch, kind->record->size);
    memcpy(before, model, kind->record->size);
    kind->evolve(model, record->message, &verify->scratch);
    const char *broken = kind->breaks(before, model, record->message->type);
    if (broken != NULL) {
        verify_breach(verify, &place, "after this event of the %s %s %s", kind->noun,
                      verify_id(id, text), broken);
        fold->broken = true;
        return;
    }
    struct verify_encoded was = fold->folded;
    fold->folded = (struct verify_encoded){.data = NULL};
    keep(&fold->folded, kind->record, model);
    fold->has_events = true;
    fold->event_offset = place.offset;
    compare(verify, kind, fold, &was);
    forget(&was);
}

void verify_model_fold(struct verify *verify, struct verify_certificate *certificate,
                       const struct verify_record *record) {
    take_event(verify, &certificate_kind, &certificate->fold, &certificate->id, record);
}

void verify_ledger_fold(struct verify *verify, struct verify_certificate *certificate,
                        const struct verify_record *record) {
    take_event(verify, &ledger_kind, &certificate->fold, &certificate->id, record);
}

/* Remember which commands the newest state says are under way; the one at the registry first. */
static void note_work(struct verify_certificate *certificate,
                      const struct certificates_state_certificate_work *work) {
    free(certificate->under_way);
    certificate->under_way = NULL;
    certificate->has_current = work->current != NULL;
    certificate->under_way_count = work->waiting_count + (work->current != NULL ? 1 : 0);
    if (certificate->under_way_count == 0) {
        return;
    }
    certificate->under_way = malloc(certificate->under_way_count * sizeof *certificate->under_way);
    assert(certificate->under_way != NULL);
    struct uuid *next = certificate->under_way;
    if (work->current != NULL) {
        *next++ = work->current->command.command_id;
    }
    for (uint32_t i = 0; i < work->waiting_count; i++) {
        *next++ = work->waiting[i].command_id;
    }
}

/* A state's record. True: it is the newest so far, and before the cut. */
static bool take_state(struct verify *verify, struct verify_fold *fold,
                       const struct verify_record *record) {
    const struct verify_place place = verify_place_of(record->record);
    if (record->message == NULL ||
        strcmp(message_types[record->message->type].topic, place.topic) != 0) {
        verify_breach(verify, &place, "cannot be read, or is no message of this topic");
        fold->broken = true;
        return false;
    }
    if (fold->has_state || fold->has_newer) {
        verify_sets_key_again(verify, place.offset);
    }
    if (record->late) {
        fold->has_newer = true;
        return false;
    }
    fold->has_state = true;
    fold->state_offset = place.offset;
    return true;
}

void verify_states_take(struct verify *verify, const struct verify_record *record) {
    struct verify_certificate *certificate = verify_certificate_of(verify, record);
    if (certificate != NULL && take_state(verify, &certificate->fold, record)) {
        const struct certificates_state_certificate_state *state = record->message->body;
        keep(&certificate->fold.state, certificate_kind.record, &state->model);
        note_work(certificate, &state->work);
    }
}

void verify_ledger_states_take(struct verify *verify, const struct verify_record *record) {
    struct verify_certificate *certificate = verify_certificate_of(verify, record);
    if (certificate != NULL && take_state(verify, &certificate->fold, record)) {
        const struct registry_state_ledger_state *state = record->message->body;
        keep(&certificate->fold.state, ledger_kind.record, &state->ledger);
        certificate->has_queued = state->work.queued != NULL;
        if (state->work.queued != NULL) {
            certificate->queued = state->work.queued->submission_id;
        }
    }
}

/* What the state lacks, or has too much. */
static void report(struct verify *verify, const struct kind *kind, const struct verify_fold *fold,
                   const struct uuid *id) {
    char text[VERIFY_ID_SIZE];
    (void)verify_id(id, text);
    if (!fold->has_state) {
        const struct verify_place place = verify_place_at(verify, kind->events, fold->event_offset);
        verify_breach(verify, &place, "the %s %s has events and no state", kind->noun, text);
        return;
    }
    const struct verify_place place = verify_place_at(verify, kind->states, fold->state_offset);
    if (fold->passed) {
        verify_breach(verify, &place,
                      "the state of the %s %s is not what its events make: it is that before the "
                      "event at offset %lld",
                      kind->noun, text, (long long)fold->overtaken);
        return;
    }
    char difference[DIFFERENCE_BYTES_MAX];
    difference_of(kind->record, unfold(verify, kind, &fold->state),
                  unfold(verify, kind, &fold->folded), difference);
    verify_breach(verify, &place,
                  "the state of the %s %s is not what its events make: %s (state, events)",
                  kind->noun, text, difference);
}

static void end_fold(struct verify *verify, const struct kind *kind, struct verify_fold *fold,
                     const struct uuid *id) {
    if (fold->broken || (!fold->has_events && !fold->has_state)) {
        return;
    }
    arena_reset(&verify->scratch);
    verify_scratch_reserve(verify, (size_t)fold->folded.length + fold->state.length);
    if (!fold->due) {
        fold->matched = equals_state(verify, kind, fold);
    }
    if (fold->matched) {
        return;
    }
    /* A newer state lets compaction take away the one that was to be compared: there is none of
     * before the cut, or an older one that was read just before. */
    if (fold->has_newer && (!fold->has_state || fold->passed)) {
        verify->report.counts.moving++;
        return;
    }
    report(verify, kind, fold, id);
}

static void end_folds(struct verify *verify, const struct kind *kind) {
    for (uint32_t i = 0; i < verify->certificates.items_count; i++) {
        struct verify_certificate *certificate = uuid_map_item(&verify->certificates, i);
        end_fold(verify, kind, &certificate->fold, &certificate->id);
        forget(&certificate->fold.folded);
        forget(&certificate->fold.state);
        certificate->has_newer = certificate->fold.has_newer;
        certificate->fold = (struct verify_fold){.has_events = false};
    }
}

void verify_models_end(struct verify *verify) {
    end_folds(verify, &certificate_kind);
}

void verify_ledgers_end(struct verify *verify) {
    end_folds(verify, &ledger_kind);
}
