#include "cli/verbs.h"
#include "standin/standin.h"

/* The stand-in knows nothing of Millrace's settings, and reads its command line by itself. */
int verb_standin(struct invocation *invocation, int argc, char **argv) {
    (void)invocation;
    return standin_main(argc, argv);
}
