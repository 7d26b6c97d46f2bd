/* What the process tells who watches it, and when; the supervisor's socket is the test's own. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/run/supervision.h"

static int heard = -1;
static char path[64];
static struct error error;

/* The supervisor's end: an abstract name, or a path of its own. */
static const char *listen_at(bool abstract) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    (void)snprintf(path, sizeof path, "%s/millrace-supervision-%d", abstract ? "@" : P_tmpdir,
                   getpid());
    memcpy(address.sun_path, path, strlen(path));
    address.sun_path[0] = abstract ? '\0' : path[0];
    heard = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    const size_t length = sizeof address.sun_family + strlen(path) + (abstract ? 0 : 1);
    cr_assert_eq(bind(heard, (const struct sockaddr *)&address, (socklen_t)length), 0);
    return path;
}

static void leave(void) {
    (void)close(heard);
    if (path[0] == '/') {
        (void)unlink(path);
    }
}

/* The next that was told; "": nothing more. */
static const char *next(void) {
    static char text[512];
    const ssize_t length = recv(heard, text, sizeof text - 1, 0);
    text[length > 0 ? length : 0] = '\0';
    return text;
}

static struct supervision watched(bool abstract, const char *watchdog_usec) {
    struct supervision supervision = {.begun_told = false};
    const struct supervisor_wishes wishes = {listen_at(abstract), watchdog_usec, NULL};
    cr_assert_eq(supervisor_open(&wishes, &supervision.supervisor, &error), RESULT_OK, "%s",
                 error.text);
    return supervision;
}

#define EXPECT_TOLD(text)             \
    do {                              \
        const char *told = next();    \
        cr_expect_str_eq(told, text); \
    } while (0)

Test(supervision, says_once_that_it_works_and_each_time_that_it_lives) {
    for (int abstract = 0; abstract < 2; abstract++) {
        struct supervision supervision = watched(abstract == 1, "900000");
        struct standing standing = {.alive = true, .status = "restoring"};
        supervision_tell(&supervision, &standing);
        EXPECT_TOLD("STATUS=restoring");
        EXPECT_TOLD("WATCHDOG=1");
        EXPECT_TOLD("");
        standing = (struct standing){.alive = true, .begun = true, .status = "6 lanes work"};
        supervision_tell(&supervision, &standing);
        EXPECT_TOLD("STATUS=6 lanes work");
        EXPECT_TOLD("READY=1");
        EXPECT_TOLD("WATCHDOG=1");
        supervision_tell(&supervision, &standing);
        EXPECT_TOLD("WATCHDOG=1");
        EXPECT_TOLD("");
        supervisor_close(&supervision.supervisor);
        leave();
    }
}

Test(supervision, gives_no_sign_of_life_while_something_hangs) {
    struct supervision supervision = watched(true, "900000");
    struct standing standing = {.alive = true, .begun = true};
    supervision_tell(&supervision, &standing);
    EXPECT_TOLD("READY=1");
    EXPECT_TOLD("WATCHDOG=1");
    standing = (struct standing){.alive = false, .status = "a lane has not moved"};
    supervision_tell(&supervision, &standing);
    EXPECT_TOLD("STATUS=a lane has not moved");
    EXPECT_TOLD("");
    standing.alive = true;
    supervision_tell(&supervision, &standing);
    EXPECT_TOLD("WATCHDOG=1");
    supervisor_close(&supervision.supervisor);
    leave();
}

Test(supervision, without_a_watchdog_nobody_waits_for_signs_of_life) {
    struct supervision supervision = watched(true, NULL);
    const struct standing standing = {.alive = true, .begun = true};
    supervision_tell(&supervision, &standing);
    EXPECT_TOLD("READY=1");
    EXPECT_TOLD("");
    supervisor_close(&supervision.supervisor);
    leave();
}

Test(supervision, what_was_not_taken_is_told_again) {
    struct supervision supervision = watched(false, NULL);
    const struct standing standing = {.alive = true, .begun = true, .status = "6 lanes work"};
    leave(); /* the supervisor is started anew */
    supervision_tell(&supervision, &standing);
    cr_expect_not(supervision.begun_told);
    (void)listen_at(false);
    supervision_tell(&supervision, &standing);
    EXPECT_TOLD("STATUS=6 lanes work");
    EXPECT_TOLD("READY=1");
    supervisor_close(&supervision.supervisor);
    leave();
}

Test(supervision, a_watchdog_hears_of_it_at_least_twice_in_its_time) {
    static const int64_t rows_ms[] = {1, 2, 3, 10, 599, 601, 3000, 30000, 86400000};
    for (size_t i = 0; i < sizeof rows_ms / sizeof rows_ms[0]; i++) {
        for (int begun = 0; begun < 2; begun++) {
            const struct supervision supervision = {
                .supervisor = {.socket = -1, .watchdog_ms = rows_ms[i]}, .begun_told = begun == 1};
            const int32_t pause_ms = supervision_pause_ms(&supervision);
            cr_expect(pause_ms > 0 && (pause_ms <= rows_ms[i] / 2 || rows_ms[i] < 2), "row %zu: %d",
                      i, pause_ms);
        }
    }
}

Test(supervision, is_nobodys_business_unless_somebody_watches) {
    static const char *const nobody[] = {NULL, ""};
    for (size_t i = 0; i < 2; i++) {
        struct supervisor supervisor;
        const struct supervisor_wishes wishes = {.socket = nobody[i], .watchdog_usec = "1000000"};
        cr_assert_eq(supervisor_open(&wishes, &supervisor, &error), RESULT_OK);
        cr_expect_eq(supervisor.socket, -1);
        cr_expect_eq(supervisor.watchdog_ms, 0);
        cr_expect(supervisor_tell(&supervisor, "READY=1"));
        supervisor_close(&supervisor);
    }
}

Test(supervision, a_watchdog_for_another_process_is_not_ours) {
    char pid[32];
    static const struct {
        int offset;
        int64_t watchdog_ms;
    } rows[] = {{0, 2000}, {1, 0}};
    for (size_t i = 0; i < 2; i++) {
        struct supervisor supervisor;
        (void)snprintf(pid, sizeof pid, "%d", getpid() + rows[i].offset);
        const struct supervisor_wishes wishes = {"@somewhere", "2000000", pid};
        cr_assert_eq(supervisor_open(&wishes, &supervisor, &error), RESULT_OK);
        cr_expect_eq(supervisor.watchdog_ms, rows[i].watchdog_ms, "row %zu", i);
        supervisor_close(&supervisor);
    }
}

Test(supervision, what_cannot_be_wished_for_is_told) {
    static const struct {
        struct supervisor_wishes wishes;
        const char *says;
    } rows[] = {
        {{"relative", NULL, NULL}, "NOTIFY_SOCKET is \"relative\""},
        {{"@", NULL, NULL}, "NOTIFY_SOCKET is \"@\""},
        {{"vsock:2:1234", NULL, NULL}, "NOTIFY_SOCKET is \"vsock:2:1234\""},
        {{"/a234567890a234567890a234567890a234567890a234567890a234567890a234567890"
          "a234567890a234567890a234567890a234567890",
          NULL, NULL},
         "at most 107 bytes"},
        {{"@x", "soon", NULL}, "WATCHDOG_USEC is \"soon\""},
        {{"@x", "0", NULL}, "WATCHDOG_USEC is \"0\""},
        {{"@x", "-5000", NULL}, "WATCHDOG_USEC is \"-5000\""},
        {{"@x", "99999999999999999999", NULL}, "WATCHDOG_USEC is \"9"},
        {{"@x", "1000000", "me"}, "WATCHDOG_PID is \"me\""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct supervisor supervisor;
        cr_expect_eq(supervisor_open(&rows[i].wishes, &supervisor, &error), RESULT_INVALID,
                     "row %zu", i);
        cr_expect_not_null(strstr(error.text, rows[i].says), "row %zu: %s", i, error.text);
    }
}
