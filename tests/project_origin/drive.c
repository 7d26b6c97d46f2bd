/* The adapter, driven by lines of JSON: no part of what it is held against is in this process.
 *
 *     drive <LINES >LINES
 *
 * The first line says how the adapter is set up:
 *     {"address", "ownName", "firstMs", "longestMs", "keyring": its text,
 *      "secrets": [{"name", "secret": hex}], "issuers": [{"area", "name"}],
 *      "names": [{"configured", "own"}] of other registries,
 *      "caFile", "certificateFile", "keyFile": null or a path}
 * and each further one is a list of sendings that are out at the same time, or, with "ask", of
 * questions what became of them:
 *     [{"order": a registry.commands.SubmitTransaction, "ask": bool, "timeoutMs", "lateMs"}]
 * For each sending it says what was made or why nothing was, and each reply:
 *     {"submissionId", "id", "bytes": hex}    {"submissionId", "invalid": why}
 *     {"submissionId", "reply": "SUCCEEDED", "cause", "learnt", "text", "afterMs"}
 * and when all have ended, and `lateMs` more have passed or something late has come: {"done": true}
 */
#include <assert.h>
#include <jansson.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "domain/uuid.h"
#include "generated/c/registry_commands.h"
#include "outside/clock_os/clock_os.h"
#include "outside/registry_project_origin/registry_project_origin.h"
#include "wire/json.h"

enum {
    LIST_MAX = 32, /* issuers, other registries */
    ARENA_BYTES = 32 << 20,
    PATIENCE_MS = 5000, /* behind the last deadline: whoever is not done by then never will be */
};

static struct clock os;
static struct keyring keyring;
static struct blinding_secrets secrets;
static struct prover prover;
static struct rules_issuer issuers[LIST_MAX];
static struct rules rules = {.issuers = issuers};
static struct origin_settings settings[LIST_MAX];
static struct registry_project_origin_adapter adapter;
static struct registry registry;
static struct arena arena;

_Noreturn static void stop(const char *what, const char *why) {
    (void)fprintf(stderr, "drive: %s: %s\n", what, why);
    exit(1);
}

static int64_t now_ms(void) {
    return os.monotonic_ms(os.self);
}

static void say(json_t *object) {
    if (json_dumpf(object, stdout, JSON_COMPACT | JSON_ENSURE_ASCII) != 0) {
        stop("answer", "it is no JSON"); /* words of the adapter's that are no UTF-8 */
    }
    (void)putchar('\n');
    (void)fflush(stdout);
    json_decref(object);
}

static const char *text_at(const json_t *object, const char *name) {
    const char *text = json_string_value(json_object_get(object, name));
    if (text == NULL) {
        stop(name, "it is missing");
    }
    return text;
}

static int64_t number_at(const json_t *object, const char *name) {
    return json_integer_value(json_object_get(object, name));
}

static json_t *hex(struct bytes bytes) {
    char *text = arena_take(&arena, 2 * (size_t)bytes.length + 1);
    for (uint32_t i = 0; i < bytes.length; i++) {
        (void)snprintf(text + 2 * (size_t)i, 3, "%02x", bytes.data[i]);
    }
    return json_stringn(text, 2 * (size_t)bytes.length);
}

static json_t *uuid_json(const struct uuid *uuid) {
    char text[UUID_CHARACTERS];
    uuid_to_text(uuid, text);
    return json_stringn(text, sizeof text);
}

/* --- How the adapter is set up. --- */

static void add_secret(const json_t *from) {
    const char *text = text_at(from, "secret");
    uint8_t bytes[BLINDING_SECRET_MAX];
    uint32_t length = 0;
    unsigned byte = 0;
    for (; length < sizeof bytes && sscanf(text + 2 * length, "%2x", &byte) == 1; length++) {
        bytes[length] = (uint8_t)byte;
    }
    struct error error;
    if (blinding_secrets_add(&secrets, text_of(text_at(from, "name")),
                             (struct bytes){bytes, length}, &error) != RESULT_OK) {
        stop("secret", error.text);
    }
}

static void take_lists(const json_t *setup) {
    const json_t *item;
    size_t i;
    json_array_foreach(json_object_get(setup, "secrets"), i, item) {
        add_secret(item);
    }
    json_array_foreach(json_object_get(setup, "issuers"), i, item) {
        assert(i < LIST_MAX);
        issuers[i] =
            (struct rules_issuer){text_of(text_at(item, "area")), text_of(text_at(item, "name"))};
        rules.issuers_count = (uint32_t)i + 1;
    }
    json_array_foreach(json_object_get(setup, "names"), i, item) {
        assert(i + 1 < LIST_MAX);
        settings[i + 1] = (struct origin_settings){.name = text_at(item, "configured"),
                                                   .own_name = text_at(item, "own")};
        adapter.settings_count = (uint32_t)i + 2;
    }
}

/* What is named in `setup` is used until the end. */
static void open_adapter(const json_t *setup) {
    struct error error;
    if (keyring_parse("keyring", text_of(text_at(setup, "keyring")), &keyring, &error) !=
        RESULT_OK) {
        stop("keyring", error.text);
    }
    prover = prover_chosen();
    settings[0] = (struct origin_settings){
        .name = "narnia",
        .own_name = text_at(setup, "ownName"),
        .tls_ca_file = json_string_value(json_object_get(setup, "caFile")),
        .tls_certificate_file = json_string_value(json_object_get(setup, "certificateFile")),
        .tls_key_file = json_string_value(json_object_get(setup, "keyFile")),
        .connections_max = 1,
        .schedule = {.first_ms = number_at(setup, "firstMs"),
                     .longest_ms = number_at(setup, "longestMs")},
    };
    adapter = (struct registry_project_origin_adapter){
        .logger = logger_silent(),
        .settings = settings,
        .settings_count = 1,
        .rules = &rules,
        .keyring = &keyring,
        .secrets = &secrets,
        .prover = &prover,
    };
    take_lists(setup);
    const struct registry_adapter port = registry_project_origin(&adapter);
    const struct registry_config config = {.name = "narnia",
                                           .adapter = "project-origin",
                                           .address = text_at(setup, "address"),
                                           .in_flight_max = 1000};
    if (port.open(port.self, &config, &os, &registry, &error) != RESULT_OK) {
        stop("registry", error.text);
    }
}

/* --- Sendings and what comes of them. --- */

/* False: there was nothing to send or to ask for, and it was said why. */
static bool begin_one(const json_t *sending, int64_t begin_ms, int64_t *last_ms) {
    void *body;
    struct error error;
    if (json_to_struct(&registry_commands_submit_transaction_descriptor,
                       json_object_get(sending, "order"), &arena, &body, &error) != RESULT_OK) {
        stop("order", error.text);
    }
    const struct registry_commands_submit_transaction *order = body;
    struct registry_request request = {
        .call = {.certificate_id = order->certificate_id,
                 .submission_id = order->submission_id,
                 .attempt = 1},
        .deadline_ms = begin_ms + number_at(sending, "timeoutMs"),
    };
    const enum result result =
        registry.prepare(registry.self, &order->submission_id, &order->certificate_id,
                         &order->operation, &arena, &request.transaction, &error);
    if (result != RESULT_OK) {
        say(json_pack("{s:o, s:s}", "submissionId", uuid_json(&order->submission_id), "invalid",
                      error.text));
        return false;
    }
    say(json_pack("{s:o, s:s#, s:o}", "submissionId", uuid_json(&order->submission_id), "id",
                  request.transaction.id.data, (int)request.transaction.id.length, "bytes",
                  hex(request.transaction.bytes)));
    if (json_is_true(json_object_get(sending, "ask"))) {
        const struct registry_question question = {
            .call = request.call,
            .transaction = request.transaction,
            .deadline_ms = request.deadline_ms,
        };
        registry.ask(registry.self, &question);
    } else {
        registry.start(registry.self, &request);
    }
    *last_ms = request.deadline_ms > *last_ms ? request.deadline_ms : *last_ms;
    return true;
}

static void say_reply(const struct registry_reply *reply, int64_t begin_ms) {
    static const char *const kinds[] = {
        [REGISTRY_REPLY_ACCEPTED] = "ACCEPTED", [REGISTRY_REPLY_SUCCEEDED] = "SUCCEEDED",
        [REGISTRY_REPLY_REFUSED] = "REFUSED",   [REGISTRY_REPLY_NOT_SENT] = "NOT_SENT",
        [REGISTRY_REPLY_UNKNOWN] = "UNKNOWN",
    };
    static const char *const unknown[] = {
        [MILLRACE_UNKNOWN_CAUSE_OTHER] = "", /* nothing was learnt by a question */
        [MILLRACE_UNKNOWN_CAUSE_TIMEOUT] = "Timeout",
        [MILLRACE_UNKNOWN_CAUSE_CONNECTION_LOST] = "ConnectionLost",
        [MILLRACE_UNKNOWN_CAUSE_BAD_REPLY] = "BadReply",
        [MILLRACE_UNKNOWN_CAUSE_NO_OUTCOME] = "NoOutcome",
    };
    static const char *const learnt[] = {
        [REGISTRY_LEARNT_BY_REPLY] = "Reply",
        [REGISTRY_LEARNT_BY_STATUS] = "Status",
        [REGISTRY_LEARNT_BY_STREAM] = "Stream",
    };
    const bool is_outcome =
        reply->kind == REGISTRY_REPLY_SUCCEEDED || reply->kind == REGISTRY_REPLY_REFUSED;
    const char *cause = "";
    if (reply->kind == REGISTRY_REPLY_UNKNOWN) {
        cause = unknown[reply->unknown_cause];
    } else if (reply->kind == REGISTRY_REPLY_NOT_SENT) {
        cause = reply->not_sent_cause == MILLRACE_NOT_SENT_CAUSE_NOT_PROCESSED ? "NotProcessed"
                                                                               : "ConnectFailed";
    }
    say(json_pack("{s:o, s:s, s:s, s:s, s:s#, s:I}", "submissionId",
                  uuid_json(&reply->call.submission_id), "reply", kinds[reply->kind], "cause",
                  cause, "learnt", is_outcome ? learnt[reply->learnt] : "", "text", reply->text,
                  (int)reply->text_length, "afterMs", (json_int_t)(now_ms() - begin_ms)));
}

/* Replies until `ends_left` of them were ends, or until then. */
static uint32_t drive(uint32_t ends_left, int64_t begin_ms, int64_t until_ms) {
    struct registry_reply reply;
    for (;;) {
        while (registry.poll(registry.self, &reply, 1) == 1) {
            say_reply(&reply, begin_ms);
            ends_left -= ends_left > 0 && reply.kind != REGISTRY_REPLY_ACCEPTED ? 1 : 0;
        }
        const int64_t now = now_ms();
        if (ends_left == 0 || now >= until_ms) {
            return ends_left;
        }
        const int64_t next_ms = registry.next_deadline_ms(registry.self);
        const int64_t wake_ms = next_ms < until_ms ? next_ms : until_ms;
        struct pollfd wait = {.fd = registry.wait_fd(registry.self), .events = POLLIN};
        (void)poll(&wait, 1, wake_ms <= now ? 0 : (int)(wake_ms - now) + 1);
    }
}

static void send_all(const json_t *list) {
    const int64_t begin_ms = now_ms();
    int64_t last_ms = begin_ms;
    int64_t late_ms = 0;
    uint32_t out = 0;
    const json_t *sending;
    size_t i;
    arena_reset(&arena);
    json_array_foreach(list, i, sending) {
        out += begin_one(sending, begin_ms, &last_ms);
        late_ms = number_at(sending, "lateMs");
    }
    if (drive(out, begin_ms, last_ms + PATIENCE_MS) != 0) {
        stop("deadline", "it has passed, and no reply has come");
    }
    if (late_ms > 0) {
        (void)drive(1, begin_ms, now_ms() + late_ms);
    }
    say(json_pack("{s:b}", "done", 1));
}

int main(void) {
    char *line = NULL;
    size_t size = 0;
    json_t *setup = NULL;
    void *memory = malloc(ARENA_BYTES);
    assert(memory != NULL);
    os = clock_os();
    arena_init(&arena, memory, ARENA_BYTES);
    while (getline(&line, &size, stdin) > 0) {
        json_error_t error;
        json_t *said = json_loads(line, 0, &error);
        if (said == NULL) {
            stop("line", error.text);
        }
        if (setup == NULL) {
            setup = said;
            open_adapter(setup);
        } else {
            send_all(said);
            json_decref(said);
        }
    }
    if (setup != NULL) {
        registry.close(registry.self);
        keyring_close(&keyring);
        blinding_secrets_deinit(&secrets);
    }
    json_decref(setup);
    free(memory);
    free(line);
    return 0;
}
