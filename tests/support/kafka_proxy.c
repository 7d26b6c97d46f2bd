#include "tests/support/kafka_proxy.h"

#include <arpa/inet.h>
#include <assert.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "tests/support/kafka_frames.h"

enum {
    LINKS_MAX = 128,
    REQUESTS_MAX = 256, /* of one connection without an answer */
    READ_SIZE = 65536,
};

static const char local_host[] = "127.0.0.1";

struct request {
    int32_t correlation;
    int16_t api;
    int16_t version;
    bool swallow; /* its answer does not pass */
    bool awaited; /* it was held: its late answer is of interest */
};

/* One client's connection and ours to the broker for it. */
struct link {
    int client; /* -1: gone; the broker does not know yet */
    int upstream;
    struct buffer from_client;
    struct buffer from_upstream;
    struct buffer held;
    bool holding;
    uint32_t hit;                          /* holding: which one, counted from 1 */
    struct request requests[REQUESTS_MAX]; /* a ring, in order */
    uint32_t first;
    uint32_t count;
};

struct kafka_proxy {
    char upstream_host[64];
    char upstream_port[8];
    char address[32];
    uint16_t port;
    int listener;
    int wake; /* eventfd: something changed from outside */
    pthread_t thread;
    pthread_mutex_t mutex; /* guards all below */
    pthread_cond_t changed;
    bool ending;
    bool away;
    struct link *links[LINKS_MAX];
    uint32_t links_count;
    enum kafka_proxy_api api;
    enum kafka_proxy_fault fault;
    uint32_t armed;
    uint32_t hits;
    bool answered;
    int16_t answer; /* to the request that was released last */
};

static bool send_all(int socket, const uint8_t *data, size_t length) {
    while (length > 0) {
        const ssize_t sent = send(socket, data, length, MSG_NOSIGNAL);
        if (sent <= 0) {
            return false;
        }
        data += sent;
        length -= (size_t)sent;
    }
    return true;
}

static void pass_answer(const struct kafka_proxy *proxy, const struct link *link,
                        const struct request *request, const uint8_t *frame, size_t length) {
    struct buffer changed = {0};
    if (frame_readdress(request->api, request->version, frame, length, local_host, proxy->port,
                        &changed)) {
        (void)send_all(link->client, changed.data, changed.length);
        free(changed.data);
    } else {
        (void)send_all(link->client, frame, length);
    }
}

/* --- Connections. --- */

static void reset_client(struct link *link) {
    if (link->client >= 0) {
        const struct linger now = {.l_onoff = 1, .l_linger = 0};
        (void)setsockopt(link->client, SOL_SOCKET, SO_LINGER, &now, sizeof now);
        (void)close(link->client);
        link->client = -1;
    }
}

static void end_link(struct kafka_proxy *proxy, uint32_t index) {
    struct link *link = proxy->links[index];
    reset_client(link);
    (void)close(link->upstream);
    free(link->from_client.data);
    free(link->from_upstream.data);
    free(link->held.data);
    free(link);
    proxy->links[index] = proxy->links[--proxy->links_count];
}

static int connect_upstream(const struct kafka_proxy *proxy) {
    const struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found;
    if (getaddrinfo(proxy->upstream_host, proxy->upstream_port, &hints, &found) != 0) {
        return -1;
    }
    const int upstream = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int failed = connect(upstream, found->ai_addr, found->ai_addrlen);
    freeaddrinfo(found);
    if (failed != 0) {
        (void)close(upstream);
        return -1;
    }
    const int yes = 1;
    (void)setsockopt(upstream, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    return upstream;
}

static void accept_link(struct kafka_proxy *proxy) {
    const int client = accept4(proxy->listener, NULL, NULL, SOCK_CLOEXEC);
    if (client < 0) {
        return;
    }
    const int upstream = proxy->away ? -1 : connect_upstream(proxy);
    if (upstream < 0) {
        (void)close(client);
        return;
    }
    const int yes = 1;
    (void)setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    struct link *link = calloc(1, sizeof *link);
    assert(link != NULL && proxy->links_count < LINKS_MAX);
    link->client = client;
    link->upstream = upstream;
    proxy->links[proxy->links_count++] = link;
}

/* What a request meets with: it may be the one that the proxy waits for. */
static void note_request(struct kafka_proxy *proxy, struct link *link, const uint8_t *frame) {
    assert(link->count < REQUESTS_MAX);
    struct request *request = &link->requests[(link->first + link->count++) % REQUESTS_MAX];
    *request = (struct request){
        .api = (int16_t)u16_at(frame + 4),
        .version = (int16_t)u16_at(frame + 6),
        .correlation = (int32_t)u32_at(frame + 8),
    };
    if (proxy->armed == 0 || request->api != (int16_t)proxy->api || link->holding) {
        return;
    }
    proxy->armed -= proxy->armed == UINT32_MAX ? 0 : 1;
    proxy->hits++;
    if (proxy->fault == KAFKA_PROXY_SWALLOW) {
        request->swallow = true;
    } else {
        link->holding = true;
        link->hit = proxy->hits;
        request->awaited = true;
    }
    pthread_cond_broadcast(&proxy->changed);
}

static void pass_requests(struct kafka_proxy *proxy, struct link *link) {
    size_t length;
    while ((length = frame_length(&link->from_client)) > 0) {
        note_request(proxy, link, link->from_client.data);
        if (link->holding) {
            buffer_append(&link->held, link->from_client.data, length);
            if (proxy->fault == KAFKA_PROXY_CUT) {
                reset_client(link);
            }
        } else {
            (void)send_all(link->upstream, link->from_client.data, length);
        }
        buffer_drop_front(&link->from_client, length);
    }
}

static void pass_answers(struct kafka_proxy *proxy, struct link *link) {
    size_t length;
    while ((length = frame_length(&link->from_upstream)) > 0) {
        const uint8_t *frame = link->from_upstream.data;
        assert(link->count > 0);
        const struct request request = link->requests[link->first];
        link->first = (link->first + 1) % REQUESTS_MAX;
        link->count--;
        assert(request.correlation == (int32_t)u32_at(frame + 4));
        if (request.awaited) {
            proxy->answer = (int16_t)u16_at(frame + 12); /* behind the throttle time */
            proxy->answered = true;
            pthread_cond_broadcast(&proxy->changed);
        }
        if (request.swallow) {
            reset_client(link);
        } else if (link->client >= 0) {
            pass_answer(proxy, link, &request, frame, length);
        }
        buffer_drop_front(&link->from_upstream, length);
    }
}

/* False: the other side has ended. */
static bool receive(int socket, struct buffer *buffer) {
    uint8_t data[READ_SIZE];
    const ssize_t length = recv(socket, data, sizeof data, 0);
    if (length <= 0) {
        return false;
    }
    buffer_append(buffer, data, (size_t)length);
    return true;
}

/* False: the link is over. */
static bool serve_link(struct kafka_proxy *proxy, struct link *link, short client, short upstream) {
    if (upstream != 0) {
        if (!receive(link->upstream, &link->from_upstream)) {
            return false;
        }
        pass_answers(proxy, link);
    }
    if (client != 0 && link->client >= 0) {
        if (receive(link->client, &link->from_client)) {
            pass_requests(proxy, link);
        } else {
            reset_client(link);
        }
    }
    /* What is held back may still be sent when the client has long given up. */
    return link->client >= 0 || link->holding || link->count > 0;
}

static void serve_links(struct kafka_proxy *proxy, const struct pollfd *fds, uint32_t links) {
    for (uint32_t i = links; i-- > 0;) {
        if (!serve_link(proxy, proxy->links[i], fds[2 * i].revents, fds[2 * i + 1].revents)) {
            end_link(proxy, i);
        }
    }
}

static void *serve(void *argument) {
    struct kafka_proxy *proxy = argument;
    struct pollfd fds[2 + 2 * LINKS_MAX];
    pthread_mutex_lock(&proxy->mutex);
    while (!proxy->ending) {
        const uint32_t links = proxy->links_count;
        fds[0] = (struct pollfd){.fd = proxy->listener, .events = POLLIN};
        fds[1] = (struct pollfd){.fd = proxy->wake, .events = POLLIN};
        for (uint32_t i = 0; i < links; i++) {
            fds[2 + 2 * i] = (struct pollfd){.fd = proxy->links[i]->client, .events = POLLIN};
            fds[3 + 2 * i] = (struct pollfd){.fd = proxy->links[i]->upstream, .events = POLLIN};
        }
        pthread_mutex_unlock(&proxy->mutex);
        (void)poll(fds, 2 + 2 * (nfds_t)links, -1);
        pthread_mutex_lock(&proxy->mutex);
        eventfd_t ignored;
        (void)eventfd_read(proxy->wake, &ignored);
        serve_links(proxy, fds + 2, links);
        while (proxy->away && proxy->links_count > 0) {
            end_link(proxy, proxy->links_count - 1);
        }
        if (fds[0].revents != 0) {
            accept_link(proxy);
        }
    }
    pthread_mutex_unlock(&proxy->mutex);
    return NULL;
}

/* --- For tests. --- */

static void listen_somewhere(struct kafka_proxy *proxy) {
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t length = sizeof address;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    proxy->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int bound = bind(proxy->listener, (struct sockaddr *)&address, sizeof address);
    const int listening = listen(proxy->listener, LINKS_MAX);
    const int named = getsockname(proxy->listener, (struct sockaddr *)&address, &length);
    assert(bound == 0 && listening == 0 && named == 0);
    proxy->port = ntohs(address.sin_port);
    (void)snprintf(proxy->address, sizeof proxy->address, "%s:%u", local_host, proxy->port);
}

struct kafka_proxy *kafka_proxy_open(const char *upstream) {
    struct kafka_proxy *proxy = calloc(1, sizeof *proxy);
    assert(proxy != NULL);
    const int parts =
        sscanf(upstream, "%63[^:]:%7[0-9]", proxy->upstream_host, proxy->upstream_port);
    assert(parts == 2);
    listen_somewhere(proxy);
    proxy->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&proxy->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    pthread_mutex_init(&proxy->mutex, NULL);
    const int started = pthread_create(&proxy->thread, NULL, serve, proxy);
    assert(started == 0);
    return proxy;
}

const char *kafka_proxy_address(const struct kafka_proxy *proxy) {
    return proxy->address;
}

void kafka_proxy_close(struct kafka_proxy *proxy) {
    pthread_mutex_lock(&proxy->mutex);
    proxy->ending = true;
    pthread_mutex_unlock(&proxy->mutex);
    (void)eventfd_write(proxy->wake, 1);
    (void)pthread_join(proxy->thread, NULL);
    while (proxy->links_count > 0) {
        end_link(proxy, 0);
    }
    (void)close(proxy->listener);
    (void)close(proxy->wake);
    pthread_cond_destroy(&proxy->changed);
    pthread_mutex_destroy(&proxy->mutex);
    free(proxy);
}

void kafka_proxy_arm(struct kafka_proxy *proxy, enum kafka_proxy_api api,
                     enum kafka_proxy_fault fault, uint32_t count) {
    pthread_mutex_lock(&proxy->mutex);
    proxy->api = api;
    proxy->fault = fault;
    proxy->armed = count;
    pthread_mutex_unlock(&proxy->mutex);
}

void kafka_proxy_away(struct kafka_proxy *proxy, bool away) {
    pthread_mutex_lock(&proxy->mutex);
    proxy->away = away;
    pthread_mutex_unlock(&proxy->mutex);
    (void)eventfd_write(proxy->wake, 1);
}

uint32_t kafka_proxy_hits(struct kafka_proxy *proxy) {
    pthread_mutex_lock(&proxy->mutex);
    const uint32_t hits = proxy->hits;
    pthread_mutex_unlock(&proxy->mutex);
    return hits;
}

/* Under the mutex: until something changes. Asserts when the time is over. */
static void await_change(struct kafka_proxy *proxy, const struct timespec *until) {
    const int failed = pthread_cond_timedwait(&proxy->changed, &proxy->mutex, until);
    assert(failed == 0);
}

static struct timespec deadline(int32_t timeout_ms) {
    struct timespec until;
    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += timeout_ms / 1000;
    return until;
}

void kafka_proxy_await_hits(struct kafka_proxy *proxy, uint32_t hits, int32_t timeout_ms) {
    const struct timespec until = deadline(timeout_ms);
    pthread_mutex_lock(&proxy->mutex);
    while (proxy->hits < hits) {
        await_change(proxy, &until);
    }
    pthread_mutex_unlock(&proxy->mutex);
}

static struct link *first_held(const struct kafka_proxy *proxy) {
    struct link *found = NULL;
    for (uint32_t i = 0; i < proxy->links_count; i++) {
        struct link *link = proxy->links[i];
        if (link->holding && (found == NULL || link->hit < found->hit)) {
            found = link;
        }
    }
    return found;
}

int16_t kafka_proxy_release(struct kafka_proxy *proxy, int32_t timeout_ms) {
    const struct timespec until = deadline(timeout_ms);
    pthread_mutex_lock(&proxy->mutex);
    struct link *link = first_held(proxy);
    assert(link != NULL);
    proxy->answered = false;
    (void)send_all(link->upstream, link->held.data, link->held.length);
    link->held.length = 0;
    link->holding = false;
    while (!proxy->answered) {
        await_change(proxy, &until);
    }
    const int16_t answer = proxy->answer;
    pthread_mutex_unlock(&proxy->mutex);
    return answer;
}

void kafka_proxy_forget(struct kafka_proxy *proxy) {
    pthread_mutex_lock(&proxy->mutex);
    for (uint32_t i = proxy->links_count; i-- > 0;) {
        if (proxy->links[i]->holding) {
            /* Its thread may be about to look at these sockets: end them, it will notice. */
            (void)shutdown(proxy->links[i]->upstream, SHUT_RDWR);
        }
    }
    pthread_mutex_unlock(&proxy->mutex);
}
