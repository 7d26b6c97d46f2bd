#include "cli/run/certificates.h"

#include <assert.h>
#include <stdlib.h>

#include "certificates/certificates.h"
#include "cli/registries.h"
#include "domain/version.h"

enum result run_certificates_open(struct run_part *part, struct error *error) {
    (void)error;
    struct certificates_config *config = calloc(1, sizeof *config);
    assert(config != NULL);
    *config = (struct certificates_config){
        .rules = &part->run->deployment.rules,
        .emitter = &part->emitter,
        .source = {.name = text_of(part->source_name), .version = text_of(MILLRACE_VERSION)},
        .state_format = run_state_format(part->run, "certificates.state"),
        .openings = registries_openings(&part->run->deployment),
        .schemas_directory = part->run->schemas_directory,
        .schemas_open = run_schemas_open,
        .schemas_context = part->run,
        .logger = part->run->logger,
    };
    part->config = config;
    part->kind = certificates_kind(config);
    return RESULT_OK;
}

void run_certificates_close(struct run_part *part) {
    free(part->config);
    part->config = NULL;
}
