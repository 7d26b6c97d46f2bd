/* Any bytes as what answers at the address of the schema registry, HTTP and all; the first byte
 * says what was asked. */
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "outside/schema_registry/http.h"
#include "tests/fuzz/fuzz.h"

enum { NAME_BYTES = 64 };

static int listener = -1; /* where the schema registry is said to be */
static int server = -1;   /* our end of the connection; the answer lies in it before it is asked */

static void name_of(char name[NAME_BYTES]) {
    (void)snprintf(name, NAME_BYTES, "millrace-fuzz-%d", (int)getpid());
}

/* An abstract socket: it has no file, and is gone with the process. */
static void start_listening(void) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    name_of(address.sun_path + 1);
    const size_t length = offsetof(struct sockaddr_un, sun_path) + 1 + strlen(address.sun_path + 1);
    listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    fuzz_require(bind(listener, (const struct sockaddr *)&address, (socklen_t)length) == 0);
    fuzz_require(listen(listener, 8) == 0);
}

/* The connection stands, and nothing was sent yet. */
/* NOLINTNEXTLINE(readability-non-const-parameter): the type is curl's */
static int answer_beforehand(void *context, char *there, char *here, int there_port,
                             int here_port) {
    (void)there, (void)here, (void)there_port, (void)here_port;
    const struct bytes *answer = context;
    const int room = 1 << 20;
    if (server >= 0) {
        (void)close(server); /* of the request before: one who was refused looks again */
    }
    server = accept(listener, NULL, NULL);
    fuzz_require(setsockopt(server, SOL_SOCKET, SO_SNDBUF, &room, sizeof room) == 0);
    fuzz_require(send(server, answer->data, answer->length, MSG_DONTWAIT) ==
                 (ssize_t)answer->length);
    (void)shutdown(server, SHUT_WR);
    return CURL_PREREQFUNC_OK;
}

static struct schema_registry *registry_with(struct bytes *answer) {
    const struct schema_registry_options options = {.url = "http://127.0.0.1:1/v7"};
    char name[NAME_BYTES];
    struct schema_registry *registry;
    struct error error;
    fuzz_require(schema_registry_open(&options, &registry, &error) == RESULT_OK);
    name_of(name);
    curl_easy_setopt(registry->curl, CURLOPT_ABSTRACT_UNIX_SOCKET, name);
    curl_easy_setopt(registry->curl, CURLOPT_PREREQFUNCTION, answer_beforehand);
    curl_easy_setopt(registry->curl, CURLOPT_PREREQDATA, answer);
    curl_easy_setopt(registry->curl, CURLOPT_FORBID_REUSE, 1L);
    curl_easy_setopt(registry->curl, CURLOPT_PROXY, "");
    return registry;
}

static void count_subject(void *context, const char *subject) {
    *(size_t *)context += strlen(subject);
}

static enum result ask(struct schema_registry *registry, uint8_t what, struct error *error) {
    const struct schemas port = schema_registry_port(registry);
    struct text text = {.data = "", .length = 0};
    char level[SCHEMA_REGISTRY_LEVEL_MAX];
    bool compatible;
    int32_t id = 1;
    int32_t version;
    size_t length = 0;
    enum result result;
    switch (what % 7) {
    case 0:
        result = port.text_by_id(port.self, 7, &text, error);
        break;
    case 1:
        result = port.id_by_text(port.self, "a.B", text_of("\"int\""), &id, error);
        break;
    case 2:
        result = schema_registry_latest(registry, "a.B", &text, &id, &version, error);
        break;
    case 3:
        result = schema_registry_compatible(registry, "a.B", text_of("\"int\""), &compatible, &text,
                                            error);
        break;
    case 4:
        result = schema_registry_subjects(registry, count_subject, &length, error);
        break;
    case 5:
        result = schema_registry_level(registry, "a.B", level, error);
        fuzz_require(result != RESULT_OK || strlen(level) < sizeof level);
        break;
    default:
        result = schema_registry_register(registry, "a.B", text_of("\"int\""), &id, error);
    }
    fuzz_require(result != RESULT_OK || (id >= 1 && memchr(text.data, 0, text.length) == NULL));
    return result;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size == 0) {
        return 0;
    }
    if (listener < 0) {
        start_listening();
    }
    struct bytes answer = {.data = data + 1, .length = (uint32_t)(size - 1)};
    struct schema_registry *registry = registry_with(&answer);
    struct error error = {0};
    if (ask(registry, data[0], &error) != RESULT_OK) {
        fuzz_require(error.text[0] != '\0');
    }
    schema_registry_close(registry);
    if (server >= 0) {
        (void)close(server);
        server = -1;
    }
    return 0;
}
