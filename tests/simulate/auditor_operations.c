/* What a registry must be asked to do for a command. */
#include "tests/simulate/auditor_inside.h"
#include "tests/simulate/known_ids.h"

static bool same_hash(const struct audit_slice *slice, bool has_hash, struct bytes hash) {
    return slice->has_hash == has_hash && (!has_hash || bytes_equal(slice->hash, hash));
}

static bool same_blinding(const struct audit_slice *slice, bool has_blinding,
                          struct bytes blinding) {
    return slice->has_blinding == has_blinding &&
           (!has_blinding || bytes_equal(slice->blinding, blinding));
}

static bool same_attributes(const struct millrace_attribute *one, uint32_t one_count,
                            const struct millrace_attribute *other, uint32_t other_count) {
    for (uint32_t i = 0; i < one_count && i < other_count; i++) {
        if (!text_equal(one[i].key, other[i].key) || !text_equal(one[i].value, other[i].value) ||
            one[i].kind != other[i].kind) {
            return false;
        }
    }
    return one_count == other_count;
}

static bool right_issue(const struct certificates_commands_issue_certificate *issue,
                        const struct millrace_issue_operation *operation) {
    const struct uuid slice = known_slice_id(&issue->certificate_id, &issue->metadata.id, 0);
    return operation != NULL && operation->certificate_type == issue->certificate_type &&
           text_equal(operation->grid_area, issue->grid_area) &&
           operation->period_start == issue->period_start &&
           operation->period_end == issue->period_end && operation->quantity == issue->quantity &&
           operation->has_asset_id == issue->has_asset_id &&
           (!issue->has_asset_id || text_equal(operation->asset_id, issue->asset_id)) &&
           same_attributes(operation->attributes, operation->attributes_count, issue->attributes,
                           issue->attributes_count) &&
           uuid_equal(&operation->slice_id, &slice) && text_equal(operation->owner, issue->owner);
}

static bool right_slicing(const struct audit_slice *slice,
                          const struct certificates_commands_slice_certificate *slicing,
                          const struct millrace_slice_operation *operation) {
    if (operation == NULL || operation->parts_count != slicing->parts_count) {
        return false;
    }
    for (uint32_t i = 0; i < slicing->parts_count; i++) {
        const struct certificates_commands_slice_part *part = &slicing->parts[i];
        const struct uuid id = known_slice_id(&slicing->certificate_id, &slicing->metadata.id, i);
        if (!uuid_equal(&operation->parts[i].slice_id, &id) ||
            operation->parts[i].quantity != part->quantity ||
            !text_equal(operation->parts[i].owner, part->has_owner ? part->owner : slice->owner)) {
            return false;
        }
    }
    return uuid_equal(&operation->slice_id, &slice->id) && operation->quantity == slice->quantity &&
           text_equal(operation->owner, slice->owner) &&
           same_hash(slice, operation->has_registry_hash, operation->registry_hash) &&
           same_blinding(slice, operation->has_blinding, operation->blinding);
}

static bool right_transfer(const struct audit_slice *slice,
                           const struct certificates_commands_transfer_slice *transfer,
                           const struct millrace_transfer_operation *operation) {
    return operation != NULL && uuid_equal(&operation->slice_id, &slice->id) &&
           operation->quantity == slice->quantity && text_equal(operation->owner, slice->owner) &&
           text_equal(operation->new_owner, transfer->new_owner) &&
           same_hash(slice, operation->has_registry_hash, operation->registry_hash);
}

static bool right_allocation(const struct audit_model *model, const struct audit_slice *slice,
                             const struct certificates_commands_allocate_slice *allocate,
                             const struct millrace_allocate_operation *operation) {
    return operation != NULL && uuid_equal(&operation->allocation_id, &allocate->allocation_id) &&
           operation->certificate_type == model->issue->certificate_type &&
           text_equal(operation->grid_area, model->issue->grid_area) &&
           uuid_equal(&operation->slice_id, &slice->id) && operation->quantity == slice->quantity &&
           text_equal(operation->owner, slice->owner) &&
           same_hash(slice, operation->has_registry_hash, operation->registry_hash) &&
           same_blinding(slice, operation->has_blinding, operation->blinding) &&
           uuid_equal(&operation->counterpart_certificate_id,
                      &allocate->counterpart_certificate_id) &&
           text_equal(operation->counterpart_registry, allocate->counterpart_registry) &&
           uuid_equal(&operation->counterpart_slice_id, &allocate->counterpart_slice_id) &&
           operation->has_counterpart_registry_hash == allocate->has_counterpart_registry_hash &&
           bytes_equal(operation->counterpart_registry_hash, allocate->counterpart_registry_hash);
}

static bool right_claim(const struct audit_slice *slice,
                        const struct millrace_claim_operation *operation) {
    return operation != NULL && uuid_equal(&operation->allocation_id, &slice->allocation.id) &&
           uuid_equal(&operation->slice_id, &slice->id) && operation->quantity == slice->quantity &&
           text_equal(operation->owner, slice->owner) &&
           same_hash(slice, operation->has_registry_hash, operation->registry_hash) &&
           uuid_equal(&operation->counterpart_certificate_id, &slice->allocation.counterpart);
}

static bool right_unclaim(const struct audit_slice *slice,
                          const struct millrace_unclaim_operation *operation) {
    return operation != NULL && uuid_equal(&operation->allocation_id, &slice->allocation.id) &&
           uuid_equal(&operation->slice_id, &slice->id) && operation->quantity == slice->quantity &&
           text_equal(operation->owner, slice->owner) &&
           same_hash(slice, operation->has_registry_hash, operation->registry_hash) &&
           uuid_equal(&operation->counterpart_certificate_id, &slice->allocation.counterpart);
}

static uint32_t operations_in(const struct millrace_operation *operation) {
    return (uint32_t)(operation->issue != NULL) + (operation->slice != NULL) +
           (operation->transfer != NULL) + (operation->allocate != NULL) +
           (operation->claim != NULL) + (operation->unclaim != NULL) +
           (operation->withdraw != NULL);
}

bool audit_operation_right(const struct audit_model *model, const struct audit_command *command,
                           const struct millrace_operation *operation) {
    const void *body = command->item->message.body;
    const struct certificates_commands_slice_certificate *slicing = body;
    const struct certificates_commands_transfer_slice *transfer = body;
    const struct certificates_commands_allocate_slice *allocate = body;
    const struct certificates_commands_claim_slice *claim = body;
    const struct certificates_commands_unclaim_slice *unclaim = body;
    const struct certificates_commands_withdraw_certificate *withdraw = body;
    if (operations_in(operation) != 1) {
        return false;
    }
    switch ((int)command->item->message.type) {
    case MESSAGE_CERTIFICATES_COMMANDS_ISSUE_CERTIFICATE:
        return right_issue(body, operation->issue);
    case MESSAGE_CERTIFICATES_COMMANDS_SLICE_CERTIFICATE:
        return right_slicing(audit_slice_find(model, &slicing->slice_id), slicing,
                             operation->slice);
    case MESSAGE_CERTIFICATES_COMMANDS_TRANSFER_SLICE:
        return right_transfer(audit_slice_find(model, &transfer->slice_id), transfer,
                              operation->transfer);
    case MESSAGE_CERTIFICATES_COMMANDS_ALLOCATE_SLICE:
        return right_allocation(model, audit_slice_find(model, &allocate->slice_id), allocate,
                                operation->allocate);
    case MESSAGE_CERTIFICATES_COMMANDS_CLAIM_SLICE:
        return right_claim(audit_slice_find(model, &claim->slice_id), operation->claim);
    case MESSAGE_CERTIFICATES_COMMANDS_UNCLAIM_SLICE:
        return right_unclaim(audit_slice_find(model, &unclaim->slice_id), operation->unclaim);
    case MESSAGE_CERTIFICATES_COMMANDS_WITHDRAW_CERTIFICATE:
        return operation->withdraw != NULL &&
               text_equal(operation->withdraw->grid_area, model->issue->grid_area) &&
               text_equal(operation->withdraw->reason, withdraw->reason);
    default:
        return false;
    }
}
