/* The proof that a process is dead: given where nothing else is possible, and nowhere else. */
#include <criterion/criterion.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "outside/process_os/process_os.h"

static struct process_os os;
static struct process process;

static void open_process(void) {
    struct error error;
    cr_assert_eq(process_os_init(&os, &process, &error), RESULT_OK, "%s", error.text);
}

TestSuite(process_os, .init = open_process);

static bool dead(struct millrace_writer writer) {
    return process.proven_dead(process.self, &writer);
}

Test(process_os, names_itself_and_is_not_dead) {
    const struct millrace_writer self = process.writer;
    cr_expect_eq(self.pid, getpid());
    cr_expect_gt(self.start_time, 0);
    cr_expect_not_null(memmem(self.host.data, self.host.length, " pid:[", 6));
    cr_expect_not(dead(self));
}

Test(process_os, one_that_has_ended_is_dead) {
    const pid_t child = fork();
    if (child == 0) {
        (void)pause();
        _exit(0);
    }
    struct millrace_writer writer = process.writer;
    writer.pid = child;
    writer.start_time--; /* ticks are long enough for the child to have that of its parent */
    /* Whoever has its id now, or had it at another time, is another process. */
    cr_expect(dead(writer), "it began at another time than the writer");
    cr_assert_eq(kill(child, SIGKILL), 0);
    cr_assert_eq(waitpid(child, NULL, 0), child);
    cr_expect(dead(writer), "it is not there");
}

Test(process_os, what_cannot_be_seen_from_here_is_not_proven) {
    const struct millrace_writer gone = {.host = process.writer.host,
                                         .boot_id = process.writer.boot_id,
                                         .pid = INT32_MAX,
                                         .start_time = 1};
    cr_expect(dead(gone), "no such process");
    struct millrace_writer elsewhere = gone;
    elsewhere.host = text_of("elsewhere pid:[4026531836]");
    cr_expect_not(dead(elsewhere), "another host");
    struct millrace_writer before = gone;
    before.boot_id.bytes[0] ^= 1;
    cr_expect_not(dead(before), "another boot, or another machine of the same name");
    struct millrace_writer nobody = gone;
    nobody.pid = 0;
    cr_expect_not(dead(nobody), "no process at all");
}
