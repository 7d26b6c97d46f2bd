#include "standin/project_origin/service.h"

#include <assert.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "standin/project_origin/send.h"

static const char thrown[] = "Exception was thrown by handler.";

struct mimic_answer mimic_answer_status(enum mimic_grpc status, const char *text) {
    return (struct mimic_answer){.reply = MIMIC_REPLY_ANSWER, .status = status, .text = text};
}

void mimic_answer_close(struct mimic_answer *answer) {
    free(answer->bytes);
    answer->bytes = NULL;
}

static struct mimic_answer answer_message(const ProtobufCMessage *message) {
    struct mimic_answer answer = mimic_answer_status(MIMIC_GRPC_OK, "");
    const size_t length = protobuf_c_message_get_packed_size(message);
    answer.length = MIMIC_PREFIX_BYTES + length;
    answer.bytes = malloc(answer.length);
    assert(answer.bytes != NULL);
    mimic_message_prefix(length, answer.bytes);
    (void)protobuf_c_message_pack(message, answer.bytes + MIMIC_PREFIX_BYTES);
    return answer;
}

static struct mimic_answer send_transactions(struct mimic_service *service, const uint8_t *bytes,
                                             size_t length) {
    ProjectOrigin__Registry__V1__SendTransactionsRequest *request =
        project_origin__registry__v1__send_transactions_request__unpack(NULL, length, bytes);
    if (request == NULL) {
        return mimic_answer_status(MIMIC_GRPC_UNKNOWN, thrown);
    }
    enum mimic_reply reply;
    const bool done = mimic_send(service, request->transactions, request->n_transactions, &reply);
    project_origin__registry__v1__send_transactions_request__free_unpacked(request, NULL);
    const ProjectOrigin__Registry__V1__SubmitTransactionResponse response =
        PROJECT_ORIGIN__REGISTRY__V1__SUBMIT_TRANSACTION_RESPONSE__INIT;
    struct mimic_answer answer =
        done ? answer_message(&response.base) : mimic_answer_status(MIMIC_GRPC_UNKNOWN, thrown);
    answer.reply = reply;
    return answer;
}

/* As .NET reads Base64: blanks do not count. */
static bool read_id(const char *text, uint8_t id[MIMIC_ID_BYTES], bool *is_hash) {
    const size_t size = strlen(text) / 4 * 3 + 3;
    uint8_t *bytes = malloc(size);
    size_t length = 0;
    assert(bytes != NULL);
    const bool read = sodium_base642bin(bytes, size, text, strlen(text), " \t\r\n", &length, NULL,
                                        sodium_base64_VARIANT_ORIGINAL) == 0;
    *is_hash = read && length == MIMIC_ID_BYTES;
    if (*is_hash) {
        memcpy(id, bytes, MIMIC_ID_BYTES);
    }
    free(bytes);
    return read;
}

static struct mimic_answer get_status(struct mimic_service *service, const uint8_t *bytes,
                                      size_t length) {
    ProjectOrigin__Registry__V1__GetTransactionStatusRequest *request =
        project_origin__registry__v1__get_transaction_status_request__unpack(NULL, length, bytes);
    uint8_t id[MIMIC_ID_BYTES];
    bool is_hash = false;
    const bool read = request != NULL && read_id(request->id, id, &is_hash);
    if (request != NULL) {
        project_origin__registry__v1__get_transaction_status_request__free_unpacked(request, NULL);
    }
    if (!read) {
        return mimic_answer_status(MIMIC_GRPC_UNKNOWN, thrown);
    }
    const char *message = "";
    const enum mimic_status status =
        is_hash ? mimic_registry_status(service->registry, id, &message) : MIMIC_STATUS_UNKNOWN;
    ProjectOrigin__Registry__V1__GetTransactionStatusResponse response =
        PROJECT_ORIGIN__REGISTRY__V1__GET_TRANSACTION_STATUS_RESPONSE__INIT;
    response.status = (ProjectOrigin__Registry__V1__TransactionState)status;
    response.message = (char *)message;
    return answer_message(&response.base);
}

static struct mimic_answer get_stream(struct mimic_service *service, const uint8_t *bytes,
                                      size_t length) {
    ProjectOrigin__Registry__V1__GetStreamTransactionsRequest *request =
        project_origin__registry__v1__get_stream_transactions_request__unpack(NULL, length, bytes);
    uint8_t id[MIMIC_UUID_BYTES];
    const bool read = request != NULL && request->stream_id != NULL &&
                      mimic_uuid_parse(request->stream_id->value, id);
    if (request != NULL) {
        project_origin__registry__v1__get_stream_transactions_request__free_unpacked(request, NULL);
    }
    if (!read) {
        return mimic_answer_status(MIMIC_GRPC_UNKNOWN, thrown);
    }
    ProjectOrigin__Registry__V1__GetStreamTransactionsResponse response =
        PROJECT_ORIGIN__REGISTRY__V1__GET_STREAM_TRANSACTIONS_RESPONSE__INIT;
    const struct mimic_stream *stream = mimic_stream_find(&service->registry->streams, id);
    const uint32_t count = stream == NULL ? 0 : stream->rows_count;
    response.transactions = calloc(count + 1, sizeof(ProjectOrigin__Registry__V1__Transaction *));
    assert(response.transactions != NULL);
    for (uint32_t i = 0; i < count; i++) {
        response.transactions[response.n_transactions++] = stream->rows[i]->transaction->message;
    }
    const struct mimic_answer answer = answer_message(&response.base);
    free(response.transactions);
    return answer;
}

static struct mimic_answer get_blocks(struct mimic_service *service, const uint8_t *bytes,
                                      size_t length) {
    (void)service;
    (void)bytes;
    (void)length;
    const ProjectOrigin__Registry__V1__GetBlocksResponse response =
        PROJECT_ORIGIN__REGISTRY__V1__GET_BLOCKS_RESPONSE__INIT;
    return answer_message(&response.base);
}

static struct mimic_answer get_proof(struct mimic_service *service, const uint8_t *bytes,
                                     size_t length) {
    (void)service;
    (void)bytes;
    (void)length;
    return mimic_answer_status(MIMIC_GRPC_UNIMPLEMENTED, "");
}

static const struct method {
    const char *name;
    const char *kind; /* as rules name it; NULL: it is about transactions, which have kinds */
    struct mimic_answer (*call)(struct mimic_service *service, const uint8_t *bytes, size_t length);
} methods[] = {
    {"SendTransactions", NULL, send_transactions},   {"GetTransactionStatus", "status", get_status},
    {"GetStreamTransactions", "stream", get_stream}, {"GetBlocks", "blocks", get_blocks},
    {"GetTransactionProof", "proof", get_proof},
};

static const struct method *method_of(const char *path, const char **why) {
    static const char prefix[] = "/project_origin.registry.v1.RegistryService/";
    *why = "Service is unimplemented.";
    if (strncmp(path, prefix, sizeof prefix - 1) != 0) {
        return NULL;
    }
    *why = "Method is unimplemented.";
    for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++) {
        if (strcmp(methods[i].name, path + sizeof prefix - 1) == 0) {
            return &methods[i];
        }
    }
    return NULL;
}

void mimic_service_call(struct mimic_service *service, const char *path, const uint8_t *body,
                        size_t size, struct mimic_answer *answer) {
    const char *why;
    const uint8_t *message = NULL;
    size_t length = 0;
    const struct method *method = method_of(path, &why);
    if (method == NULL) {
        *answer = mimic_answer_status(MIMIC_GRPC_UNIMPLEMENTED, why);
        return;
    }
    const enum mimic_grpc framing = mimic_message_read(body, size, &message, &length);
    if (framing != MIMIC_GRPC_OK) {
        *answer = mimic_answer_status(framing, "The body is not one message.");
        return;
    }
    *answer = method->call(service, message, length);
    if (method->kind != NULL) {
        answer->reply = mimic_action_reply(mimic_fault_of_reading(service->faults, method->kind));
    }
}
