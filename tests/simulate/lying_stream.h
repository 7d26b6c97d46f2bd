/* A certificate's stream at the registry of the second kind: what it has executed of it, folded
 * into slices by rules of its own. It knows what a real one only has commitments of. */
#ifndef MILLRACE_SIMULATE_LYING_STREAM_H
#define MILLRACE_SIMULATE_LYING_STREAM_H

#include "domain/arena.h"
#include "ports/registry.h"
#include "tests/simulate/chance.h"
#include "tests/simulate/lying_transaction.h"

enum { LYING_OWNER_MAX = 32 /* bytes of a name */ };

struct lying_slice {
    uint8_t name[LYING_NAME_BYTES]; /* the registry's own */
    struct uuid id;                 /* ours, as the transaction says that made it */
    int64_t quantity;               /* Wh */
    char owner[LYING_OWNER_MAX];
    uint32_t owner_length;
    enum millrace_slice_state state;
    struct uuid allocation_id; /* unless Available */
    struct uuid counterpart;
};

/* Something that it has executed. */
struct lying_deed {
    int64_t at_ms;
    struct uuid submission_id; /* a stranger's is nobody's */
    bool by_stranger;
    uint64_t digest; /* of the stream behind it, as it is shown */
};

struct lying_stream {
    struct uuid certificate_id;
    const char *registry; /* by its configured name; outlives this */
    int64_t free_ms;      /* when the last of it is done */
    bool poisoned;        /* something of it is pending for ever: nobody can read it any more */
    bool issued;
    bool withdrawn;
    int64_t transactions;       /* executed */
    struct lying_deed *deeds;   /* as many, from malloc */
    struct lying_slice *slices; /* from malloc */
    uint32_t slices_count;
    struct lying_stream *next;
};

/* What the registry says against executing this; NULL: nothing. */
const char *lying_stream_refuses(const struct lying_stream *stream,
                                 const struct lying_transaction *transaction);
/* Nothing stands against it: it is executed. `arena` is for what is needed just now. */
void lying_stream_execute(struct lying_stream *stream, const struct lying_transaction *transaction,
                          int64_t now_ms, struct arena *arena);
/* An owner, or the issuer, goes to the registry by himself, and we hear nothing of it. False: there
 * was nothing to do. */
bool lying_stream_is_changed(struct lying_stream *stream, struct chance *chance, int64_t now_ms,
                             struct arena *arena);
/* As whoever reads it is shown it, in `arena`. */
struct registry_stream lying_stream_show(const struct lying_stream *stream, struct arena *arena);
/* What is shown, in a number. */
uint64_t lying_stream_digest(const struct registry_events_stream_slice *slices,
                             uint32_t slices_count, bool withdrawn);
void lying_stream_deinit(struct lying_stream *stream);

/* The public key of an owner, as the registry shows it. */
struct bytes lying_key_of(struct text owner, struct arena *arena);

#endif
