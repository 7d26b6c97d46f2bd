/* `millrace standin`: a registry to test against, as bad as the working assumptions allow. It is a
 * process of its own, knows nothing of Millrace but PROTOCOL.md of outside/registry_plain (which it
 * reads with code of its own, so that a mistake in either shows) and writes down what it did.
 * project_origin/ has another that speaks as the real registry does. */
#ifndef MILLRACE_STANDIN_STANDIN_H
#define MILLRACE_STANDIN_STANDIN_H

#include <argp.h>

/* What there is to say about its options, for help and the manual. */
#define STANDIN_DETAILS                                                                        \
    "A RULE is KIND[:FIELD=VALUE[,FIELD>VALUE...]][@nth=N|@every=N|@next=N|@p=X]; KIND is an " \
    "operation or `*`, fields are those of the transaction (part.owner, attribute.FuelCode). " \
    "The first rule that applies decides. SIGUSR1 begins an outage, SIGUSR2 ends it. "         \
    "`millrace standin --protocol project-origin --help` tells of the other registry."

/* Its options; ends with an empty one. */
extern const struct argp_option standin_known[];

/* Serve until SIGTERM or SIGINT; the result is the exit code. */
int standin_main(int argc, char **argv);

#endif
