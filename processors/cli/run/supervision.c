#include "cli/run/supervision.h"

#include <assert.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "cli/run/health.h"

enum {
    PAUSE_MS = 1000,         /* at most, for the sake of the status */
    PAUSE_BEGINNING_MS = 200 /* until all has begun: somebody may wait for it */
};

struct supervision_thread {
    struct run *run;
    struct supervision supervision;
    pthread_t thread;
    int end_fd; /* an eventfd: it is to end */
};

int32_t supervision_pause_ms(const struct supervision *supervision) {
    const int64_t most_ms = supervision->begun_told ? PAUSE_MS : PAUSE_BEGINNING_MS;
    const int64_t watchdog_ms = supervision->supervisor.watchdog_ms;
    if (watchdog_ms == 0 || watchdog_ms / 3 > most_ms) {
        return (int32_t)most_ms;
    }
    return watchdog_ms < 3 ? 1 : (int32_t)(watchdog_ms / 3);
}

void supervision_tell(struct supervision *supervision, const struct standing *standing) {
    const struct supervisor *supervisor = &supervision->supervisor;
    char text[SUPERVISION_STATUS_MAX + sizeof "STATUS="];
    if (strcmp(supervision->status_told, standing->status) != 0) {
        (void)snprintf(text, sizeof text, "STATUS=%s", standing->status);
        if (supervisor_tell(supervisor, text)) {
            memcpy(supervision->status_told, standing->status, sizeof supervision->status_told);
        }
    }
    if (!supervision->begun_told && standing->begun) {
        supervision->begun_told = supervisor_tell(supervisor, "READY=1");
    }
    if (supervisor->watchdog_ms > 0 && standing->alive) {
        (void)supervisor_tell(supervisor, "WATCHDOG=1");
    }
}

/* The first reason there is, in one line. */
static void say_status(const struct health *health, struct standing *standing) {
    const json_t *reasons = health->alive ? health->unready : health->dead;
    uint32_t partitions = 0;
    for (uint32_t i = 0; i < health->parts_count; i++) {
        partitions += health->parts[i].lanes_count;
    }
    if (json_array_size(reasons) == 0) {
        (void)snprintf(standing->status, sizeof standing->status, "%u lanes work", partitions);
        return;
    }
    (void)snprintf(standing->status, sizeof standing->status, "%s",
                   json_string_value(json_array_get(reasons, 0)));
    for (char *c = standing->status; *c != '\0'; c++) {
        *c = *c == '\n' ? ' ' : *c;
    }
}

static void *watch(void *argument) {
    struct supervision_thread *thread = argument;
    struct pollfd end = {.fd = thread->end_fd, .events = POLLIN};
    do {
        struct standing standing = {.alive = false};
        struct health health;
        health_look(thread->run, &health);
        standing.alive = health.alive;
        standing.begun = health.begun;
        say_status(&health, &standing);
        health_free(&health);
        supervision_tell(&thread->supervision, &standing);
    } while (poll(&end, 1, supervision_pause_ms(&thread->supervision)) <= 0);
    return NULL;
}

enum result supervision_open(struct run *run, const struct supervisor_wishes *wishes,
                             struct supervision_thread **thread, struct error *error) {
    struct supervision_thread *opened = calloc(1, sizeof *opened);
    assert(opened != NULL && run != NULL);
    *thread = NULL;
    enum result result = supervisor_open(wishes, &opened->supervision.supervisor, error);
    if (result != RESULT_OK || opened->supervision.supervisor.socket < 0) {
        free(opened);
        return result;
    }
    opened->run = run;
    opened->end_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (opened->end_fd < 0 || pthread_create(&opened->thread, NULL, watch, opened) != 0) {
        supervisor_close(&opened->supervision.supervisor);
        free(opened);
        return error_set(error, RESULT_FAILED,
                         "no thread can be started for what NOTIFY_SOCKET wants to hear");
    }
    *thread = opened;
    return RESULT_OK;
}

void supervision_close(struct supervision_thread *thread) {
    if (thread == NULL) {
        return;
    }
    const uint64_t one = 1;
    const ssize_t written = write(thread->end_fd, &one, sizeof one);
    assert(written == sizeof one);
    const int joined = pthread_join(thread->thread, NULL);
    assert(joined == 0);
    (void)supervisor_tell(&thread->supervision.supervisor, "STOPPING=1\nSTATUS=ending");
    supervisor_close(&thread->supervision.supervisor);
    (void)close(thread->end_fd);
    free(thread);
}
