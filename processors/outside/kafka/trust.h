/* What is wrong with the certificate that a broker shows, and what to do about it. */
#ifndef MILLRACE_OUTSIDE_KAFKA_TRUST_H
#define MILLRACE_OUTSIDE_KAFKA_TRUST_H

#include <librdkafka/rdkafka.h>

#include "ports/error.h"

/* Have the client look at certificates with our words. Its opaque is a `struct kafka_client`.
 * INVALID: this librdkafka can do no TLS at all. */
enum result kafka_trust_watch(rd_kafka_conf_t *conf, struct error *error);

/* A sentence for OpenSSL's code of a certificate that was not accepted; 0: none was shown, or the
 * handshake broke off for another reason. */
const char *kafka_trust_advice(int code);

#endif
