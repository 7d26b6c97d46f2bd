/* The rooms of the workload among themselves: what a team hopes of a certificate, the commands that
 * it makes of that, and how they go wrong. */
#ifndef MILLRACE_SIMULATE_WORKLOAD_INSIDE_H
#define MILLRACE_SIMULATE_WORKLOAD_INSIDE_H

#include <assert.h>
#include <stddef.h>

#include "domain/arena.h"
#include "domain/message.h"
#include "generated/c/certificates_commands.h"
#include "tests/simulate/workload.h"

enum {
    HOPE_SLICES_MAX = 40,
    HOPE_OWNERS = 5,
    ASKED_MAX = 64,                 /* from outside, by `workload_asks` */
    COMMAND_VALUE_BYTES = 80 << 10, /* one that is too large, even */
};

enum hope_state {
    HOPE_FREE,
    HOPE_RESERVED,
    HOPE_ALLOCATED,
    HOPE_CLAIMED,
};

struct hope_slice {
    struct uuid id;
    int64_t quantity;
    uint32_t owner; /* index into `hope_owners` */
    enum hope_state state;
    struct uuid reservation_id; /* HOPE_RESERVED */
    struct uuid allocation_id;  /* HOPE_ALLOCATED, HOPE_CLAIMED */
};

/* A certificate as it would be if everything that was asked for had been done. */
struct hope {
    struct uuid id;
    bool has_asset;
    char asset[16];
    enum millrace_certificate_type type;
    uint32_t area; /* index into `hope_areas` */
    int64_t period_start_ms;
    int64_t quantity;
    bool other_registry;
    bool issued;
    bool withdrawn;
    int64_t version;
    struct hope_slice slices[HOPE_SLICES_MAX];
    uint32_t slices_count;
};

/* What all commands begin with, in the order of every command's struct. */
struct asked_head {
    struct millrace_metadata metadata;
    struct uuid certificate_id;
    struct text requested_by;
    bool has_expected_version;
    int64_t expected_version;
    bool has_claim_id;
    struct uuid claim_id;
};

#define ASKED_HEAD_IS_OF(command)                                                           \
    static_assert(offsetof(struct asked_head, requested_by) ==                              \
                          offsetof(struct certificates_commands_##command, requested_by) && \
                      offsetof(struct asked_head, claim_id) ==                              \
                          offsetof(struct certificates_commands_##command, claim_id),       \
                  "every command begins alike")
ASKED_HEAD_IS_OF(allocate_slice);
ASKED_HEAD_IS_OF(claim_slice);
ASKED_HEAD_IS_OF(issue_certificate);
ASKED_HEAD_IS_OF(release_reservation);
ASKED_HEAD_IS_OF(reserve_slices);
ASKED_HEAD_IS_OF(slice_certificate);
ASKED_HEAD_IS_OF(transfer_slice);
ASKED_HEAD_IS_OF(unclaim_slice);
ASKED_HEAD_IS_OF(withdraw_certificate);
#undef ASKED_HEAD_IS_OF

/* One command. Texts are literals, arrays lie in the workload's arena. */
struct asked {
    enum message_type type;
    union {
        struct asked_head head;
        struct certificates_commands_issue_certificate issue;
        struct certificates_commands_slice_certificate slice;
        struct certificates_commands_transfer_slice transfer;
        struct certificates_commands_reserve_slices reserve;
        struct certificates_commands_release_reservation release;
        struct certificates_commands_allocate_slice allocate;
        struct certificates_commands_claim_slice claim;
        struct certificates_commands_unclaim_slice unclaim;
        struct certificates_commands_withdraw_certificate withdraw;
    } body;
};

/* A record as it was written. */
struct written {
    struct asked asked;
    struct bytes value; /* in the arena */
    bool traced;
};

struct workload {
    struct workload_setup setup;
    struct chance chance;
    struct arena arena;
    void *memory;
    uint8_t *value; /* COMMAND_VALUE_BYTES to write the next one into */
    struct hope *hopes;
    struct written *written; /* commands only, oldest first */
    uint32_t written_count;
    struct workload_counts counts;
};

struct hope_area {
    const char *name;
    const char *issuer;
};
extern const char *const hope_owners[HOPE_OWNERS];
enum { HOPE_AREAS = 2 };
extern const struct hope_area hope_areas[HOPE_AREAS];

struct uuid workload_id(struct workload *workload); /* a new one */

/* ---- workload_hope.c ---- */

void hope_init(struct workload *workload, struct hope *hope, uint32_t number);
/* Some slice in this state; NULL: there is none. */
struct hope_slice *hope_slice_in(struct workload *workload, struct hope *hope,
                                 enum hope_state state);
/* What was asked for is hoped to be done. */
void hope_follow(struct hope *hope, const struct asked *asked);

/* ---- workload_ask.c: commands that are right where the hope is ---- */

void ask_issue(struct workload *workload, const struct hope *hope, struct asked *asked);
void ask_slicing(struct workload *workload, const struct hope *hope, const struct hope_slice *slice,
                 struct asked *asked);
void ask_transfer(struct workload *workload, const struct hope *hope,
                  const struct hope_slice *slice, struct asked *asked);
void ask_reservation(struct workload *workload, const struct hope *hope,
                     const struct hope_slice *slice, struct asked *asked);
void ask_release(struct workload *workload, const struct hope *hope, const struct hope_slice *slice,
                 struct asked *asked);
void ask_allocation(struct workload *workload, const struct hope *hope,
                    const struct hope_slice *slice, struct asked *asked);
void ask_claim(struct workload *workload, const struct hope *hope, const struct hope_slice *slice,
               struct asked *asked);
void ask_unclaim(struct workload *workload, const struct hope *hope, const struct hope_slice *slice,
                 struct asked *asked);
void ask_withdrawal(struct workload *workload, const struct hope *hope, struct asked *asked);
/* Any of them that suits. */
void ask_something(struct workload *workload, struct hope *hope, struct asked *asked);

/* ---- workload_impossible.c ---- */

/* False: this certificate gives no occasion for it. */
bool ask_impossible(struct workload *workload, struct hope *hope, enum impossible impossible,
                    struct asked *asked);

/* ---- workload_malformed.c ---- */

/* A record that is no command, made of one that is. `key` is of KNOWN_ID_CHARACTERS. */
struct spoiled {
    struct memory_record record;
    int32_t partition;
    char key[64];
    struct log_header header;
};
void workload_spoil(struct workload *workload, const struct asked *asked, enum malformed malformed,
                    struct spoiled *spoiled);

/* The bytes of a command, in `workload->value`. */
struct bytes workload_value(struct workload *workload, const struct asked *asked);

#endif
