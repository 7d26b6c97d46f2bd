/* The keys that we act with, and those that we only give to: one file, a key a line.
 *
 *     # ROLE  NAME         secret|public  KEY, in hex
 *     owner   wind-farm-7  secret         0f24…   (32 bytes)
 *     owner   acme         public         02a1…   (33 bytes, a compressed point)
 *     issuer  grid-dk1     secret         9d61…   (32 bytes, the seed)
 *     issuer  grid-dk2     public         302a…   (44 bytes, SubjectPublicKeyInfo)
 *
 * Owners have keys of Secp256k1, issuers of Ed25519. A name is as an owner's (rules_is_name), and
 * has one key in a role; a key has one name. Words are parted by spaces or tabs; empty lines and
 * lines that begin with # say nothing. Whose secret is in it, is never shown and never logged. */
#ifndef MILLRACE_REGISTRY_PROJECT_ORIGIN_KEYRING_H
#define MILLRACE_REGISTRY_PROJECT_ORIGIN_KEYRING_H

#include <stdint.h>
#include <sys/types.h>

#include "domain/values.h"
#include "outside/registry_project_origin/key.h"
#include "ports/error.h"

enum {
    KEYRING_KEYS_MAX = 100000,
    KEYRING_FILE_BYTES_MAX = 32 << 20,
};

enum key_role {
    KEY_ROLE_OWNER,
    KEY_ROLE_ISSUER,
    KEY_ROLES_COUNT,
};

struct keyring_entry {
    enum key_role role;
    struct text name;
    struct key key;
    uint32_t line;   /* of the file, from 1 */
    uint32_t offset; /* bytes before the line in the file */
    uint32_t length; /* bytes of the line, without its end */
};

/* Never changes once it is there, so any thread may look. */
struct keyring {
    struct keyring_entry *entries; /* by role, then by name */
    uint32_t count;
    uint32_t secrets_count; /* how many of them have a secret */
    char *names;            /* what the entries' names point into */
    uint8_t *secrets;       /* what the entries' keys point into: locked, and cleared at the end */
};

/* The keys of a file. NOT_FOUND: there is no such file. INVALID: says which line is wrong, or who
 * must not be allowed to read or write the file. FAILED: it cannot be read now. */
enum result keyring_open(const char *path, struct keyring *keyring, struct error *error);

/* The same of text that was read from `origin`; the text may go when this is done. */
enum result keyring_parse(const char *origin, struct text text, struct keyring *keyring,
                          struct error *error);

void keyring_close(struct keyring *keyring);

/* NULL: there is none. Without `secret` it may be given to, and can do nothing. */
const struct key *keyring_find(const struct keyring *keyring, enum key_role role, struct text name);

/* The same with where it stands. */
const struct keyring_entry *keyring_entry_find(const struct keyring *keyring, enum key_role role,
                                               struct text name);

enum keyring_change {
    KEYRING_CHANGE_NONE,      /* it was there before */
    KEYRING_CHANGE_ADDED,     /* a new line */
    KEYRING_CHANGE_COMPLETED, /* its public half was there before; now its secret is */
};

/* Put a key under a name, for good: the file is replaced as a whole by one with this line, and made
 * where there is none (mode 600). DENIED: the name has another
 * key, and nothing is ever overwritten, or the key another name. AGAIN: somebody else is writing.
 * INVALID, FAILED: as `keyring_open`; nothing has changed. DOUBTFUL: it may have. */
enum result keyring_add(const char *path, enum key_role role, struct text name,
                        const struct key *key, enum keyring_change *change, struct error *error);

/* A role's word, and the kind of key that it has. */
const char *key_role_word(enum key_role role);
bool key_role_of_word(struct text word, enum key_role *role);
enum key_kind key_role_kind(enum key_role role);

/* "Secp256k1" or "Ed25519". */
const char *key_kind_word(enum key_kind kind);

#endif
