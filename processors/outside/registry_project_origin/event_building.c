#include "outside/registry_project_origin/event_building.h"

void *building_copy(const struct building *building, const void *value, size_t size) {
    void *kept = arena_take(building->arena, size);
    memcpy(kept, value, size);
    return kept;
}

/* --- Texts and names. --- */

enum result building_string(const struct building *building, const char *what, struct text text,
                            char **string) {
    if (text.length > 0 && memchr(text.data, '\0', text.length) != NULL) {
        return error_set(building->error, RESULT_INVALID, "%s has a character of code 0 in it",
                         what);
    }
    *string = arena_take(building->arena, (size_t)text.length + 1);
    if (text.length > 0) {
        memcpy(*string, text.data, text.length);
    }
    return RESULT_OK;
}

COMMON(Uuid) * building_uuid(const struct building *building, const struct uuid *id) {
    COMMON(Uuid) uuid = PROJECT_ORIGIN__COMMON__V1__UUID__INIT;
    uuid.value = packing_uuid(id, building->arena);
    return building_copy(building, &uuid, sizeof uuid);
}

COMMON(FederatedStreamId) *
    building_stream(const struct building *building, const char *registry, const struct uuid *id) {
    COMMON(FederatedStreamId) stream = PROJECT_ORIGIN__COMMON__V1__FEDERATED_STREAM_ID__INIT;
    stream.registry = (char *)registry;
    stream.stream_id = building_uuid(building, id);
    return building_copy(building, &stream, sizeof stream);
}

COMMON(FederatedStreamId) * building_own_stream(const struct building *building) {
    return building_stream(building, building->means->names[0].own, building->certificate_id);
}

/* --- Keys. --- */

static enum result find_owner_key(const struct building *building, struct text name,
                                  const struct key **key) {
    *key = keyring_find(building->means->keyring, KEY_ROLE_OWNER, name);
    return *key != NULL
               ? RESULT_OK
               : error_set(building->error, RESULT_INVALID,
                           "the keyring has no key of the owner \"%.*s\"; see `millrace keys`",
                           (int)name.length, name.data);
}

enum result building_owner(const struct building *building, struct text name,
                           struct origin_event *event) {
    const enum result result = find_owner_key(building, name, &event->signer);
    if (result == RESULT_OK && event->signer->secret == NULL) {
        return error_set(
            building->error, RESULT_INVALID,
            "the keyring has only the public key of the owner \"%.*s\", so nothing can "
            "be done in its name",
            (int)name.length, name.data);
    }
    return result;
}

enum result building_issuer(const struct building *building, struct text area,
                            struct origin_event *event) {
    const struct rules *rules = building->means->rules;
    for (uint32_t i = 0; i < rules->issuers_count; i++) {
        const struct key *key =
            keyring_find(building->means->keyring, KEY_ROLE_ISSUER, rules->issuers[i].name);
        if (text_equal(rules->issuers[i].grid_area, area) && key != NULL && key->secret != NULL) {
            event->signer = key;
            return RESULT_OK;
        }
    }
    return error_set(building->error, RESULT_INVALID,
                     "the keyring has no secret key of an issuer of the grid area \"%.*s\"; see "
                     "rules.issuers and `millrace keys`",
                     (int)area.length, area.data);
}

enum result building_recipient(const struct building *building, struct text name,
                               ELECTRICITY(PublicKey) * *owner) {
    const struct key *key = NULL;
    const enum result result = find_owner_key(building, name, &key);
    if (result == RESULT_OK) {
        ELECTRICITY(PublicKey) taken = PROJECT_ORIGIN__ELECTRICITY__V1__PUBLIC_KEY__INIT;
        taken.content = packing_binary(key->public_bytes, key->public_length);
        taken.type = key->kind == KEY_KIND_ED25519
                         ? PROJECT_ORIGIN__ELECTRICITY__V1__KEY_TYPE__ED25519
                         : PROJECT_ORIGIN__ELECTRICITY__V1__KEY_TYPE__Secp256k1;
        *owner = building_copy(building, &taken, sizeof taken);
    }
    return result;
}

/* --- Slices. --- */

enum result building_open(const struct building *building, const struct opening_clues *clues,
                          struct opening *opening) {
    return opening_find(building->means->secrets, building->means->secret, clues, opening,
                        building->error);
}

ProtobufCBinaryData building_hash(const struct building *building, const struct slice_hash *hash) {
    return packing_binary(building_copy(building, hash, sizeof *hash), sizeof *hash);
}

enum result building_commit(const struct building *building, const struct uuid *slice_id,
                            int64_t quantity, struct opening *opening,
                            ELECTRICITY(Commitment) * *commitment) {
    const struct opening_clues clues = {
        .certificate_id = building->certificate_id, .slice_id = slice_id, .quantity = quantity};
    enum result result = opening_make(building->means->secrets, building->means->secret, &clues,
                                      opening, building->error);
    if (result != RESULT_OK) {
        return result;
    }
    const struct point *point =
        building_copy(building, &opening->side.commitment, sizeof opening->side.commitment);
    const struct prover *prover = building->means->prover;
    const struct prover_statement statement = {
        .commitment = point->bytes,
        .quantity = opening->quantity,
        .blinding = opening->side.blinding.bytes,
        .label = text_of(building->certificate_text),
    };
    struct bytes proof;
    result = prover->prove(prover->self, &statement, building->arena, &proof, building->error);
    if (result == RESULT_OK) {
        ELECTRICITY(Commitment) made = PROJECT_ORIGIN__ELECTRICITY__V1__COMMITMENT__INIT;
        made.content = packing_binary(point->bytes, sizeof point->bytes);
        made.range_proof = packing_binary(proof.data, proof.length);
        *commitment = building_copy(building, &made, sizeof made);
    }
    return result;
}
