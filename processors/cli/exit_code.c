#include "cli/exit_code.h"

#include <assert.h>
#include <stdbool.h>

const struct exit_code_meaning exit_codes[] = {
    {EXIT_CODE_OK, "All is well."},
    {EXIT_CODE_FAILURE, "It failed; the message says why."},
    {EXIT_CODE_USAGE, "The command line is wrong."},
    {EXIT_CODE_DRIFT, "What is there is not what is wanted, or there is something to do."},
    {EXIT_CODE_REFUSED, "Refused by a business rule."},
    {EXIT_CODE_UNKNOWN, "The outcome at the registry is unknown."},
    {EXIT_CODE_TIMED_OUT, "Waiting ended; what was sent may still run."},
    {EXIT_CODE_NOT_FOUND, "There is no such thing."},
    {EXIT_CODE_PERMISSION,
     "Kafka or the schema registry does not let this user; the message names the right."},
    {EXIT_CODE_CONFIGURATION, "The configuration is wrong."},
    {EXIT_CODE_INTERRUPTED, "Ended by SIGINT."},
    {EXIT_CODE_TERMINATED, "Ended by SIGTERM."},
};
const uint32_t exit_codes_count = sizeof exit_codes / sizeof exit_codes[0];

enum exit_code exit_code_of(enum result result) {
    switch (result) {
    case RESULT_OK:
        return EXIT_CODE_OK;
    case RESULT_NOT_FOUND:
        return EXIT_CODE_NOT_FOUND;
    case RESULT_INVALID:
        return EXIT_CODE_CONFIGURATION;
    case RESULT_DENIED:
        return EXIT_CODE_PERMISSION;
    case RESULT_DOUBTFUL:
        /* It may have been written. As a plain failure it would be tried again. */
        return EXIT_CODE_TIMED_OUT;
    case RESULT_AGAIN:
    case RESULT_FENCED:
    case RESULT_FAILED:
        return EXIT_CODE_FAILURE;
    }
    assert(false);
    return EXIT_CODE_FAILURE;
}
