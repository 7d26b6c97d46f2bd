#include <stdlib.h>
#include <string.h>

#include "cli/run/run.h"
#include "cli/verbs.h"
#include "configuration/nearest.h"

static const struct run_processor *processor_named(const char *name) {
    const char *nearest = "";
    uint32_t nearest_distance = UINT32_MAX;
    for (uint32_t i = 0; i < run_processors_count; i++) {
        const uint32_t distance = word_distance(name, run_processors[i].name);
        if (distance == 0) {
            return &run_processors[i];
        }
        if (distance < nearest_distance) {
            nearest_distance = distance;
            nearest = run_processors[i].name;
        }
    }
    complain("there is no processor \"%s\": did you mean %s?", name, nearest);
    exit(EXIT_CODE_USAGE);
}

int verb_run(struct invocation *invocation, int argc, char **argv) {
    static struct run run;
    const struct run_processor *processors[RUN_PARTS_MAX];
    invocation_begin(invocation, argc, argv, NULL);
    for (uint32_t i = 0; i < invocation->arguments_count; i++) {
        processors[i] = processor_named(invocation->arguments[i]);
        for (uint32_t j = 0; j < i; j++) {
            if (processors[i] == processors[j]) {
                complain("%s is given twice", processors[i]->name);
                return EXIT_CODE_USAGE;
            }
        }
    }
    return run_processes(&run, invocation, processors, invocation->arguments_count);
}
