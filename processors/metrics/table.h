/* Every metric there is, as data: what is counted, in which unit, and by which labels. The names
 * are public: alerts, boards and other people's rules are written against them. */
#ifndef MILLRACE_METRICS_TABLE_H
#define MILLRACE_METRICS_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "domain/dead_letter_reason.h"
#include "generated/c/message_types.h"
#include "generated/c/millrace.h"

enum {
    METRIC_LABELS_MAX = 3,
    METRIC_BOUNDS_MAX = 16,
};

enum metric {
    /* Counted by lanes as it happens (metrics/counts.h). */
    METRIC_COMMANDS = 0,
    METRIC_COMMAND_DURATION,
    METRIC_REGISTRY_REQUESTS,
    METRIC_REGISTRY_REQUEST_DURATION,
    METRIC_REGISTRY_QUESTIONS,
    METRIC_REGISTRY_READING_DURATION,
    METRIC_CERTIFICATE_ALIGNMENTS,
    METRIC_DEAD_LETTERS,
    METRIC_TRANSACTIONS,
    METRIC_PRODUCERS_REBUILT,
    METRICS_COUNTED, /* how many those are */

    /* Looked up when somebody asks. */
    METRIC_SUBMISSIONS_OPEN = METRICS_COUNTED,
    METRIC_SUBMISSIONS_UNKNOWN,
    METRIC_SUBMISSIONS_UNKNOWN_OLDEST,
    METRIC_REGISTRY_CALLS_OUT,
    METRIC_REGISTRY_CIRCUITS_OPEN,
    METRIC_REGISTRY_READINGS,
    METRIC_REGISTRY_READINGS_OPEN,
    METRIC_LAG_RECORDS,
    METRIC_RESTORE_REMAINING,
    METRIC_LANES,
    METRIC_GROUP_REJOINS,
    METRIC_ALIVE,
    METRIC_READY,
    METRIC_BUILD_INFO,
    METRIC_PROCESS_CPU,
    METRIC_PROCESS_MEMORY,
    METRIC_PROCESS_FDS,
    METRIC_PROCESS_THREADS,

    /* Of librdkafka's own statistics. */
    METRIC_KAFKA_MEMBER_UP,
    METRIC_KAFKA_REBALANCES,
    METRIC_KAFKA_REPLY_QUEUE,
    METRIC_KAFKA_BROKER_UP,
    METRIC_KAFKA_BROKER_ROUND_TRIP,
    METRIC_KAFKA_BROKER_THROTTLE,
    METRIC_KAFKA_BROKER_SENT,
    METRIC_KAFKA_BROKER_RECEIVED,
    METRIC_KAFKA_BROKER_ERRORS,
    METRIC_KAFKA_BROKER_TIMEOUTS,
    METRIC_KAFKA_BROKER_DISCONNECTS,
    METRIC_KAFKA_TOPIC_RECEIVED,
    METRIC_KAFKA_TOPIC_FETCH_QUEUE,
    METRIC_KAFKA_TOPIC_LAG,
    METRICS_COUNT,
};

enum metric_kind {
    METRIC_KIND_COUNTER, /* only grows, until the process ends */
    METRIC_KIND_GAUGE,
    METRIC_KIND_HISTOGRAM, /* of times; only metrics that are counted, without labels */
};

struct metric_label {
    const char *name; /* NULL: there is none */
    /* The closed list of its values, in the order of an enum; empty: it is open, and the value is
     * given when a sample is. */
    const char *const *values;
    uint32_t values_count;
};

struct metric_row {
    const char *name; /* with its base unit; ends with _total where it is a counter */
    enum metric_kind kind;
    struct metric_label labels[METRIC_LABELS_MAX];
    const char *help; /* one sentence, for HELP and for OPERATIONS.md */
};

extern const struct metric_row metrics_table[METRICS_COUNT];

/* Upper ends of the buckets of every histogram, in ms, ascending; above the last is one more. */
extern const int64_t metric_bounds_ms[];
extern const uint32_t metric_bounds_count;

/* --- What stands for what in the labels. --- */

/* `type` of millrace_commands_total: a command or operation to a certificate. */
uint32_t metric_command_type(enum message_type type);
/* `verdict` of the same. */
uint32_t metric_command_verdict(enum millrace_verdict verdict);

/* `operation` of millrace_registry_requests_total: the one that is set. */
uint32_t metric_operation(const struct millrace_operation *operation);
/* `verdict` of the same. */
enum metric_request_verdict {
    METRIC_REQUEST_SUCCEEDED = 0,
    METRIC_REQUEST_REFUSED,
    METRIC_REQUEST_NOT_SENT,
    METRIC_REQUEST_UNKNOWN,
};

/* `answer` of millrace_registry_questions_total. */
enum metric_question_answer {
    METRIC_QUESTION_EXECUTED = 0,
    METRIC_QUESTION_REFUSED,
    METRIC_QUESTION_NOTHING,
};

/* `result` of millrace_registry_readings_total. */
enum metric_reading_result {
    METRIC_READING_READ = 0,
    METRIC_READING_FAILED,
    METRIC_READING_USELESS,
    METRIC_READING_RESULTS, /* how many there are */
};
extern const char *const metric_reading_results[];

/* `change` of millrace_certificate_alignments_total. */
enum metric_alignment {
    METRIC_ALIGNMENT_MISALIGNED = 0,
    METRIC_ALIGNMENT_FOLLOWED,
    METRIC_ALIGNMENT_CONFIRMED,
    METRIC_ALIGNMENT_CORRECTED,
};

/* `reason` of millrace_dead_letters_total, from its word. */
uint32_t metric_dead_letter_reason(const char *word);

/* `result` of millrace_transactions_total. */
enum metric_transaction_result {
    METRIC_TRANSACTION_COMMITTED = 0,
    METRIC_TRANSACTION_FAILED,
    METRIC_TRANSACTION_DOUBTFUL,
    METRIC_TRANSACTION_FENCED,
    METRIC_TRANSACTION_DENIED,
    METRIC_TRANSACTION_IMPOSSIBLE,
};

/* `cause` of millrace_producers_rebuilt_total. */
enum metric_rebuilt_cause {
    METRIC_REBUILT_SLOW = 0,
    METRIC_REBUILT_WORN,
    METRIC_REBUILT_DOUBTFUL,
    METRIC_REBUILT_FAILED,
    METRIC_REBUILT_STORE,
};

/* `state` of millrace_lanes: in the order of `enum lane_state`. */
extern const char *const metric_lane_states[];
extern const uint32_t metric_lane_states_count;

#endif
