/* The stand-in's registry of Project Origin without a network: a clock that the test moves, people
 * with keys, and events to be sent in and to be spoilt before. */
#ifndef MILLRACE_TESTS_MIMIC_SCENE_H
#define MILLRACE_TESTS_MIMIC_SCENE_H

#include "standin/project_origin/registry.h"

#define MIMIC_REGISTRY_NAME "narnia"
#define MIMIC_AREA "DK1"

enum { MIMIC_PARTS_MAX = 4 };

struct mimic_person {
    bool edwards; /* Ed25519, else secp256k1 */
    uint8_t secret[32];
    uint8_t content[44];
    ProjectOrigin__Electricity__V1__PublicKey key;
};

struct mimic_scene {
    int64_t now_ms;
    struct clock clock;
    struct mimic_network network;
    struct standin_latency latency;
    struct standin_chance chance;
    struct mimic_timers timers;
    struct standin_ledger *ledger;
    struct mimic_registry registry;
    char ledger_path[64];
    uint32_t nonces;
    struct mimic_person issuer; /* of MIMIC_AREA */
    struct mimic_person alice;
    struct mimic_person bob;
    char message[MIMIC_MESSAGE_MAX]; /* of what was sent last */
};

/* The issuer is known, signatures are checked, proofs are not; everything is executed at once. */
void mimic_scene_open(struct mimic_scene *scene);
void mimic_scene_close(struct mimic_scene *scene);
/* Close the registry and open it again: only the ledger stays. */
void mimic_scene_restart(struct mimic_scene *scene);
/* So much later, and everything is done that is due by then. */
void mimic_scene_pass(struct mimic_scene *scene, int64_t ms);

void mimic_person_init(struct mimic_person *person, uint8_t number, bool edwards);
/* A signed transaction for a stream, unlike all others; the caller's. */
struct mimic_transaction *mimic_scene_sign(struct mimic_scene *scene, const char *stream,
                                           const ProtobufCMessage *event,
                                           const struct mimic_person *signer);
/* Sign, queue and pass no time; what became of it, with `scene->message`. */
enum mimic_status mimic_scene_send(struct mimic_scene *scene, const char *stream,
                                   const ProtobufCMessage *event,
                                   const struct mimic_person *signer);
enum mimic_status mimic_scene_status(struct mimic_scene *scene, const uint8_t id[MIMIC_ID_BYTES]);

/* Each event with all that it points to. */
struct mimic_id {
    ProjectOrigin__Common__V1__Uuid uuid;
    ProjectOrigin__Common__V1__FederatedStreamId stream;
};
struct mimic_part {
    uint8_t point[32];
    ProjectOrigin__Electricity__V1__Commitment commitment;
    ProjectOrigin__Electricity__V1__SlicedEvent__Slice slice;
};
struct mimic_issue {
    struct mimic_id id;
    Google__Protobuf__Timestamp start;
    Google__Protobuf__Timestamp end;
    ProjectOrigin__Electricity__V1__DateInterval period;
    struct mimic_part part;
    ProjectOrigin__Electricity__V1__Attribute attribute;
    ProjectOrigin__Electricity__V1__Attribute *attributes[2];
    ProjectOrigin__Electricity__V1__IssuedEvent event;
};
struct mimic_transfer {
    struct mimic_id id;
    uint8_t hash[32];
    ProjectOrigin__Electricity__V1__TransferredEvent event;
};
struct mimic_cut {
    struct mimic_id id;
    uint8_t hash[32];
    uint8_t proof[64];
    struct mimic_part parts[MIMIC_PARTS_MAX];
    ProjectOrigin__Electricity__V1__SlicedEvent__Slice *slices[MIMIC_PARTS_MAX];
    ProjectOrigin__Electricity__V1__SlicedEvent event;
};
struct mimic_match {
    struct mimic_id production;
    struct mimic_id consumption;
    uint8_t production_hash[32];
    uint8_t consumption_hash[32];
    uint8_t proof[64];
    ProjectOrigin__Common__V1__Uuid allocation;
    ProjectOrigin__Electricity__V1__AllocatedEvent event;
};
struct mimic_claim {
    struct mimic_id id;
    ProjectOrigin__Common__V1__Uuid allocation;
    ProjectOrigin__Electricity__V1__ClaimedEvent event;
};

void mimic_id_init(struct mimic_id *id, const char *stream);
/* A point that is this number's, and the hash that names its slice. */
void mimic_point(uint8_t number, uint8_t point[32]);
void mimic_point_hash(uint8_t number, uint8_t hash[32]);
/* An hour from 2026-01-01, in MIMIC_AREA, of quantity `number`. */
void mimic_issue_init(struct mimic_issue *issue, const char *stream, int type, uint8_t number,
                      struct mimic_person *owner);
void mimic_transfer_init(struct mimic_transfer *transfer, const char *stream, uint8_t number,
                         struct mimic_person *owner);
/* Two parts. */
void mimic_cut_init(struct mimic_cut *cut, const char *stream, uint8_t number, uint8_t first,
                    uint8_t second, struct mimic_person *owner);
void mimic_match_init(struct mimic_match *match, const char *production, uint8_t production_number,
                      const char *consumption, uint8_t consumption_number, const char *allocation);
void mimic_claim_init(struct mimic_claim *claim, const char *stream, const char *allocation);

#endif
