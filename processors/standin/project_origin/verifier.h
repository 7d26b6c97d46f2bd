/* The rules of certificates, and what upstream says when one is broken. */
#ifndef MILLRACE_STANDIN_PROJECT_ORIGIN_VERIFIER_H
#define MILLRACE_STANDIN_PROJECT_ORIGIN_VERIFIER_H

#include "ports/prover.h"
#include "standin/project_origin/certificate.h"

enum {
    MIMIC_AREAS_MAX = 16,
    MIMIC_AREA_KEYS_MAX = 4,
    MIMIC_KEY_BYTES_MAX = 65,
    MIMIC_MESSAGE_MAX = 1024,
};

/* A key of the command line. */
struct mimic_area_key {
    uint8_t bytes[MIMIC_KEY_BYTES_MAX]; /* what `key` points to */
    ProjectOrigin__Electricity__V1__PublicKey key;
};

struct mimic_area {
    const char *name;
    struct mimic_area_key issuers[MIMIC_AREA_KEYS_MAX];
    uint32_t issuers_count;
    struct mimic_area_key chroniclers[MIMIC_AREA_KEYS_MAX];
    uint32_t chroniclers_count; /* 0: allocations need none */
};

struct mimic_network {
    const char *registry; /* the name by which it knows itself */
    bool signatures;      /* false: each signature is right, and, where none is named, each area */
    bool proofs;          /* sum and equality proofs are looked at; their length always is */
    bool range_proofs;    /* and range proofs, by this program's prover */
    struct prover prover; /* who can verify, where range proofs are looked at */
    bool enclosing;       /* of two periods that are allocated one must enclose the other */
    int64_t expire_days;  /* after the end of its period a certificate is of no use; 0: never */
    struct mimic_area areas[MIMIC_AREAS_MAX];
    uint32_t areas_count;
};

enum mimic_verdict {
    MIMIC_VERDICT_VALID,
    MIMIC_VERDICT_INVALID, /* FAILED, with the message */
    MIMIC_VERDICT_POISON,  /* upstream throws, and tries again for ever; the message says why */
};

struct mimic_judgement {
    enum mimic_verdict verdict;
    char message[MIMIC_MESSAGE_MAX];
};

/* One transaction before the judge. */
struct mimic_case {
    const struct mimic_network *network;
    const struct mimic_transaction *transaction; /* has a header with a stream */
    const struct mimic_certificate *certificate; /* of the header's stream */
    int64_t wall_ms;
    /* The certificate of a stream of this registry. NULL: there is no such stream. */
    const struct mimic_certificate *(*find)(void *self, const uint8_t stream[MIMIC_UUID_BYTES]);
    void *self;
    const struct mimic_event *event; /* set by the verifier */
};

/* Judge it. When it is VALID `event` is its event, and the caller's to close. */
void mimic_verify(struct mimic_case *judged, struct mimic_event *event,
                  struct mimic_judgement *judgement);

#endif
