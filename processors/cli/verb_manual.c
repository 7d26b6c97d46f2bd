#include <errno.h>
#include <string.h>

#include "cli/invocation.h"
#include "cli/manual.h"
#include "cli/verbs.h"

/* Write one page; NULL: the one of all. False, and said: it cannot be written. */
static bool write_page(const char *directory, const struct command *command) {
    char name[MANUAL_NAME_SIZE] = "millrace";
    char path[4096];
    if (command != NULL) {
        manual_name(command, name);
    }
    const int length = snprintf(path, sizeof path, "%s/%s.1", directory, name);
    FILE *file = length > 0 && (size_t)length < sizeof path ? fopen(path, "w") : NULL;
    if (file == NULL) {
        complain("%s cannot be written: %s", path, strerror(errno));
        return false;
    }
    if (command != NULL) {
        manual_of_verb(file, command);
    } else {
        manual_of_all(file);
    }
    const bool written = ferror(file) == 0;
    if (fclose(file) != 0 || !written) {
        complain("%s cannot be written: %s", path, strerror(errno));
        return false;
    }
    return true;
}

int verb_manual(struct invocation *invocation, int argc, char **argv) {
    invocation_parse(invocation, argc, argv, NULL);
    bool written = write_page(invocation->arguments[0], NULL);
    for (uint32_t i = 0; written && i < commands_count; i++) {
        written = write_page(invocation->arguments[0], &commands[i]);
    }
    return written ? EXIT_CODE_OK : EXIT_CODE_FAILURE;
}
