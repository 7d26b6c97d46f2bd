/* Many gRPC calls: which connection they go to, what they wait for, and which of them ever left. */
#include <pthread.h>
#include <stdlib.h>

#include "outside/grpc/connection.h"
#include "tests/support/grpc_scene.h"

enum { MANY = 100000, CALLS = 900, LENGTH = 5000, LENGTH_MAX = 30000, READ_AT_LEAST = 20000 };

Test(grpc_pool, where_nobody_listens_nothing_is_handed_over_and_the_next_try_waits) {
    struct grpc_scene scene;
    grpc_scene_open(&scene);
    h2_peer_stop_listening(&scene.peer);
    (void)grpc_scene_call(&scene, 1);
    (void)grpc_scene_call(&scene, 2);
    grpc_scene_expect(&scene, 1, GRPC_OUTCOME_NOT_HANDED, "no connection to 127.0.0.1:", "1");
    grpc_scene_expect(&scene, 2, GRPC_OUTCOME_NOT_HANDED, "refused", "2");
    int64_t least_ms = GRPC_BACK_OFF_FIRST_MS / 2;
    for (int number = 3; number < 12; number++) {
        (void)grpc_scene_call(&scene, number);
        cr_expect_not(grpc_scene_next(&scene), "%d waits", number);
        const int64_t retry_ms = grpc_next_deadline_ms(scene.client);
        cr_expect_geq(retry_ms, scene.now_ms + least_ms);
        cr_expect_leq(retry_ms, scene.now_ms + 2 * least_ms);
        scene.now_ms = retry_ms - 1;
        cr_expect_not(grpc_scene_next(&scene), "%d still waits", number);
        scene.now_ms = retry_ms;
        grpc_scene_expect(&scene, number, GRPC_OUTCOME_NOT_HANDED, "refused", "tried");
        least_ms =
            least_ms * 2 < GRPC_BACK_OFF_MAX_MS / 2 ? least_ms * 2 : GRPC_BACK_OFF_MAX_MS / 2;
    }
    h2_peer_listen(&scene.peer);
    struct grpc_call *call = grpc_scene_call(&scene, 12);
    cr_expect_not(grpc_scene_next(&scene));
    cr_expect(grpc_call_withdraw(scene.client, call), "also while it waits for the next try");
    scene.now_ms += GRPC_BACK_OFF_MAX_MS;
    grpc_scene_begin(&scene);
    h2_link_reply(&scene.links[0], 1, "back");
    grpc_scene_expect(&scene, 1, GRPC_OUTCOME_REPLY, "", "it listens again");
    grpc_scene_close(&scene);
}

Test(grpc_pool, two_clients_do_not_come_back_at_the_same_time) {
    int64_t retry_ms[2];
    for (uint64_t i = 0; i < 2; i++) {
        struct grpc_scene scene;
        grpc_scene_prepare(&scene);
        scene.options.seed = i;
        grpc_scene_start(&scene);
        h2_peer_stop_listening(&scene.peer);
        (void)grpc_scene_call(&scene, 1);
        grpc_scene_expect(&scene, 1, GRPC_OUTCOME_NOT_HANDED, "refused", "down");
        (void)grpc_scene_call(&scene, 2);
        cr_expect_not(grpc_scene_next(&scene));
        retry_ms[i] = grpc_next_deadline_ms(scene.client);
        grpc_scene_close(&scene);
    }
    cr_expect_neq(retry_ms[0], retry_ms[1]);
}

/* Whatever takes a connection and says nothing may be no server of HTTP/2: it is given nothing. */
Test(grpc_pool, who_says_nothing_is_told_nothing) {
    struct grpc_scene scene;
    grpc_scene_open(&scene);
    (void)grpc_scene_call(&scene, 1);
    SCENE_UNTIL(&scene, grpc_scene_accepts(&scene, 0));
    SCENE_UNTIL(&scene, (grpc_scene_requests(&scene, 0), scene.links[0].settings == 1));
    cr_expect_eq(grpc_next_deadline_ms(scene.client), scene.now_ms + GRPC_CONNECT_TIMEOUT_MS);
    scene.now_ms += GRPC_CONNECT_TIMEOUT_MS - 1;
    cr_expect_not(grpc_scene_next(&scene));
    scene.now_ms++;
    grpc_scene_expect(&scene, 1, GRPC_OUTCOME_NOT_HANDED, "does not answer as HTTP/2 does", "mute");
    grpc_scene_close(&scene);

    grpc_scene_open(&scene);
    (void)grpc_scene_call(&scene, 1);
    SCENE_UNTIL(&scene, grpc_scene_accepts(&scene, 0));
    h2_link_send(&scene.links[0], "HTTP/1.1 400 Bad Request\r\n\r\n", 28);
    grpc_scene_expect(&scene, 1, GRPC_OUTCOME_NOT_HANDED, "HTTP/2", "another protocol");
    grpc_scene_close(&scene);
}

Test(grpc_pool, calls_wait_in_order_for_a_stream) {
    struct grpc_scene scene;
    grpc_scene_open(&scene);
    for (int number = 1; number <= 6; number++) {
        (void)grpc_scene_call(&scene, number);
    }
    grpc_scene_connect(&scene, 0, 2, H2_NOT_SAID);
    for (int number = 1; number <= 6; number++) {
        char expected[16];
        const int length = snprintf(expected, sizeof expected, "message %d", number);
        SCENE_UNTIL(&scene, grpc_scene_requests(&scene, 0));
        cr_expect_eq(memcmp(scene.request.data + 5, expected, (size_t)length), 0, "%d", number);
        if (number >= 2) {
            cr_expect_not(grpc_scene_requests(&scene, 0), "no more than two at a time");
            h2_link_reply(&scene.links[0], 2 * (number - 1) - 1, "ok");
            grpc_scene_expect(&scene, number - 1, GRPC_OUTCOME_REPLY, "", "in order");
        }
    }
    h2_link_settings(&scene.links[0], 0, H2_NOT_SAID);
    h2_link_reply(&scene.links[0], 11, "ok");
    grpc_scene_expect(&scene, 6, GRPC_OUTCOME_REPLY, "", "the last");
    (void)grpc_scene_call(&scene, 7);
    cr_expect_not(grpc_scene_requests(&scene, 0), "none are allowed now");
    h2_link_settings(&scene.links[0], 1, H2_NOT_SAID);
    SCENE_UNTIL(&scene, grpc_scene_requests(&scene, 0));
    grpc_scene_close(&scene);
}

Test(grpc_pool, where_streams_are_scarce_there_are_more_connections) {
    struct grpc_scene scene;
    grpc_scene_prepare(&scene);
    scene.options.connections_max = 3;
    grpc_scene_start(&scene);
    for (int number = 1; number <= 5; number++) {
        (void)grpc_scene_call(&scene, number);
    }
    for (int i = 0; i < 3; i++) {
        grpc_scene_connect(&scene, i, 1, H2_NOT_SAID);
        SCENE_UNTIL(&scene, grpc_scene_requests(&scene, i));
        cr_expect_eq(scene.request.data[5 + 8], '1' + i);
    }
    cr_expect_not(grpc_scene_accepts(&scene, 3), "and no fourth");
    h2_link_reply(&scene.links[1], 1, "ok");
    grpc_scene_expect(&scene, 2, GRPC_OUTCOME_REPLY, "", "2");
    SCENE_UNTIL(&scene, grpc_scene_requests(&scene, 1));
    cr_expect_eq(scene.request.data[5 + 8], '4', "where a stream is free");
    h2_link_hang_up(&scene.links[0], true);
    grpc_scene_expect(&scene, 1, GRPC_OUTCOME_BROKEN, "connection", "1");
    scene.now_ms += GRPC_BACK_OFF_MAX_MS;
    grpc_scene_connect(&scene, 4, 1, H2_NOT_SAID);
    SCENE_UNTIL(&scene, grpc_scene_requests(&scene, 4));
    cr_expect_eq(scene.request.data[5 + 8], '5', "a lost one is replaced");
    grpc_scene_close(&scene);
}

Test(grpc_pool, behind_a_goaway_calls_go_to_a_new_connection) {
    struct grpc_scene scene;
    grpc_scene_open(&scene);
    grpc_scene_begin(&scene);
    h2_link_goaway(&scene.links[0], INT32_MAX, NGHTTP2_NO_ERROR);
    h2_link_headers(&scene.links[0], 0, 1, ":status", "200", "content-type", "application/grpc",
                    NULL);
    (void)grpc_scene_call(&scene, 2);
    grpc_scene_connect(&scene, 1, H2_NOT_SAID, H2_NOT_SAID);
    SCENE_UNTIL(&scene, grpc_scene_requests(&scene, 1));
    cr_expect_not(grpc_scene_requests(&scene, 0));
    h2_link_message(&scene.links[0], 1, "old");
    h2_link_headers(&scene.links[0], H2_END_STREAM, 1, "grpc-status", "0", NULL);
    grpc_scene_expect(&scene, 1, GRPC_OUTCOME_REPLY, "", "it was let finish");
    SCENE_UNTIL(&scene, grpc_scene_ends(&scene, 0));
    h2_link_reply(&scene.links[1], 1, "new");
    grpc_scene_expect(&scene, 2, GRPC_OUTCOME_REPLY, "", "and so was the other");
    grpc_scene_close(&scene);
}

Test(grpc_pool, a_server_that_only_goes_away_is_not_asked_without_a_pause) {
    struct grpc_scene scene;
    grpc_scene_open(&scene);
    (void)grpc_scene_call(&scene, 1);
    SCENE_UNTIL(&scene, grpc_scene_accepts(&scene, 0));
    uint8_t both[] = {0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 8, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
    h2_link_send(&scene.links[0], both, sizeof both); /* settings and goaway */
    SCENE_UNTIL(&scene, grpc_scene_ends(&scene, 0));
    cr_expect_not(grpc_scene_next(&scene), "it was not handed over, and may wait");
    cr_expect_not(grpc_scene_accepts(&scene, 1));
    cr_expect_gt(grpc_next_deadline_ms(scene.client), scene.now_ms);
    scene.now_ms = grpc_next_deadline_ms(scene.client);
    grpc_scene_connect(&scene, 1, H2_NOT_SAID, H2_NOT_SAID);
    SCENE_UNTIL(&scene, grpc_scene_requests(&scene, 1));
    grpc_scene_close(&scene);
}

Test(grpc_pool, a_connection_that_had_worked_loses_no_call_that_waits) {
    struct grpc_scene scene;
    grpc_scene_open(&scene);
    for (int number = 1; number <= 3; number++) {
        (void)grpc_scene_call(&scene, number);
    }
    grpc_scene_connect(&scene, 0, 1, H2_NOT_SAID);
    SCENE_UNTIL(&scene, grpc_scene_requests(&scene, 0));
    h2_link_reply(&scene.links[0], 1, "ok");
    grpc_scene_expect(&scene, 1, GRPC_OUTCOME_REPLY, "", "1");
    SCENE_UNTIL(&scene, grpc_scene_requests(&scene, 0));
    h2_link_hang_up(&scene.links[0], true);
    grpc_scene_expect(&scene, 2, GRPC_OUTCOME_BROKEN, "connection", "it was out");
    grpc_scene_connect(&scene, 1, 1, H2_NOT_SAID);
    SCENE_UNTIL(&scene, grpc_scene_requests(&scene, 1));
    cr_expect_eq(scene.request.data[5 + 8], '3');
    h2_link_hang_up(&scene.links[1], true);
    grpc_scene_expect(&scene, 3, GRPC_OUTCOME_BROKEN, "connection", "3");
    grpc_scene_close(&scene);
}

static struct grpc_call *start_large(struct grpc_scene *scene, int number, uint32_t length) {
    static uint8_t message[LENGTH_MAX];
    message[0] = (uint8_t)(number >> 8);
    message[1] = (uint8_t)number;
    return grpc_call_start(scene->client, "/test.Service/Large", (struct bytes){message, length},
                           scene->now_ms + SCENE_DEADLINE_MS + number, grpc_scene_context(number));
}

Test(grpc_pool, windows_are_respected_both_ways) {
    struct grpc_scene scene;
    grpc_scene_prepare(&scene);
    scene.options.reply_bytes_max = 2 << 20;
    grpc_scene_start(&scene);
    for (int number = 1; number <= 3; number++) {
        (void)start_large(&scene, number, 30000);
    }
    grpc_scene_connect(&scene, 0, H2_NOT_SAID, H2_NOT_SAID);
    SCENE_UNTIL(&scene, grpc_scene_requests(&scene, 0));
    SCENE_UNTIL(&scene, grpc_scene_requests(&scene, 0));
    cr_expect_not(grpc_scene_requests(&scene, 0));
    cr_expect_not(h2_link_has_begun(&scene.links[0], 5),
                  "what could not go on is not begun: 65535 bytes are the connection's");
    h2_link_window(&scene.links[0], 0, 30000);
    SCENE_UNTIL(&scene, grpc_scene_requests(&scene, 0));
    cr_expect_eq(scene.request.stream_id, 5);

    h2_link_settings(&scene.links[0], H2_NOT_SAID, 7); /* of each new stream */
    h2_link_window(&scene.links[0], 0, 100000);
    h2_link_reply(&scene.links[0], 1, "1");
    grpc_scene_expect(&scene, 1, GRPC_OUTCOME_REPLY, "", "1");
    (void)grpc_scene_call(&scene, 4);
    SCENE_UNTIL(&scene, (grpc_poll(scene.client), h2_link_has_begun(&scene.links[0], 7)));
    cr_expect_not(grpc_scene_requests(&scene, 0), "seven bytes of it");
    h2_link_window(&scene.links[0], 7, 100);
    SCENE_UNTIL(&scene, grpc_scene_requests(&scene, 0));

    static uint8_t reply[5 + (1 << 20)] = {0, 0, 1 << 4};
    h2_link_headers(&scene.links[0], 0, 7, ":status", "200", "content-type", "application/grpc",
                    NULL);
    for (size_t at = 0; at < sizeof reply; at += 16384) {
        const size_t rest = sizeof reply - at;
        h2_link_frame(&scene.links[0], H2_DATA, 0, 7, reply + at, rest < 16384 ? rest : 16384);
        grpc_poll(scene.client);
    }
    h2_link_headers(&scene.links[0], H2_END_STREAM, 7, "grpc-status", "0", NULL);
    grpc_scene_expect(&scene, 4, GRPC_OUTCOME_REPLY, "", "a megabyte");
    cr_expect_eq(scene.completion.reply.length, 1 << 20);
    SCENE_UNTIL(&scene, (grpc_scene_requests(&scene, 0), scene.links[0].window_updates >= 2));
    grpc_scene_close(&scene);
}

/* Start so many calls that the kernel cannot take them; the server reads nothing. */
static void fill(struct grpc_scene *scene, struct grpc_call *calls[CALLS], uint32_t length) {
    h2_peer_small_buffers(&scene->peer);
    h2_peer_stop_listening(&scene->peer);
    h2_peer_listen(&scene->peer);
    h2_peer_small_buffers(&scene->peer);
    (void)grpc_scene_call(scene, 1000);
    SCENE_UNTIL(scene, grpc_scene_accepts(scene, 0));
    h2_link_settings(&scene->links[0], H2_NOT_SAID, 1 << 20);
    h2_link_window(&scene->links[0], 0, 1 << 30);
    SCENE_UNTIL(scene, grpc_scene_requests(scene, 0));
    h2_link_reply(&scene->links[0], 1, "the connection works");
    grpc_scene_expect(scene, 1000, GRPC_OUTCOME_REPLY, "", "before");
    for (int i = 0; i < CALLS; i++) {
        calls[i] = start_large(scene, i, length);
    }
    for (int i = 0; i < 10; i++) {
        grpc_poll(scene->client);
    }
}

/* Read to the end of the connection: of how many calls did any byte come? */
static int count_begun(struct grpc_scene *scene, struct h2_link *link) {
    int begun = 0;
    bool between = true; /* behind the last frame of a call */
    while (!link->ended) {
        uint32_t at = 0;
        SCENE_UNTIL(scene, (h2_link_read(link), link->ended || link->received >= READ_AT_LEAST));
        while (link->received - at >= 9) {
            const uint8_t *head = link->input + at;
            const uint32_t length =
                9 + ((uint32_t)head[0] << 16 | (uint32_t)head[1] << 8 | head[2]);
            if (link->received - at < length) {
                break;
            }
            begun += between ? 1 : 0;
            between = head[3] == H2_DATA && (head[4] & H2_END_STREAM) != 0;
            at += length;
        }
        link->received -= at;
        memmove(link->input, link->input + at, link->received);
    }
    return begun + (between && link->received > 0 ? 1 : 0);
}

static bool read_large(struct grpc_scene *scene, int link, int *number) {
    if (!grpc_scene_requests(scene, link)) {
        return false;
    }
    *number = scene->request.data[5] << 8 | scene->request.data[6];
    return true;
}

/* Withdraws from the first call on, and gives the first of which no byte was handed over. */
static int withdraw_first(struct grpc_scene *scene, struct grpc_call *calls[CALLS]) {
    int first = 0;
    while (first < CALLS && !grpc_call_withdraw(scene->client, calls[first])) {
        first++;
    }
    cr_assert_gt(first, 1);
    cr_assert_lt(first, CALLS - 2);
    return first;
}

Test(grpc_pool, what_the_kernel_took_is_known_to_the_byte) {
    struct grpc_scene scene;
    struct grpc_call *calls[CALLS];
    grpc_scene_open(&scene);
    fill(&scene, calls, LENGTH);
    const int first = withdraw_first(&scene, calls);
    struct h2_link link = scene.links[0];
    scene.links[0] = (struct h2_link){.socket = -1};
    grpc_close(scene.client); /* the kernel still brings what it was given, and then the end */
    grpc_scene_start(&scene);
    cr_expect_eq(count_begun(&scene, &link), first, "not one more, and not one less");
    h2_link_hang_up(&link, false);
    grpc_scene_close(&scene);
}

Test(grpc_pool, with_a_connection_breaks_what_was_handed_over_and_nothing_else) {
    struct grpc_scene scene;
    struct grpc_call *calls[CALLS];
    grpc_scene_open(&scene);
    fill(&scene, calls, LENGTH);
    const int first = withdraw_first(&scene, calls);
    cr_expect(grpc_call_withdraw(scene.client, calls[CALLS - 1]));
    cr_expect_eq(grpc_calls_out(scene.client), CALLS - 2u);
    h2_link_hang_up(&scene.links[0], true);
    for (int number = 0; number < first; number++) {
        grpc_scene_expect(&scene, number, GRPC_OUTCOME_BROKEN, "connection", "handed over");
    }
    grpc_scene_connect(&scene, 1, H2_NOT_SAID, 1 << 20);
    h2_link_window(&scene.links[1], 0, 1 << 30);
    for (int number = first + 1; number < CALLS - 1; number++) {
        int came = -1;
        SCENE_UNTIL(&scene, read_large(&scene, 1, &came));
        cr_expect_eq(came, number, "neither what was withdrawn, nor what had begun before");
    }
    cr_expect_not(grpc_scene_requests(&scene, 1));
    grpc_scene_close(&scene);
}

/* The first call that lies made, and of which the kernel took no byte; -1: there is none. */
static int first_made(struct grpc_call *calls[CALLS]) {
    for (int i = 0; i < CALLS; i++) {
        if (calls[i]->place == GRPC_PLACE_OUT &&
            !grpc_connection_handed(calls[i]->connection, calls[i])) {
            return i;
        }
    }
    return -1;
}

static void withdraw_what_is_made(struct grpc_scene *scene, struct grpc_call *calls[CALLS],
                                  int gone) {
    int came = -1;
    cr_expect(grpc_call_withdraw(scene->client, calls[gone]));
    for (int number = 0; number < gone; number++) {
        SCENE_UNTIL(scene, read_large(scene, 0, &came));
        cr_expect_eq(came, number);
        h2_link_reply(&scene->links[0], scene->request.stream_id, "ok");
        grpc_scene_expect(scene, number, GRPC_OUTCOME_REPLY, "", "on the old connection");
    }
    grpc_scene_connect(scene, 1, H2_NOT_SAID, 1 << 20);
    h2_link_window(&scene->links[1], 0, 1 << 30);
    for (int number = gone + 1; number < CALLS; number++) {
        SCENE_UNTIL(scene, read_large(scene, 1, &came));
        cr_expect_eq(came, number, "in their order, on the new one");
    }
    cr_expect(grpc_scene_ends(scene, 0));
    cr_expect_eq(scene->links[0].received, 0, "nothing more was said on the old one");
}

/* Where the kernel stops is its own affair: of some lengths some calls lie behind that. */
Test(grpc_pool, what_was_made_and_withdrawn_never_leaves) {
    for (uint32_t length = LENGTH; length < 2 * LENGTH; length += 777) {
        struct grpc_scene scene;
        struct grpc_call *calls[CALLS];
        grpc_scene_open(&scene);
        fill(&scene, calls, length);
        const int gone = first_made(calls);
        if (gone >= 0) {
            withdraw_what_is_made(&scene, calls, gone);
        }
        grpc_scene_close(&scene);
        if (gone >= 0) {
            return;
        }
    }
    cr_assert_fail("all calls that were made had left");
}

Test(grpc_pool, at_the_deadline_it_counts_whether_a_byte_had_left) {
    struct grpc_scene scene;
    struct grpc_call *calls[CALLS];
    grpc_scene_open(&scene);
    fill(&scene, calls, LENGTH);
    scene.now_ms += SCENE_DEADLINE_MS / 2;
    h2_link_frame(&scene.links[0], H2_PING, 0, 0, "12345678", 8); /* it is alive */
    for (int i = 0; i < 10; i++) {
        grpc_poll(scene.client);
    }
    scene.now_ms += SCENE_DEADLINE_MS / 2 + CALLS;
    int timed_out = 0;
    int not_handed = 0;
    for (int i = 0; i < CALLS; i++) {
        SCENE_UNTIL(&scene, grpc_scene_next(&scene));
        const bool late = scene.completion.outcome == GRPC_OUTCOME_TIMED_OUT;
        cr_expect(late || scene.completion.outcome == GRPC_OUTCOME_NOT_HANDED, "outcome %d",
                  (int)scene.completion.outcome);
        cr_expect_eq(scene.completion.handed, late);
        cr_expect(!late || not_handed == 0, "they left in order");
        timed_out += late ? 1 : 0;
        not_handed += late ? 0 : 1;
    }
    cr_expect_gt(timed_out, 0);
    cr_expect_gt(not_handed, 0);
    cr_expect_eq(grpc_calls_out(scene.client), 0);
    struct h2_link *link = &scene.links[0];
    SCENE_UNTIL(&scene, (grpc_scene_requests(&scene, 0),
                         link->resets == (uint32_t)timed_out || link->ended));
    grpc_scene_close(&scene);
}

Test(grpc_pool, a_hundred_thousand_calls_may_wait) {
    struct grpc_scene scene;
    grpc_scene_open(&scene);
    struct grpc_call **calls = calloc(MANY, sizeof(struct grpc_call *));
    cr_assert_not_null(calls);
    for (int i = 0; i < MANY; i++) {
        calls[i] = grpc_scene_call(&scene, i);
        scene.now_ms += i % 7 - 3; /* deadlines in no order */
    }
    grpc_scene_connect(&scene, 0, 1, H2_NOT_SAID);
    SCENE_UNTIL(&scene, grpc_scene_requests(&scene, 0));
    for (int i = 1; i < MANY; i += 2) {
        cr_assert(grpc_call_withdraw(scene.client, calls[i]));
    }
    cr_expect_eq(grpc_calls_out(scene.client), MANY / 2u);
    scene.now_ms += 2 * SCENE_DEADLINE_MS;
    int not_handed = 0;
    for (int i = 0; i < MANY / 2; i++) {
        SCENE_UNTIL(&scene, grpc_next(scene.client, &scene.completion) || grpc_scene_next(&scene));
        not_handed += scene.completion.outcome == GRPC_OUTCOME_NOT_HANDED ? 1 : 0;
    }
    cr_expect_eq(not_handed, MANY / 2 - 1);
    cr_expect_eq(grpc_calls_out(scene.client), 0);
    cr_expect_eq(grpc_next_deadline_ms(scene.client), INT64_MAX);
    free(calls);
    grpc_scene_close(&scene);
}

Test(grpc_pool, who_fetches_nothing_is_brought_nothing_more) {
    struct grpc_scene scene;
    grpc_scene_open(&scene);
    grpc_scene_begin(&scene);
    for (int number = 1; number <= GRPC_UNFETCHED_MAX; number++) {
        h2_link_reply(&scene.links[0], scene.request.stream_id, "ok");
        (void)grpc_scene_call(&scene, number + 1);
        const uint32_t out = grpc_calls_out(scene.client);
        cr_assert_eq(out, (uint32_t)number + 1);
        SCENE_UNTIL(&scene, grpc_scene_requests(&scene, 0));
    }
    h2_link_reply(&scene.links[0], scene.request.stream_id, "one too many");
    for (int i = 0; i < 20; i++) {
        struct pollfd wait = {.fd = grpc_wait_fd(scene.client), .events = POLLIN};
        (void)poll(&wait, 1, 5);
        grpc_poll(scene.client);
    }
    int fetched = 0;
    while (grpc_next(scene.client, &scene.completion)) {
        fetched++;
    }
    cr_expect_eq(fetched, GRPC_UNFETCHED_MAX);
    SCENE_UNTIL(&scene, grpc_scene_next(&scene));
    cr_expect_eq(grpc_scene_number(&scene), GRPC_UNFETCHED_MAX + 1);
    grpc_scene_close(&scene);
}

/* A server that says its settings, and then only listens. */
static void *serve_settings(void *self) {
    struct grpc_scene *scene = self;
    struct pollfd wait = {.fd = scene->peer.listener, .events = POLLIN};
    if (poll(&wait, 1, SCENE_PATIENCE_MS) == 1 && h2_peer_accept(&scene->peer, &scene->links[0])) {
        h2_link_settings(&scene->links[0], H2_NOT_SAID, H2_NOT_SAID);
    }
    return NULL;
}

Test(grpc_pool, whether_a_server_can_be_reached_is_found_without_a_call) {
    const struct clock os = clock_os();
    struct grpc_scene scene;
    struct error error;
    pthread_t server;
    grpc_scene_prepare(&scene);
    scene.options.clock = &os;
    cr_assert_eq(pthread_create(&server, NULL, serve_settings, &scene), 0);
    cr_expect_eq(grpc_reach(&scene.options, &error), RESULT_OK);
    (void)pthread_join(server, NULL);
    cr_expect_not(h2_link_request(&scene.links[0], &scene.request), "it was asked for nothing");
    h2_link_read(&scene.links[0]);
    cr_expect(scene.links[0].ended);

    h2_peer_stop_listening(&scene.peer);
    cr_expect_eq(grpc_reach(&scene.options, &error), RESULT_FAILED);
    cr_expect_not_null(strstr(error.text, "refused"), "%s", error.text);
    scene.options.address = "nowhere";
    cr_expect_eq(grpc_reach(&scene.options, &error), RESULT_INVALID);
    grpc_scene_close(&scene);
}
