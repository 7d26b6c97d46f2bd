#include "outside/host_lookup/host_lookup.h"

#include <assert.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct host_lookup {
    struct addrinfo *digits; /* the answer where nobody need be asked; else NULL */
    struct gaicb question;
    struct addrinfo hints;
    struct host_lookup *next; /* among those that were left */
    char host[256];
    char port[6];
};

/* Given up by their askers, but not yet by the resolver. */
static pthread_mutex_t left_lock = PTHREAD_MUTEX_INITIALIZER;
static struct host_lookup *left;
static uint32_t left_count;

static void release(struct host_lookup *lookup) {
    struct addrinfo *found = lookup->digits != NULL ? lookup->digits : lookup->question.ar_result;
    if (found != NULL) {
        freeaddrinfo(found);
    }
    free(lookup);
}

/* Frees what the resolver has finished meanwhile. True: it still works on as many as it may. */
static bool sweep(void) {
    (void)pthread_mutex_lock(&left_lock);
    for (struct host_lookup **link = &left; *link != NULL;) {
        struct host_lookup *lookup = *link;
        if (gai_error(&lookup->question) == EAI_INPROGRESS) {
            link = &lookup->next;
        } else {
            *link = lookup->next;
            left_count--;
            release(lookup);
        }
    }
    assert((left == NULL) == (left_count == 0));
    const bool full = left_count >= HOST_LOOKUP_LEFT_MAX;
    (void)pthread_mutex_unlock(&left_lock);
    return full;
}

static void leave(struct host_lookup *lookup) {
    (void)pthread_mutex_lock(&left_lock);
    lookup->next = left;
    left = lookup;
    left_count++;
    (void)pthread_mutex_unlock(&left_lock);
}

struct host_lookup *host_lookup_open(const char *host, const char *port) {
    assert(host != NULL && port != NULL);
    struct host_lookup *lookup = sweep() ? NULL : calloc(1, sizeof *lookup);
    if (lookup == NULL) {
        return NULL;
    }
    assert(strlen(host) < sizeof lookup->host && strlen(port) < sizeof lookup->port);
    memcpy(lookup->host, host, strlen(host) + 1);
    memcpy(lookup->port, port, strlen(port) + 1);
    lookup->hints = (struct addrinfo){.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    lookup->question = (struct gaicb){
        .ar_name = lookup->host,
        .ar_service = lookup->port,
        .ar_request = &lookup->hints,
    };
    struct addrinfo digits = lookup->hints;
    digits.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
    if (getaddrinfo(lookup->host, lookup->port, &digits, &lookup->digits) == 0) {
        return lookup;
    }
    struct gaicb *questions[] = {&lookup->question};
    struct sigevent silent = {.sigev_notify = SIGEV_NONE};
    if (getaddrinfo_a(GAI_NOWAIT, questions, 1, &silent) != 0) {
        free(lookup);
        return NULL;
    }
    return lookup;
}

enum result host_lookup_poll(struct host_lookup *lookup, const struct addrinfo **found,
                             struct error *error) {
    assert(lookup != NULL && found != NULL && error != NULL);
    if (lookup->digits != NULL) {
        *found = lookup->digits;
        return RESULT_OK;
    }
    const int answer = gai_error(&lookup->question);
    if (answer == EAI_INPROGRESS) {
        return error_set(error, RESULT_AGAIN, "%s: still looking for the host", lookup->host);
    }
    if (answer != 0) {
        return error_set(error, RESULT_FAILED, "%s: %s", lookup->host, gai_strerror(answer));
    }
    *found = lookup->question.ar_result;
    return RESULT_OK;
}

void host_lookup_close(struct host_lookup *lookup) {
    if (lookup == NULL) {
        return;
    }
    if (lookup->digits == NULL && gai_cancel(&lookup->question) == EAI_NOTCANCELED) {
        leave(lookup);
    } else {
        release(lookup);
    }
    (void)sweep();
}
