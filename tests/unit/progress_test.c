#include "cli/progress.h"

#include <criterion/criterion.h>

static struct progress at(bool terminal) {
    return (struct progress){
        .terminal = terminal, .total = 1000, .start_ms = 10000, .said_ms = 10000};
}

Test(progress, says_nothing_about_what_is_short) {
    struct progress progress = at(false);
    char line[PROGRESS_LINE_MAX];
    cr_expect_not(progress_due(&progress, 11999, 500, 500, line));
    progress = at(true);
    cr_expect_not(progress_due(&progress, 11999, 500, 500, line));
}

Test(progress, draws_a_bar_on_a_terminal_and_says_a_line_now_and_then_elsewhere) {
    struct progress progress = at(true);
    char line[PROGRESS_LINE_MAX];
    cr_assert(progress_due(&progress, 12000, 500, 5000, line));
    cr_expect_str_eq(line, "############............  50 %, 5000 records, 2500 records/s");
    cr_expect_not(progress_due(&progress, 12199, 600, 6000, line));
    cr_assert(progress_due(&progress, 12200, 1000, 6000, line)); /* the speed of just now */
    cr_expect_str_eq(line, "######################## 100 %, 6000 records, 5000 records/s");

    progress = at(false);
    cr_expect_not(progress_due(&progress, 14999, 10, 10, line));
    cr_assert(progress_due(&progress, 15000, 10, 10000, line));
    cr_expect_str_eq(line, "  1 %, 10000 records, 2000 records/s");
    cr_expect_not(progress_due(&progress, 19999, 10, 10, line));
}

Test(progress, does_not_say_more_than_all) {
    struct progress progress = at(false);
    char line[PROGRESS_LINE_MAX];
    progress_format(&progress, 2000, 1, 1, line); /* more was written while it was read */
    cr_expect_str_eq(line, "100 %, 1 records, 1 records/s");
    progress.total = 0;
    progress_format(&progress, 0, 0, 0, line);
    cr_expect_str_eq(line, "  0 %, 0 records, 0 records/s");
}
