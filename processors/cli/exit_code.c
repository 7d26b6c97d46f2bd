#include "cli/exit_code.h"

#include <assert.h>
#include <stdbool.h>

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
