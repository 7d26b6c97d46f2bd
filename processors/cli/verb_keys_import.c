#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/keys.h"
#include "cli/verbs.h"
#include "outside/registry_project_origin/new_key.h"

/* Is it a secret that is to be read? It must be said: one of Ed25519 looks like a public key. */
static bool wants_secret(const struct invocation *invocation) {
    const char *half = invocation->arguments[2];
    if (strcmp(half, "secret") != 0 && strcmp(half, "public") != 0) {
        complain("what is read is the secret or the public key, not the \"%s\" one", half);
        exit(EXIT_CODE_USAGE);
    }
    return strcmp(half, "secret") == 0;
}

/* The file to read from; standard input where none is named. */
static int open_source(const struct invocation *invocation) {
    const char *path = invocation->arguments_count > 3 ? invocation->arguments[3] : "-";
    if (strcmp(path, "-") == 0) {
        return STDIN_FILENO;
    }
    const int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) {
        complain("%s cannot be opened: %s", path, strerror(errno));
        exit(EXIT_CODE_FAILURE);
    }
    return file;
}

int verb_keys_import(struct invocation *invocation, int argc, char **argv) {
    enum key_role role;
    struct text name;
    struct error error;
    struct new_key made;
    invocation_begin(invocation, argc, argv, NULL);
    keys_whose(invocation, &role, &name);
    const bool is_secret = wants_secret(invocation);
    const int file = open_source(invocation);
    const enum result result = new_key_read(key_role_kind(role), is_secret, file, &made, &error);
    if (file != STDIN_FILENO) {
        (void)close(file);
    }
    if (result != RESULT_OK) {
        complain("%s", error.text);
        return (int)(result == RESULT_INVALID ? EXIT_CODE_REFUSED : exit_code_of(result));
    }
    const int code = keys_add(invocation, role, name, &made.key);
    new_key_close(&made);
    return code;
}
