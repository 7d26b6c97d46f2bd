#include <string.h>

#include "cli/completion.h"
#include "cli/invocation.h"
#include "cli/verbs.h"

int verb_completion(struct invocation *invocation, int argc, char **argv) {
    invocation_parse(invocation, argc, argv, NULL);
    const char *shell = invocation->arguments[0];
    if (strcmp(shell, "bash") == 0) {
        completion_bash(stdout);
    } else if (strcmp(shell, "zsh") == 0) {
        completion_zsh(stdout);
    } else {
        complain("bash and zsh can be completed for, not \"%s\"", shell);
        return EXIT_CODE_USAGE;
    }
    return EXIT_CODE_OK;
}
