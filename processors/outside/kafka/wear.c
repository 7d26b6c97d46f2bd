#include "outside/kafka/wear.h"

#include <assert.h>

static const char interceptor[] = "millrace";

/* `error` is that of the transport: errors that a broker answered are within the answer. */
static rd_kafka_resp_err_t on_answer(rd_kafka_t *handle, int socket, const char *broker,
                                     int32_t broker_id, int16_t api, int16_t version,
                                     int32_t correlation, size_t size, int64_t round_trip,
                                     rd_kafka_resp_err_t error, void *context) {
    struct kafka_wear *wear = context;
    (void)handle;
    (void)socket;
    (void)broker;
    (void)broker_id;
    (void)api;
    (void)version;
    (void)correlation;
    (void)size;
    (void)round_trip;
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR && error != RD_KAFKA_RESP_ERR__DESTROY) {
        (void)atomic_fetch_add(&wear->unanswered, 1);
    }
    return RD_KAFKA_RESP_ERR_NO_ERROR;
}

static rd_kafka_resp_err_t on_new(rd_kafka_t *handle, const rd_kafka_conf_t *conf, void *context,
                                  char *text, size_t text_size) {
    (void)conf;
    assert(text_size > 0);
    text[0] = '\0'; /* no reason why not */
    return rd_kafka_interceptor_add_on_response_received(handle, interceptor, on_answer, context);
}

void kafka_wear_watch(rd_kafka_conf_t *conf, struct kafka_wear *wear) {
    assert(conf != NULL && wear != NULL);
    atomic_init(&wear->unanswered, 0);
    const rd_kafka_resp_err_t error =
        rd_kafka_conf_interceptor_add_on_new(conf, interceptor, on_new, wear);
    assert(error == RD_KAFKA_RESP_ERR_NO_ERROR);
}
