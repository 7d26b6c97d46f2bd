/* A Confluent-compatible schema registry, by HTTP: look-ups for every processor, and what
 * `millrace schemas` needs to register. */
#ifndef MILLRACE_OUTSIDE_SCHEMA_REGISTRY_H
#define MILLRACE_OUTSIDE_SCHEMA_REGISTRY_H

#include <stdbool.h>
#include <stdint.h>

#include "domain/values.h"
#include "ports/error.h"
#include "ports/schemas.h"

enum {
    SCHEMA_REGISTRY_CALL_MS = 5000, /* a call waits no longer than this for its whole answer */
    SCHEMA_REGISTRY_CONNECT_MS = 2000,
    SCHEMA_REGISTRY_LEVEL_MAX = 32, /* bytes of a compatibility level's name, NUL included */
};

struct schema_registry_options {
    const char *url;         /* without a slash at its end */
    const char *user_info;   /* "user:password"; NULL: none */
    const char *ca_location; /* file of certificates; NULL: the system's */
};

/* One connection, used by one thread; it is made when it is first needed. */
struct schema_registry;

/* INVALID: the options cannot be used, `error` says why. Nothing is contacted yet. */
enum result schema_registry_open(const struct schema_registry_options *options,
                                 struct schema_registry **registry, struct error *error);
void schema_registry_close(struct schema_registry *registry);

/* The port onto it; its `close` closes the registry. */
struct schemas schema_registry_port(struct schema_registry *registry);

/* All calls below: AGAIN where the registry is away or gave no clear answer, DENIED where it does
 * not let us, with the reason and the URL in `error`. Texts that they return live until the next
 * call. */

/* Register a schema under a subject; the same schema again gives the same id. INVALID: the registry
 * refuses it (incompatible, or no schema), `error` has its words. */
enum result schema_registry_register(struct schema_registry *registry, const char *subject,
                                     struct text schema, int32_t *id, struct error *error);

/* The newest schema of a subject. NOT_FOUND: there is no such subject. */
enum result schema_registry_latest(struct schema_registry *registry, const char *subject,
                                   struct text *schema, int32_t *id, int32_t *version,
                                   struct error *error);

/* Would the registry take this schema as the next one of a subject? NOT_FOUND: there is no such
 * subject. `why` is the registry's own word where it would not, and empty where it gave none. */
enum result schema_registry_compatible(struct schema_registry *registry, const char *subject,
                                       struct text schema, bool *compatible, struct text *why,
                                       struct error *error);

/* Visit the name of every subject. */
enum result schema_registry_subjects(struct schema_registry *registry,
                                     void (*visit)(void *context, const char *subject),
                                     void *context, struct error *error);

/* The compatibility level that is set for a subject; `subject` NULL: for all others. NOT_FOUND:
 * none is set. */
enum result schema_registry_level(struct schema_registry *registry, const char *subject,
                                  char level[SCHEMA_REGISTRY_LEVEL_MAX], struct error *error);
enum result schema_registry_level_set(struct schema_registry *registry, const char *subject,
                                      const char *level, struct error *error);

#endif
