/* A transaction as the registry keeps it: its own serialisation of what came, and the id of that.
 */
#ifndef MILLRACE_STANDIN_PROJECT_ORIGIN_TRANSACTION_H
#define MILLRACE_STANDIN_PROJECT_ORIGIN_TRANSACTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "registry.pb-c.h"
#include "standin/project_origin/status.h"

enum {
    MIMIC_ID_TEXT_SIZE = 45, /* 44 characters of Base64 and a NUL */
    MIMIC_UUID_BYTES = 16,
    MIMIC_UUID_TEXT_SIZE = 37, /* 36 characters and a NUL */
};

struct mimic_transaction {
    uint8_t id[MIMIC_ID_BYTES]; /* SHA-256 of `bytes` */
    char id_text[MIMIC_ID_TEXT_SIZE];
    uint8_t *bytes;
    size_t length;
    ProjectOrigin__Registry__V1__Transaction *message; /* `bytes` once more */
    uint8_t *header;                                   /* its serialisation; NULL: there is none */
    size_t header_length;
};

/* A copy in memory of its own. Never NULL: what was parsed can be serialised and parsed again. */
struct mimic_transaction *mimic_transaction_open(
    const ProjectOrigin__Registry__V1__Transaction *message);
/* NULL: these bytes are no transaction. */
struct mimic_transaction *mimic_transaction_parse(const uint8_t *bytes, size_t length);
void mimic_transaction_close(struct mimic_transaction *transaction);

/* The text of the stream's id in the header; NULL: header, stream or id is missing. */
const char *mimic_transaction_stream(const struct mimic_transaction *transaction);
/* The registry's name in the header; NULL: header or stream is missing. */
const char *mimic_transaction_registry(const struct mimic_transaction *transaction);

/* Eight, four, four, four and twelve hexadecimal digits of either case. */
bool mimic_uuid_parse(const char *text, uint8_t uuid[MIMIC_UUID_BYTES]);
/* In lower case. */
void mimic_uuid_write(const uint8_t uuid[MIMIC_UUID_BYTES], char text[MIMIC_UUID_TEXT_SIZE]);

#endif
