/* What the verbs about keys share. */
#ifndef MILLRACE_CLI_KEYS_H
#define MILLRACE_CLI_KEYS_H

#include <jansson.h>

#include "cli/invocation.h"
#include "outside/registry_project_origin/keyring.h"

/* Whose key it is about, from the first two words behind the verb. Ends the program with a usage
 * error when they are no role and no name. */
void keys_whose(const struct invocation *invocation, enum key_role *role, struct text *name);

/* A key as it is shown: nothing of its secret but that it is there. */
json_t *keys_shown(enum key_role role, struct text name, const struct key *key);

/* Put a key into the file of keys and show it; the exit code. */
int keys_add(const struct invocation *invocation, enum key_role role, struct text name,
             const struct key *key);

#endif
