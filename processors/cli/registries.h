/* The registries of a deployment, each with who speaks to it, and what that one needs besides:
 * keys, blinding secrets, a prover. */
#ifndef MILLRACE_CLI_REGISTRIES_H
#define MILLRACE_CLI_REGISTRIES_H

#include "configuration/deployment.h"
#include "outside/registry_plain/registry_plain.h"
#include "outside/registry_project_origin/blinding.h"
#include "outside/registry_project_origin/keyring.h"
#include "outside/registry_project_origin/registry_project_origin.h"
#include "ports/openings.h"

enum { REGISTRIES_ADAPTERS_MAX = 2 };

/* Must not move: the adapters refer to it. */
struct registries {
    const struct deployment *deployment;
    struct registry_plain_adapter plain;
    struct registry_project_origin_adapter origin;
    struct origin_settings origins[DEPLOYMENT_REGISTRIES_MAX];
    struct prover prover;
    struct keyring keyring;
    struct blinding_secrets *secrets; /* NULL: not read */
    struct registry_adapter adapters[REGISTRIES_ADAPTERS_MAX];
    uint32_t adapters_count;
};

/* Nothing is read or contacted yet; `deployment` must outlive it. Registries can be reached. */
void registries_init(struct registries *registries, const struct deployment *deployment,
                     const struct logger *logger);

/* Read what the adapters need to send something: nothing where all registries are plain. INVALID:
 * names the setting that is missing, or whose file is not as it must be. FAILED: a file cannot be
 * read now. */
enum result registries_read_secrets(struct registries *registries, const struct settings *settings,
                                    struct error *error);

/* What is hidden at the registries of a deployment, which must outlive it. */
struct openings registries_openings(const struct deployment *deployment);

/* Also of one that was only initialised. */
void registries_deinit(struct registries *registries);

/* Log with what keys the registries of Project Origin will be spoken to, and what will not work. */
void registries_tell(const struct registries *registries, const struct logger *logger);

/* The grid areas in which nothing can be issued at a registry of Project Origin, since no issuer
 * of theirs has a secret key: "DK1, DK2", cut to what fits. False: there is none. */
bool registries_areas_without_key(const struct registries *registries, char *areas, size_t size);

/* Connect, send nothing, and end the connection; takes 5 s at most. INVALID: the address, or a file
 * that its setting names, cannot be used. FAILED: nobody is there who speaks so; says why. */
enum result registries_reach(const struct registries *registries,
                             const struct registry_config *registry, const struct clock *clock,
                             struct error *error);

#endif
