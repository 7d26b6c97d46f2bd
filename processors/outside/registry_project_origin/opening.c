#include "outside/registry_project_origin/opening.h"

#include <assert.h>
#include <inttypes.h>

#include "domain/uuid.h"

static enum result check_quantity(const struct opening_clues *clues, struct error *error) {
    return clues->quantity >= 1 && clues->quantity <= UINT32_MAX
               ? RESULT_OK
               : error_set(error, RESULT_INVALID,
                           "a slice of %" PRId64 " Wh; the registry holds 1 to %" PRIu32,
                           clues->quantity, UINT32_MAX);
}

static void commit(const struct opening_clues *clues, struct opening *opening) {
    opening->quantity = (uint32_t)clues->quantity;
    commitment_make(opening->quantity, &opening->side.blinding, &opening->side.commitment);
    commitment_slice_hash(&opening->side.commitment, &opening->hash);
}

static enum result open_with(const struct blinding_secrets *secrets, struct text secret,
                             const struct opening_clues *clues, struct opening *opening,
                             struct error *error) {
    const enum result result = blinding_derive(secrets, secret, clues->certificate_id,
                                               clues->slice_id, &opening->side.blinding, error);
    if (result == RESULT_OK) {
        commit(clues, opening);
    }
    return result;
}

static bool has_hash(const struct opening *opening, struct bytes hash) {
    return bytes_equal((struct bytes){opening->hash.bytes, sizeof opening->hash.bytes}, hash);
}

static enum result not_opened(const struct opening_clues *clues, const char *why,
                              struct opening *opening, struct error *error) {
    char slice[UUID_CHARACTERS + 1] = "";
    uuid_to_text(clues->slice_id, slice);
    opening_wipe(opening);
    return error_set(error, RESULT_INVALID, "slice %s cannot be worked with: %s", slice, why);
}

enum result opening_make(const struct blinding_secrets *secrets, struct text secret,
                         const struct opening_clues *clues, struct opening *opening,
                         struct error *error) {
    const enum result result = check_quantity(clues, error);
    return result == RESULT_OK ? open_with(secrets, secret, clues, opening, error) : result;
}

static enum result open_given(const struct opening_clues *clues, struct opening *opening,
                              struct error *error) {
    if (clues->blinding.length != SCALAR_BYTES) {
        return not_opened(clues, "its blinding is not 32 bytes long", opening, error);
    }
    memcpy(opening->side.blinding.bytes, clues->blinding.data, SCALAR_BYTES);
    if (!scalar_is_valid(&opening->side.blinding)) {
        return not_opened(clues, "its blinding is no number below the group's order", opening,
                          error);
    }
    commit(clues, opening);
    if (clues->hash.length > 0 && !has_hash(opening, clues->hash)) {
        return not_opened(clues, "its blinding does not open what the registry has", opening,
                          error);
    }
    return RESULT_OK;
}

enum result opening_find(const struct blinding_secrets *secrets, struct text secret,
                         const struct opening_clues *clues, struct opening *opening,
                         struct error *error) {
    enum result result = check_quantity(clues, error);
    if (result != RESULT_OK) {
        return result;
    }
    if (clues->blinding.length > 0) {
        return open_given(clues, opening, error);
    }
    result = open_with(secrets, secret, clues, opening, error);
    if (result != RESULT_OK || clues->hash.length == 0 || has_hash(opening, clues->hash)) {
        return result;
    }
    for (uint32_t i = 0; i < secrets->count; i++) {
        const struct blinding_secret *older = &secrets->secrets[i];
        result = open_with(secrets, (struct text){older->name, older->name_length}, clues, opening,
                           error);
        assert(result == RESULT_OK);
        if (has_hash(opening, clues->hash)) {
            return RESULT_OK;
        }
    }
    return not_opened(clues,
                      "none of the configured blinding secrets opens what the registry has; was "
                      "one taken out of the configuration?",
                      opening, error);
}

bool opening_is_right(int64_t quantity, struct bytes blinding, struct bytes hash) {
    static const struct uuid nobody;
    const struct opening_clues clues = {.certificate_id = &nobody,
                                        .slice_id = &nobody,
                                        .quantity = quantity,
                                        .hash = hash,
                                        .blinding = blinding};
    struct opening opening = {.quantity = 0};
    struct error error;
    assert(blinding.length > 0 && hash.length > 0);
    const bool is_right = check_quantity(&clues, &error) == RESULT_OK &&
                          open_given(&clues, &opening, &error) == RESULT_OK;
    opening_wipe(&opening);
    return is_right;
}

void opening_wipe(struct opening *opening) {
    scalar_wipe(&opening->side.blinding);
}
