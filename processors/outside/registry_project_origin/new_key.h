/* A key on its way into a keyring: made by chance, or read as others write it. */
#ifndef MILLRACE_REGISTRY_PROJECT_ORIGIN_NEW_KEY_H
#define MILLRACE_REGISTRY_PROJECT_ORIGIN_NEW_KEY_H

#include <stdbool.h>

#include "outside/registry_project_origin/key.h"
#include "ports/error.h"

enum { NEW_KEY_TEXT_MAX = 4096 }; /* bytes, of a key as others write it */

struct new_key {
    struct key key;
    uint8_t *secret; /* what the key points into: locked, and cleared at the end */
};

/* FAILED: there is no memory that could be locked. */
enum result new_key_generate(enum key_kind kind, struct new_key *made, struct error *error);

/* A secret (or else a public) key as text, blanks around it. In hex: a secret of 32 bytes; a
 * public key of Secp256k1 compressed, one of Ed25519 in 32 bytes or as SubjectPublicKeyInfo. Keys
 * of Ed25519 also as PEM (RFC 7468; PKCS #8 for a secret). INVALID: it is none; what it is instead
 * is not repeated. */
enum result new_key_parse(enum key_kind kind, bool is_secret, struct text text,
                          struct new_key *made, struct error *error);

/* The same from a file, to its end. FAILED: it cannot be read. */
enum result new_key_read(enum key_kind kind, bool is_secret, int file, struct new_key *made,
                         struct error *error);

void new_key_close(struct new_key *made);

#endif
