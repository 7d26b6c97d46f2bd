#include "outside/registry_plain/address.h"

#include <assert.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

static const char notation[] = "use unix:/path, host:port or [ipv6]:port";

static bool is_port(const char *text) {
    const size_t digits = strspn(text, "0123456789");
    if (digits == 0 || digits > 5 || text[digits] != '\0') {
        return false;
    }
    const long port = strtol(text, NULL, 10);
    return port >= 1 && port <= 65535;
}

static enum result parse_local(const char *text, const char *path, struct plain_address *address,
                               struct error *error) {
    address->local = true;
    address->local_address.sun_family = AF_UNIX;
    const size_t length = strlen(path);
    if (length == 0 || length >= sizeof address->local_address.sun_path) {
        return error_set(error, RESULT_INVALID, "address \"%s\": a path of 1 to %zu bytes", text,
                         sizeof address->local_address.sun_path - 1);
    }
    memcpy(address->local_address.sun_path, path, length + 1);
    return RESULT_OK;
}

enum result plain_address_parse(const char *text, struct plain_address *address,
                                struct error *error) {
    assert(text != NULL && address != NULL && error != NULL);
    static const char local[] = "unix:";
    memset(address, 0, sizeof *address);
    if (strncmp(text, local, sizeof local - 1) == 0) {
        return parse_local(text, text + sizeof local - 1, address, error);
    }
    const char *colon = strrchr(text, ':');
    if (colon == NULL || !is_port(colon + 1)) {
        return error_set(error, RESULT_INVALID, "address \"%s\": it has no port; %s", text,
                         notation);
    }
    const char *host = text;
    size_t length = (size_t)(colon - text);
    const bool bracketed = length >= 2 && host[0] == '[' && host[length - 1] == ']';
    if (bracketed) {
        host++;
        length -= 2;
    }
    if (length == 0 || length >= sizeof address->host ||
        (!bracketed && memchr(host, ':', length) != NULL)) {
        return error_set(error, RESULT_INVALID, "address \"%s\": it has no host; %s", text,
                         notation);
    }
    memcpy(address->host, host, length);
    memcpy(address->port, colon + 1, strlen(colon + 1) + 1);
    return RESULT_OK;
}

struct plain_lookup {
    struct addrinfo *digits; /* the answer where nobody need be asked; else NULL */
    struct gaicb question;
    struct addrinfo hints;
    char host[256];
    char port[6];
};

struct plain_lookup *plain_lookup_open(const struct plain_address *address) {
    assert(address != NULL && !address->local);
    struct plain_lookup *lookup = calloc(1, sizeof *lookup);
    if (lookup == NULL) {
        return NULL;
    }
    memcpy(lookup->host, address->host, sizeof lookup->host);
    memcpy(lookup->port, address->port, sizeof lookup->port);
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

enum result plain_lookup_poll(struct plain_lookup *lookup, const struct addrinfo **found,
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

void plain_lookup_close(struct plain_lookup *lookup) {
    if (lookup == NULL) {
        return;
    }
    if (lookup->digits != NULL) {
        freeaddrinfo(lookup->digits);
        free(lookup);
        return;
    }
    if (gai_cancel(&lookup->question) == EAI_NOTCANCELED) {
        const struct gaicb *const questions[] = {&lookup->question};
        const struct timespec patience = {.tv_sec = 1};
        (void)gai_suspend(questions, 1, &patience);
        if (gai_error(&lookup->question) == EAI_INPROGRESS) {
            return; /* the resolver still writes to it: better lost than torn */
        }
    }
    if (lookup->question.ar_result != NULL) {
        freeaddrinfo(lookup->question.ar_result);
    }
    free(lookup);
}
