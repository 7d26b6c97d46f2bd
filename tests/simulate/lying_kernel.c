/* What the kernels on both ends do: connections, and parcels on their way. */
#include <assert.h>
#include <stdlib.h>

#include "tests/simulate/lying_inside.h"

enum {
    RESEND_FIRST_MS = 200, /* how long a kernel waits before it tries again; doubled each time */
    CONNECT_AGAIN_MS = 1000,
};

static void deliver(struct lying_way *way, struct lying_parcel *parcel) {
    struct lying_socket *socket = way->socket;
    struct lying_registry *registry = socket->registry;
    if (way == &socket->out) {
        if (parcel->kind == LYING_PARCEL_QUESTION) {
            lying_question_read(socket, parcel->question);
        } else {
            lying_request_read(socket, parcel->request);
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
    registry->changes++;
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

void lying_way_send(struct lying_way *way, const struct lying_parcel *what, int64_t takes_ms) {
    struct timeline *timeline = way->socket->registry->timeline;
    struct lying_parcel *parcel = malloc(sizeof *parcel);
    assert(parcel != NULL && takes_ms >= 0);
    if (timeline->now_ms + takes_ms > way->last_ms) {
        way->last_ms = timeline->now_ms + takes_ms;
    }
    *parcel = *what;
    parcel->at_ms = way->last_ms;
    parcel->next = NULL;
    *(way->head == NULL ? &way->head : &way->tail->next) = parcel;
    way->tail = parcel;
    timeline_at(timeline, parcel->at_ms, arrive, way, 0);
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
    registry->changes++;
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

void lying_socket_break(struct lying_socket *socket, bool reset, int64_t back_ms) {
    socket->broken = true;
    const enum lying_parcel_kind kind = reset ? LYING_PARCEL_RESET : LYING_PARCEL_END;
    lying_way_send(&socket->in, &(struct lying_parcel){.kind = kind}, back_ms);
}

void lying_request_answer(struct lying_request *request, enum lying_parcel_kind kind) {
    struct lying_socket *socket = request->socket;
    if (!socket->broken) {
        lying_way_send(&socket->in, &(struct lying_parcel){.kind = kind, .request = request},
                       request->fate.back_ms);
    }
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
    lying_way_send(&socket->out,
                   &(struct lying_parcel){.kind = LYING_PARCEL_REQUEST, .request = request},
                   chance_between(&request->chance, 0, registry->weather.way_most_ms));
}

void lying_socket_ask(struct lying_socket *socket, struct lying_question *question) {
    assert(!question->out);
    question->out = true;
    lying_way_send(&socket->out,
                   &(struct lying_parcel){.kind = LYING_PARCEL_QUESTION, .question = question},
                   socket->registry->weather.way_most_ms / 2);
}

static void free_parcels(struct lying_parcel *parcel) {
    while (parcel != NULL) {
        struct lying_parcel *next = parcel->next;
        free(parcel);
        parcel = next;
    }
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

void lying_kernels_close(struct lying_registry *registry) {
    while (registry->sockets != NULL) {
        struct lying_socket *socket = registry->sockets;
        registry->sockets = socket->next;
        assert(socket->connection == NULL); /* all connections are closed before */
        free_parcels(socket->out.head);
        free_parcels(socket->in.head);
        free_parcels(socket->inbox);
        free(socket);
    }
}
