/* A stopped owner wakes up after another has taken its partition: nothing of it may become visible,
 * however far its transaction had come. The zombie is a process of its own, stopped by SIGSTOP for
 * longer than its session. */
#include <criterion/criterion.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "outside/kafka/kafka_group.h"
#include "tests/support/kafka_cluster.h"
#include "tests/support/kafka_proxy.h"
#include "tests/support/lane_driver.h"

enum { PARTITIONS = 1, CALL_MS = 10000 };

static const struct log_topology topology = {
    .processor = "zombie",
    .inputs = {"commands"},
    .inputs_count = 1,
    .outputs = {"events"},
    .outputs_count = 1,
};

enum stop_at {
    STOP_BEFORE_ITS_TRANSACTION,
    STOP_IN_ITS_TRANSACTION, /* records written, nothing else */
    STOP_BEFORE_ITS_END,     /* records and offsets written; the end waits in a proxy */
};

/* What the zombie found when it woke up, told by its exit code. */
enum { ZOMBIE_FENCED = 0, ZOMBIE_TRUSTED_ITSELF = 10, ZOMBIE_COMMITTED = 11, ZOMBIE_ELSE = 12 };

static struct kafka_cluster cluster;
static struct kafka_proxy *proxy;

static void open_all(void) {
    kafka_cluster_open(&cluster);
    kafka_cluster_create_all(&cluster, &topology, PARTITIONS);
    kafka_cluster_append_numbers(&cluster, "commands", 0, "key", 0, 2);
    cluster.options.transaction_timeout_ms = 60000; /* not what ends the zombie's transaction */
}

static void close_all(void) {
    kafka_cluster_close(&cluster);
}

TestSuite(kafka_zombie, .init = open_all, .fini = close_all, .timeout = 120);

static struct log_group join(const struct kafka_cluster *process) {
    const struct log_group group = kafka_cluster_join(process, &topology, PARTITIONS, CALL_MS);
    cr_assert_eq(lane_driver_await(&group, LOG_GROUP_ASSIGNED, NULL), PARTITIONS);
    return group;
}

static struct log start(const struct log_group *group) {
    struct log_positions positions;
    const struct log log = lane_driver_open(group, 0, &positions);
    cr_assert_eq(positions.inputs[0], 0);
    lane_driver_start(&log, positions.inputs);
    struct log_batch batch = lane_driver_poll(&log, 0, 1);
    log.release(log.self, &batch);
    return log;
}

static void live_and_be_stopped(struct kafka_cluster *process, enum stop_at stop_at,
                                bool polls_when_awake) {
    static const int64_t inputs[] = {1};
    const struct log_group group = join(process);
    const struct log log = start(&group);
    const struct log_staged record = lane_driver_record(0, 0, PARTITIONS, "by the zombie");
    struct log_group_event event;
    struct error error;
    enum result result = RESULT_AGAIN;
    if (stop_at != STOP_BEFORE_ITS_TRANSACTION) {
        result = log.commit_begin(log.self, &record, 1, inputs, &error);
    }
    while (stop_at == STOP_IN_ITS_TRANSACTION &&
           kafka_cluster_end(process, "events", 0, false) == 0) {
    }
    if (stop_at == STOP_BEFORE_ITS_END) {
        /* The proxy, in the other process, lets no end pass. */
        result = log.commit_wait(log.self, 2000, &error);
    }
    (void)raise(SIGSTOP);
    if (log.owned(log.self)) {
        _exit(ZOMBIE_TRUSTED_ITSELF);
    }
    while (polls_when_awake && group.poll(group.self, CALL_MS, &event, &error) == RESULT_OK &&
           event.kind == LOG_GROUP_NOTHING) {
    }
    if (stop_at == STOP_BEFORE_ITS_TRANSACTION) {
        result = log.commit_begin(log.self, &record, 1, inputs, &error);
    }
    if (result == RESULT_OK || result == RESULT_AGAIN) {
        result = lane_driver_wait(&log, &error);
    }
    if (result == RESULT_OK) {
        _exit(ZOMBIE_COMMITTED);
    }
    log.close(log.self);
    _exit(result == RESULT_FENCED ? ZOMBIE_FENCED : ZOMBIE_ELSE);
}

static pid_t stopped_zombie(enum stop_at stop_at, bool polls_when_awake) {
    const pid_t zombie = fork();
    cr_assert_geq(zombie, 0);
    if (zombie == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* a test that fails leaves nobody behind */
        struct kafka_cluster process;
        kafka_cluster_share(&process, &cluster,
                            proxy != NULL ? kafka_proxy_address(proxy) : cluster.bootstrap, "z");
        live_and_be_stopped(&process, stop_at, polls_when_awake);
    }
    int status;
    cr_assert_eq(waitpid(zombie, &status, WUNTRACED), zombie);
    cr_assert(WIFSTOPPED(status), "it ended with %d", WEXITSTATUS(status));
    return zombie;
}

static void take_over(enum stop_at stop_at, bool polls_when_awake) {
    const pid_t zombie = stopped_zombie(stop_at, polls_when_awake);
    const int64_t begun_ms = lane_driver_now_ms();
    const struct log_group group = join(&cluster);
    const struct log log = start(&group);
    const struct log_staged record = lane_driver_record(0, 0, PARTITIONS, "by the owner");
    struct error error;
    cr_assert_eq(lane_driver_commit(&log, &record, 1, (const int64_t[]){1}, &error), RESULT_OK,
                 "%s", error.text);
    printf("the owner's first commit: %lld ms after the stop\n",
           (long long)(lane_driver_now_ms() - begun_ms));

    int status;
    if (proxy != NULL) {
        kafka_proxy_arm(proxy, KAFKA_PROXY_END_TXN, KAFKA_PROXY_HOLD, 0);
        cr_expect_neq(kafka_proxy_release(proxy, CALL_MS), 0, "its late end was not refused");
    }
    cr_assert_eq(kill(zombie, SIGCONT), 0);
    cr_assert_eq(waitpid(zombie, &status, 0), zombie);
    cr_expect(WIFEXITED(status));
    cr_expect_eq(WEXITSTATUS(status), ZOMBIE_FENCED, "it ended with %d", WEXITSTATUS(status));

    struct log_record records[2];
    cr_assert_eq(kafka_cluster_read(&cluster, "events", 0, records, 2), 1);
    cr_expect_eq(memcmp(records[0].value.data, "by the owner", records[0].value.length), 0);
    cr_expect_eq(lane_driver_commit(&log, &record, 1, (const int64_t[]){2}, &error), RESULT_OK,
                 "the owner was disturbed: %s", error.text);
    log.close(log.self);
    group.close(group.self);
}

Test(kafka_zombie, stopped_before_its_transaction) {
    take_over(STOP_BEFORE_ITS_TRANSACTION, false);
}

Test(kafka_zombie, stopped_before_its_transaction_and_joins_again_first) {
    take_over(STOP_BEFORE_ITS_TRANSACTION, true);
}

Test(kafka_zombie, stopped_in_its_transaction) {
    take_over(STOP_IN_ITS_TRANSACTION, false);
}

Test(kafka_zombie, stopped_in_its_transaction_and_joins_again_first) {
    take_over(STOP_IN_ITS_TRANSACTION, true);
}

Test(kafka_zombie, stopped_before_the_end_of_its_transaction) {
    proxy = kafka_proxy_open(cluster.bootstrap);
    kafka_proxy_arm(proxy, KAFKA_PROXY_END_TXN, KAFKA_PROXY_HOLD, UINT32_MAX);
    take_over(STOP_BEFORE_ITS_END, false);
    kafka_proxy_close(proxy);
}
