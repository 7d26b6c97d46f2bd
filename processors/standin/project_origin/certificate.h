/* A granular certificate as the verifier builds it from its stream, event by event. */
#ifndef MILLRACE_STANDIN_PROJECT_ORIGIN_CERTIFICATE_H
#define MILLRACE_STANDIN_PROJECT_ORIGIN_CERTIFICATE_H

#include "standin/project_origin/event.h"

enum { MIMIC_SLICE_HASH_BYTES = 32 };

enum mimic_slice_state { MIMIC_SLICE_AVAILABLE, MIMIC_SLICE_ALLOCATED, MIMIC_SLICE_CLAIMED };

/* Everything points into events, which live as long as the certificate. */
struct mimic_slice {
    enum mimic_slice_state state;
    uint8_t hash[MIMIC_SLICE_HASH_BYTES]; /* SHA-256 of the commitment's content */
    const ProjectOrigin__Electricity__V1__Commitment *commitment;
    const ProjectOrigin__Electricity__V1__PublicKey *owner;
    /* Where it is allocated or claimed: */
    const char *allocation_id;
    const ProjectOrigin__Common__V1__FederatedStreamId *production;
    const ProjectOrigin__Common__V1__FederatedStreamId *consumption;
};

struct mimic_certificate {
    const ProjectOrigin__Electricity__V1__IssuedEvent *issued; /* NULL: nothing happened yet */
    bool withdrawn;
    bool broken; /* its stream can never be read again */
    struct mimic_slice *slices;
    uint32_t slices_count;
    uint32_t slices_capacity;
};

/* Take over an event that was found valid. */
void mimic_certificate_evolve(struct mimic_certificate *certificate,
                              const struct mimic_event *event);
void mimic_certificate_deinit(struct mimic_certificate *certificate);

/* NULL: there is none that is available. */
const struct mimic_slice *mimic_certificate_slice(const struct mimic_certificate *certificate,
                                                  const ProtobufCBinaryData *hash);
/* NULL: nothing is allocated, or claimed, under this id; ids are compared as text. */
const struct mimic_slice *mimic_certificate_allocation(const struct mimic_certificate *certificate,
                                                       enum mimic_slice_state state,
                                                       const char *allocation_id);

#endif
