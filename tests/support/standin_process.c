#include "tests/support/standin_process.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "outside/clock_os/clock_os.h"
#include "standin/standin.h"

enum { ARGUMENTS_MAX = 32, PATIENCE_MS = 5000 };

void standin_process_open(struct standin_process *process) {
    *process = (struct standin_process){.directory = "/tmp/millrace-standin-XXXXXX"};
    cr_assert_not_null(mkdtemp(process->directory));
    (void)snprintf(process->address, sizeof process->address, "unix:%s/socket", process->directory);
    (void)snprintf(process->ledger, sizeof process->ledger, "%s/ledger.jsonl", process->directory);
}

static struct sockaddr_in loopback(uint16_t port) {
    return (struct sockaddr_in){.sin_family = AF_INET,
                                .sin_port = htons(port),
                                .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
}

void standin_process_open_tcp(struct standin_process *process) {
    standin_process_open(process);
    struct sockaddr_in at = loopback(0);
    socklen_t length = sizeof at;
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    cr_assert_eq(bind(fd, (const struct sockaddr *)&at, sizeof at), 0);
    cr_assert_eq(getsockname(fd, (struct sockaddr *)&at, &length), 0);
    (void)close(fd);
    process->port = ntohs(at.sin_port);
    (void)snprintf(process->address, sizeof process->address, "127.0.0.1:%u", process->port);
}

static bool listens(const struct standin_process *process) {
    struct sockaddr_un local = {.sun_family = AF_UNIX};
    const struct sockaddr_in remote = loopback(process->port);
    (void)snprintf(local.sun_path, sizeof local.sun_path, "%s/socket", process->directory);
    const bool by_tcp = process->port != 0;
    const int fd = socket(by_tcp ? AF_INET : AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const bool connected = by_tcp
                               ? connect(fd, (const struct sockaddr *)&remote, sizeof remote) == 0
                               : connect(fd, (const struct sockaddr *)&local, sizeof local) == 0;
    (void)close(fd);
    return connected;
}

void standin_process_start(struct standin_process *process, const char *const *arguments) {
    char *argv[ARGUMENTS_MAX] = {"standin", "--listen", process->address, "--ledger",
                                 process->ledger};
    int argc = 5;
    for (; *arguments != NULL; arguments++) {
        cr_assert_lt(argc, ARGUMENTS_MAX - 1);
        argv[argc++] = (char *)*arguments;
    }
    cr_assert_eq(process->pid, 0);
    process->pid = fork();
    cr_assert_geq(process->pid, 0);
    if (process->pid == 0) {
        (void)dup2(open("/dev/null", O_WRONLY | O_CLOEXEC), STDERR_FILENO);
        _exit(standin_main(argc, argv));
    }
    const struct clock os = clock_os();
    const int64_t end_ms = os.monotonic_ms(os.self) + PATIENCE_MS;
    while (!listens(process)) {
        cr_assert_lt(os.monotonic_ms(os.self), end_ms, "the stand-in does not listen");
        (void)nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
}

void standin_process_signal(struct standin_process *process, int signal) {
    cr_assert_gt(process->pid, 0);
    cr_assert_eq(kill(process->pid, signal), 0);
}

static int wait_for_end(struct standin_process *process) {
    int status = 0;
    cr_assert_eq(waitpid(process->pid, &status, 0), process->pid);
    process->pid = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void standin_process_kill(struct standin_process *process) {
    standin_process_signal(process, SIGKILL);
    (void)wait_for_end(process);
}

int standin_process_stop(struct standin_process *process) {
    standin_process_signal(process, SIGTERM);
    return wait_for_end(process);
}

void standin_process_close(struct standin_process *process) {
    if (process->pid != 0) {
        standin_process_kill(process);
    }
    char path[128];
    (void)snprintf(path, sizeof path, "%s/socket", process->directory);
    (void)unlink(path);
    (void)unlink(process->ledger);
    (void)rmdir(process->directory);
}

uint32_t standin_process_count(const struct standin_process *process, const char *text) {
    FILE *file = fopen(process->ledger, "re");
    uint32_t count = 0;
    char *line = NULL;
    size_t size = 0;
    while (file != NULL && getline(&line, &size, file) > 0) {
        count += strstr(line, text) != NULL ? 1 : 0;
    }
    free(line);
    if (file != NULL) {
        (void)fclose(file);
    }
    return count;
}
