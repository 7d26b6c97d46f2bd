#include "tests/support/grpc_scene.h"

static char numbers[SCENE_NUMBER_MAX + 1]; /* only their places count */

void *grpc_scene_context(int number) {
    cr_assert(number >= 0 && number <= SCENE_NUMBER_MAX);
    return &numbers[number];
}

static int64_t scene_now(void *self) {
    return ((const struct grpc_scene *)self)->now_ms;
}

void grpc_scene_prepare(struct grpc_scene *scene) {
    memset(scene, 0, sizeof *scene);
    h2_peer_open(&scene->peer);
    scene->now_ms = 1000;
    scene->clock = (struct clock){.self = scene, .monotonic_ms = scene_now, .wall_ms = scene_now};
    (void)snprintf(scene->address, sizeof scene->address, "http://127.0.0.1:%u", scene->peer.port);
    scene->options = (struct grpc_options){
        .address = scene->address,
        .connections_max = 1,
        .reply_bytes_max = SCENE_REPLY_MAX,
        .seed = 7,
        .clock = &scene->clock,
        .logger = logger_silent(),
    };
}

void grpc_scene_start(struct grpc_scene *scene) {
    struct error error;
    cr_assert_eq(grpc_open(&scene->options, &scene->client, &error), RESULT_OK, "%s", error.text);
}

void grpc_scene_open(struct grpc_scene *scene) {
    grpc_scene_prepare(scene);
    grpc_scene_start(scene);
}

void grpc_scene_close(struct grpc_scene *scene) {
    grpc_close(scene->client);
    for (int i = 0; i < SCENE_LINKS_MAX; i++) {
        h2_link_hang_up(&scene->links[i], false);
    }
    h2_peer_close(&scene->peer);
}

struct grpc_call *grpc_scene_call(struct grpc_scene *scene, int number) {
    char message[32];
    const int length = snprintf(message, sizeof message, "message %d", number);
    const struct bytes bytes = {(const uint8_t *)message, (uint32_t)length};
    return grpc_call_start(scene->client, "/test.Service/Method", bytes,
                           scene->now_ms + SCENE_DEADLINE_MS, grpc_scene_context(number));
}

int grpc_scene_number(const struct grpc_scene *scene) {
    return (int)((const char *)scene->completion.context - numbers);
}

bool grpc_scene_accepts(struct grpc_scene *scene, int link) {
    grpc_poll(scene->client);
    return h2_peer_accept(&scene->peer, &scene->links[link]);
}

bool grpc_scene_requests(struct grpc_scene *scene, int link) {
    grpc_poll(scene->client);
    return h2_link_request(&scene->links[link], &scene->request);
}

bool grpc_scene_next(struct grpc_scene *scene) {
    grpc_poll(scene->client);
    return grpc_next(scene->client, &scene->completion);
}

bool grpc_scene_ends(struct grpc_scene *scene, int link) {
    grpc_poll(scene->client);
    h2_link_read(&scene->links[link]);
    return scene->links[link].ended;
}

void grpc_scene_connect(struct grpc_scene *scene, int link, int64_t streams_max, int64_t window) {
    struct h2_link *taken = &scene->links[link];
    SCENE_UNTIL(scene, grpc_scene_accepts(scene, link));
    if (taken->ssl != NULL) {
        SCENE_UNTIL(scene, (grpc_poll(scene->client), h2_link_read(taken),
                            SSL_is_init_finished(taken->ssl) == 1));
    }
    h2_link_settings(&scene->links[link], streams_max, window);
}

void grpc_scene_begin(struct grpc_scene *scene) {
    (void)grpc_scene_call(scene, 1);
    grpc_scene_connect(scene, 0, H2_NOT_SAID, H2_NOT_SAID);
    SCENE_UNTIL(scene, grpc_scene_requests(scene, 0));
    cr_assert_eq(scene->request.stream_id, 1);
}

void grpc_scene_expect(struct grpc_scene *scene, int number, enum grpc_outcome outcome,
                       const char *words, const char *why) {
    SCENE_UNTIL(scene, grpc_scene_next(scene));
    const struct grpc_completion *completion = &scene->completion;
    char said[GRPC_WORDS_MAX + 1] = "";
    memcpy(said, completion->words.data == NULL ? "" : completion->words.data,
           completion->words.length);
    cr_expect_eq((int)completion->outcome, (int)outcome, "%s: outcome %d, %s", why,
                 (int)completion->outcome, said);
    cr_expect_eq(grpc_scene_number(scene), number, "%s: call %d", why, grpc_scene_number(scene));
    cr_expect_eq(completion->handed, outcome != GRPC_OUTCOME_NOT_HANDED, "%s", why);
    cr_expect_not_null(strstr(said, words), "%s: \"%s\"", why, said);
}
