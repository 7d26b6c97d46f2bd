#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "outside/grpc/connection.h"
#include "outside/grpc/tls.h"

enum { SLOTS = 2 * GRPC_CONNECTIONS_MAX }; /* those that retire among them */

struct grpc_client {
    struct grpc_setup setup;
    const struct clock *clock;
    struct logger logger;
    uint32_t connections_max;
    struct grpc_connection *connections[SLOTS]; /* the first `connections_count`, oldest first */
    uint32_t connections_count;
    uint32_t failures;         /* connections in a row that came to nothing */
    int64_t retry_ms;          /* not before then the next one */
    uint64_t chance;           /* state of the generator */
    bool touched;              /* something has changed since the last `poll` */
    bool wanted;               /* calls wait that another connection could take */
    struct grpc_call *fetched; /* given out by the last `grpc_next`; NULL: none */
};

static int64_t now_of(const struct grpc_client *client) {
    return client->clock->monotonic_ms(client->clock->self);
}

/* SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014). */
static uint64_t draw(struct grpc_client *client) {
    client->chance += UINT64_C(0x9e3779b97f4a7c15);
    uint64_t number = client->chance;
    number = (number ^ (number >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    number = (number ^ (number >> 27)) * UINT64_C(0x94d049bb133111eb);
    return number ^ (number >> 31);
}

/* A connection came to nothing: the next one is not tried at once, nor by everybody together. */
static void back_off(struct grpc_client *client, int64_t now_ms) {
    int64_t wait_ms = GRPC_BACK_OFF_FIRST_MS;
    for (uint32_t i = 0; i < client->failures && wait_ms < GRPC_BACK_OFF_MAX_MS; i++) {
        wait_ms *= 2;
    }
    wait_ms = wait_ms < GRPC_BACK_OFF_MAX_MS ? wait_ms : GRPC_BACK_OFF_MAX_MS;
    client->failures++;
    client->retry_ms = now_ms + wait_ms / 2 + (int64_t)(draw(client) % (uint64_t)(wait_ms / 2 + 1));
}

enum result grpc_open(const struct grpc_options *options, struct grpc_client **client,
                      struct error *error) {
    assert(options != NULL && client != NULL && options->clock != NULL);
    assert(options->connections_max >= 1 && options->connections_max <= GRPC_CONNECTIONS_MAX);
    assert(options->reply_bytes_max <= INT32_MAX);
    struct grpc_client *made = calloc(1, sizeof *made);
    assert(made != NULL);
    made->clock = options->clock;
    made->logger = options->logger;
    made->connections_max = options->connections_max;
    made->chance = options->seed;
    made->retry_ms = INT64_MIN;
    made->setup.reply_bytes_max = options->reply_bytes_max;
    made->setup.epoll = epoll_create1(EPOLL_CLOEXEC);
    enum result result = RESULT_OK;
    if (made->setup.epoll < 0) {
        result = error_set(error, RESULT_FAILED, "epoll_create1: %s", strerror(errno));
    } else {
        result = grpc_address_parse(options->address, &made->setup.address, error);
    }
    if (result == RESULT_OK && made->setup.address.tls) {
        result = grpc_tls_open(options, &made->setup.tls, error);
    }
    if (result != RESULT_OK) {
        grpc_close(made);
        return result;
    }
    *client = made;
    return RESULT_OK;
}

struct grpc_call *grpc_call_start(struct grpc_client *client, const char *path,
                                  struct bytes message, int64_t deadline_ms, void *context) {
    assert(client != NULL && path != NULL && path[0] == '/');
    client->touched = true;
    return grpc_calls_add(&client->setup.calls, path, message, deadline_ms, context);
}

bool grpc_call_withdraw(struct grpc_client *client, struct grpc_call *call) {
    assert(client != NULL && call != NULL);
    if (call->place == GRPC_PLACE_OUT && !grpc_connection_handed(call->connection, call)) {
        grpc_connection_take_back(call->connection, call);
    }
    if (call->place != GRPC_PLACE_WAITING) {
        return false;
    }
    client->touched = true;
    grpc_calls_remove(&client->setup.calls, call);
    return true;
}

static bool takes_calls(const struct grpc_connection *connection) {
    return connection->state == GRPC_CONNECTION_UP && !connection->retired;
}

/* Connections that take calls, or will. */
static uint32_t usable_count(const struct grpc_client *client, bool *one_is_coming) {
    uint32_t count = 0;
    *one_is_coming = false;
    for (uint32_t i = 0; i < client->connections_count; i++) {
        const struct grpc_connection *connection = client->connections[i];
        const bool coming = connection->state != GRPC_CONNECTION_UP;
        count += coming || takes_calls(connection) ? 1 : 0;
        *one_is_coming |= coming;
    }
    return count;
}

static void forget(struct grpc_client *client, struct grpc_connection *connection) {
    uint32_t at = 0;
    while (client->connections[at] != connection) {
        at++;
        assert(at < client->connections_count);
    }
    client->connections_count--;
    memmove(&client->connections[at], &client->connections[at + 1],
            (client->connections_count - at) * sizeof(struct grpc_connection *));
    grpc_connection_close(connection);
}

/* Nobody can be reached: what waits for a stream was not handed over, and never will be. */
static void end_waiting(struct grpc_client *client, const struct error *error) {
    struct grpc_calls *calls = &client->setup.calls;
    while (calls->waiting.head != NULL) {
        grpc_calls_end(calls, calls->waiting.head, GRPC_OUTCOME_NOT_HANDED, false, error->text);
    }
}

/* A connection is over. What a byte of was handed over is broken. The rest may wait for the next
 * one where this one had worked, and ends where none ever did. */
static void lose(struct grpc_client *client, struct grpc_connection *connection, int64_t now_ms,
                 const struct error *error) {
    const bool answered = connection->answered;
    bool one_is_coming;
    uint32_t broken = 0;
    while (connection->out.tail != NULL &&
           !grpc_connection_handed(connection, connection->out.tail)) {
        grpc_connection_take_back(connection, connection->out.tail);
    }
    while (connection->out.head != NULL) {
        grpc_connection_end_call(connection, connection->out.head, GRPC_OUTCOME_BROKEN,
                                 error->text);
        broken++;
    }
    forget(client, connection);
    if (answered) {
        client->failures = 0;
    } else {
        back_off(client, now_ms);
        if (usable_count(client, &one_is_coming) == 0) {
            end_waiting(client, error);
        }
    }
    if (broken > 0) {
        logger_warning(&client->logger, "connection lost with calls out",
                       LOGGER_FIELDS(logger_error_field(error), logger_number("calls", broken)));
    }
}

/* Connections that take no more calls end with their last one. */
static void end_retired(struct grpc_client *client, int64_t now_ms) {
    for (uint32_t i = client->connections_count; i > 0; i--) {
        struct grpc_connection *connection = client->connections[i - 1];
        if (connection->retired && connection->out.count == 0) {
            if (connection->answered) {
                client->failures = 0;
            } else {
                back_off(client, now_ms);
            }
            forget(client, connection);
        }
    }
}

static void receive(struct grpc_client *client, int64_t now_ms) {
    struct error error;
    for (uint32_t i = client->connections_count; i > 0; i--) {
        struct grpc_connection *connection = client->connections[i - 1];
        if (client->setup.calls.ended.count >= GRPC_UNFETCHED_MAX) {
            client->touched = true; /* TLS may hold bytes of which epoll does not know */
            return;
        }
        if (grpc_connection_receive(connection, now_ms, &error) != RESULT_OK ||
            grpc_connection_tick(connection, now_ms, &error) != RESULT_OK) {
            lose(client, connection, now_ms, &error);
        }
    }
}

static void expire(struct grpc_client *client, int64_t now_ms) {
    struct grpc_calls *calls = &client->setup.calls;
    while (calls->timers.count > 0 && calls->timers.calls[0]->deadline_ms <= now_ms) {
        struct grpc_call *call = calls->timers.calls[0];
        if (call->place == GRPC_PLACE_OUT && !grpc_connection_handed(call->connection, call)) {
            grpc_connection_take_back(call->connection, call);
        }
        if (call->place == GRPC_PLACE_WAITING) {
            grpc_calls_end(calls, call, GRPC_OUTCOME_NOT_HANDED, false,
                           "the server took nothing of it in the time of the call");
        } else {
            grpc_connection_cancel_call(call->connection, call, GRPC_OUTCOME_TIMED_OUT,
                                        "no whole answer in the time of the call");
        }
    }
}

/* The first connection that has room; NULL: none. `*full`: all that take calls have no stream. */
static struct grpc_connection *find_room(const struct grpc_client *client,
                                         const struct grpc_call *call, bool *full) {
    *full = true;
    for (uint32_t i = 0; i < client->connections_count; i++) {
        const enum grpc_room room = grpc_connection_room(client->connections[i], call);
        if (room == GRPC_ROOM_YES) {
            return client->connections[i];
        }
        *full &= room != GRPC_ROOM_LATER;
    }
    return NULL;
}

static void send_out(struct grpc_client *client, int64_t now_ms) {
    struct error error;
    for (uint32_t i = client->connections_count; i > 0; i--) {
        struct grpc_connection *connection = client->connections[i - 1];
        if (connection->session != NULL && grpc_connection_send(connection, &error) != RESULT_OK) {
            lose(client, connection, now_ms, &error);
        }
    }
}

/* Give streams to calls in their order, as long as there are any. True: for want of streams a call
 * waits. */
static bool dispatch(struct grpc_client *client, int64_t now_ms) {
    const struct grpc_line *waiting = &client->setup.calls.waiting;
    struct error error;
    bool full = false;
    uint32_t unsent = 0; /* bytes since the kernel was asked last */
    while (waiting->head != NULL) {
        const struct grpc_call *call = waiting->head;
        struct grpc_connection *connection = find_room(client, call, &full);
        if (connection == NULL && unsent > 0) {
            send_out(client, now_ms); /* perhaps that makes room */
            unsent = 0;
            continue;
        }
        if (connection == NULL) {
            return full;
        }
        unsent += call->message_length;
        if (grpc_connection_take(connection, waiting->head, now_ms, &error) != RESULT_OK) {
            lose(client, connection, now_ms, &error);
        }
    }
    return false;
}

/* When to make another connection; INT64_MAX: not while things are as they are. */
static int64_t connect_ms(const struct grpc_client *client) {
    bool one_is_coming;
    const uint32_t usable = usable_count(client, &one_is_coming);
    const bool may = client->wanted && !one_is_coming && usable < client->connections_max &&
                     client->connections_count < SLOTS;
    return may ? client->retry_ms : INT64_MAX;
}

static void connect_another(struct grpc_client *client, int64_t now_ms) {
    struct error error;
    struct grpc_connection *connection;
    if (grpc_connection_open(&client->setup, now_ms, &connection, &error) != RESULT_OK) {
        bool one_is_coming;
        back_off(client, now_ms);
        if (usable_count(client, &one_is_coming) == 0) {
            end_waiting(client, &error);
        }
        return;
    }
    client->connections[client->connections_count++] = connection;
    if (grpc_connection_receive(connection, now_ms, &error) != RESULT_OK) {
        lose(client, connection, now_ms, &error);
    }
}

void grpc_poll(struct grpc_client *client) {
    assert(client != NULL);
    const int64_t now_ms = now_of(client);
    client->touched = false;
    receive(client, now_ms); /* first, so that a connection that has ended is not sent to */
    expire(client, now_ms);
    client->wanted = dispatch(client, now_ms);
    send_out(client, now_ms);
    end_retired(client, now_ms);
    client->wanted &= client->setup.calls.waiting.head != NULL;
    if (connect_ms(client) <= now_ms) {
        connect_another(client, now_ms);
    }
}

bool grpc_next(struct grpc_client *client, struct grpc_completion *completion) {
    assert(client != NULL && completion != NULL);
    struct grpc_calls *calls = &client->setup.calls;
    if (client->fetched != NULL) {
        grpc_calls_remove(calls, client->fetched);
        client->fetched = NULL;
    }
    struct grpc_call *call = calls->ended.head;
    if (call == NULL) {
        return false;
    }
    client->fetched = call;
    const struct grpc_answer *answer = call->answer;
    *completion = (struct grpc_completion){
        .context = call->context,
        .outcome = call->outcome,
        .handed = call->handed,
    };
    if (answer != NULL) {
        completion->status = answer->status;
        completion->http_status = answer->http_status;
        completion->status_is_http = answer->status_is_http;
        completion->words = (struct text){answer->words, answer->words_length};
    }
    if (call->words != NULL) {
        completion->words = text_of(call->words);
    }
    if (call->outcome == GRPC_OUTCOME_REPLY) {
        assert(answer != NULL);
        completion->reply = (struct bytes){answer->message, answer->length};
    }
    return true;
}

uint32_t grpc_calls_out(const struct grpc_client *client) {
    return client->setup.calls.count - (client->fetched != NULL ? 1 : 0);
}

int grpc_wait_fd(const struct grpc_client *client) {
    return client->setup.epoll;
}

int64_t grpc_next_deadline_ms(const struct grpc_client *client) {
    const struct grpc_calls *calls = &client->setup.calls;
    if (client->touched || calls->ended.count > (client->fetched != NULL ? 1 : 0)) {
        return INT64_MIN; /* no descriptor tells of that */
    }
    const int64_t now_ms = now_of(client);
    int64_t next_ms = calls->timers.count > 0 ? calls->timers.calls[0]->deadline_ms : INT64_MAX;
    for (uint32_t i = 0; i < client->connections_count; i++) {
        const int64_t deadline_ms = grpc_connection_deadline_ms(client->connections[i], now_ms);
        next_ms = deadline_ms < next_ms ? deadline_ms : next_ms;
    }
    const int64_t another_ms = connect_ms(client);
    return another_ms < next_ms ? another_ms : next_ms;
}

void grpc_close(struct grpc_client *client) {
    if (client == NULL) {
        return;
    }
    client->logger = logger_silent();
    const struct error closed = {.result = RESULT_FAILED, .text = "closed"};
    while (client->connections_count > 0) {
        lose(client, client->connections[0], INT64_MIN, &closed);
    }
    grpc_calls_deinit(&client->setup.calls);
    grpc_tls_close(client->setup.tls);
    if (client->setup.epoll >= 0) {
        (void)close(client->setup.epoll);
    }
    free(client);
}

enum result grpc_reach(const struct grpc_options *options, struct error *error) {
    struct grpc_client *client;
    struct grpc_connection *connection;
    enum result result = grpc_open(options, &client, error);
    if (result != RESULT_OK) {
        return result;
    }
    result = grpc_connection_open(&client->setup, now_of(client), &connection, error);
    if (result == RESULT_OK) {
        client->connections[client->connections_count++] = connection;
    }
    while (result == RESULT_OK && connection->state != GRPC_CONNECTION_UP) {
        struct pollfd wait = {.fd = client->setup.epoll, .events = POLLIN};
        (void)poll(&wait, 1, HOST_LOOKUP_INTERVAL_MS);
        const int64_t now_ms = now_of(client);
        result = grpc_connection_receive(connection, now_ms, error);
        if (result == RESULT_OK) {
            result = grpc_connection_tick(connection, now_ms, error);
        }
    }
    grpc_close(client);
    return result;
}
