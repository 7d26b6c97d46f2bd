/* How a message of ours gets its id, its parent and its root: all of it follows from the message
 * whose handling caused it, so a redone step makes the same id. */
#ifndef MILLRACE_DOMAIN_METADATA_H
#define MILLRACE_DOMAIN_METADATA_H

#include <stdint.h>

#include "domain/values.h"
#include "generated/c/millrace.h"

enum { ID_NAME_BYTES_MAX = 1024 }; /* bounded by the schemas' millrace.maxLength */

/* The name that a UUIDv5 is made of: parts joined by '/'. */
struct id_name {
    char data[ID_NAME_BYTES_MAX];
    uint32_t length; /* bytes */
    uint32_t parts;
};

void id_name_begin(struct id_name *name);
/* Add a part. The name must have room for it. */
void id_name_add_text(struct id_name *name, struct text part);
void id_name_add_uuid(struct id_name *name, const struct uuid *part);
void id_name_add_number(struct id_name *name, int64_t part); /* decimal */

/* UUIDv5 (RFC 9562) of a name in a space. */
struct uuid uuid_v5(const struct uuid *space, const struct id_name *name);

/* The metadata of a message that was caused by handling `parent`. `key` is the aggregate's id,
 * `type` the full name of the new message's record, `ordinal` counts the messages of that type made
 * from that parent, from 0. Texts of `parent` and `source` are referred to, not copied. */
struct millrace_metadata metadata_child(const struct millrace_metadata *parent,
                                        const struct uuid *key, struct text type, uint32_t ordinal,
                                        int64_t now_ms, const struct millrace_source *source);

#endif
