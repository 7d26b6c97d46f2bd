#include "certificates/certificates.h"
#include "cli/run/certificates.h"
#include "cli/run/run.h"

const struct run_processor run_processors[] = {
    {.name = "certificates",
     .topology = &certificates_topology,
     .writes = certificates_writes,
     .writes_count = &certificates_writes_count,
     .open = run_certificates_open,
     .close = run_certificates_close},
};

const uint32_t run_processors_count = sizeof run_processors / sizeof run_processors[0];
