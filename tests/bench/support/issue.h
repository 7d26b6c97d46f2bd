/* Commands that all are issued, and what makes certificates issue them. */
#ifndef MILLRACE_TESTS_BENCH_ISSUE_H
#define MILLRACE_TESTS_BENCH_ISSUE_H

#include <stdint.h>

#include "certificates/certificates.h"
#include "tests/support/kafka_cluster.h"

/* IssueCertificate number `number`; see `metered_write`. Its certificate is
 * `metered_id("certificate", number)`. */
uint32_t issue_write(uint32_t number, struct uuid *key, uint8_t *value, uint32_t capacity);

/* Rules under which it is accepted, at the registry "main". */
struct certificates_config issue_config(const struct kafka_cluster *cluster);

#endif
