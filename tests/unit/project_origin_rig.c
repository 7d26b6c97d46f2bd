#include "tests/unit/project_origin_rig.h"

#include <stdio.h>
#include <string.h>

struct origin_rig origin_rig;

static int64_t tell_now(void *self) {
    (void)self;
    return origin_rig.now_ms;
}

static const struct clock test_clock = {.monotonic_ms = tell_now, .wall_ms = tell_now};

static const struct origin_settings settings = {
    .name = "narnia",
    .own_name = "Narnia",
    .connections_max = 1,
    .schedule = {.first_ms = 500, .longest_ms = 4000},
};

void origin_rig_open(void) {
    static const uint8_t secret[BLINDING_SECRET_MIN] = {1};
    struct error error;
    memset(&origin_rig, 0, sizeof origin_rig);
    origin_rig.link.socket = -1;
    origin_rig.now_ms = 1000;
    origin_rig.prover = prover_chosen();
    h2_peer_open(&origin_rig.peer);
    (void)snprintf(origin_rig.address, sizeof origin_rig.address, "http://127.0.0.1:%u",
                   origin_rig.peer.port);
    cr_assert_eq(blinding_secrets_add(&origin_rig.secrets, text_of("first"),
                                      (struct bytes){secret, sizeof secret}, &error),
                 RESULT_OK);
    origin_rig.adapter = (struct registry_project_origin_adapter){
        .logger = logger_silent(),
        .settings = &settings,
        .settings_count = 1,
        .secrets = &origin_rig.secrets,
        .prover = &origin_rig.prover,
    };
    const struct registry_adapter port = registry_project_origin(&origin_rig.adapter);
    const struct registry_config config = {.name = "narnia",
                                           .adapter = "project-origin",
                                           .address = origin_rig.address,
                                           .in_flight_max = 100};
    cr_assert_eq(port.open(port.self, &config, &test_clock, &origin_rig.registry, &error),
                 RESULT_OK, "%s", error.text);
}

void origin_rig_close(void) {
    origin_rig.registry.close(origin_rig.registry.self);
    h2_link_hang_up(&origin_rig.link, false);
    h2_peer_close(&origin_rig.peer);
    cr_expect_leq(origin_rig.sendings, 1, "it was sent %u times", origin_rig.sendings);
}

bool origin_rig_moves(void) {
    origin_rig.replies_count += origin_rig.registry.poll(
        origin_rig.registry.self, origin_rig.replies + origin_rig.replies_count,
        ORIGIN_RIG_REPLIES_MAX - origin_rig.replies_count);
    return true;
}

bool origin_rig_is_asked(const char *method) {
    char line[128];
    (void)snprintf(line, sizeof line, ORIGIN_RIG_SERVICE "%s", method);
    if (!h2_link_request(&origin_rig.link, &origin_rig.request)) {
        return false;
    }
    origin_rig.sendings +=
        h2_request_has(&origin_rig.request, ORIGIN_RIG_SERVICE "SendTransactions") ? 1 : 0;
    cr_assert(h2_request_has(&origin_rig.request, line), "%s, and not %s",
              origin_rig.request.headers, method);
    return true;
}

void origin_rig_pass_time(void) {
    enum { STEP_MS = 20 };
    struct pollfd wait = {.fd = origin_rig.registry.wait_fd(origin_rig.registry.self),
                          .events = POLLIN};
    if (poll(&wait, 1, 1) == 0) {
        const int64_t next_ms = origin_rig.registry.next_deadline_ms(origin_rig.registry.self);
        origin_rig.now_ms = next_ms > origin_rig.now_ms && next_ms < origin_rig.now_ms + STEP_MS
                                ? next_ms
                                : origin_rig.now_ms + STEP_MS;
    }
    (void)origin_rig_moves();
}

void origin_rig_pass_time_until(int64_t deadline_ms) {
    while (origin_rig.replies_count == 0 && origin_rig.now_ms <= deadline_ms) {
        origin_rig_pass_time();
    }
}

void origin_rig_await_question(const char *method) {
    const struct clock os = clock_os();
    const int64_t end_ms = os.monotonic_ms(os.self) + ORIGIN_RIG_PATIENCE_MS;
    while (!origin_rig_is_asked(method)) {
        cr_assert_lt(os.monotonic_ms(os.self), end_ms, "waited in vain for %s", method);
        origin_rig_pass_time();
    }
}

void origin_rig_connect(void) {
    ORIGIN_RIG_UNTIL(h2_peer_accept(&origin_rig.peer, &origin_rig.link));
    h2_link_settings(&origin_rig.link, H2_NOT_SAID, H2_NOT_SAID);
}

void origin_rig_answer_stream(const char *stream) {
    origin_rig_await_question("GetStreamTransactions");
    cr_expect_arr_eq(origin_rig.request.data + 9, "01000000-0000-0000-0000-000000000000", 36);
    h2_link_reply(&origin_rig.link, origin_rig.request.stream_id, stream);
}
