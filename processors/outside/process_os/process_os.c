#include "outside/process_os/process_os.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "domain/uuid.h"

/* A small file of /proc as a string. */
static bool read_file(const char *path, char *text, size_t size) {
    const int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) {
        return false;
    }
    const ssize_t count = read(file, text, size - 1);
    (void)close(file);
    text[count > 0 ? count : 0] = '\0';
    return count > 0;
}

/* The 22nd field of /proc/<pid>/stat: clock ticks since boot. The second field is the program's
 * name in parentheses and may hold anything, so counting begins behind its end. */
static bool start_time_of(int64_t pid, int64_t *start_time) {
    enum { FIELD_BEHIND_NAME = 3, FIELD_START_TIME = 22 };
    char path[64];
    char text[1024];
    (void)snprintf(path, sizeof path, "/proc/%" PRId64 "/stat", pid);
    if (!read_file(path, text, sizeof text)) {
        return false;
    }
    const char *at = strrchr(text, ')');
    for (int field = FIELD_BEHIND_NAME; at != NULL && field <= FIELD_START_TIME; field++) {
        at = strchr(at + 1, ' ');
    }
    return at != NULL && sscanf(at, " %" SCNd64, start_time) == 1;
}

static bool proven_dead(void *self, const struct millrace_writer *writer) {
    const struct process_os *os = self;
    assert(os != NULL && writer != NULL);
    if (!text_equal(writer->host, os->writer.host) ||
        !uuid_equal(&writer->boot_id, &os->writer.boot_id) || writer->pid <= 0 ||
        writer->pid > INT32_MAX) {
        return false;
    }
    /* Asked of the kernel, since /proc may hide the processes of others. */
    if (kill((pid_t)writer->pid, 0) != 0 && errno == ESRCH) {
        return true;
    }
    int64_t start_time;
    return start_time_of(writer->pid, &start_time) && start_time != writer->start_time;
}

static bool boot_id_of(struct uuid *boot_id) {
    char text[64];
    return read_file("/proc/sys/kernel/random/boot_id", text, sizeof text) &&
           strlen(text) >= UUID_CHARACTERS &&
           uuid_from_text((struct text){.data = text, .length = UUID_CHARACTERS}, boot_id);
}

enum result process_os_init(struct process_os *os, struct process *process, struct error *error) {
    char name[65];
    char namespace[64];
    const ssize_t length = readlink("/proc/self/ns/pid", namespace, sizeof namespace - 1);
    if (gethostname(name, sizeof name) != 0 || length <= 0) {
        return error_set(error, RESULT_FAILED, "who this process is cannot be found out: %s",
                         strerror(errno));
    }
    name[sizeof name - 1] = '\0';
    namespace[length] = '\0';
    (void)snprintf(os->host, sizeof os->host, "%s %s", name, namespace);
    os->writer = (struct millrace_writer){.host = text_of(os->host), .pid = getpid()};
    if (!boot_id_of(&os->writer.boot_id) ||
        !start_time_of(os->writer.pid, &os->writer.start_time)) {
        return error_set(error, RESULT_FAILED, "/proc does not tell who this process is");
    }
    *process = (struct process){.self = os, .writer = os->writer, .proven_dead = proven_dead};
    return RESULT_OK;
}
