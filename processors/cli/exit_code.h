/* How the program ends: the numbers that scripts rely on. */
#ifndef MILLRACE_CLI_EXIT_CODE_H
#define MILLRACE_CLI_EXIT_CODE_H

#include <stdint.h>

#include "ports/error.h"

enum exit_code {
    EXIT_CODE_OK = 0,
    EXIT_CODE_FAILURE = 1,
    EXIT_CODE_USAGE = 2,
    EXIT_CODE_DRIFT = 3,     /* what is there is not what is wanted */
    EXIT_CODE_REFUSED = 4,   /* by a business rule */
    EXIT_CODE_UNKNOWN = 5,   /* the outcome at the registry is unknown */
    EXIT_CODE_TIMED_OUT = 6, /* waiting ended; what was sent may still run */
    EXIT_CODE_NOT_FOUND = 7,
    EXIT_CODE_PERMISSION = 77, /* Kafka or the schema registry does not let us */
    EXIT_CODE_CONFIGURATION = 78,
    EXIT_CODE_INTERRUPTED = 130, /* SIGINT */
    EXIT_CODE_TERMINATED = 143,  /* SIGTERM */
};

/* What each means, for the manual. */
struct exit_code_meaning {
    enum exit_code code;
    const char *meaning; /* a sentence */
};
extern const struct exit_code_meaning exit_codes[];
extern const uint32_t exit_codes_count;

/* What a call to the outside that ended so means for the program. A verb that knows better (what is
 * invalid was typed by the user, say) says so itself. */
enum exit_code exit_code_of(enum result result);

#endif
