/* The schema registry as `millrace schemas` works on it: look, carry out a plan, prove the result.
 */
#ifndef MILLRACE_CLI_SCHEMAS_LIVE_H
#define MILLRACE_CLI_SCHEMAS_LIVE_H

#include "cli/schemas_plan.h"
#include "outside/schema_registry/schema_registry.h"
#include "ports/error.h"
#include "ports/ids.h"

/* Look at every subject of ours and plan. Changes nothing. */
enum result schemas_look(struct schema_registry *registry, struct schemas_plan *plan,
                         struct error *error);

/* The same for one subject, whose steps are put behind what the plan holds. */
enum result schemas_look_at(struct schema_registry *registry, enum message_type type,
                            struct schemas_plan *plan, struct error *error);

/* Carry out one step that is no conflict. */
enum result schemas_carry_out(struct schema_registry *registry, const struct schema_step *step,
                              struct error *error);

/* Ask for every subject whether it would take a schema that nothing is compatible with. INVALID:
 * one would. Changes nothing. */
enum result schemas_prove_levels(struct schema_registry *registry, struct error *error);

/* The same for one subject. */
enum result schemas_prove_level(struct schema_registry *registry, enum message_type type,
                                struct error *error);

/* Try to register an incompatible schema, under a subject that exists for this only. INVALID: the
 * registry took it, whatever its levels say. */
enum result schemas_prove_refusal(struct schema_registry *registry, const struct ids *ids,
                                  struct error *error);

#endif
