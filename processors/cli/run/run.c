#include "cli/run/run.h"

#include <assert.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "certificates/certificates.h"
#include "cli/run/pages.h"
#include "cli/run/part.h"
#include "cli/run/supervision.h"
#include "domain/submission.h"
#include "outside/clock_os/clock_os.h"
#include "outside/kafka/statistics.h"
#include "outside/process_os/fault_os.h"
#include "outside/process_os/heap.h"
#include "registry_connector/gauges.h"

enum result run_schemas_open(void *context, struct schemas *schemas, struct error *error) {
    const struct run *run = context;
    struct schema_registry *registry = NULL;
    const enum result result = schema_registry_open(&run->registry, &registry, error);
    if (result == RESULT_OK) {
        *schemas = schema_registry_port(registry);
    }
    return result;
}

/* Signals are read from a descriptor by the main thread; all other threads are started with them
 * blocked. A socket that breaks is told by its error, not by a signal. */
static void catch_signals(struct run *run) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    const int blocked = pthread_sigmask(SIG_BLOCK, &set, NULL);
    assert(blocked == 0);
    (void)signal(SIGPIPE, SIG_IGN);
    (void)signal(SIGXFSZ, SIG_IGN); /* a file that may not grow is a full disk */
    run->signals_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    run->ended_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    assert(run->signals_fd >= 0 && run->ended_fd >= 0);
}

/* 0: no signal has come. */
static uint32_t signal_of(const struct run *run) {
    struct signalfd_siginfo info;
    const ssize_t length = read(run->signals_fd, &info, sizeof info);
    return length == (ssize_t)sizeof info ? info.ssi_signo : 0;
}

const struct connector_gauges *run_gauges(struct run *run) {
    pthread_mutex_lock(&run->mutex);
    const struct connector_gauges *gauges = run->gauges;
    pthread_mutex_unlock(&run->mutex);
    return gauges;
}

bool run_may_go_on(const struct run *run, int32_t timeout_ms) {
    struct pollfd wait = {.fd = run->signals_fd, .events = POLLIN};
    return poll(&wait, 1, timeout_ms) == 0; /* the signal stays there for who reads it */
}

/* Until a signal or the end of a part. Returns the signal, or 0. */
static uint32_t wait_for_end(const struct run *run) {
    for (;;) {
        struct pollfd waits[] = {{.fd = run->signals_fd, .events = POLLIN},
                                 {.fd = run->ended_fd, .events = POLLIN}};
        (void)poll(waits, 2, -1);
        if ((waits[0].revents & POLLIN) != 0) {
            return signal_of(run);
        }
        if ((waits[1].revents & POLLIN) != 0) {
            return 0;
        }
    }
}

/* While the parts drain, a second signal ends the process at once: somebody is in a hurry. What
 * was not committed then is done again, or held as unknown, by the next owner. */
static void *hurry(void *argument) {
    const struct run *run = argument;
    struct pollfd wait = {.fd = run->signals_fd, .events = POLLIN};
    while (poll(&wait, 1, -1) <= 0) {
        continue;
    }
    _exit(signal_of(run) == SIGINT ? EXIT_CODE_INTERRUPTED : EXIT_CODE_TERMINATED);
}

static void stop_all(struct run *run) {
    pthread_t thread;
    run->stopping_ms = clock_os().monotonic_ms(clock_os().self);
    for (uint32_t i = 0; i < run->parts_count; i++) {
        run_part_stop(run->parts[i]);
    }
    supervision_close(run->supervision);
    if (pthread_create(&thread, NULL, hurry, run) == 0) {
        (void)pthread_detach(thread);
    }
}

static int close_all(struct run *run, enum result result, const struct error *error) {
    const bool ended = result == RESULT_OK || result == RESULT_AGAIN; /* told to before it began */
    enum exit_code code = ended ? EXIT_CODE_OK : exit_code_of(result);
    if (!ended) {
        logger_error(&run->logger, "a processor cannot start",
                     LOGGER_FIELDS(logger_error_field(error)));
    }
    for (uint32_t i = 0; i < run->parts_count; i++) {
        struct run_part *part = run->parts[i];
        const enum result closed = run_part_end(part);
        if (closed != RESULT_OK) {
            logger_error(&run->logger, "a processor could not go on; the process ends",
                         LOGGER_FIELDS(logger_string("processor", part->processor->name),
                                       logger_error_field(&part->error)));
            code = exit_code_of(closed);
        }
    }
    for (uint32_t i = 0; i < run->parts_count; i++) {
        struct run_part *part = run->parts[i];
        run_part_leave(part);
        pthread_mutex_lock(&run->mutex);
        run->parts[i] = NULL;
        pthread_mutex_unlock(&run->mutex);
        free(part);
    }
    pages_close(run);
    return (int)code;
}

/* What this binary can write; a file that asks for a later format waits for a later binary. */
enum result run_check_formats(const struct topics_file *topics, struct error *error) {
    static const struct {
        const char *topic;
        uint32_t known;
    } states[] = {
        {"certificates.state", CERTIFICATES_FORMAT_VERSION},
        {"registry.state", SUBMISSION_FORMAT_VERSION},
    };
    for (size_t i = 0; i < sizeof states / sizeof states[0]; i++) {
        const struct topic_wanted *topic = topics_file_find(topics, states[i].topic);
        if (topic == NULL || topic->format == NULL || *topic->format < 1 ||
            *topic->format > states[i].known) {
            return error_set(error, RESULT_INVALID,
                             "topics.yaml must say for %s a format that this program knows, which "
                             "is 1 to %u: deploy the newer program first",
                             states[i].topic, states[i].known);
        }
    }
    return RESULT_OK;
}

int32_t run_state_format(const struct run *run, const char *topic) {
    const struct topic_wanted *wanted = topics_file_find(run->topics, topic);
    assert(wanted != NULL && wanted->format != NULL); /* checked when it was read */
    return (int32_t)*wanted->format;
}

static enum result read_configuration(struct run *run, const struct invocation *invocation,
                                      struct error *error) {
    const struct settings *settings = &invocation->settings;
    void *memory = malloc(DEPLOYMENT_MEMORY);
    assert(memory != NULL);
    arena_init(&run->arena, memory, DEPLOYMENT_MEMORY);
    run->settings = settings;
    connect_kafka(invocation, LOGGER_LEVEL_INFO, &run->connection);
    run->logger = logging_logger(&run->connection.logging, "millrace");
    run->kafka_statistics = kafka_statistics_open();
    if (settings_text(settings, "http.listen")[0] != '\0') {
        run->connection.kafka.statistics = run->kafka_statistics;
    }
    run->registry = connection_registry_options(invocation);
    run->schemas_directory = connection_schemas_directory(invocation, &run->connection);
    run->topics = invocation_topics(invocation);
    run->state_directory = settings_text(settings, "state.dir");
    run->state_memory_bytes = (uint64_t)settings_integer(settings, "state.memory.mb") << 20;
    const enum result result = run_check_formats(run->topics, error);
    return result != RESULT_OK ? result
                               : deployment_read(settings, &run->arena, &run->deployment, error);
}

int run_processes(struct run *run, const struct invocation *invocation,
                  const struct run_processor *const *processors, uint32_t count) {
    assert(run != NULL && count > 0 && count <= RUN_PARTS_MAX);
    struct error error;
    heap_keep_small();
    catch_signals(run);
    const int failed = pthread_mutex_init(&run->mutex, NULL);
    assert(failed == 0);
    enum result result = read_configuration(run, invocation, &error);
    if (result == RESULT_OK) {
        result = pages_open(run, settings_text(&invocation->settings, "http.listen"), &error);
    }
    if (result == RESULT_OK) {
        result = fault_os_arm(getenv("MILLRACE_FAULT"), &error);
    }
    if (result == RESULT_OK) {
        const struct supervisor_wishes wishes = {getenv("NOTIFY_SOCKET"), getenv("WATCHDOG_USEC"),
                                                 getenv("WATCHDOG_PID")};
        result = supervision_open(run, &wishes, &run->supervision, &error);
    }
    for (uint32_t i = 0; result == RESULT_OK && i < count; i++) {
        struct run_part *part = calloc(1, sizeof *part);
        assert(part != NULL);
        part->processor = processors[i];
        pthread_mutex_lock(&run->mutex);
        run->parts[run->parts_count++] = part;
        pthread_mutex_unlock(&run->mutex);
        result = run_part_open(part, run, processors[i], &error);
    }
    for (uint32_t i = 0; result == RESULT_OK && i < run->parts_count; i++) {
        result = run_part_start(run->parts[i], &error);
    }
    if (result == RESULT_OK) {
        const uint32_t number = wait_for_end(run);
        if (number != 0) {
            logger_info(&run->logger, "told to end: draining",
                        LOGGER_FIELDS(logger_number("signal", number)));
        }
    }
    stop_all(run);
    return close_all(run, result, &error);
}
