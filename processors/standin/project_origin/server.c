#include "standin/project_origin/server.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "standin/listen.h"
#include "standin/project_origin/admin.h"

enum { EVENTS_AT_ONCE = 64, STREAM_BITS = 32 };

/* The registry's time is the machine's, and what the admin port added. */
static int64_t monotonic_ms(void *self) {
    const struct mimic_server *server = self;
    return server->clock.monotonic_ms(server->clock.self) + server->ahead_ms;
}

static int64_t wall_ms(void *self) {
    const struct mimic_server *server = self;
    return server->clock.wall_ms(server->clock.self) + server->ahead_ms;
}

static enum result watch(struct mimic_server *server, int fd, void *object, struct error *error) {
    return standin_watch(server->epoll, fd, object, error);
}

static enum result watch_signals(struct mimic_server *server, struct error *error) {
    (void)signal(SIGPIPE, SIG_IGN); /* OpenSSL writes as it likes */
    server->signals = standin_signals_open(error);
    return server->signals < 0 ? error->result
                               : watch(server, server->signals, &server->signals, error);
}

static enum result listen_at(struct mimic_server *server, const char *address, int *listener,
                             struct error *error) {
    *listener = standin_listen(address, error);
    return *listener < 0 ? error->result : watch(server, *listener, listener, error);
}

enum result mimic_server_open(struct mimic_server *server, struct mimic_options *options,
                              const struct clock *clock, struct error *error) {
    *server = (struct mimic_server){
        .options = options,
        .clock = *clock,
        .chance = {.state = options->seed},
        .signals = -1,
        .listener = -1,
        .admin_listener = -1,
    };
    options->faults.chance = &server->chance;
    server->registry = (struct mimic_registry){
        .network = &options->network,
        .latency = &options->latency,
        .finalize_after_ms = options->finalize_after_ms,
        .clock = {.self = server, .monotonic_ms = monotonic_ms, .wall_ms = wall_ms},
        .chance = &server->chance,
        .timers = &server->timers,
    };
    server->service = (struct mimic_service){
        .registry = &server->registry, .faults = &options->faults, .names = &options->names};
    mimic_registry_init(&server->registry);
    server->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (server->epoll < 0) {
        return error_set(error, RESULT_FAILED, "epoll_create1: %s", strerror(errno));
    }
    enum result result = standin_ledger_open(options->ledger, &server->ledger, error);
    server->registry.ledger = server->ledger;
    if (result == RESULT_OK) {
        result = mimic_registry_restore(&server->registry, options->ledger, error);
    }
    if (result == RESULT_OK) {
        result = mimic_tls_open(&options->tls, &server->tls, error);
    }
    if (result == RESULT_OK) {
        result = watch_signals(server, error);
    }
    if (result == RESULT_OK && options->admin != NULL) {
        result = listen_at(server, options->admin, &server->admin_listener, error);
    }
    return result;
}

void mimic_server_close(struct mimic_server *server) {
    while (server->sessions != NULL) {
        struct mimic_session *session = server->sessions;
        server->sessions = session->next;
        mimic_session_close(session);
    }
    while (server->visitors != NULL) {
        struct mimic_visitor *visitor = server->visitors;
        server->visitors = visitor->next;
        mimic_visitor_close(visitor);
    }
    mimic_timers_deinit(&server->timers);
    mimic_registry_deinit(&server->registry);
    if (server->ledger != NULL) {
        standin_ledger_close(server->ledger);
    }
    SSL_CTX_free(server->tls);
    standin_descriptor_close(&server->admin_listener);
    standin_descriptor_close(&server->listener);
    standin_descriptor_close(&server->signals);
    standin_descriptor_close(&server->epoll);
}

static struct mimic_session *session_by_number(const struct mimic_server *server, uint64_t number) {
    struct mimic_session *session = server->sessions;
    while (session != NULL && (session->number != number || session->ended)) {
        session = session->next;
    }
    return session;
}

static void answer_later(void *self, void *object, uint64_t number) {
    const struct mimic_server *server = self;
    (void)object;
    struct mimic_session *session = session_by_number(server, number >> STREAM_BITS);
    struct mimic_call *call = session == NULL || session->hang_up
                                  ? NULL
                                  : mimic_session_call(session, (int32_t)(uint32_t)number);
    if (call != NULL) {
        mimic_session_answer(call);
    }
}

/* A request is whole. What it does it does now; its answer may take its time. */
static void arrived(void *self, struct mimic_call *call) {
    struct mimic_server *server = self;
    struct mimic_session *session = call->session;
    if (call->too_large) {
        call->answer = mimic_answer_status(MIMIC_GRPC_RESOURCE_EXHAUSTED,
                                           "Received message exceeds the maximum size.");
    } else if (call->is_grpc) {
        mimic_service_call(&server->service, call->path, call->body, call->size, &call->answer);
    }
    if (call->answer.reply != MIMIC_REPLY_REFUSED && call->answer.reply != MIMIC_REPLY_GOAWAY &&
        call->stream > session->processed_last) {
        session->processed_last = call->stream;
    }
    const int64_t latency_ms = standin_latency_draw(&server->options->answering, &server->chance);
    if (latency_ms == 0) {
        mimic_session_answer(call);
        return;
    }
    const struct mimic_timer timer = {
        .due_ms = monotonic_ms(server) + latency_ms,
        .act = answer_later,
        .self = server,
        .number = session->number << STREAM_BITS | (uint32_t)call->stream,
    };
    mimic_timers_add(&server->timers, &timer);
}

static void accept_sessions(struct mimic_server *server) {
    struct error error;
    for (int fd; (fd = accept4(server->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0;) {
        const int on = 1;
        (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on); /* not on unix: */
        struct mimic_session *session =
            mimic_session_open(fd, server->tls, ++server->sessions_number,
                               server->options->streams_max, arrived, server);
        session->next = server->sessions;
        server->sessions = session;
        session->ended = watch(server, fd, session, &error) != RESULT_OK;
    }
}

static void accept_visitors(struct mimic_server *server) {
    struct error error;
    for (int fd;
         (fd = accept4(server->admin_listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0;) {
        struct mimic_visitor *visitor = mimic_visitor_open(fd);
        visitor->next = server->visitors;
        server->visitors = visitor;
        visitor->ended = watch(server, fd, visitor, &error) != RESULT_OK;
    }
}

/* Send what waits, and forget who has ended. */
static void settle_sessions(struct mimic_server *server) {
    for (struct mimic_session **link = &server->sessions; *link != NULL;) {
        struct mimic_session *session = *link;
        mimic_session_flush(session);
        if (session->ended) {
            *link = session->next;
            mimic_session_close(session);
            continue;
        }
        const bool is_blocked =
            session->transport.reading_is_blocked || session->transport.writing_is_blocked;
        if (session->is_blocked != is_blocked) {
            struct epoll_event event = {
                .events = EPOLLIN | (is_blocked ? (uint32_t)EPOLLOUT : 0),
                .data = {.ptr = session},
            };
            (void)epoll_ctl(server->epoll, EPOLL_CTL_MOD, session->transport.socket, &event);
            session->is_blocked = is_blocked;
        }
        link = &session->next;
    }
}

static void settle_visitors(struct mimic_server *server) {
    for (struct mimic_visitor **link = &server->visitors; *link != NULL;) {
        struct mimic_visitor *visitor = *link;
        if (visitor->ended) {
            *link = visitor->next;
            mimic_visitor_close(visitor);
        } else {
            link = &visitor->next;
        }
    }
}

static enum result apply_outage(struct mimic_server *server, struct error *error) {
    if (!server->told.outage && server->listener < 0) {
        return listen_at(server, server->options->listen, &server->listener, error);
    }
    if (server->told.outage && server->listener >= 0) {
        standin_descriptor_close(&server->listener);
        for (struct mimic_session *session = server->sessions; session != NULL;
             session = session->next) {
            session->ended = true;
        }
    }
    return RESULT_OK;
}

static int timeout_of(struct mimic_server *server) {
    const int64_t due_ms = mimic_timers_next_ms(&server->timers);
    if (due_ms == INT64_MAX) {
        return -1;
    }
    const int64_t left_ms = due_ms - monotonic_ms(server);
    return left_ms < 0 ? 0 : left_ms > INT_MAX ? INT_MAX : (int)left_ms;
}

/* Is it one of the connections to the admin port? Else it is a session. */
static struct mimic_visitor *visitor_of(const struct mimic_server *server, const void *object) {
    struct mimic_visitor *visitor = server->visitors;
    while (visitor != NULL && (const void *)visitor != object) {
        visitor = visitor->next;
    }
    return visitor;
}

static void dispatch(struct mimic_server *server, void *object) {
    if (object == &server->listener) {
        accept_sessions(server);
    } else if (object == &server->admin_listener) {
        accept_visitors(server);
    } else if (object == &server->signals) {
        standin_signals_take(server->signals, &server->told);
    } else {
        struct mimic_visitor *visitor = visitor_of(server, object);
        if (visitor != NULL) {
            mimic_visitor_serve(visitor, server);
        } else {
            mimic_session_receive(object);
        }
    }
}

enum result mimic_server_run(struct mimic_server *server, struct error *error) {
    while (!server->told.stopping) {
        if (apply_outage(server, error) != RESULT_OK) {
            return error->result;
        }
        mimic_timers_run(&server->timers, monotonic_ms(server));
        settle_sessions(server);
        settle_visitors(server);
        struct epoll_event events[EVENTS_AT_ONCE];
        const int count = epoll_wait(server->epoll, events, EVENTS_AT_ONCE, timeout_of(server));
        if (count < 0 && errno != EINTR) {
            return error_set(error, RESULT_FAILED, "epoll_wait: %s", strerror(errno));
        }
        for (int i = 0; i < count; i++) {
            dispatch(server, events[i].data.ptr);
        }
    }
    return RESULT_OK;
}
