/* StreamRead: our books beside the registry's. They are set right without a person only where
 * every slice of the stream can be opened and every key is known. */
#include <assert.h>

#include "domain/certificate_steps.h"
#include "generated/c/certificates_events.h"
#include "generated/c/registry_events.h"

/* What comparing found. */
struct comparison {
    bool comparable; /* every slice of ours has the registry's name for it */
    bool differs;
    bool open; /* every slice of the stream is one of ours, and its owner is known */
    struct millrace_realigned_slice *slices; /* of the stream, opened, as many as it has; if open */
};

static const struct certificates_state_slice_model *slice_by_hash(
    const struct certificates_state_certificate_model *model, struct bytes hash) {
    for (uint32_t i = 0; i < model->slices_count; i++) {
        if (bytes_equal(model->slices[i].registry_hash, hash)) {
            return &model->slices[i];
        }
    }
    return NULL;
}

static bool allocation_differs(const struct certificates_state_slice_model *ours,
                               const struct registry_events_stream_slice *theirs) {
    if (ours->allocation == NULL || !theirs->has_allocation_id) {
        return (ours->allocation == NULL) == theirs->has_allocation_id;
    }
    return !uuid_equal(&ours->allocation->allocation_id, &theirs->allocation_id);
}

/* The allocation as the registry has it; what only we know of it stays. */
static struct millrace_allocation *allocation_of(const struct certificates_state_slice_model *ours,
                                                 const struct registry_events_stream_slice *theirs,
                                                 struct arena *arena) {
    if (!theirs->has_allocation_id) {
        return NULL;
    }
    if (!allocation_differs(ours, theirs)) {
        return ours->allocation;
    }
    struct millrace_allocation *allocation = arena_take(arena, sizeof *allocation);
    *allocation = (struct millrace_allocation){
        .allocation_id = theirs->allocation_id,
        .counterpart_certificate_id = theirs->counterpart_certificate_id,
    };
    return allocation;
}

/* Is it not whom we have as its owner? A key that is nobody's is not that of an owner whose key we
 * know. */
static bool owner_differs(const struct rules *rules, struct text ours,
                          const struct rules_owner *theirs) {
    if (theirs != NULL) {
        return !text_equal(theirs->name, ours);
    }
    for (uint32_t i = 0; i < rules->owners_count; i++) {
        if (text_equal(rules->owners[i].name, ours)) {
            return rules->owners[i].key.length > 0;
        }
    }
    return false;
}

static void compare_slice(const struct certificate_step *step, struct comparison *comparison,
                          const struct registry_events_stream_slice *theirs, uint32_t index) {
    const struct certificates_state_slice_model *ours =
        slice_by_hash(step->model, theirs->registry_hash);
    const struct rules_owner *owner = rules_owner_by_key(step->context->rules, theirs->owner_key);
    if (ours == NULL) {
        comparison->differs = true;
        comparison->open = false;
        return;
    }
    if (theirs->state != ours->state || allocation_differs(ours, theirs) ||
        owner_differs(step->context->rules, ours->owner, owner)) {
        comparison->differs = true;
    }
    const bool whole = (theirs->state == MILLRACE_SLICE_STATE_AVAILABLE) !=
                       (theirs->has_allocation_id && theirs->has_counterpart_certificate_id);
    if (owner == NULL || !whole) {
        comparison->open = false;
        return;
    }
    comparison->slices[index] = (struct millrace_realigned_slice){
        .slice_id = ours->slice_id,
        .quantity = ours->quantity,
        .owner = owner->name,
        .has_registry_hash = true,
        .registry_hash = ours->registry_hash,
        .has_blinding = ours->has_blinding,
        .blinding = ours->blinding,
        .state = theirs->state,
        .allocation = allocation_of(ours, theirs, step->context->arena),
    };
}

static struct comparison compare(const struct certificate_step *step,
                                 const struct registry_events_stream_read *stream) {
    const struct certificates_state_certificate_model *model = step->model;
    struct comparison comparison = {
        .comparable = true,
        .differs =
            stream->slices_count != model->slices_count || stream->withdrawn != model->withdrawn,
        .open = stream->slices_count == model->slices_count,
        .slices = arena_take(step->context->arena,
                             (stream->slices_count + 1) * sizeof *comparison.slices),
    };
    for (uint32_t i = 0; i < model->slices_count; i++) {
        comparison.comparable = comparison.comparable && model->slices[i].has_registry_hash;
    }
    for (uint32_t i = 0; comparison.comparable && i < stream->slices_count; i++) {
        compare_slice(step, &comparison, &stream->slices[i], i);
    }
    comparison.open = comparison.comparable && comparison.open &&
                      certificate_realignment_fits(model, comparison.slices, stream->slices_count);
    return comparison;
}

void certificate_decide_stream(const struct certificate_step *step, const void *body) {
    const struct registry_events_stream_read *stream = body;
    if (step->model->issued == NULL) {
        return;
    }
    const struct comparison comparison = compare(step, stream);
    if (!comparison.comparable) {
        return;
    }
    if (comparison.differs) {
        certificate_misalign(step, NULL);
    }
    if (!comparison.open) {
        return; /* a person has to look */
    }
    if (comparison.differs) {
        certificate_realign(
            step, &(struct certificate_realignment){
                      .slices = comparison.slices,
                      .slices_count = stream->slices_count,
                      .withdrawn = stream->withdrawn,
                      .evidence = sentence_of(
                          step->context->arena,
                          PHRASES(say("the registry's stream, read with "),
                                  say_number(stream->transactions), say(" transactions")))});
    } else if (certificate_is_suspended(step->model, MILLRACE_SUSPENSION_CAUSE_MISALIGNED)) {
        certificate_resume(step, NULL);
    }
}
