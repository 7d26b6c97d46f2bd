#include "standin/standin.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "outside/clock_os/clock_os.h"
#include "standin/project_origin/mimic.h"
#include "standin/server.h"

/* Does the command line ask for the other registry? It has a command line of its own. */
static bool is_project_origin(int argc, char **argv) {
    static const char name[] = "project-origin";
    static const char option[] = "--protocol";
    for (int i = 1; i < argc; i++) {
        if (strncmp(argv[i], option, sizeof option - 1) != 0) {
            continue;
        }
        const char *rest = argv[i] + sizeof option - 1;
        if ((*rest == '=' && strcmp(rest + 1, name) == 0) ||
            (*rest == '\0' && i + 1 < argc && strcmp(argv[i + 1], name) == 0)) {
            return true;
        }
    }
    return false;
}

int standin_main(int argc, char **argv) {
    static struct standin_options options;
    struct standin_server server;
    struct error error;
    const struct clock clock = clock_os();
    if (is_project_origin(argc, argv)) {
        return mimic_main(argc, argv);
    }
    standin_options_parse(argc, argv, &options);
    enum result result = standin_server_open(&server, &options, &clock, &error);
    if (result == RESULT_OK) {
        (void)fprintf(stderr, "standin: listening at %s, ledger %s, seed %llu\n", options.listen,
                      options.ledger, (unsigned long long)options.seed);
        result = standin_server_run(&server, &error);
    }
    if (result != RESULT_OK) {
        (void)fprintf(stderr, "standin: %s\n", error.text);
    }
    standin_server_close(&server);
    return result == RESULT_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}
