/* Runs seeds: `simulate --seeds 1..200`. A failure is shrunk by leaving out faults, and told with
 * its seed, the invariant and the last lines of its transcript. */
#include <assert.h>
#include <errno.h>
#include <getopt.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/simulate/parsed_schemas.h"
#include "tests/simulate/run_seed.h"

enum {
    JOBS_MAX = 64,
    FAILURES_SHOWN_MAX = 3,
    SEEDS_AT_ONCE = 50,
    LARGE_BYTES = 64 << 20,
    KEPT_BYTES = 256 << 20
};

struct options_of_run {
    uint64_t first;
    uint64_t last;
    uint32_t jobs;
    bool transcript;
    bool logs;
    bool soak; /* on and on, until it is stopped */
};

/* Told to stop: what has begun is ended, and summed up. */
static volatile sig_atomic_t stopped;

static void stop(int signal_number) {
    (void)signal_number;
    stopped = 1;
}

/* Sums over all seeds. */
struct totals {
    uint64_t seeds;
    uint64_t failures;
    struct world_figures sum;
};

static int64_t now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* --- Figures. --- */

static void print_totals(const struct totals *totals, int64_t took_ms) {
    const struct world_figures *sum = &totals->sum;
    const uint64_t seeds = totals->seeds == 0 ? 1 : totals->seeds;
    (void)printf("%llu seeds, %llu violated, %.1f virtual hours in %.1f s: %.0f seeds a minute\n",
                 (unsigned long long)totals->seeds, (unsigned long long)totals->failures,
                 (double)sum->virtual_ms / 3600000.0, (double)took_ms / 1000.0,
                 (double)totals->seeds * 60000.0 / (double)(took_ms == 0 ? 1 : took_ms));
    (void)printf(
        "a seed on average: %llu records of commands, %llu submissions, %llu deeds of the "
        "registry, %llu faults, %llu lives, %.1f looks of verify meanwhile\n",
        (unsigned long long)(sum->commands / seeds), (unsigned long long)(sum->submissions / seeds),
        (unsigned long long)(sum->deeds / seeds), (unsigned long long)(sum->faults / seeds),
        (unsigned long long)(sum->lives / seeds), (double)sum->looks / (double)seeds);
    (void)printf(
        "ledger: %llu attempts not sent, %llu unknown, %llu of them still when the faults "
        "were over, %llu verdicts, %llu sent after that, %llu incidents\n",
        (unsigned long long)sum->not_sent, (unsigned long long)sum->ever_unknown,
        (unsigned long long)sum->at_rest_unknown, (unsigned long long)sum->resolved,
        (unsigned long long)sum->late_sends, (unsigned long long)sum->incidents);
    (void)printf(
        "the registry can be asked in %llu seeds: %llu questions, %llu streams read; %llu unknown "
        "there, %llu of them still when the faults were over\n",
        (unsigned long long)sum->can_be_asked, (unsigned long long)sum->questions,
        (unsigned long long)sum->streams_read, (unsigned long long)sum->asked_unknown,
        (unsigned long long)sum->asked_at_rest_unknown);
    (void)printf(
        "kafka: %llu commits, %llu in doubt, late ends %llu (refused %llu, of another "
        "transaction %llu), timed out %llu, fenced %llu, rebalances %llu, evicted %llu, "
        "compacted %llu\n",
        (unsigned long long)sum->kafka.commits, (unsigned long long)sum->kafka.commits_in_doubt,
        (unsigned long long)sum->kafka.ends_late, (unsigned long long)sum->kafka.ends_refused,
        (unsigned long long)sum->kafka.ends_of_another, (unsigned long long)sum->kafka.timed_out,
        (unsigned long long)sum->kafka.fenced, (unsigned long long)sum->kafka.rebalances,
        (unsigned long long)sum->kafka.evicted, (unsigned long long)sum->kafka.compacted);
    (void)printf("points hit:");
    for (uint32_t i = 0; i < POINTS_COUNT; i++) {
        (void)printf(" %s %llu", point_name((enum point)i), (unsigned long long)sum->hit[i]);
    }
    (void)printf("\nfaults:");
    for (uint32_t i = 0; i < FAULT_KINDS; i++) {
        (void)printf(" %s %llu", fault_name((enum fault_kind)i), (unsigned long long)sum->kinds[i]);
    }
    (void)printf("\n");
}

/* --- A failure. --- */

static bool same_violation(const struct seed_result *a, const struct seed_result *b) {
    return a->violated && b->violated && strcmp(a->invariant, b->invariant) == 0;
}

/* Leave out one fault after the other, as long as the same invariant is violated. */
static void shrink(struct seed_order *order, struct seed_result *result) {
    struct seed_result *tried = seed_results_open(1);
    for (uint32_t i = 0; i < result->faults_count; i++) {
        order->left_out[i] = true;
        seed_run(order, tried);
        if (same_violation(tried, result)) {
            *result = *tried;
        } else {
            order->left_out[i] = false;
        }
    }
}

static void explain(uint64_t seed, const struct seed_result *found) {
    const char *commit = getenv("COMMIT");
    struct seed_result *result = seed_results_open(1);
    struct seed_order order = {.first = seed, .last = seed};
    *result = *found;
    (void)printf("seed %llu: violated %s: %s\n", (unsigned long long)seed, found->invariant,
                 found->violation);
    (void)fflush(stdout);
    shrink(&order, result);
    order.prints_last = true;
    seed_run(&order, result);
    (void)printf("seed %llu, commit %s: %s: %s\nnecessary faults:", (unsigned long long)seed,
                 commit == NULL ? "?" : commit, result->invariant, result->violation);
    uint32_t needed = 0;
    for (uint32_t i = 0; i < result->faults_count; i++) {
        if (!order.left_out[i]) {
            (void)printf(" %u", i);
            needed++;
        }
    }
    (void)printf("%s\nthe whole of it: make simulate SEED=%llu TRANSCRIPT=1\n",
                 needed == 0 ? " none" : "", (unsigned long long)seed);
}

/* --- Many seeds. --- */

struct job {
    pid_t pid; /* 0: free */
    uint64_t last;
};

static void start_job(const struct options_of_run *options, struct job *job,
                      struct seed_result *result, uint64_t first, uint64_t last) {
    const struct seed_order order = {
        .first = first, .last = last, .prints = options->transcript, .tells_logs = options->logs};
    *job = (struct job){.pid = seed_start(&order, result), .last = last};
}

static void start_jobs(const struct options_of_run *options, struct job *jobs,
                       struct seed_result *results, uint64_t *next) {
    for (uint32_t i = 0; i < options->jobs; i++) {
        if (jobs[i].pid == 0 && stopped == 0 && (*next <= options->last || options->soak)) {
            uint64_t last = *next + SEEDS_AT_ONCE - 1;
            last = last > options->last && !options->soak ? options->last : last;
            start_job(options, &jobs[i], &results[i], *next, last);
            *next = last + 1;
        }
    }
}

/* What a child has come to; the seeds behind one that failed are still to be run. */
static void take_result(const struct options_of_run *options, struct job *job,
                        struct seed_result *result, struct totals *totals) {
    figures_add(&totals->sum, &result->figures);
    totals->seeds += result->seeds;
    job->pid = 0;
    if (!result->violated) {
        return;
    }
    const struct seed_result found = *result;
    if (++totals->failures <= FAILURES_SHOWN_MAX) {
        explain(found.seed, &found);
    }
    if (found.seed < job->last && totals->failures <= FAILURES_SHOWN_MAX) {
        start_job(options, job, result, found.seed + 1, job->last);
    }
}

static bool wait_for_one(const struct options_of_run *options, struct job *jobs,
                         struct seed_result *results, struct totals *totals) {
    int status = 0;
    pid_t pid;
    do {
        pid = wait(&status);
    } while (pid < 0 && errno == EINTR);
    for (uint32_t i = 0; i < options->jobs && pid > 0; i++) {
        if (jobs[i].pid == pid) {
            seed_ended(&results[i], status);
            take_result(options, &jobs[i], &results[i], totals);
        }
    }
    return pid > 0;
}

static int run(const struct options_of_run *options) {
    enum { REPORT_MS = 60000 };
    struct job jobs[JOBS_MAX] = {{0}};
    struct seed_result *results = seed_results_open(JOBS_MAX);
    struct totals totals = {0};
    uint64_t next = options->first;
    const int64_t began_ms = now_ms();
    int64_t reported_ms = began_ms;
    parsed_schemas_fill(); /* once, for all children */
    start_jobs(options, jobs, results, &next);
    while (wait_for_one(options, jobs, results, &totals)) {
        if (totals.failures <= FAILURES_SHOWN_MAX) {
            start_jobs(options, jobs, results, &next);
        }
        if (options->soak && now_ms() - reported_ms >= REPORT_MS) {
            reported_ms = now_ms();
            print_totals(&totals, reported_ms - began_ms);
            (void)fflush(stdout);
        }
    }
    print_totals(&totals, now_ms() - began_ms);
    (void)printf("%llu passed, %llu failed\n", (unsigned long long)(totals.seeds - totals.failures),
                 (unsigned long long)totals.failures);
    return totals.failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

static void usage(void) {
    (void)fprintf(stderr,
                  "usage: simulate [--seeds A..B | --seed N | --soak] [--jobs N] "
                  "[--transcript] [--logs]\n");
    exit(2);
}

static uint64_t number(const char *text, char **rest) {
    const uint64_t value = strtoull(text, rest, 10);
    if (*rest == text) {
        usage();
    }
    return value;
}

int main(int argc, char **argv) {
    static const struct option known[] = {
        {"seeds", required_argument, NULL, 's'},
        {"seed", required_argument, NULL, 'n'},
        {"jobs", required_argument, NULL, 'j'},
        {"transcript", no_argument, NULL, 't'},
        {"logs", no_argument, NULL, 'l'},
        {"soak", no_argument, NULL, 'k'},
        {NULL, 0, NULL, 0},
    };
    struct options_of_run options = {.first = 1, .last = 200, .jobs = 1};
    char *rest = NULL;
    (void)signal(SIGTERM, stop);
    (void)signal(SIGINT, stop);
    /* A lane's large buffers are hardly used here, and not cleared: they come from what is kept. */
    (void)mallopt(M_MMAP_THRESHOLD, LARGE_BYTES);
    (void)mallopt(M_TRIM_THRESHOLD, KEPT_BYTES);
    for (int option; (option = getopt_long(argc, argv, "", known, NULL)) != -1;) {
        switch (option) {
        case 's':
            options.first = number(optarg, &rest);
            if (strncmp(rest, "..", 2) != 0) {
                usage();
            }
            options.last = number(rest + 2, &rest);
            break;
        case 'n':
            options.first = number(optarg, &rest);
            options.last = options.first;
            break;
        case 'j':
            options.jobs = (uint32_t)number(optarg, &rest);
            if (options.jobs == 0 || options.jobs > JOBS_MAX) {
                usage();
            }
            break;
        case 't':
            options.transcript = true;
            break;
        case 'l':
            options.logs = true;
            break;
        case 'k':
            options.soak = true;
            break;
        default:
            usage();
        }
    }
    return run(&options);
}
