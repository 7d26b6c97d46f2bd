/* How much larger a certificate's state may become: asked before a command is accepted, since an
 * outcome of the registry cannot be refused for want of room. */
#include <assert.h>

#include "domain/certificate.h"
#include "domain/limits.h"
#include "generated/c/certificates_commands.h"

enum {
    /* Encoded bytes, rounded up. Of a slice without an allocation: id 37, quantity 5, owner 130,
     * registry's name 67, reservation 38, and some of one byte. */
    SLICE_BYTES_MAX = 320,
    ALLOCATION_BYTES_MAX = 128, /* three ids */
    UUID_BYTES_MAX = 40,        /* one id that may be null */
    OWNER_BYTES_MAX = 136,
    REST_BYTES_MAX = 512, /* suspension, version, numbers */
};

/* What the model keeps of an issue is in the command. */
static uint32_t issue_growth(const struct certificates_commands_issue_certificate *command) {
    uint32_t growth = SLICE_BYTES_MAX + command->grid_area.length + command->registry.length;
    growth += command->has_asset_id ? command->asset_id.length : 0;
    for (uint32_t i = 0; i < command->attributes_count; i++) {
        growth += command->attributes[i].key.length + command->attributes[i].value.length + 8;
    }
    return growth;
}

uint32_t certificate_growth_max(const struct certificates_state_certificate_model *model,
                                const struct message *command) {
    assert(model != NULL && command != NULL);
    uint32_t growth = REST_BYTES_MAX;
    switch ((int)command->type) {
    case MESSAGE_CERTIFICATES_COMMANDS_ISSUE_CERTIFICATE:
        growth += issue_growth(command->body);
        break;
    case MESSAGE_CERTIFICATES_COMMANDS_SLICE_CERTIFICATE: {
        const struct certificates_commands_slice_certificate *slice = command->body;
        growth += slice->parts_count * SLICE_BYTES_MAX;
        break;
    }
    case MESSAGE_CERTIFICATES_COMMANDS_TRANSFER_SLICE:
        growth += OWNER_BYTES_MAX;
        break;
    case MESSAGE_CERTIFICATES_COMMANDS_ALLOCATE_SLICE:
        growth += ALLOCATION_BYTES_MAX;
        break;
    case MESSAGE_CERTIFICATES_COMMANDS_UNCLAIM_SLICE:
        growth += UUID_BYTES_MAX;
        break;
    default: /* what acts on our own books is measured after it has acted */
        break;
    }
    assert(growth <= CERTIFICATE_GROWTH_BYTES_MAX);
    return growth;
}
