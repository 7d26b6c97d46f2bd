/* Any bytes as what a client sends to the stand-in, in pieces as the first byte says, with a rule
 * for it in front, up to a NUL. */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "standin/client.h"
#include "standin/rule.h"
#include "tests/fuzz/fuzz.h"

static void read_request(char *frame, size_t length, struct standin_rule *rule) {
    static struct standin_request_field fields[REQUEST_FIELDS_MAX];
    struct standin_request request = {.fields = fields};
    struct standin_chance chance = {.state = 1};
    const char *why = NULL;
    fuzz_require(length >= 1 && length <= REQUEST_FRAME_MAX);
    if (!standin_request_read(frame, length, &request, &why)) {
        fuzz_require(why != NULL);
        return;
    }
    for (uint32_t i = 0; i < request.fields_count; i++) {
        fuzz_require(strlen(fields[i].name) + strlen(fields[i].value) <= length);
    }
    fuzz_require(strlen(request.submission_id) + strlen(request.certificate_id) <= length);
    if (rule != NULL) {
        (void)standin_rule_applies(rule, &request, &chance);
    }
}

static void take_frames(struct standin_client *client, struct standin_rule *rule) {
    size_t length;
    char *frame;
    while ((frame = standin_client_frame(client, &length)) != NULL) {
        read_request(frame, length, rule);
        free(frame);
    }
}

static void try_chance(const char *text) {
    struct standin_chance chance = {.state = 1};
    struct standin_latency latency;
    int64_t duration_ms;
    if (standin_duration_parse(text, &duration_ms)) {
        fuzz_require(duration_ms >= 0);
    }
    if (standin_latency_parse(text, &latency)) {
        fuzz_require(standin_latency_draw(&latency, &chance) >= 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct standin_rule rule;
    int pair[2];
    const uint8_t *end = size < 2 ? NULL : memchr(data + 1, 0, size - 1);
    if (end == NULL) {
        return 0;
    }
    const char *text = (const char *)data + 1;
    const bool ruled = standin_rule_parse(RULE_REFUSE, text, &rule);
    try_chance(text);
    const size_t piece_max = (size_t)1 << data[0] % 16;
    fuzz_require(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
    struct standin_client *client = standin_client_open(pair[0], 1);
    for (size_t at = (size_t)(end - data) + 1; at < size && !client->ended;) {
        const size_t piece = piece_max < size - at ? piece_max : size - at;
        fuzz_require(send(pair[1], data + at, piece, MSG_NOSIGNAL) == (ssize_t)piece);
        at += piece;
        fuzz_require(standin_client_receive(client));
        take_frames(client, ruled ? &rule : NULL);
    }
    (void)close(pair[1]);
    standin_client_close(client);
    return 0;
}
