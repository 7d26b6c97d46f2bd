/* The commands that have an answer, and those answers, in as few bytes as they can be told from.
 *
 * Of an answer as it usually is only that is kept which neither the command that comes again nor
 * the rules by which ids are made can tell. All others are kept as they were written. */
#ifndef MILLRACE_CERTIFICATES_SEEN_H
#define MILLRACE_CERTIFICATES_SEEN_H

#include <stdbool.h>
#include <stdint.h>

#include "domain/message.h"
#include "generated/c/certificates_answers.h"
#include "loop/turn.h"

enum {
    SEEN_KEY_BYTES = 16,
    SEEN_HASH_BYTES = 8, /* of a payload's hash: enough to tell a command from another one */
    SEEN_ORIGINS_MAX = 64,
    SEEN_NAME_MAX = 64,   /* bytes of each text of an origin */
    SEEN_SHORT_MAX = 512, /* bytes; an answer that says more is kept whole */
};

/* Who said it and how the command came in: few there are, and so they are kept once each. */
struct seen_origin {
    char source_name[SEEN_NAME_MAX];
    char source_version[SEEN_NAME_MAX];
    char channel[SEEN_NAME_MAX];
    uint32_t source_name_length; /* bytes; likewise the others */
    uint32_t source_version_length;
    uint32_t channel_length;
    bool has_channel;
};

/* Those that the store holds, or soon will. All zeroes: not read yet. */
struct seen_origins {
    bool known;
    uint32_t count;
    uint32_t stored; /* the first of them */
    struct seen_origin items[SEEN_ORIGINS_MAX];
};

/* A command that comes again, as far as it tells what was answered. */
struct seen_command {
    enum message_type type;
    const struct uuid *certificate_id;
    const struct uuid *command_id;
    struct bytes payload_hash;
};

/* The key of a command in the table. */
void seen_key(const struct uuid *certificate_id, const struct uuid *command_id,
              uint8_t key[SEEN_KEY_BYTES]);

/* Read what the store's `table` holds of origins, unless they are known. To be done before the
 * functions below; OK or what `turn_get` gives. */
enum result seen_know_origins(struct seen_origins *origins, uint32_t table, struct turn *turn,
                              struct error *error);

/* What is kept of an answer whose encoded value is `whole`: that, or what was written to `room`. */
struct bytes seen_shorten(struct seen_origins *origins,
                          const struct certificates_answers_command_answered *answer,
                          struct bytes whole, uint8_t room[SEEN_SHORT_MAX]);
/* Put new origins into the store's `table`; to be done in the turn that keeps the first answer
 * with one. */
void seen_put_origins(struct seen_origins *origins, uint32_t table, struct turn *turn);

/* Is what is kept short, and is it about a command with this hash? */
bool seen_is_short(struct bytes kept);
bool seen_is_about(struct bytes kept, struct bytes payload_hash);

/* The answer to a command, as it was given, from what was kept short; it is about this command.
 * It lies in the arena, what it says in `kept`, `origins` and `command`. */
const struct certificates_answers_command_answered *seen_expand(const struct seen_origins *origins,
                                                                struct arena *arena,
                                                                struct bytes kept,
                                                                const struct seen_command *command);

#endif
