/* Blindings that need not be kept: each follows from a secret that has a name, and from the slice
 * that it is for. What is kept with a slice is the secret's name, so that new slices can be given
 * another secret while the old ones can still be opened. */
#ifndef MILLRACE_REGISTRY_PROJECT_ORIGIN_BLINDING_H
#define MILLRACE_REGISTRY_PROJECT_ORIGIN_BLINDING_H

#include "domain/values.h"
#include "outside/registry_project_origin/ristretto.h"
#include "ports/error.h"

enum {
    BLINDING_SECRETS_MAX = 16,
    BLINDING_NAME_MAX = 64,   /* characters of a secret's name */
    BLINDING_SECRET_MIN = 32, /* bytes */
    BLINDING_SECRET_MAX = 64, /* bytes; all of them count */
};

struct blinding_secret {
    uint8_t name_length;
    uint8_t secret_length; /* bytes */
    char name[BLINDING_NAME_MAX];
    uint8_t secret[BLINDING_SECRET_MAX];
};

/* Filled at the start, and then only read: by as many threads as there are. */
struct blinding_secrets {
    uint32_t count;
    struct blinding_secret secrets[BLINDING_SECRETS_MAX];
};

void blinding_secrets_init(struct blinding_secrets *secrets);
/* Overwrites them. */
void blinding_secrets_deinit(struct blinding_secrets *secrets);

/* Both are copied. INVALID, with nothing changed: no name (1 to 64 of a-z, A-Z, 0-9, '.', '_' and
 * '-'), a name that is there already, a secret that is too short or too long, or one too many.
 * `error` names the secret and never shows it. */
enum result blinding_secrets_add(struct blinding_secrets *secrets, struct text name,
                                 struct bytes secret, struct error *error);

/* The blinding of one slice; the same for the same three, and different for any other slice.
 * NOT_FOUND: there is no secret of this name, and so nothing can be said about the slice's
 * commitment; another secret would give another blinding. */
enum result blinding_derive(const struct blinding_secrets *secrets, struct text name,
                            const struct uuid *certificate_id, const struct uuid *slice_id,
                            struct scalar *blinding, struct error *error);

#endif
