#include "outside/kafka/trust.h"

#include <assert.h>
#include <openssl/x509_vfy.h>
#include <string.h>

#include "outside/kafka/client.h"

const char *kafka_trust_advice(int code) {
    switch (code) {
    case X509_V_OK:
        return "the TLS handshake fails; check kafka.security.protocol and kafka.ssl.*, and that "
               "kafka.bootstrap.servers names the port for TLS";
    case X509_V_ERR_CERT_HAS_EXPIRED:
        return "the broker's certificate, or one that vouches for it, has expired; whoever runs "
               "Kafka must renew it";
    case X509_V_ERR_CERT_NOT_YET_VALID:
        return "the broker's certificate is not valid yet; check the clocks of this host and of "
               "whoever made it";
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
        return "the broker's certificate is made out to another name; use the one that is on it in "
               "kafka.bootstrap.servers (and in the brokers' advertised.listeners), or have one "
               "made for this name";
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_CERT_SIGNATURE_FAILURE:
        return "nobody whom we trust vouches for the broker's certificate; put the certificate of "
               "who does into the file of kafka.ssl.ca.location";
    default:
        return X509_verify_cert_error_string(code);
    }
}

/* Called by librdkafka's threads, for each certificate of a chain, its root first (depth 0 is the
 * broker's own); not for ours. */
static int on_certificate(rd_kafka_t *handle, const char *broker, int32_t id, int *code, int depth,
                          const char *certificate, size_t size, char *text, size_t text_size,
                          void *opaque) {
    struct kafka_client *client = opaque;
    (void)handle;
    (void)broker;
    (void)id;
    (void)certificate;
    (void)size;
    assert(client != NULL && code != NULL);
    const int trouble = *code;
    *code = trouble; /* as it was; the callback must be able to write it, and this says so */
    if (trouble != X509_V_OK) {
        atomic_store(&client->distrusted, trouble);
        (void)snprintf(text, text_size, "%s", kafka_trust_advice(trouble));
        return 0;
    }
    if (depth == 0) {
        int refused = RD_KAFKA_RESP_ERR__SSL;
        atomic_store(&client->distrusted, X509_V_OK);
        (void)atomic_compare_exchange_strong(&client->refused, &refused, 0);
    }
    return 1;
}

/* Who says that certificates are not to be looked at hears nothing of them. */
static bool is_wanted(const rd_kafka_conf_t *conf) {
    char value[16];
    size_t size = sizeof value;
    return rd_kafka_conf_get(conf, "enable.ssl.certificate.verification", value, &size) ==
               RD_KAFKA_CONF_OK &&
           strcmp(value, "true") == 0;
}

enum result kafka_trust_watch(rd_kafka_conf_t *conf, struct error *error) {
    if (is_wanted(conf) &&
        rd_kafka_conf_set_ssl_cert_verify_cb(conf, on_certificate) != RD_KAFKA_CONF_OK) {
        return error_set(error, RESULT_INVALID, "this librdkafka is built without TLS");
    }
    return RESULT_OK;
}
