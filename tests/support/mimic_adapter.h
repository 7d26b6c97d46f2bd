/* The adapter "project-origin" before a stand-in that is a process of its own. */
#ifndef MILLRACE_TESTS_MIMIC_ADAPTER_H
#define MILLRACE_TESTS_MIMIC_ADAPTER_H

#include "outside/registry_project_origin/registry_project_origin.h"
#include "ports/prover.h"
#include "tests/support/standin_process.h"

struct mimic_adapter {
    struct standin_process standin;
    struct clock clock;
    struct registry registry; /* the adapter's connection, at once usable */

    const char *option;
    char address[64];
    struct keyring keyring;
    struct blinding_secrets secrets;
    struct prover prover;
    struct registry_project_origin_adapter adapter;
};

struct mimic_adapter_setup {
    const char *option; /* of the stand-in: what it does wrong, or looks at */
    struct prover prover;
    /* To prepare transactions with; NULL where that is not done. */
    const struct rules *rules;
    const char *keys; /* as a file of keys has them */
};

void mimic_adapter_open(struct mimic_adapter *it, const struct mimic_adapter_setup *setup);
/* The stand-in ends as it should. */
void mimic_adapter_close(struct mimic_adapter *it);
/* The last reply, behind ACCEPTED; it comes within so much time. */
struct registry_reply mimic_adapter_end(struct mimic_adapter *it, int64_t patience_ms);

#endif
