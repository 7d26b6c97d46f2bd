#include "standin/server.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "standin/listen.h"

enum { EVENTS_AT_ONCE = 64 };

static int64_t now_of(const struct standin_server *server) {
    return server->clock.monotonic_ms(server->clock.self);
}

static enum result watch_signals(struct standin_server *server, struct error *error) {
    server->signals = standin_signals_open(error);
    return server->signals < 0
               ? error->result
               : standin_watch(server->epoll, server->signals, &server->signals, error);
}

enum result standin_server_open(struct standin_server *server, struct standin_options *options,
                                const struct clock *clock, struct error *error) {
    *server = (struct standin_server){
        .options = options,
        .clock = *clock,
        .chance = {.state = options->seed},
        .signals = -1,
        .listener = -1,
    };
    server->started_ms = now_of(server);
    server->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (server->epoll < 0) {
        return error_set(error, RESULT_FAILED, "epoll_create1: %s", strerror(errno));
    }
    enum result result = standin_ledger_open(options->ledger, &server->ledger, error);
    if (result == RESULT_OK) {
        result = watch_signals(server, error);
    }
    return result;
}

void standin_server_close(struct standin_server *server) {
    while (server->clients != NULL) {
        struct standin_client *client = server->clients;
        server->clients = client->next;
        standin_client_close(client);
    }
    standin_jobs_deinit(&server->jobs);
    if (server->ledger != NULL) {
        standin_ledger_close(server->ledger);
    }
    standin_descriptor_close(&server->listener);
    standin_descriptor_close(&server->signals);
    standin_descriptor_close(&server->epoll);
}

static void accept_all(struct standin_server *server) {
    for (;;) {
        const int fd = accept4(server->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0) {
            return; /* epoll tells of the next */
        }
        struct standin_client *client = standin_client_open(fd, ++server->clients_number);
        struct epoll_event event = {.events = EPOLLIN, .data = {.ptr = client}};
        if (epoll_ctl(server->epoll, EPOLL_CTL_ADD, fd, &event) != 0) {
            standin_client_close(client);
            return;
        }
        client->next = server->clients;
        server->clients = client;
    }
}

static void serve(struct standin_server *server, struct standin_client *client, uint32_t events) {
    if (client->ended) {
        return;
    }
    if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0 && !standin_client_receive(client)) {
        client->ended = true;
        return;
    }
    size_t length;
    for (char *frame; !client->ended && (frame = standin_client_frame(client, &length)) != NULL;) {
        standin_server_request(server, client, frame, length);
    }
}

/* Send what waits, and forget who has ended. */
static void settle_clients(struct standin_server *server) {
    for (struct standin_client **link = &server->clients; *link != NULL;) {
        struct standin_client *client = *link;
        if (!client->ended && client->output_length > 0) {
            client->ended = !standin_client_flush(client);
            struct epoll_event event = {
                .events = EPOLLIN | (client->output_length > 0 ? (uint32_t)EPOLLOUT : 0),
                .data = {.ptr = client},
            };
            (void)epoll_ctl(server->epoll, EPOLL_CTL_MOD, client->socket, &event);
        }
        if (client->ended) {
            *link = client->next;
            standin_client_close(client);
        } else {
            link = &client->next;
        }
    }
}

static struct standin_client *client_by_number(const struct standin_server *server,
                                               uint64_t number) {
    struct standin_client *client = server->clients;
    while (client != NULL && (client->number != number || client->ended)) {
        client = client->next;
    }
    return client;
}

static void finish_due(struct standin_server *server) {
    const int64_t now_ms = now_of(server);
    while (standin_jobs_next(&server->jobs) != NULL &&
           standin_jobs_next(&server->jobs)->due_ms <= now_ms) {
        const struct standin_job job = standin_jobs_take(&server->jobs);
        standin_server_finish(server, client_by_number(server, job.client), &job);
        free(job.frame);
    }
}

/* Is there an outage now, and when does that change next? */
static bool in_outage(const struct standin_server *server, int64_t *change_ms) {
    const int64_t since_ms = now_of(server) - server->started_ms;
    bool outage = server->told.outage;
    *change_ms = INT64_MAX;
    for (uint32_t i = 0; i < server->options->outages_count; i++) {
        const struct standin_outage *each = &server->options->outages[i];
        const int64_t edge_ms = since_ms < each->begin_ms ? each->begin_ms : each->end_ms;
        outage = outage || (since_ms >= each->begin_ms && since_ms < each->end_ms);
        if (edge_ms > since_ms && edge_ms + server->started_ms < *change_ms) {
            *change_ms = edge_ms + server->started_ms;
        }
    }
    return outage;
}

static enum result begin_to_listen(struct standin_server *server, struct error *error) {
    server->listener = standin_listen(server->options->listen, error);
    if (server->listener < 0) {
        return error->result;
    }
    return standin_watch(server->epoll, server->listener, &server->listener, error);
}

static enum result apply_outage(struct standin_server *server, int64_t *change_ms,
                                struct error *error) {
    const bool outage = in_outage(server, change_ms);
    if (!outage && server->listener < 0) {
        return begin_to_listen(server, error);
    }
    if (outage && server->listener >= 0) {
        standin_descriptor_close(&server->listener);
        for (struct standin_client *client = server->clients; client != NULL;
             client = client->next) {
            client->ended = true;
        }
    }
    return RESULT_OK;
}

static int timeout_of(const struct standin_server *server, int64_t change_ms) {
    const struct standin_job *job = standin_jobs_next(&server->jobs);
    const int64_t due_ms = job != NULL && job->due_ms < change_ms ? job->due_ms : change_ms;
    const int64_t left_ms = due_ms == INT64_MAX ? -1 : due_ms - now_of(server);
    if (due_ms != INT64_MAX && left_ms < 0) {
        return 0;
    }
    return left_ms > INT_MAX ? INT_MAX : (int)left_ms;
}

enum result standin_server_run(struct standin_server *server, struct error *error) {
    while (!server->told.stopping) {
        int64_t change_ms;
        if (apply_outage(server, &change_ms, error) != RESULT_OK) {
            return error->result;
        }
        finish_due(server);
        settle_clients(server);
        struct epoll_event events[EVENTS_AT_ONCE];
        const int count =
            epoll_wait(server->epoll, events, EVENTS_AT_ONCE, timeout_of(server, change_ms));
        if (count < 0 && errno != EINTR) {
            return error_set(error, RESULT_FAILED, "epoll_wait: %s", strerror(errno));
        }
        for (int i = 0; i < count; i++) {
            if (events[i].data.ptr == &server->listener) {
                accept_all(server);
            } else if (events[i].data.ptr == &server->signals) {
                standin_signals_take(server->signals, &server->told);
            } else {
                serve(server, events[i].data.ptr, events[i].events);
            }
        }
    }
    return RESULT_OK;
}
