/* Any bytes as what a client sends to the stand-in of Project Origin: as a whole conversation of
 * HTTP/2 in pieces, or as the body of one call to a method. The first byte says which. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "standin/project_origin/session.h"
#include "tests/fuzz/fuzz.h"

enum { NOW_MS = 1000000, STREAMS_MAX = 8, FAULTS_AT = 0x40, CONVERSATION = 0x80 };

static const struct mimic_network network = {.registry = "narnia", .proofs = true};
static const struct standin_latency latency = {.shape = LATENCY_FIXED};
static struct standin_chance chance;
static struct standin_ledger *ledger;
static struct mimic_faults faults = {.chance = &chance};

static int64_t now_of(void *self) {
    (void)self;
    return NOW_MS;
}

struct world {
    struct mimic_timers timers;
    struct mimic_registry registry;
    struct mimic_service service;
};

static void world_open(struct world *world) {
    *world = (struct world){.registry = {
                                .network = &network,
                                .latency = &latency,
                                .finalize_after_ms = 1,
                                .clock = {.monotonic_ms = now_of, .wall_ms = now_of},
                                .chance = &chance,
                                .ledger = ledger,
                                .timers = &world->timers,
                            }};
    world->service = (struct mimic_service){.registry = &world->registry, .faults = &faults};
    mimic_registry_init(&world->registry);
}

static void world_close(struct world *world) {
    mimic_timers_run(&world->timers, NOW_MS + 1);
    fuzz_require(world->registry.counts.queued == 0);
    mimic_timers_deinit(&world->timers);
    mimic_registry_deinit(&world->registry);
}

/* An answer is a status, or a message with its prefix. */
static void require_answer(const struct mimic_answer *answer) {
    const uint8_t *message;
    size_t length;
    char words[64];
    mimic_percent_encode(answer->text, words, sizeof words);
    if (answer->status == MIMIC_GRPC_OK) {
        fuzz_require(mimic_message_read(answer->bytes, answer->length, &message, &length) ==
                     MIMIC_GRPC_OK);
    } else {
        fuzz_require(answer->bytes == NULL);
    }
}

static void call(struct world *world, const char *path, const uint8_t *body, size_t size,
                 struct mimic_answer *answer) {
    mimic_service_call(&world->service, path, body, size, answer);
    require_answer(answer);
    mimic_timers_run(&world->timers, NOW_MS);
}

static void arrived(void *self, struct mimic_call *it) {
    if (it->is_grpc && !it->too_large) {
        call(self, it->path, it->body, it->size, &it->answer);
    }
    if (it->answer.reply != MIMIC_REPLY_REFUSED && it->answer.reply != MIMIC_REPLY_GOAWAY &&
        it->stream > it->session->processed_last) {
        it->session->processed_last = it->stream;
    }
    mimic_session_answer(it);
}

static void converse(struct world *world, size_t piece_max, const uint8_t *data, size_t size) {
    int pair[2];
    uint8_t ignored[4096];
    fuzz_require(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
    struct mimic_session *session =
        mimic_session_open(pair[0], NULL, 1, STREAMS_MAX, arrived, world);
    for (size_t at = 0; at < size && !session->ended;) {
        const size_t piece = piece_max < size - at ? piece_max : size - at;
        fuzz_require(send(pair[1], data + at, piece, MSG_NOSIGNAL) == (ssize_t)piece);
        at += piece;
        mimic_session_receive(session);
        mimic_session_flush(session);
        while (recv(pair[1], ignored, sizeof ignored, MSG_DONTWAIT) > 0) {
        }
    }
    (void)close(pair[1]);
    mimic_session_close(session);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const char *const methods[] = {
        "SendTransactions", "GetTransactionStatus", "GetStreamTransactions",
        "GetBlocks",        "GetTransactionProof",  "Burn",
    };
    struct world world;
    struct error error;
    if (ledger == NULL) {
        /* What it says of poison would only fill the log; sanitizers write past it. */
        stderr = fopen("/dev/null", "we");
        fuzz_require(standin_ledger_open("/dev/null", &ledger, &error) == RESULT_OK);
    }
    if (size == 0) {
        return 0;
    }
    chance.state = data[0];
    faults.count = 0;
    if ((data[0] & FAULTS_AT) != 0) {
        fuzz_require(mimic_fault_add_line(&faults, "goaway issue@every=2"));
        fuzz_require(mimic_fault_add_line(&faults, "half-reply status@every=2"));
        fuzz_require(mimic_fault_add_line(&faults, "lose *:registry=narnia@every=3"));
    }
    world_open(&world);
    if ((data[0] & CONVERSATION) != 0) {
        converse(&world, (size_t)1 << data[0] % 16, data + 1, size - 1);
    } else {
        char path[128];
        struct mimic_answer answer;
        (void)snprintf(path, sizeof path, "/project_origin.registry.v1.RegistryService/%s",
                       methods[data[0] % (sizeof methods / sizeof methods[0])]);
        call(&world, path, data + 1, size - 1, &answer);
        mimic_answer_close(&answer);
    }
    world_close(&world);
    return 0;
}
