/* What comes of what: every message of ours has a parent, and its id follows from it; so no message
 * can be its own ancestor, and a redone step makes the same message. */
#include "cli/message_fields.h"
#include "cli/verify/hash.h"
#include "cli/verify/state.h"
#include "domain/metadata.h"
#include "generated/c/message_types.h"

struct uuid verify_child_id(const struct uuid *certificate_id, const struct uuid *parent,
                            enum message_type type, uint32_t ordinal) {
    struct id_name name;
    id_name_begin(&name);
    id_name_add_uuid(&name, parent);
    id_name_add_text(&name, text_of(message_types[type].full_name));
    id_name_add_number(&name, ordinal);
    return uuid_v5(certificate_id, &name);
}

struct uuid verify_submit_id(const struct verify *verify, const struct verify_command *command) {
    return verify_child_id(verify_certificate_id(verify, command), &command->command_id,
                           MESSAGE_REGISTRY_COMMANDS_SUBMIT_TRANSACTION, 0);
}

/* Each attempt has an ordinal of its own; what was refused without one has the first. */
static struct uuid attempt_id(const struct verify *verify, const struct verify_command *command,
                              enum message_type type) {
    const struct uuid submit_id = verify_submit_id(verify, command);
    return verify_child_id(verify_certificate_id(verify, command), &submit_id, type,
                           command->attempts > 0 ? command->attempts - 1 : 0);
}

struct uuid verify_unknown_id(const struct verify *verify, const struct verify_command *command) {
    return attempt_id(verify, command, MESSAGE_REGISTRY_EVENTS_SUBMISSION_UNKNOWN);
}

struct uuid verify_outcome_id(const struct verify *verify, const struct verify_command *command) {
    if (command->resolved) {
        const struct uuid unknown_id = verify_unknown_id(verify, command);
        return verify_child_id(verify_certificate_id(verify, command), &unknown_id,
                               MESSAGE_REGISTRY_EVENTS_SUBMISSION_RESOLVED, 0);
    }
    return attempt_id(verify, command,
                      command->outcome == VERIFY_OUTCOME_EXECUTED
                          ? MESSAGE_REGISTRY_EVENTS_SUBMISSION_SUCCEEDED
                          : MESSAGE_REGISTRY_EVENTS_SUBMISSION_REFUSED);
}

bool verify_lineage(struct verify *verify, const struct verify_record *record,
                    const struct uuid *certificate_id, uint32_t ordinal) {
    const struct verify_place place = verify_place_of(record->record);
    const enum message_type type = record->message->type;
    const struct millrace_metadata *metadata = message_metadata(type, record->message->body);
    char text[VERIFY_ID_SIZE];
    char parent[VERIFY_ID_SIZE];
    if (!metadata->has_parent_id) {
        verify_breach(verify, &place, "has no parent: nobody can tell what it came of");
        return false;
    }
    if (metadata->timestamp <= 0 || metadata->source.name.length == 0 ||
        metadata->source.version.length == 0) {
        verify_breach(verify, &place, "does not say when it was made, or by what");
        return false;
    }
    const struct uuid id = verify_child_id(certificate_id, &metadata->parent_id, type, ordinal);
    if (!uuid_equal(&id, &metadata->id)) {
        verify_breach(verify, &place, "the id %s does not follow from the parent %s",
                      verify_id(&metadata->id, text), verify_id(&metadata->parent_id, parent));
        return false;
    }
    return true;
}

static uint32_t descent_of(const struct uuid *root, const struct millrace_metadata *metadata) {
    const uint32_t hash = hash_uuid(0, root);
    return metadata->has_channel ? hash_text(hash, metadata->channel) : hash;
}

uint32_t verify_descent_of_root(const struct millrace_metadata *metadata) {
    /* A message without a correlation is the root itself. */
    return descent_of(metadata->has_correlation_id ? &metadata->correlation_id : &metadata->id,
                      metadata);
}

bool verify_inherits(struct verify *verify, const struct verify_record *record,
                     const struct verify_command *command) {
    const struct millrace_metadata *metadata =
        message_metadata(record->message->type, record->message->body);
    if (!command->seen && !command->operation) {
        return true; /* nobody knows what there was to inherit */
    }
    if (metadata->has_correlation_id &&
        descent_of(&metadata->correlation_id, metadata) == command->descent) {
        return true;
    }
    const struct verify_place place = verify_place_of(record->record);
    char text[VERIFY_ID_SIZE];
    verify_breach(verify, &place,
                  "its correlation or channel is not that of the command %s that it comes of",
                  verify_id(&command->command_id, text));
    return false;
}
