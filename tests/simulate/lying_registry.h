/* The registry of the working assumptions, in virtual time: slow, sometimes away, not idempotent,
 * and it lies by all the ways that a reply can be lost. One kind is impossible to ask. The other
 * takes what it is sent, executes it later in the order of the certificate's stream, and can be
 * asked: it forgets a status, never a stream, and leaves some pending for ever. That one can also
 * let its streams be read; then it minds rules of its own, as a registry does that knows its
 * slices. What it was really sent and really did stands in its own ledger, which nobody of ours can
 * read. */
#ifndef MILLRACE_SIMULATE_LYING_REGISTRY_H
#define MILLRACE_SIMULATE_LYING_REGISTRY_H

#include "ports/registry.h"
#include "tests/simulate/chance.h"
#include "tests/simulate/lying_stream.h"
#include "tests/simulate/process.h"

/* What it is like now. All zeroes: at once and honest. */
struct registry_weather {
    int64_t latency_least_ms;
    int64_t latency_most_ms;
    int64_t way_most_ms; /* bytes take 0 … this long to arrive, also after the sender died */
    uint32_t refuses_permille;      /* by its own rules: not executed, and says so */
    uint32_t contradicts_permille;  /* refuses with words that contradict our books */
    uint32_t accepts_permille;      /* says first that it has it */
    uint32_t silent_permille;       /* takes it and never says anything; half of them execute */
    uint32_t reset_before_permille; /* the connection breaks before the request is read */
    uint32_t reset_after_permille;  /* executes, and the connection breaks before the reply */
    uint32_t garbled_permille;      /* executes or refuses, and the reply cannot be understood */
    uint32_t late_permille;         /* takes up to `queue_most_ms`, longer than a call may take */
    int64_t queue_most_ms;
    bool away;  /* nobody can connect */
    bool holds; /* what is read waits for `lying_registry_settle` */
};

enum registry_deed {
    REGISTRY_DEED_REQUEST, /* a whole request was read */
    REGISTRY_DEED_EXECUTION,
    REGISTRY_DEED_REFUSAL,
};

/* A line of the registry's own ledger. */
struct registry_entry {
    enum registry_deed deed;
    int64_t at_ms;        /* by the timeline, as all times here */
    const char *registry; /* by the name under which it was spoken to */
    struct uuid certificate_id;
    struct uuid submission_id;
    int32_t attempt; /* as the request says */
    struct registry_transaction transaction;
    uint32_t process; /* who sent it */
    uint32_t life;
    int64_t handed_over_ms; /* when its first byte was given to the kernel */
    const char *words;      /* of a refusal */
};

struct lying_registry_setup {
    struct timeline *timeline;
    struct transcript *transcript;
    struct chance chance;
    bool can_be_asked; /* of the second kind */
    bool can_be_read;  /* one of these: its streams, too */
};

struct lying_registry;

struct lying_registry *lying_registry_open(const struct lying_registry_setup *setup);
void lying_registry_close(struct lying_registry *registry);

/* To be asked for each time when it is to be changed: connections end when it goes away. */
struct registry_weather *lying_registry_weather(struct lying_registry *registry);
/* It is of the second kind, for all connections that are opened from now on. */
void lying_registry_let_ask(struct lying_registry *registry);
/* And its streams can be read. */
void lying_registry_let_read(struct lying_registry *registry);
/* Execute or refuse the newest request of a submission that is held, honestly and now. */
void lying_registry_settle(struct lying_registry *registry, const struct uuid *submission_id,
                           enum registry_deed deed);
/* Somebody has the registry change one of its certificates, and nobody of ours hears of it. Its
 * streams can be read. */
void lying_registry_meets_stranger(struct lying_registry *registry, struct chance *chance);
/* Changes whenever a lane may find something by `poll`. */
uint64_t lying_registry_changes(const struct lying_registry *registry);

/* The adapter "lying" as one process uses it; `adapter.self` lives as long as the registry. */
struct registry_adapter lying_registry_adapter(struct lying_registry *registry,
                                               struct sim_process *process);
/* A process was killed, or has ended: what its kernel has goes out, nothing else does; where it was
 * cut off at that moment, not even that. It is not looked at any more. */
void lying_registry_process_died(struct lying_registry *registry,
                                 const struct sim_process *process);

/* The ledger, oldest first. */
uint32_t lying_registry_entries(const struct lying_registry *registry);
const struct registry_entry *lying_registry_entry(const struct lying_registry *registry,
                                                  uint32_t index);
/* Has it executed this submission, as far as it knows itself? */
bool lying_registry_executed(const struct lying_registry *registry,
                             const struct uuid *submission_id);
/* Was its outcome given to a process that has not been killed since? Processes must outlive this.
 */
bool lying_registry_was_heard(const struct lying_registry *registry,
                              const struct uuid *submission_id);
/* Questions that it has read. */
uint32_t lying_registry_questions(const struct lying_registry *registry);
bool lying_registry_can_be_read(const struct lying_registry *registry);
/* What its people find in a certificate's stream; NULL: it has none by this name. */
const struct lying_stream *lying_registry_stream(const struct lying_registry *registry,
                                                 const struct uuid *certificate_id,
                                                 struct text name);
/* Requests that are in its queue or on their way to it. */
uint32_t lying_registry_pending(const struct lying_registry *registry);
/* Called at each request that is read, before anything else: whoever checks that an intent stands
 * committed does it at that moment. */
void lying_registry_watch(struct lying_registry *registry,
                          void (*watch)(void *context, const struct registry_entry *request),
                          void *context);

#endif
