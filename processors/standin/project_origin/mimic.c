#include "standin/project_origin/mimic.h"

#include <stdio.h>
#include <stdlib.h>

#include "outside/clock_os/clock_os.h"
#include "standin/project_origin/server.h"

int mimic_main(int argc, char **argv) {
    static struct mimic_options options;
    static struct mimic_server server;
    struct error error;
    const struct clock clock = clock_os();
    mimic_options_parse(argc, argv, &options);
    enum result result = mimic_server_open(&server, &options, &clock, &error);
    if (result == RESULT_OK) {
        (void)fprintf(stderr, "standin: registry %s at %s, ledger %s, seed %llu\n",
                      options.network.registry, options.listen, options.ledger,
                      (unsigned long long)options.seed);
        result = mimic_server_run(&server, &error);
    }
    if (result != RESULT_OK) {
        (void)fprintf(stderr, "standin: %s\n", error.text);
    }
    mimic_server_close(&server);
    return result == RESULT_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}
