#include "standin/standin.h"

#include <stdio.h>
#include <stdlib.h>

#include "outside/clock_os/clock_os.h"
#include "standin/server.h"

int standin_main(int argc, char **argv) {
    static struct standin_options options;
    struct standin_server server;
    struct error error;
    const struct clock clock = clock_os();
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
