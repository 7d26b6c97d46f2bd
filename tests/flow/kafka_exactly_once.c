/* Processes that copy their inputs are killed, stopped and started again at random moments: in the
 * end every record was copied exactly once, in order. */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "outside/kafka/kafka_group.h"
#include "tests/support/kafka_cluster.h"
#include "tests/support/lane_driver.h"

enum {
    PARTITIONS = 4,
    MEMBERS = 3,
    CALL_MS = 1000,
    OPEN_MS = 10, /* how long a transaction rests, so that faults find it open */
    AT_ONCE = 40, /* records of a transaction */
    FAULTS = 16,  /* kills and stops */
    FAULT_EVERY_MS = 1200,
    WRITE_EVERY_MS = 20, /* one batch of records to each partition */
    BATCH = 10,
    SETTLE_MS = 90000, /* for the rest to be copied when the faults are over */
};

static const struct log_topology topology = {
    .processor = "copy",
    .inputs = {"commands"},
    .inputs_count = 1,
    .outputs = {"events", "state"},
    .outputs_count = 2,
    .changelogs = {"state"},
    .changelogs_count = 1,
};

/* --- A process: one member and its lanes, all in one thread. --- */

struct copier {
    struct log log;
    bool open;
    bool assigned;
    int64_t next;
    int64_t dead_since_ms; /* assigned, but without a lane; 0: not so */
};

struct member {
    atomic_bool *transacting; /* shared with the test: a transaction of it is open */
    struct log_group group;
    struct copier copiers[PARTITIONS];
};

static void end_copier(struct copier *copier) {
    if (copier->open) {
        copier->log.close(copier->log.self);
        copier->open = false;
    }
}

/* Fence, positions, one more look, start. */
static bool begin_copier(struct member *member, int32_t partition) {
    struct copier *copier = &member->copiers[partition];
    struct log *log = &copier->log;
    struct log_positions positions;
    struct error error;
    enum result result = RESULT_AGAIN;
    if (member->group.lane_open(member->group.self, partition, log, &error) != RESULT_OK) {
        return false;
    }
    copier->open = true;
    while (result == RESULT_AGAIN) {
        result = log->fence(log->self, CALL_MS, &error);
    }
    for (bool asked = false; result == RESULT_AGAIN || (result == RESULT_OK && !asked);) {
        asked = true;
        result = log->positions(log->self, CALL_MS, &positions, &error);
    }
    if (result != RESULT_OK || !log->owned(log->self)) {
        end_copier(copier);
        return false;
    }
    copier->next = positions.inputs[0];
    for (uint32_t tries = 0; tries < 10; tries++) {
        if (log->start(log->self, positions.inputs, CALL_MS, &error) == RESULT_OK) {
            return true;
        }
    }
    end_copier(copier);
    return false;
}

/* One transaction: what has come is copied to both outputs. Not OK: the lane has ended. */
static enum result copy(struct member *member, int32_t partition) {
    struct copier *copier = &member->copiers[partition];
    struct log_staged staged[2 * AT_ONCE];
    struct log_batch batch;
    struct error error;
    struct log *log = &copier->log;
    enum result result = log->poll(log->self, 0, AT_ONCE, &batch, &error);
    if (result == RESULT_OK && batch.count > 0) {
        for (uint32_t i = 0; i < 2 * batch.count; i++) {
            staged[i] = lane_driver_record(i % 2, partition, PARTITIONS, "");
            staged[i].value = batch.records[i / 2].value;
        }
        copier->next = batch.records[batch.count - 1].offset + 1;
        atomic_store(member->transacting, true);
        result = log->commit_begin(log->self, staged, 2 * batch.count, &copier->next, &error);
        usleep(OPEN_MS * 1000);
        while (result == RESULT_OK || result == RESULT_AGAIN) {
            result = log->commit_wait(log->self, CALL_MS, &error);
            if (result == RESULT_OK) {
                break;
            }
        }
        atomic_store(member->transacting, false);
    }
    log->release(log->self, &batch);
    return result == RESULT_OK && log->worn(log->self) ? RESULT_DOUBTFUL : result;
}

static void take_event(struct member *member, const struct log_group_event *event) {
    if (event->kind == LOG_GROUP_FAILED) {
        _exit(1); /* its name was taken by its own successor */
    }
    for (uint32_t i = 0; i < event->partitions_count; i++) {
        struct copier *copier = &member->copiers[event->partitions[i]];
        copier->assigned = event->kind == LOG_GROUP_ASSIGNED;
        copier->dead_since_ms = copier->assigned ? 1 : 0;
        end_copier(copier);
    }
    if (event->kind == LOG_GROUP_REVOKED || event->kind == LOG_GROUP_LOST) {
        member->group.revoke_done(member->group.self);
    }
}

static void join_again(struct member *member) {
    struct error error;
    for (int32_t p = 0; p < PARTITIONS; p++) {
        end_copier(&member->copiers[p]);
        member->copiers[p] = (struct copier){0};
    }
    if (member->group.rejoin(member->group.self, &error) != RESULT_OK) {
        _exit(1);
    }
}

/* A lane in doubt is followed by another at once; one that was fenced only by a new assignment. */
static void work(struct member *member) {
    for (int32_t p = 0; p < PARTITIONS; p++) {
        struct copier *copier = &member->copiers[p];
        if (copier->assigned && !copier->open && copier->dead_since_ms == 1) {
            copier->dead_since_ms = begin_copier(member, p) ? 0 : lane_driver_now_ms();
        } else if (copier->open) {
            const enum result result = copy(member, p);
            if (result != RESULT_OK) {
                end_copier(copier);
                copier->dead_since_ms = result == RESULT_FENCED ? lane_driver_now_ms() : 1;
            }
        } else if (copier->dead_since_ms > 1 &&
                   lane_driver_now_ms() - copier->dead_since_ms > 6000) {
            join_again(member);
            return;
        }
    }
}

static void live(const struct kafka_cluster *seed, const char *instance, atomic_bool *transacting) {
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    struct kafka_cluster process;
    struct member member = {.transacting = transacting};
    struct error error;
    int32_t partitions;
    kafka_cluster_share(&process, seed, seed->bootstrap, instance);
    while (kafka_group_open(&process.config, &topology, CALL_MS, &member.group, &partitions,
                            &error) != RESULT_OK) {
    }
    for (;;) {
        struct log_group_event event;
        (void)member.group.poll(member.group.self, 1, &event, &error);
        take_event(&member, &event);
        work(&member);
    }
}

/* --- The nursery: forks processes while it is still without threads of its own. --- */

struct order {
    char bootstrap[256];
    char prefix[64];
    struct options options;
    uint32_t member;
};

static int orders_fd;
static int pids_fd;
static atomic_bool *transacting; /* by member; one mapping in all processes */

static void serve_orders(int orders, int pids) {
    struct order order;
    (void)signal(SIGCHLD, SIG_IGN);
    while (read(orders, &order, sizeof order) == sizeof order) {
        const pid_t pid = fork();
        if (pid == 0) {
            struct kafka_cluster seed = {.options = order.options};
            char instance[16];
            memcpy(seed.bootstrap, order.bootstrap, sizeof seed.bootstrap);
            memcpy(seed.prefix, order.prefix, sizeof seed.prefix);
            (void)snprintf(instance, sizeof instance, "m%u", order.member);
            live(&seed, instance, &transacting[order.member]);
        }
        if (write(pids, &pid, sizeof pid) != sizeof pid) {
            break;
        }
    }
    _exit(0);
}

static void open_nursery(void) {
    int orders[2];
    int pids[2];
    transacting = mmap(NULL, MEMBERS * sizeof *transacting, PROT_READ | PROT_WRITE,
                       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    cr_assert(transacting != MAP_FAILED);
    cr_assert(pipe(orders) == 0 && pipe(pids) == 0);
    const pid_t nursery = fork();
    cr_assert_geq(nursery, 0);
    if (nursery == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        (void)close(orders[1]);
        (void)close(pids[0]);
        serve_orders(orders[0], pids[1]);
    }
    orders_fd = orders[1];
    pids_fd = pids[0];
}

static pid_t spawn(const struct kafka_cluster *cluster, uint32_t member) {
    struct order order = {.options = cluster->options, .member = member};
    pid_t pid;
    atomic_store(&transacting[member], false);
    memcpy(order.bootstrap, cluster->bootstrap, sizeof order.bootstrap);
    memcpy(order.prefix, cluster->prefix, sizeof order.prefix);
    cr_assert_eq(write(orders_fd, &order, sizeof order), sizeof order);
    cr_assert_eq(read(pids_fd, &pid, sizeof pid), sizeof pid);
    return pid;
}

/* --- The test. --- */

static uint32_t written; /* records in each partition */

static void write_for(struct kafka_cluster *cluster, int32_t duration_ms) {
    const int64_t until_ms = lane_driver_now_ms() + duration_ms;
    while (lane_driver_now_ms() < until_ms) {
        for (int32_t p = 0; p < PARTITIONS; p++) {
            kafka_cluster_append_numbers(cluster, "commands", p, "key", written, BATCH);
        }
        written += BATCH;
        usleep(WRITE_EVERY_MS * 1000);
    }
}

static void wait_until_copied(struct kafka_cluster *cluster) {
    const int64_t begun_ms = lane_driver_now_ms();
    for (int32_t p = 0; p < PARTITIONS; p++) {
        while (kafka_cluster_committed(cluster, "copy", "commands", p) < (int64_t)written) {
            cr_assert(lane_driver_now_ms() - begun_ms < SETTLE_MS, "partition %d rests at %lld", p,
                      (long long)kafka_cluster_committed(cluster, "copy", "commands", p));
            usleep(200000);
        }
    }
}

static void check_copies(struct kafka_cluster *cluster, const char *topic) {
    struct log_record *records = calloc(2 * (size_t)written, sizeof *records);
    for (int32_t p = 0; p < PARTITIONS; p++) {
        const uint32_t count = kafka_cluster_read(cluster, topic, p, records, 2 * written);
        cr_expect_eq(count, written, "%s, partition %d: %u of %u", topic, p, count, written);
        for (uint32_t i = 0; i < count && i < written; i++) {
            char value[16] = "";
            memcpy(value, records[i].value.data, records[i].value.length);
            cr_assert_eq(strtoul(value, NULL, 10), i, "%s, partition %d: %s instead of %u", topic,
                         p, value, i);
        }
    }
    free(records);
}

Test(kafka_exactly_once, through_kills_and_stops, .timeout = 300) {
    static struct kafka_cluster cluster;
    pid_t members[MEMBERS];
    unsigned chance = 20211;
    uint32_t kills = 0;
    uint32_t stops = 0;
    uint32_t hits = 0; /* met an open transaction */
    open_nursery();
    kafka_cluster_open(&cluster);
    kafka_cluster_create_all(&cluster, &topology, PARTITIONS);
    cluster.options.transaction_timeout_ms = 10000;
    for (uint32_t i = 0; i < MEMBERS; i++) {
        members[i] = spawn(&cluster, i);
    }
    write_for(&cluster, 5000);
    for (uint32_t fault = 0; fault < FAULTS; fault++) {
        const uint32_t victim = (uint32_t)rand_r(&chance) % MEMBERS;
        if (rand_r(&chance) % 4 != 0) {
            (void)kill(members[victim], SIGKILL);
            kills++;
            hits += atomic_load(&transacting[victim]) ? 1 : 0;
            write_for(&cluster, (int32_t)((unsigned)rand_r(&chance) % FAULT_EVERY_MS));
            members[victim] = spawn(&cluster, victim);
        } else {
            (void)kill(members[victim], SIGSTOP);
            stops++;
            hits += atomic_load(&transacting[victim]) ? 1 : 0;
            write_for(&cluster, 7000); /* longer than a session: others take over */
            (void)kill(members[victim], SIGCONT);
        }
        write_for(&cluster, FAULT_EVERY_MS);
    }
    for (uint32_t i = 0; i < MEMBERS; i++) {
        if (kill(members[i], 0) != 0) {
            members[i] = spawn(&cluster, i);
        }
    }
    wait_until_copied(&cluster);
    for (uint32_t i = 0; i < MEMBERS; i++) {
        (void)kill(members[i], SIGKILL);
    }
    check_copies(&cluster, "events");
    check_copies(&cluster, "state");
    printf("%u kills and %u stops met %u open transactions; %u records in each of %d partitions\n",
           kills, stops, hits, written, PARTITIONS);
    cr_expect_gt(kills, 0);
    cr_expect_gt(stops, 0);
    cr_expect_gt(hits, 0, "no fault hit an open transaction");
    (void)close(orders_fd);
    kafka_cluster_close(&cluster);
}
