#include <assert.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "tests/simulate/lying_inside.h"

enum {
    RESEND_FIRST_MS = 200, /* how long a kernel waits before it tries again; doubled each time */
    CONNECT_AGAIN_MS = 1000,
};

/* ---- weather ---- */

static void break_socket(struct lying_socket *socket, bool reset, int64_t back_ms);

static void count_change(struct lying_registry *registry) {
    registry->changes++;
}

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
            break_socket(socket, reset,
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

/* ---- the ways between ---- */

static void read_request(struct lying_socket *socket, struct lying_request *request);
static void read_question(struct lying_socket *socket, struct lying_question *question);

static void deliver(struct lying_way *way, struct lying_parcel *parcel) {
    struct lying_socket *socket = way->socket;
    struct lying_registry *registry = socket->registry;
    if (way == &socket->out) {
        if (parcel->kind == LYING_PARCEL_QUESTION) {
            read_question(socket, parcel->question);
        } else {
            read_request(socket, parcel->request);
        }
        free(parcel);
        return;
    }
    if (socket->connection == NULL) {
        free(parcel); /* there is nobody any more to hear it */
        return;
    }
    socket->reset = socket->reset || parcel->kind == LYING_PARCEL_RESET;
    *(socket->inbox == NULL ? &socket->inbox : &socket->inbox_tail->next) = parcel;
    socket->inbox_tail = parcel;
    count_change(registry);
}

static bool is_cut_off(const struct lying_socket *socket) {
    return socket->process != NULL && socket->process->no_registry;
}

static void arrive(void *context, uint64_t argument) {
    (void)argument;
    struct lying_way *way = context;
    const int64_t now_ms = way->socket->registry->timeline->now_ms;
    if (way->head != NULL && is_cut_off(way->socket)) {
        if (way->backoff_ms == 0 || now_ms >= way->again_ms) {
            way->backoff_ms = way->backoff_ms == 0 ? RESEND_FIRST_MS : 2 * way->backoff_ms;
            if (way->backoff_ms > LYING_RESEND_MOST_MS) {
                way->backoff_ms = LYING_RESEND_MOST_MS;
            }
            way->again_ms = now_ms + way->backoff_ms;
            timeline_at(way->socket->registry->timeline, way->again_ms, arrive, way, 0);
        }
        return;
    }
    way->backoff_ms = 0;
    while (way->head != NULL && way->head->at_ms <= now_ms) {
        struct lying_parcel *parcel = way->head;
        way->head = parcel->next;
        parcel->next = NULL;
        deliver(way, parcel);
    }
}

static void send(struct lying_way *way, enum lying_parcel_kind kind, struct lying_request *request,
                 int64_t takes_ms) {
    struct timeline *timeline = way->socket->registry->timeline;
    struct lying_parcel *parcel = malloc(sizeof *parcel);
    assert(parcel != NULL && takes_ms >= 0);
    if (timeline->now_ms + takes_ms > way->last_ms) {
        way->last_ms = timeline->now_ms + takes_ms;
    }
    *parcel = (struct lying_parcel){.kind = kind, .at_ms = way->last_ms, .request = request};
    *(way->head == NULL ? &way->head : &way->tail->next) = parcel;
    way->tail = parcel;
    timeline_at(timeline, parcel->at_ms, arrive, way, 0);
}

static void send_question(struct lying_way *way, enum lying_parcel_kind kind,
                          struct lying_question *question, int64_t takes_ms) {
    send(way, kind, NULL, takes_ms);
    way->tail->question = question;
}

static void connect_arrives(void *context, uint64_t argument) {
    (void)argument;
    struct lying_socket *socket = context;
    struct lying_registry *registry = socket->registry;
    if (socket->connection == NULL) {
        return; /* given up */
    }
    if (is_cut_off(socket)) {
        timeline_in(registry->timeline, CONNECT_AGAIN_MS, connect_arrives, socket, 0);
        return;
    }
    lying_registry_look(registry);
    socket->up = !registry->weather.away;
    socket->refused = registry->weather.away;
    count_change(registry);
}

struct lying_socket *lying_socket_new(struct lying_registry *registry, struct sim_process *process,
                                      struct lying_connection *connection) {
    struct lying_socket *socket = calloc(1, sizeof *socket);
    assert(socket != NULL);
    socket->registry = registry;
    socket->process = process;
    socket->connection = connection;
    socket->out.socket = socket;
    socket->in.socket = socket;
    socket->next = registry->sockets;
    registry->sockets = socket;
    timeline_in(registry->timeline,
                chance_between(&registry->chance, 0, registry->weather.way_most_ms),
                connect_arrives, socket, 0);
    return socket;
}

static void break_socket(struct lying_socket *socket, bool reset, int64_t back_ms) {
    socket->broken = true;
    send(&socket->in, reset ? LYING_PARCEL_RESET : LYING_PARCEL_END, NULL, back_ms);
}

static void answer(struct lying_request *request, enum lying_parcel_kind kind) {
    struct lying_socket *socket = request->socket;
    if (!socket->broken) {
        send(&socket->in, kind, request, request->fate.back_ms);
    }
}

/* ---- what it does ---- */

static uint32_t bucket_of(const struct uuid *submission_id) {
    uint32_t word;
    memcpy(&word, submission_id->bytes, sizeof word); /* ids are hashes themselves */
    uint32_t other;
    memcpy(&other, submission_id->bytes + sizeof submission_id->bytes - sizeof other, sizeof other);
    return (word ^ other) % LYING_BUCKETS;
}

static struct lying_submission *find_submission(const struct lying_registry *registry,
                                                const struct uuid *submission_id) {
    struct lying_submission *found = registry->submissions[bucket_of(submission_id)];
    while (found != NULL && !uuid_equal(&found->id, submission_id)) {
        found = found->next;
    }
    return found;
}

static void write_down(struct lying_registry *registry, const struct lying_request *request,
                       enum registry_deed deed) {
    if (registry->entries_count == registry->entries_capacity) {
        registry->entries_capacity =
            registry->entries_capacity == 0 ? 256 : 2 * registry->entries_capacity;
        registry->entries =
            realloc(registry->entries, registry->entries_capacity * sizeof *registry->entries);
        assert(registry->entries != NULL);
    }
    struct registry_entry *entry = &registry->entries[registry->entries_count++];
    *entry = request->entry;
    entry->deed = deed;
    entry->at_ms = registry->timeline->now_ms;
    entry->words = deed == REGISTRY_DEED_REFUSAL ? request->fate.words : NULL;
}

static void say_answer(struct lying_request *request) {
    const struct lying_fate *fate = &request->fate;
    switch (fate->answer) {
    case LYING_ANSWER_HONEST:
        if (request->registry->can_be_asked) {
            answer(request, LYING_PARCEL_ACCEPTED);
            return;
        }
        answer(request, fate->refuses ? LYING_PARCEL_REFUSED : LYING_PARCEL_EXECUTED);
        return;
    case LYING_ANSWER_NONE:
        return;
    case LYING_ANSWER_BREAK:
        if (!request->socket->broken) {
            break_socket(request->socket, fate->reset, fate->back_ms);
        }
        return;
    case LYING_ANSWER_UNREADABLE:
        answer(request, LYING_PARCEL_UNREADABLE);
        return;
    case LYING_ANSWER_VAGUE:
        answer(request, LYING_PARCEL_VAGUE);
        return;
    }
    assert(false);
}

static void do_request(void *context, uint64_t argument) {
    (void)argument;
    struct lying_request *request = context;
    struct lying_registry *registry = request->registry;
    const char *id = short_id(&request->entry.submission_id);
    assert(registry->pending > 0);
    registry->pending--;
    struct lying_submission *submission = find_submission(registry, &request->entry.submission_id);
    submission->done_ms = registry->timeline->now_ms;
    if (request->fate.drops) {
        transcript_say(registry->transcript, "the registry forgets %s", id);
    } else if (request->fate.refuses) {
        transcript_say(registry->transcript, "the registry refuses %s: %s", id,
                       request->fate.words);
        submission->refused = request->fate.words;
        write_down(registry, request, REGISTRY_DEED_REFUSAL);
    } else {
        submission->executions++;
        transcript_say(registry->transcript, "the registry executes %s%s", id,
                       submission->executions > 1 ? ", which it has executed before" : "");
        write_down(registry, request, REGISTRY_DEED_EXECUTION);
    }
    lying_registry_look(registry);
    if (!registry->can_be_asked) {
        say_answer(request);
    }
}

/* By the registry's own rules. */
static const char *const refusals[] = {
    "owner not known here",
    "the grid area is closed for today",
    "signature of the issuer has expired",
};
/* Such as only a registry can say whose books differ from ours. */
static const char *const contradictions[] = {
    "Slice not found",
    "Certificate slice does not exist",
    "Certificate is withdrawn",
    "Invalid signature for slice",
};
enum {
    REFUSALS = sizeof refusals / sizeof refusals[0],
    CONTRADICTIONS = sizeof contradictions / sizeof contradictions[0],
};

static int64_t at_least(int64_t value, int64_t least) {
    return value > least ? value : least;
}

/* Everything is drawn in every weather, so that one kind of trouble less leaves the rest as it is.
 */
static void draw_fate(struct lying_request *request) {
    const struct registry_weather *weather = &request->registry->weather;
    struct chance *chance = &request->chance;
    struct lying_fate *fate = &request->fate;
    const bool unread = chance_permille(chance, weather->reset_before_permille);
    const bool contradicts = chance_permille(chance, weather->contradicts_permille);
    const bool refuses = chance_permille(chance, weather->refuses_permille);
    const bool silent = chance_permille(chance, weather->silent_permille);
    const bool drops = chance_permille(chance, 500);
    const bool breaks = chance_permille(chance, weather->reset_after_permille);
    const bool garbled = chance_permille(chance, weather->garbled_permille);
    const bool unreadable = chance_permille(chance, 500);
    const bool accepts = chance_permille(chance, weather->accepts_permille);
    const bool late = chance_permille(chance, weather->late_permille);
    const bool reset = chance_permille(chance, 500);
    const uint32_t word = chance_below(chance, REFUSALS * CONTRADICTIONS);
    const int64_t least_ms = weather->latency_least_ms;
    const int64_t most_ms = at_least(weather->latency_most_ms, least_ms);
    const int64_t usual_ms = chance_between(chance, least_ms, most_ms);
    const int64_t queued_ms =
        chance_between(chance, most_ms, at_least(weather->queue_most_ms, most_ms));
    *fate = (struct lying_fate){
        .unread = unread,
        .reset = reset,
        .drops = silent && drops,
        .refuses = (contradicts || refuses) && !silent && !breaks,
        .accepts = accepts && !silent,
        .words = contradicts ? contradictions[word % CONTRADICTIONS] : refusals[word % REFUSALS],
        .answer = silent                  ? LYING_ANSWER_NONE
                  : breaks                ? LYING_ANSWER_BREAK
                  : garbled && unreadable ? LYING_ANSWER_UNREADABLE
                  : garbled               ? LYING_ANSWER_VAGUE
                                          : LYING_ANSWER_HONEST,
        .takes_ms = late ? queued_ms : usual_ms,
        .back_ms = chance_between(chance, 0, weather->way_most_ms),
    };
}

/* In the order of the certificate's stream, where there is one. */
static int64_t done_in_ms(struct lying_registry *registry, const struct lying_request *request) {
    if (!registry->can_be_asked) {
        return request->fate.takes_ms;
    }
    const int64_t now_ms = registry->timeline->now_ms;
    struct lying_stream *stream = registry->streams;
    while (stream != NULL && !uuid_equal(&stream->certificate_id, &request->entry.certificate_id)) {
        stream = stream->next;
    }
    if (stream == NULL) {
        stream = calloc(1, sizeof *stream);
        assert(stream != NULL);
        stream->certificate_id = request->entry.certificate_id;
        stream->next = registry->streams;
        registry->streams = stream;
    }
    stream->free_ms = at_least(now_ms + request->fate.takes_ms, stream->free_ms);
    return stream->free_ms - now_ms;
}

static void read_request(struct lying_socket *socket, struct lying_request *request) {
    struct lying_registry *registry = socket->registry;
    const struct registry_entry *entry = &request->entry;
    lying_registry_look(registry);
    draw_fate(request);
    if (!socket->broken && request->fate.unread) {
        break_socket(socket, request->fate.reset, request->fate.back_ms);
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
    write_down(registry, request, REGISTRY_DEED_REQUEST);
    if (registry->can_be_asked) {
        say_answer(request); /* that it has it; the outcome is to be asked for */
    } else if (request->fate.accepts) {
        answer(request, LYING_PARCEL_ACCEPTED);
    }
    request->held = registry->weather.holds;
    if (!request->held) {
        timeline_in(registry->timeline, done_in_ms(registry, request), do_request, request, 0);
    }
}

/* What it knows of it, and how. What it refused and has forgotten nobody learns any more. */
static void tell(const struct lying_registry *registry, struct lying_question *question) {
    const struct lying_submission *submission =
        find_submission(registry, &question->call.submission_id);
    const bool remembers =
        submission != NULL && registry->timeline->now_ms < submission->done_ms + LYING_REMEMBERS_MS;
    question->told = REGISTRY_REPLY_UNKNOWN;
    question->words = "not found";
    if (submission != NULL && submission->executions > 0) {
        question->told = REGISTRY_REPLY_SUCCEEDED;
        question->learnt = remembers ? REGISTRY_LEARNT_BY_STATUS : REGISTRY_LEARNT_BY_STREAM;
        question->words = remembers ? "committed" : "it is in the stream";
    } else if (remembers && submission->refused != NULL) {
        question->told = REGISTRY_REPLY_REFUSED;
        question->learnt = REGISTRY_LEARNT_BY_STATUS;
        question->words = submission->refused;
    }
}

static void read_question(struct lying_socket *socket, struct lying_question *question) {
    struct lying_registry *registry = socket->registry;
    const struct registry_weather *weather = &registry->weather;
    lying_registry_look(registry);
    struct chance chance = {.state = registry->chance.state ^ registry->questions_read++};
    (void)chance_below(&chance, 2);
    const bool silent = chance_permille(&chance, weather->silent_permille);
    const bool breaks = chance_permille(&chance, weather->reset_before_permille);
    const bool garbled = chance_permille(&chance, weather->garbled_permille);
    const int64_t back_ms = chance_between(&chance, 0, weather->way_most_ms);
    if (socket->broken || silent) {
        return;
    }
    if (breaks) {
        break_socket(socket, true, back_ms);
    } else if (garbled) {
        send(&socket->in, LYING_PARCEL_UNREADABLE, NULL, back_ms);
    } else {
        tell(registry, question);
        send_question(&socket->in, LYING_PARCEL_TOLD, question, back_ms);
    }
}

void lying_registry_settle(struct lying_registry *registry, const struct uuid *submission_id,
                           enum registry_deed deed) {
    const struct lying_submission *submission = find_submission(registry, submission_id);
    assert(submission != NULL && deed != REGISTRY_DEED_REQUEST);
    struct lying_request *request = submission->newest;
    while (request != NULL && !request->held) {
        request = request->sibling;
    }
    assert(request != NULL);
    request->held = false;
    request->fate = (struct lying_fate){
        .refuses = deed == REGISTRY_DEED_REFUSAL,
        .words = refusals[0],
        .answer = LYING_ANSWER_HONEST,
    };
    do_request(request, 0);
}

/* ---- requests ---- */

struct lying_request *lying_request_find(const struct lying_registry *registry,
                                         const struct uuid *submission_id,
                                         const struct lying_connection *connection) {
    const struct lying_submission *submission = find_submission(registry, submission_id);
    struct lying_request *request = submission != NULL ? submission->newest : NULL;
    while (request != NULL && request->connection != connection) {
        request = request->sibling;
    }
    return request;
}

/* What becomes of a request is drawn from its own stream: whatever else there is or is not, the
 * same request has the same fate in the same weather. */
static struct chance chance_of(const struct lying_registry *registry,
                               const struct registry_call *call, uint32_t older) {
    uint64_t halves[2];
    memcpy(halves, call->submission_id.bytes, sizeof halves);
    struct chance chance = {.state = registry->chance.state};
    chance.state ^= halves[0] ^ halves[1] ^ ((uint64_t)older << 32) ^ (uint32_t)call->attempt;
    (void)chance_below(&chance, 2);
    return chance;
}

static struct registry_transaction copy(const struct registry_transaction *from, char *memory) {
    memcpy(memory, from->id.data, from->id.length);
    memcpy(memory + from->id.length, from->bytes.data, from->bytes.length);
    return (struct registry_transaction){
        .id = {.data = memory, .length = from->id.length},
        .bytes = {.data = (const uint8_t *)memory + from->id.length, .length = from->bytes.length},
    };
}

struct lying_request *lying_request_new(struct lying_registry *registry,
                                        const struct registry_request *wanted) {
    struct lying_submission *submission = find_submission(registry, &wanted->call.submission_id);
    if (submission == NULL) {
        struct lying_submission **bucket =
            &registry->submissions[bucket_of(&wanted->call.submission_id)];
        submission = calloc(1, sizeof *submission);
        assert(submission != NULL);
        submission->id = wanted->call.submission_id;
        submission->next = *bucket;
        *bucket = submission;
    }
    uint32_t older = 0;
    for (const struct lying_request *r = submission->newest; r != NULL; r = r->sibling) {
        older++;
    }
    struct lying_request *request = calloc(
        1, sizeof *request + wanted->transaction.id.length + wanted->transaction.bytes.length);
    assert(request != NULL);
    request->entry = (struct registry_entry){
        .certificate_id = wanted->call.certificate_id,
        .submission_id = wanted->call.submission_id,
        .attempt = wanted->call.attempt,
        .transaction = copy(&wanted->transaction, request->memory),
    };
    request->registry = registry;
    request->ask_ms = INT64_MAX;
    request->chance = chance_of(registry, &wanted->call, older);
    request->deadline_ms = wanted->deadline_ms;
    request->sibling = submission->newest;
    submission->newest = request;
    return request;
}

void lying_socket_send(struct lying_socket *socket, struct lying_request *request) {
    struct lying_registry *registry = socket->registry;
    assert(request->place == LYING_PLACE_UNSENT && request->socket == NULL);
    request->place = LYING_PLACE_OUT;
    request->socket = socket;
    request->entry.process = socket->process->number;
    request->entry.life = socket->process->life;
    request->entry.handed_over_ms = registry->timeline->now_ms;
    registry->pending++;
    send(&socket->out, LYING_PARCEL_REQUEST, request,
         chance_between(&request->chance, 0, registry->weather.way_most_ms));
}

/* ---- questions ---- */

struct lying_question *lying_question_new(struct lying_registry *registry,
                                          const struct registry_call *call,
                                          struct lying_connection *connection) {
    struct lying_question *question = calloc(1, sizeof *question);
    assert(question != NULL && registry->can_be_asked);
    question->call = *call;
    question->connection = connection;
    question->next = registry->questions;
    registry->questions = question;
    return question;
}

void lying_socket_ask(struct lying_socket *socket, struct lying_question *question) {
    assert(!question->out);
    question->out = true;
    send_question(&socket->out, LYING_PARCEL_QUESTION, question,
                  socket->registry->weather.way_most_ms / 2);
}

void lying_registry_note_heard(struct lying_registry *registry, const struct uuid *submission_id,
                               const struct sim_process *process) {
    struct lying_submission *submission = find_submission(registry, submission_id);
    assert(submission != NULL && submission->newest != NULL);
    submission->newest->heard_by = process;
}

/* ---- as others see it ---- */

struct lying_registry *lying_registry_open(const struct lying_registry_setup *setup) {
    struct lying_registry *registry = calloc(1, sizeof *registry);
    assert(registry != NULL && setup->timeline != NULL && setup->transcript != NULL);
    registry->timeline = setup->timeline;
    registry->transcript = setup->transcript;
    registry->chance = setup->chance;
    registry->can_be_asked = setup->can_be_asked;
    return registry;
}

static void free_parcels(struct lying_parcel *parcel) {
    while (parcel != NULL) {
        struct lying_parcel *next = parcel->next;
        free(parcel);
        parcel = next;
    }
}

static void free_submissions(struct lying_submission *submission) {
    while (submission != NULL) {
        struct lying_submission *next = submission->next;
        while (submission->newest != NULL) {
            struct lying_request *request = submission->newest;
            submission->newest = request->sibling;
            free(request);
        }
        free(submission);
        submission = next;
    }
}

void lying_registry_close(struct lying_registry *registry) {
    while (registry->sockets != NULL) {
        struct lying_socket *socket = registry->sockets;
        registry->sockets = socket->next;
        assert(socket->connection == NULL); /* all connections are closed before */
        free_parcels(socket->out.head);
        free_parcels(socket->in.head);
        free_parcels(socket->inbox);
        free(socket);
    }
    for (uint32_t i = 0; i < LYING_BUCKETS; i++) {
        free_submissions(registry->submissions[i]);
    }
    while (registry->questions != NULL) {
        struct lying_question *question = registry->questions;
        registry->questions = question->next;
        free(question);
    }
    while (registry->streams != NULL) {
        struct lying_stream *stream = registry->streams;
        registry->streams = stream->next;
        free(stream);
    }
    while (registry->adapters != NULL) {
        struct lying_adapter *adapter = registry->adapters;
        registry->adapters = adapter->next;
        free(adapter);
    }
    for (uint32_t i = 0; i < registry->names_count; i++) {
        (void)close(registry->names[i].descriptor);
    }
    free(registry->entries);
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

void lying_registry_process_died(struct lying_registry *registry,
                                 const struct sim_process *process) {
    for (struct lying_socket *socket = registry->sockets; socket != NULL; socket = socket->next) {
        if (socket->process != process) {
            continue;
        }
        if (is_cut_off(socket)) { /* what did not get through never will */
            for (const struct lying_parcel *p = socket->out.head; p != NULL; p = p->next) {
                registry->pending -= p->kind == LYING_PARCEL_REQUEST ? 1 : 0;
            }
            free_parcels(socket->out.head);
            socket->out.head = NULL;
        }
        socket->process = NULL;
        socket->connection = NULL;
    }
}

uint32_t lying_registry_entries(const struct lying_registry *registry) {
    return registry->entries_count;
}

const struct registry_entry *lying_registry_entry(const struct lying_registry *registry,
                                                  uint32_t index) {
    assert(index < registry->entries_count);
    return &registry->entries[index];
}

bool lying_registry_executed(const struct lying_registry *registry,
                             const struct uuid *submission_id) {
    const struct lying_submission *submission = find_submission(registry, submission_id);
    return submission != NULL && submission->executions > 0;
}

bool lying_registry_was_heard(const struct lying_registry *registry,
                              const struct uuid *submission_id) {
    const struct lying_submission *submission = find_submission(registry, submission_id);
    const struct lying_request *request = submission == NULL ? NULL : submission->newest;
    while (request != NULL && (request->heard_by == NULL || request->heard_by->dead)) {
        request = request->sibling;
    }
    return request != NULL;
}

void lying_registry_let_ask(struct lying_registry *registry) {
    assert(registry->sockets == NULL); /* nobody is in the middle of anything */
    registry->can_be_asked = true;
}

uint32_t lying_registry_questions(const struct lying_registry *registry) {
    return registry->questions_read;
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
