/* Messages on their way: composed from what was typed, written to Kafka, and what became of them.
 */
#ifndef MILLRACE_CLI_OUTBOX_H
#define MILLRACE_CLI_OUTBOX_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "cli/awaiting.h"
#include "cli/compose.h"
#include "cli/reading.h"
#include "domain/uuid.h"
#include "outside/kafka/kafka_sender.h"

enum { OUTBOX_MAX = 10 * 1000 };

/* One message. */
struct outgoing {
    struct composed composed; /* its body is gone once it is encoded */
    uint8_t *value;           /* wire format, from malloc */
    uint32_t value_length;
    char key[UUID_CHARACTERS]; /* the certificate's id */
    struct kafka_sender_delivery delivery;
};

struct outbox {
    struct outgoing *items;
    struct awaited *awaited; /* one for each item, in the same order */
    uint32_t count;
    uint32_t room;
};

/* Compose one message and put it in. `object` is changed. INVALID: it cannot be sent, with the
 * reason; NOT_FOUND: its schema is not registered. */
enum result outbox_add(struct outbox *outbox, struct reading *reading, enum message_type type,
                       json_t *object, struct error *error);

/* Write all of it. The first message that was not written is reported, with all others tried. */
enum result outbox_send(struct outbox *outbox, const struct connection *connection,
                        struct error *error);

/* Begin to listen for answers: before anything is sent, so that none is missed. */
struct kafka_reader *outbox_listen(const struct outbox *outbox, const struct reading *reading,
                                   const struct topics_file *topics);

/* Wait until all are answered, or for `wait_ms`. Ends the reader. */
void outbox_wait(struct outbox *outbox, struct reading *reading, struct kafka_reader *reader,
                 int64_t wait_ms);

/* What is known about one of them: its ids, where it lies, its answer. */
json_t *outbox_view(const struct outbox *outbox, uint32_t index);

void outbox_deinit(struct outbox *outbox);

#endif
