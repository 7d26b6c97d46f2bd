#include <criterion/criterion.h>

#include "cli/exit_code.h"

Test(exit_code, of_what_a_call_came_to) {
    static const struct {
        enum result result;
        int code;
    } rows[] = {
        {RESULT_OK, 0},      {RESULT_AGAIN, 1},  {RESULT_NOT_FOUND, 7}, {RESULT_INVALID, 78},
        {RESULT_DENIED, 77}, {RESULT_FENCED, 1}, {RESULT_DOUBTFUL, 6},  {RESULT_FAILED, 1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        cr_expect_eq((int)exit_code_of(rows[i].result), rows[i].code, "result %d",
                     (int)rows[i].result);
    }
}
