#include "standin/project_origin/certificate.h"

#include <assert.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

const struct mimic_slice *mimic_certificate_slice(const struct mimic_certificate *certificate,
                                                  const ProtobufCBinaryData *hash) {
    for (uint32_t i = 0; i < certificate->slices_count; i++) {
        const struct mimic_slice *slice = &certificate->slices[i];
        if (slice->state == MIMIC_SLICE_AVAILABLE && hash->len == sizeof slice->hash &&
            memcmp(slice->hash, hash->data, sizeof slice->hash) == 0) {
            return slice;
        }
    }
    return NULL;
}

const struct mimic_slice *mimic_certificate_allocation(const struct mimic_certificate *certificate,
                                                       enum mimic_slice_state state,
                                                       const char *allocation_id) {
    assert(state != MIMIC_SLICE_AVAILABLE);
    for (uint32_t i = 0; i < certificate->slices_count; i++) {
        const struct mimic_slice *slice = &certificate->slices[i];
        if (slice->state == state && strcmp(slice->allocation_id, allocation_id) == 0) {
            return slice;
        }
    }
    return NULL;
}

/* Upstream keeps slices in dictionaries and throws when a key is there already. */
static bool is_there(const struct mimic_certificate *certificate, const struct mimic_slice *slice) {
    const ProtobufCBinaryData hash = {sizeof slice->hash, (uint8_t *)slice->hash};
    return slice->state == MIMIC_SLICE_AVAILABLE
               ? mimic_certificate_slice(certificate, &hash) != NULL
               : mimic_certificate_allocation(certificate, slice->state, slice->allocation_id) !=
                     NULL;
}

static void add(struct mimic_certificate *certificate, const struct mimic_slice *slice) {
    if (is_there(certificate, slice)) {
        certificate->broken = true;
        return;
    }
    if (certificate->slices_count == certificate->slices_capacity) {
        certificate->slices_capacity =
            certificate->slices_capacity == 0 ? 4 : certificate->slices_capacity * 2;
        certificate->slices =
            realloc(certificate->slices, certificate->slices_capacity * sizeof *slice);
        assert(certificate->slices != NULL);
    }
    certificate->slices[certificate->slices_count++] = *slice;
}

static void add_available(struct mimic_certificate *certificate,
                          const ProjectOrigin__Electricity__V1__Commitment *commitment,
                          const ProjectOrigin__Electricity__V1__PublicKey *owner) {
    struct mimic_slice slice = {
        .state = MIMIC_SLICE_AVAILABLE, .commitment = commitment, .owner = owner};
    (void)crypto_hash_sha256(slice.hash, commitment->content.data, commitment->content.len);
    add(certificate, &slice);
}

/* Take a slice out, that it may be put in again as something else. */
static struct mimic_slice take(struct mimic_certificate *certificate,
                               const struct mimic_slice *found) {
    assert(found != NULL); /* what was found valid has its slice */
    const struct mimic_slice slice = *found;
    certificate->slices[found - certificate->slices] =
        certificate->slices[--certificate->slices_count];
    return slice;
}

static void transferred(struct mimic_certificate *certificate,
                        const ProjectOrigin__Electricity__V1__TransferredEvent *event) {
    const struct mimic_slice slice =
        take(certificate, mimic_certificate_slice(certificate, &event->source_slice_hash));
    add_available(certificate, slice.commitment, event->new_owner);
}

static void sliced(struct mimic_certificate *certificate,
                   const ProjectOrigin__Electricity__V1__SlicedEvent *event) {
    (void)take(certificate, mimic_certificate_slice(certificate, &event->source_slice_hash));
    for (size_t i = 0; i < event->n_new_slices; i++) {
        add_available(certificate, event->new_slices[i]->quantity, event->new_slices[i]->new_owner);
    }
}

static void allocated(struct mimic_certificate *certificate,
                      const ProjectOrigin__Electricity__V1__AllocatedEvent *event) {
    const bool production = certificate->issued->type ==
                            PROJECT_ORIGIN__ELECTRICITY__V1__GRANULAR_CERTIFICATE_TYPE__PRODUCTION;
    struct mimic_slice slice = take(
        certificate,
        mimic_certificate_slice(certificate, production ? &event->production_source_slice_hash
                                                        : &event->consumption_source_slice_hash));
    slice.state = MIMIC_SLICE_ALLOCATED;
    slice.allocation_id = event->allocation_id->value;
    slice.production = event->production_certificate_id;
    slice.consumption = event->consumption_certificate_id;
    add(certificate, &slice);
}

static void claimed(struct mimic_certificate *certificate,
                    const ProjectOrigin__Electricity__V1__ClaimedEvent *event) {
    struct mimic_slice slice =
        take(certificate, mimic_certificate_allocation(certificate, MIMIC_SLICE_ALLOCATED,
                                                       event->allocation_id->value));
    slice.state = MIMIC_SLICE_CLAIMED;
    add(certificate, &slice);
}

static void unclaimed(struct mimic_certificate *certificate,
                      const ProjectOrigin__Electricity__V1__UnclaimedEvent *event) {
    const struct mimic_slice slice =
        take(certificate, mimic_certificate_allocation(certificate, MIMIC_SLICE_CLAIMED,
                                                       event->allocation_id->value));
    add_available(certificate, slice.commitment, slice.owner);
}

void mimic_certificate_evolve(struct mimic_certificate *certificate,
                              const struct mimic_event *event) {
    assert(!certificate->broken);
    assert((certificate->issued == NULL) == (event->kind == MIMIC_EVENT_ISSUED));
    switch (event->kind) {
    case MIMIC_EVENT_ISSUED:
        certificate->issued = event->issued;
        add_available(certificate, event->issued->quantity_commitment,
                      event->issued->owner_public_key);
        return;
    case MIMIC_EVENT_TRANSFERRED:
        transferred(certificate, event->transferred);
        return;
    case MIMIC_EVENT_SLICED:
        sliced(certificate, event->sliced);
        return;
    case MIMIC_EVENT_ALLOCATED:
        allocated(certificate, event->allocated);
        return;
    case MIMIC_EVENT_CLAIMED:
        claimed(certificate, event->claimed);
        return;
    case MIMIC_EVENT_WITHDRAWN:
        certificate->withdrawn = true;
        return;
    case MIMIC_EVENT_UNCLAIMED:
        unclaimed(certificate, event->unclaimed);
        return;
    case MIMIC_EVENT_OTHER:
        assert(false);
    }
}

void mimic_certificate_deinit(struct mimic_certificate *certificate) {
    free(certificate->slices);
    *certificate = (struct mimic_certificate){0};
}
