#include "certificates/certificates.h"
#include "cli/run/certificates.h"
#include "cli/run/registry_connector.h"
#include "cli/run/run.h"
#include "registry_connector/registry_connector.h"

const struct run_processor run_processors[] = {
    {.name = "certificates",
     .topology = &certificates_topology,
     .writes = certificates_writes,
     .writes_count = &certificates_writes_count,
     .open = run_certificates_open,
     .close = run_certificates_close},
    {.name = "registry-connector",
     .topology = &registry_connector_topology,
     .writes = registry_connector_writes,
     .writes_count = &registry_connector_writes_count,
     .open = run_registry_connector_open,
     .close = run_registry_connector_close},
};

const uint32_t run_processors_count = sizeof run_processors / sizeof run_processors[0];
