/* Runs Criterion tests where Criterion's own runner cannot: under ThreadSanitizer, which takes the
 * address range that the runner's shared arena needs (Snaipe/Criterion #274). The tests are the
 * same sources; only what their macros call is answered from here. Each test is one child process,
 * one after the other. */
#include <criterion/criterion.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TEST_TIMEOUT_S = 120, EXIT_FAILED = 97, EXIT_SKIPPED = 98 };

/* Made by the linker around the sections that Test() and TestSuite() fill. */
extern struct criterion_test *__start_cr_tst[];
extern struct criterion_test *__stop_cr_tst[];
extern struct criterion_suite *__start_cr_sts[] __attribute__((weak));
extern struct criterion_suite *__stop_cr_sts[] __attribute__((weak));

struct criterion_options criterion_options;

/* Of the child process: the test that it runs, and whether an expectation of it failed. */
static const struct criterion_test *current;
static bool expectation_failed;

static const struct criterion_test_extra_data *suite_data(void) {
    for (struct criterion_suite **suite = __start_cr_sts; suite != __stop_cr_sts; suite++) {
        if (strcmp((*suite)->name, current->category) == 0) {
            return (*suite)->data;
        }
    }
    return NULL;
}

void criterion_internal_test_setup(void) {
    const struct criterion_test_extra_data *suite = suite_data();
    if (suite != NULL && suite->init != NULL) {
        suite->init();
    }
    if (current->data->init != NULL) {
        current->data->init();
    }
}

void criterion_internal_test_main(void (*test)(void)) {
    test();
}

void criterion_internal_test_teardown(void) {
    const struct criterion_test_extra_data *suite = suite_data();
    if (current->data->fini != NULL) {
        current->data->fini();
    }
    if (suite != NULL && suite->fini != NULL) {
        suite->fini();
    }
}

void criterion_abort_test(void) {
    exit(EXIT_FAILED);
}

void criterion_continue_test(void) {
    expectation_failed = true;
}

void criterion_skip_test(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    exit(EXIT_SKIPPED);
}

void cri_asserts_passed_incr(void) {
}

void criterion_send_assert(struct criterion_assert_stats *stats) {
    fprintf(stderr, "[----] %s:%u: %s\n", stats->file, stats->line, stats->message);
}

int cr_asprintf(char **text, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    int length = vasprintf(text, format, arguments);
    va_end(arguments);
    return length;
}

void cr_asprintf_free(char *text) {
    free(text);
}

/* The text of the expression is always the first argument; the rest only says more about it. */
char *cr_translate_assert_msg(int message, ...) {
    va_list arguments;
    va_start(arguments, message);
    const char *expression = va_arg(arguments, const char *);
    va_end(arguments);
    char *text = NULL;
    cr_asprintf(&text, "%s", message == CRITERION_ASSERT_MSG_FAIL ? "the test failed" : expression);
    return text;
}

static void run_in_child(const struct criterion_test *test) {
    current = test;
    alarm(TEST_TIMEOUT_S);
    test->test();
    exit(expectation_failed ? EXIT_FAILED : 0);
}

static bool ended_as_expected(const struct criterion_test_extra_data *data, int status) {
    if (WIFSIGNALED(status)) {
        return WTERMSIG(status) == data->signal;
    }
    return data->signal == 0 && WEXITSTATUS(status) == data->exit_code;
}

int main(void) {
    unsigned tested = 0;
    unsigned passed = 0;
    for (struct criterion_test **test = __start_cr_tst; test != __stop_cr_tst; test++) {
        if ((*test)->data->kind_ != CR_TEST_NORMAL) {
            fprintf(stderr, "%s: only plain tests can run here\n", (*test)->name);
            return 1;
        }
        if ((*test)->data->disabled) {
            continue;
        }
        fflush(NULL);
        pid_t child = fork();
        if (child == 0) {
            run_in_child(*test);
        }
        int status = 0;
        if (child < 0 || waitpid(child, &status, 0) != child) {
            perror("tests/tsan");
            return 1;
        }
        if (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SKIPPED) {
            continue;
        }
        tested++;
        if (ended_as_expected((*test)->data, status)) {
            passed++;
        } else {
            fprintf(stderr, "[FAIL] %s::%s: status %#x\n", (*test)->category, (*test)->name,
                    (unsigned)status);
        }
    }
    fprintf(stderr, "[====] Synthesis: Tested: %u | Passing: %u | Failing: %u | Crashing: 0\n",
            tested, passed, tested - passed);
    return passed == tested ? 0 : 1;
}
