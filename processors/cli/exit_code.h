/* How the program ends: the numbers that scripts rely on. */
#ifndef MILLRACE_CLI_EXIT_CODE_H
#define MILLRACE_CLI_EXIT_CODE_H

enum exit_code {
    EXIT_CODE_OK = 0,
    EXIT_CODE_FAILURE = 1,
    EXIT_CODE_USAGE = 2,
    EXIT_CODE_DRIFT = 3,     /* what is there is not what is wanted */
    EXIT_CODE_REFUSED = 4,   /* by a business rule */
    EXIT_CODE_UNKNOWN = 5,   /* the outcome at the registry is unknown */
    EXIT_CODE_TIMED_OUT = 6, /* waiting ended; the command may still run */
    EXIT_CODE_NOT_FOUND = 7,
    EXIT_CODE_CONFIGURATION = 78,
    EXIT_CODE_INTERRUPTED = 130, /* SIGINT */
    EXIT_CODE_TERMINATED = 143,  /* SIGTERM */
};

#endif
