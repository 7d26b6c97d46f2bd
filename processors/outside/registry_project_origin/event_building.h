/* An event while it is built: what all kinds of events need. */
#ifndef MILLRACE_REGISTRY_PROJECT_ORIGIN_EVENT_BUILDING_H
#define MILLRACE_REGISTRY_PROJECT_ORIGIN_EVENT_BUILDING_H

#include "generated/project_origin/electricity.pb-c.h"
#include "outside/registry_project_origin/event.h"
#include "outside/registry_project_origin/opening.h"
#include "outside/registry_project_origin/packing.h"

/* protobuf-c's names of what is built here. */
#define ELECTRICITY(name) ProjectOrigin__Electricity__V1__##name
#define COMMON(name) ProjectOrigin__Common__V1__##name

/* Everything that is made lies in the arena, and all errors go to the one place. */
struct building {
    const struct origin_means *means;
    const struct uuid *certificate_id;
    const char *certificate_text; /* its id; the label of most proofs */
    struct arena *arena;
    struct error *error;
};

void *building_copy(const struct building *building, const void *value, size_t size);

/* A text of the operation. INVALID: a zero in it would cut it off in silence. */
enum result building_string(const struct building *building, const char *what, struct text text,
                            char **string);
COMMON(Uuid) * building_uuid(const struct building *building, const struct uuid *id);
/* A certificate at a registry, by that one's own name. */
COMMON(FederatedStreamId) *
    building_stream(const struct building *building, const char *registry, const struct uuid *id);
COMMON(FederatedStreamId) * building_own_stream(const struct building *building);

/* Who gets something. INVALID: the keyring does not have the key. */
enum result building_recipient(const struct building *building, struct text owner,
                               ELECTRICITY(PublicKey) * *key);
/* Who signs: an owner, or whoever issues in a grid area (of several, the first that we can sign
 * with). INVALID: the keyring does not have the secret. */
enum result building_owner(const struct building *building, struct text owner,
                           struct origin_event *event);
enum result building_issuer(const struct building *building, struct text area,
                            struct origin_event *event);

/* The commitment to a slice that is about to be made, with the proof that its quantity is one. */
enum result building_commit(const struct building *building, const struct uuid *slice_id,
                            int64_t quantity, struct opening *opening,
                            ELECTRICITY(Commitment) * *commitment);
/* A slice that lies at the registry. */
enum result building_open(const struct building *building, const struct opening_clues *clues,
                          struct opening *opening);
ProtobufCBinaryData building_hash(const struct building *building, const struct slice_hash *hash);

/* The events, by the files they are made in; the signer is set, too. */
enum result building_issued(const struct building *building,
                            const struct millrace_issue_operation *issue,
                            struct origin_event *event);
enum result building_withdrawn(const struct building *building,
                               const struct millrace_withdraw_operation *withdraw,
                               struct origin_event *event);
enum result building_sliced(const struct building *building,
                            const struct millrace_slice_operation *slice,
                            struct origin_event *event);
enum result building_transferred(const struct building *building,
                                 const struct millrace_transfer_operation *transfer,
                                 struct origin_event *event);
enum result building_allocated(const struct building *building,
                               const struct millrace_allocate_operation *allocate,
                               struct origin_event *event);
enum result building_claimed(const struct building *building,
                             const struct millrace_claim_operation *claim,
                             struct origin_event *event);
enum result building_unclaimed(const struct building *building,
                               const struct millrace_unclaim_operation *unclaim,
                               struct origin_event *event);

#endif
