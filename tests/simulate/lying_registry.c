#include <assert.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/simulate/lying_inside.h"

/* ---- weather ---- */

void lying_registry_look(struct lying_registry *registry) {
    if (registry->weather.away == registry->was_away) {
        return;
    }
    registry->was_away = registry->weather.away;
    transcript_say(registry->transcript, "the registry %s",
                   registry->was_away ? "goes away" : "is back");
    if (!registry->was_away) {
        return;
    }
    for (struct lying_socket *socket = registry->sockets; socket != NULL; socket = socket->next) {
        if (socket->up && !socket->broken) {
            const bool reset = chance_permille(&registry->chance, 500);
            lying_socket_break(socket, reset,
                               chance_between(&registry->chance, 0, registry->weather.way_most_ms));
        }
    }
}

static void look(void *context, uint64_t argument) {
    (void)argument;
    struct lying_registry *registry = context;
    registry->look_comes = false;
    lying_registry_look(registry);
}

struct registry_weather *lying_registry_weather(struct lying_registry *registry) {
    /* Who asks may be about to change it: connections have to end at that very moment. */
    if (!registry->look_comes) {
        registry->look_comes = true;
        timeline_in(registry->timeline, 0, look, registry, 0);
    }
    return &registry->weather;
}

/* ---- what it does ---- */

static void say_answer(struct lying_request *request) {
    const struct lying_fate *fate = &request->fate;
    switch (fate->answer) {
    case LYING_ANSWER_HONEST:
        if (request->registry->can_be_asked) {
            lying_request_answer(request, LYING_PARCEL_ACCEPTED);
            return;
        }
        lying_request_answer(request, fate->refuses ? LYING_PARCEL_REFUSED : LYING_PARCEL_EXECUTED);
        return;
    case LYING_ANSWER_NONE:
        return;
    case LYING_ANSWER_BREAK:
        if (!request->socket->broken) {
            lying_socket_break(request->socket, fate->reset, fate->back_ms);
        }
        return;
    case LYING_ANSWER_UNREADABLE:
        lying_request_answer(request, LYING_PARCEL_UNREADABLE);
        return;
    case LYING_ANSWER_VAGUE:
        lying_request_answer(request, LYING_PARCEL_VAGUE);
        return;
    }
    assert(false);
}

/* What a registry whose streams can be read makes of it: it knows what it has, and refuses what
 * cannot be done with that. */
static void mind_rules(struct lying_request *request) {
    struct lying_registry *registry = request->registry;
    struct lying_stream *stream =
        lying_stream_of(registry, &request->entry.certificate_id, request->entry.registry);
    arena_reset(&registry->arena);
    const struct lying_transaction transaction =
        lying_transaction_read(request->entry.transaction.bytes, &registry->arena);
    if (request->fate.drops) {
        stream->poisoned = stream->poisoned || request->fate.poisons;
        return;
    }
    const char *words = lying_stream_refuses(stream, &transaction);
    if (words != NULL && !request->fate.refuses) {
        request->fate.refuses = true;
        request->fate.words = words;
    }
    if (!request->fate.refuses) {
        lying_stream_execute(stream, &transaction, registry->timeline->now_ms, &registry->arena);
    }
}

static void do_request(void *context, uint64_t argument) {
    (void)argument;
    struct lying_request *request = context;
    struct lying_registry *registry = request->registry;
    const char *id = short_id(&request->entry.submission_id);
    assert(registry->pending > 0);
    registry->pending--;
    struct lying_submission *submission =
        lying_submission_find(registry, &request->entry.submission_id);
    submission->done_ms = registry->timeline->now_ms;
    if (registry->can_be_read) {
        mind_rules(request);
    }
    if (request->fate.drops) {
        transcript_say(registry->transcript, "the registry forgets %s", id);
    } else if (request->fate.refuses) {
        transcript_say(registry->transcript, "the registry refuses %s: %s", id,
                       request->fate.words);
        submission->refused = request->fate.words;
        lying_book_write(registry, request, REGISTRY_DEED_REFUSAL);
    } else {
        submission->executions++;
        transcript_say(registry->transcript, "the registry executes %s%s", id,
                       submission->executions > 1 ? ", which it has executed before" : "");
        lying_book_write(registry, request, REGISTRY_DEED_EXECUTION);
    }
    lying_registry_look(registry);
    if (!registry->can_be_asked) {
        say_answer(request);
    }
}

void lying_registry_meets_stranger(struct lying_registry *registry, struct chance *chance) {
    uint32_t count = 0;
    for (const struct lying_stream *stream = registry->streams; stream != NULL;
         stream = stream->next) {
        count++;
    }
    uint32_t left = chance_below(chance, count + 1);
    struct lying_stream *stream = registry->streams;
    for (; stream != NULL && left > 0; left--) {
        stream = stream->next;
    }
    if (stream == NULL) {
        return;
    }
    arena_reset(&registry->arena);
    if (lying_stream_is_changed(stream, chance, registry->timeline->now_ms, &registry->arena)) {
        transcript_say(registry->transcript, "somebody goes to the registry about %s by himself",
                       short_id(&stream->certificate_id));
    }
}

/* In the order of the certificate's stream, where there is one. */
static int64_t done_in_ms(struct lying_registry *registry, const struct lying_request *request) {
    if (!registry->can_be_asked) {
        return request->fate.takes_ms;
    }
    const int64_t now_ms = registry->timeline->now_ms;
    struct lying_stream *stream =
        lying_stream_of(registry, &request->entry.certificate_id, request->entry.registry);
    const int64_t done_ms = now_ms + request->fate.takes_ms;
    stream->free_ms = done_ms > stream->free_ms ? done_ms : stream->free_ms;
    return stream->free_ms - now_ms;
}

void lying_request_read(struct lying_socket *socket, struct lying_request *request) {
    struct lying_registry *registry = socket->registry;
    const struct registry_entry *entry = &request->entry;
    lying_registry_look(registry);
    lying_fate_draw(request);
    if (!socket->broken && request->fate.unread) {
        lying_socket_break(socket, request->fate.reset, request->fate.back_ms);
    }
    if (socket->broken) {
        registry->pending--;
        transcript_say(registry->transcript, "the registry has hung up before it reads %s",
                       short_id(&entry->submission_id));
        return;
    }
    transcript_say(registry->transcript, "the registry reads attempt %d of %s, from process %u",
                   entry->attempt, short_id(&entry->submission_id), entry->process);
    struct registry_entry read = *entry;
    read.deed = REGISTRY_DEED_REQUEST;
    read.at_ms = registry->timeline->now_ms;
    if (registry->watch != NULL) {
        registry->watch(registry->watch_context, &read);
    }
    lying_book_write(registry, request, REGISTRY_DEED_REQUEST);
    if (registry->can_be_asked) {
        say_answer(request); /* that it has it; the outcome is to be asked for */
    } else if (request->fate.accepts) {
        lying_request_answer(request, LYING_PARCEL_ACCEPTED);
    }
    request->held = registry->weather.holds;
    if (!request->held) {
        timeline_in(registry->timeline, done_in_ms(registry, request), do_request, request, 0);
    }
}

void lying_registry_settle(struct lying_registry *registry, const struct uuid *submission_id,
                           enum registry_deed deed) {
    const struct lying_submission *submission = lying_submission_find(registry, submission_id);
    assert(submission != NULL && deed != REGISTRY_DEED_REQUEST);
    struct lying_request *request = submission->newest;
    while (request != NULL && !request->held) {
        request = request->sibling;
    }
    assert(request != NULL);
    request->held = false;
    request->fate = lying_fate_by_hand(deed);
    do_request(request, 0);
}

/* ---- as others see it ---- */

struct lying_registry *lying_registry_open(const struct lying_registry_setup *setup) {
    struct lying_registry *registry = calloc(1, sizeof *registry);
    assert(registry != NULL && setup->timeline != NULL && setup->transcript != NULL);
    registry->timeline = setup->timeline;
    registry->transcript = setup->transcript;
    registry->chance = setup->chance;
    registry->can_be_asked = setup->can_be_asked;
    if (setup->can_be_read) {
        lying_registry_let_read(registry);
    }
    return registry;
}

void lying_registry_close(struct lying_registry *registry) {
    lying_kernels_close(registry);
    lying_questions_close(registry);
    lying_book_close(registry);
    while (registry->adapters != NULL) {
        struct lying_adapter *adapter = registry->adapters;
        registry->adapters = adapter->next;
        free(adapter);
    }
    for (uint32_t i = 0; i < registry->names_count; i++) {
        (void)close(registry->names[i].descriptor);
    }
    free(registry->arena.base);
    free(registry);
}

uint64_t lying_registry_changes(const struct lying_registry *registry) {
    return registry->changes;
}

static enum result open_connection(void *self, const struct registry_config *config,
                                   const struct clock *clock, struct registry *port,
                                   struct error *error) {
    (void)error;
    const struct lying_adapter *adapter = self;
    lying_connection_open(adapter->registry, adapter->process, config, clock, port);
    return RESULT_OK;
}

struct registry_adapter lying_registry_adapter(struct lying_registry *registry,
                                               struct sim_process *process) {
    struct lying_adapter *adapter = malloc(sizeof *adapter);
    assert(adapter != NULL);
    *adapter = (struct lying_adapter){registry, process, registry->adapters};
    registry->adapters = adapter;
    return (struct registry_adapter){.name = "lying", .self = adapter, .open = open_connection};
}

void lying_registry_let_ask(struct lying_registry *registry) {
    assert(registry->sockets == NULL); /* nobody is in the middle of anything */
    registry->can_be_asked = true;
}

void lying_registry_let_read(struct lying_registry *registry) {
    enum { ARENA_BYTES = 1 << 20 };
    assert(registry->sockets == NULL && registry->can_be_asked && !registry->can_be_read);
    void *memory = aligned_alloc(16, ARENA_BYTES);
    assert(memory != NULL);
    arena_init(&registry->arena, memory, ARENA_BYTES);
    registry->can_be_read = true;
}

bool lying_registry_can_be_read(const struct lying_registry *registry) {
    return registry->can_be_read;
}

uint32_t lying_registry_pending(const struct lying_registry *registry) {
    return registry->pending;
}

void lying_registry_watch(struct lying_registry *registry,
                          void (*watch)(void *context, const struct registry_entry *request),
                          void *context) {
    registry->watch = watch;
    registry->watch_context = context;
}
