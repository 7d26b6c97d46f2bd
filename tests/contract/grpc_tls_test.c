/* gRPC over TLS: who is believed, what must be proven, and what was handed over. */
#include <unistd.h>

#include "tests/support/grpc_scene.h"
#include "tests/support/h2_pki.h"

/* A scene whose server shows this certificate, reached under this host. */
struct tls_scene {
    struct grpc_scene scene;
    struct h2_pki pki;
    struct h2_pki_server server;
};

static void tls_prepare(struct tls_scene *tls, const struct h2_pki_server *server,
                        const char *host) {
    grpc_scene_prepare(&tls->scene);
    h2_pki_open(&tls->pki);
    tls->server = *server;
    tls->scene.peer.tls = h2_pki_serve(&tls->pki, &tls->server);
    (void)snprintf(tls->scene.address, sizeof tls->scene.address, "https://%s:%u", host,
                   tls->scene.peer.port);
    tls->scene.options.tls_ca_file = tls->pki.authority_file;
}

static void tls_close(struct tls_scene *tls) {
    grpc_scene_close(&tls->scene);
    SSL_CTX_free(tls->scene.peer.tls);
    h2_pki_close(&tls->pki);
}

static const struct h2_pki_server good = {.name = "IP:127.0.0.1", .protocol = "h2"};

static void one_call(struct grpc_scene *scene) {
    grpc_scene_begin(scene);
    cr_expect(h2_request_has(&scene->request, ":scheme: https"), "%s", scene->request.headers);
    h2_link_reply(&scene->links[0], 1, "in secret");
    grpc_scene_expect(scene, 1, GRPC_OUTCOME_REPLY, "", "reply");
    cr_expect_eq(scene->completion.reply.length, 9);
}

Test(grpc_tls, a_call_in_secret) {
    struct tls_scene tls;
    tls_prepare(&tls, &good, "127.0.0.1");
    grpc_scene_start(&tls.scene);
    one_call(&tls.scene);
    cr_expect_null(SSL_get_servername(tls.scene.links[0].ssl, TLSEXT_NAMETYPE_host_name),
                   "digits are no name");
    cr_expect_geq(SSL_version(tls.scene.links[0].ssl), TLS1_2_VERSION);
    tls_close(&tls);
}

/* The resolver's thread is libc's own: ThreadSanitizer does not know it, and crashes in it. */
#ifdef __SANITIZE_THREAD__
enum { RESOLVER_DISABLED = true };
#else
enum { RESOLVER_DISABLED = false };
#endif

Test(grpc_tls, a_name_is_said_and_must_be_proven, .disabled = RESOLVER_DISABLED) {
    static const struct h2_pki_server named = {.name = "DNS:localhost", .protocol = "h2"};
    struct tls_scene tls;
    tls_prepare(&tls, &named, "localhost");
    grpc_scene_start(&tls.scene);
    one_call(&tls.scene);
    cr_expect_str_eq(SSL_get_servername(tls.scene.links[0].ssl, TLSEXT_NAMETYPE_host_name),
                     "localhost");
    tls_close(&tls);
}

/* One that is not believed is given nothing. */
static void expect_refused(struct tls_scene *tls, const char *words, const char *why) {
    struct grpc_scene *scene = &tls->scene;
    grpc_scene_start(scene);
    (void)grpc_scene_call(scene, 1);
    SCENE_UNTIL(scene, grpc_scene_accepts(scene, 0));
    SCENE_UNTIL(scene, (h2_link_read(&scene->links[0]), grpc_scene_next(scene)));
    cr_expect_eq(scene->completion.outcome, GRPC_OUTCOME_NOT_HANDED, "%s", why);
    char said[GRPC_WORDS_MAX + 1] = "";
    memcpy(said, scene->completion.words.data, scene->completion.words.length);
    cr_expect_not_null(strstr(said, words), "%s: %s", why, said);
    cr_expect_not_null(strstr(said, "no connection to"), "%s: %s", why, said);
}

Test(grpc_tls, who_is_not_believed_is_told_nothing) {
    static const struct {
        const char *why;
        struct h2_pki_server server;
        const char *words;
    } rows[] = {
        {"another address", {.name = "IP:127.0.0.2", .protocol = "h2"}, "another name"},
        {"only a name", {.name = "DNS:localhost", .protocol = "h2"}, "another name"},
        {"expired", {.name = "IP:127.0.0.1", .protocol = "h2", .expired = true}, "expired"},
        {"another protocol", {.name = "IP:127.0.0.1", .protocol = "http/1.1"}, "no HTTP/2"},
        {"no ALPN", {.name = "IP:127.0.0.1"}, "no HTTP/2"},
        {"wants to know us",
         {.name = "IP:127.0.0.1", .protocol = "h2", .wants_certificate = true},
         "certificate required"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct tls_scene tls;
        tls_prepare(&tls, &rows[i].server, "127.0.0.1");
        expect_refused(&tls, rows[i].words, rows[i].why);
        tls_close(&tls);
    }
}

Test(grpc_tls, an_authority_that_we_do_not_know_is_not_believed) {
    struct tls_scene tls;
    struct h2_pki other;
    tls_prepare(&tls, &good, "127.0.0.1");
    h2_pki_open(&other);
    tls.scene.options.tls_ca_file = other.authority_file;
    expect_refused(&tls, "nobody whom we trust", "another authority");
    h2_pki_close(&other);
    tls_close(&tls);

    tls_prepare(&tls, &good, "127.0.0.1");
    tls.scene.options.tls_ca_file = NULL;
    expect_refused(&tls, "nobody whom we trust", "the system's authorities");
    tls_close(&tls);
}

Test(grpc_tls, a_server_without_tls_is_told_nothing) {
    struct tls_scene tls;
    tls_prepare(&tls, &good, "127.0.0.1");
    SSL_CTX *context = tls.scene.peer.tls;
    tls.scene.peer.tls = NULL;
    grpc_scene_start(&tls.scene);
    (void)grpc_scene_call(&tls.scene, 1);
    SCENE_UNTIL(&tls.scene, grpc_scene_accepts(&tls.scene, 0));
    h2_link_settings(&tls.scene.links[0], H2_NOT_SAID, H2_NOT_SAID);
    grpc_scene_expect(&tls.scene, 1, GRPC_OUTCOME_NOT_HANDED, "TLS failed", "plain");
    tls.scene.peer.tls = context;
    tls_close(&tls);
}

Test(grpc_tls, we_show_who_we_are) {
    static const struct h2_pki_server asks = {
        .name = "IP:127.0.0.1", .protocol = "h2", .wants_certificate = true};
    struct tls_scene tls;
    tls_prepare(&tls, &asks, "127.0.0.1");
    tls.scene.options.tls_certificate_file = tls.pki.client_file;
    tls.scene.options.tls_key_file = tls.pki.client_key_file;
    grpc_scene_start(&tls.scene);
    one_call(&tls.scene);
    tls_close(&tls);
}

Test(grpc_tls, a_file_that_cannot_be_used_is_named) {
    struct h2_pki pki;
    struct h2_pki other;
    h2_pki_open(&pki);
    h2_pki_open(&other);
    const struct {
        const char *why;
        const char *ca;
        const char *certificate;
        const char *key;
        const char *words;
    } rows[] = {
        {"no file", "/nowhere.pem", NULL, NULL, "/nowhere.pem"},
        {"no certificate in it", pki.client_key_file, NULL, NULL, pki.client_key_file},
        {"no client certificate", pki.authority_file, "/nowhere.pem", pki.client_key_file,
         "/nowhere.pem"},
        {"no key", pki.authority_file, pki.client_file, "/nowhere.key", "/nowhere.key"},
        {"another's key", pki.authority_file, pki.client_file, other.client_key_file,
         other.client_key_file},
        {"a key with a password", pki.authority_file, pki.client_file, pki.locked_key_file,
         pki.locked_key_file},
        {"no key at all", pki.authority_file, pki.client_file, NULL, "needs its key"},
        {"no certificate at all", pki.authority_file, NULL, pki.client_key_file, "needs its key"},
    };
    const struct clock clock = clock_os();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct grpc_options options = {.address = "https://localhost:5000",
                                             .tls_ca_file = rows[i].ca,
                                             .tls_certificate_file = rows[i].certificate,
                                             .tls_key_file = rows[i].key,
                                             .connections_max = 1,
                                             .reply_bytes_max = 1,
                                             .clock = &clock,
                                             .logger = logger_silent()};
        struct grpc_client *client = NULL;
        struct error error = {.text = ""};
        cr_expect_eq(grpc_open(&options, &client, &error), RESULT_INVALID, "row %s", rows[i].why);
        cr_expect_not_null(strstr(error.text, rows[i].words), "row %s: %s", rows[i].why,
                           error.text);
    }
    h2_pki_close(&pki);
    h2_pki_close(&other);
}

Test(grpc_tls, a_connection_that_is_cut_takes_what_was_handed_over_with_it) {
    for (int calmly = 0; calmly <= 1; calmly++) {
        struct tls_scene tls;
        tls_prepare(&tls, &good, "127.0.0.1");
        grpc_scene_start(&tls.scene);
        grpc_scene_begin(&tls.scene);
        if (calmly != 0) {
            (void)SSL_shutdown(tls.scene.links[0].ssl);
        }
        h2_link_hang_up(&tls.scene.links[0], calmly == 0);
        grpc_scene_expect(&tls.scene, 1, GRPC_OUTCOME_BROKEN, "connection", "cut");
        tls_close(&tls);
    }
}

Test(grpc_tls, what_openssl_took_counts_as_handed_over) {
    enum { CALLS = 900, LENGTH = 5000 };
    static const uint8_t message[LENGTH];
    struct grpc_call *calls[CALLS];
    struct tls_scene tls;
    struct grpc_scene *scene = &tls.scene;
    tls_prepare(&tls, &good, "127.0.0.1");
    h2_peer_small_buffers(&scene->peer);
    grpc_scene_start(scene);
    (void)grpc_scene_call(scene, 1000);
    grpc_scene_connect(scene, 0, H2_NOT_SAID, 1 << 20);
    h2_link_window(&scene->links[0], 0, 1 << 30);
    SCENE_UNTIL(scene, grpc_scene_requests(scene, 0));
    h2_link_reply(&scene->links[0], 1, "the connection works");
    grpc_scene_expect(scene, 1000, GRPC_OUTCOME_REPLY, "", "before");
    for (int i = 0; i < CALLS; i++) {
        calls[i] = grpc_call_start(scene->client, "/a/b", (struct bytes){message, LENGTH},
                                   scene->now_ms + SCENE_DEADLINE_MS, grpc_scene_context(i));
    }
    for (int i = 0; i < 10; i++) {
        grpc_poll(scene->client);
    }
    int first = 0;
    while (first < CALLS && !grpc_call_withdraw(scene->client, calls[first])) {
        first++;
    }
    cr_assert(first > 1 && first < CALLS - 1, "%d", first);
    h2_link_frame(&scene->links[0], H2_PING, 0, 0, "12345678", 8); /* so that it writes more */
    for (int number = 0; number < first; number++) {
        SCENE_UNTIL(scene, grpc_scene_requests(scene, 0));
        h2_link_reply(&scene->links[0], scene->request.stream_id, "ok");
        grpc_scene_expect(scene, number, GRPC_OUTCOME_REPLY, "", "handed over");
    }
    if (scene->links[0].ended || grpc_scene_ends(scene, 0)) {
        grpc_scene_connect(scene, 1, H2_NOT_SAID, 1 << 20);
        h2_link_window(&scene->links[1], 0, 1 << 30);
    }
    const int link = scene->links[0].ended ? 1 : 0;
    for (int number = first + 1; number < CALLS; number++) {
        SCENE_UNTIL(scene, grpc_scene_requests(scene, link));
    }
    cr_expect_not(grpc_scene_requests(scene, link), "each once");
    tls_close(&tls);
}
