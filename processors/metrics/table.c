#include "metrics/table.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

/* --- The closed lists. --- */

#define COMMAND_TYPES(X)                                                                         \
    X(MESSAGE_CERTIFICATES_COMMANDS_ISSUE_CERTIFICATE, "certificates.commands.IssueCertificate") \
    X(MESSAGE_CERTIFICATES_COMMANDS_SLICE_CERTIFICATE, "certificates.commands.SliceCertificate") \
    X(MESSAGE_CERTIFICATES_COMMANDS_TRANSFER_SLICE, "certificates.commands.TransferSlice")       \
    X(MESSAGE_CERTIFICATES_COMMANDS_RESERVE_SLICES, "certificates.commands.ReserveSlices")       \
    X(MESSAGE_CERTIFICATES_COMMANDS_RELEASE_RESERVATION,                                         \
      "certificates.commands.ReleaseReservation")                                                \
    X(MESSAGE_CERTIFICATES_COMMANDS_ALLOCATE_SLICE, "certificates.commands.AllocateSlice")       \
    X(MESSAGE_CERTIFICATES_COMMANDS_CLAIM_SLICE, "certificates.commands.ClaimSlice")             \
    X(MESSAGE_CERTIFICATES_COMMANDS_UNCLAIM_SLICE, "certificates.commands.UnclaimSlice")         \
    X(MESSAGE_CERTIFICATES_COMMANDS_WITHDRAW_CERTIFICATE,                                        \
      "certificates.commands.WithdrawCertificate")                                               \
    X(MESSAGE_CERTIFICATES_OPERATIONS_REALIGN_CERTIFICATE,                                       \
      "certificates.operations.RealignCertificate")

static const enum message_type command_types[] = {
#define TYPE(type, name) type,
    COMMAND_TYPES(TYPE)
#undef TYPE
};
static const char *const command_type_names[] = {
#define NAME(type, name) name,
    COMMAND_TYPES(NAME)
#undef NAME
};
static const char *const command_verdicts[] = {"Applied", "Rejected", "Unknown"};
static const char *const operations[] = {"issue", "slice",   "transfer", "allocate",
                                         "claim", "unclaim", "withdraw"};
static const char *const request_verdicts[] = {"succeeded", "refused", "not-sent", "unknown"};
static const char *const question_answers[] = {"executed", "refused", "nothing"};
const char *const metric_reading_results[] = {
    [METRIC_READING_READ] = "read",
    [METRIC_READING_FAILED] = "failed",
    [METRIC_READING_USELESS] = "useless",
};
static_assert(COUNT_OF(metric_reading_results) == METRIC_READING_RESULTS, "each has its word");
static const char *const alignments[] = {
    [METRIC_ALIGNMENT_MISALIGNED] = "misaligned",
    [METRIC_ALIGNMENT_FOLLOWED] = "followed",
    [METRIC_ALIGNMENT_CONFIRMED] = "confirmed",
    [METRIC_ALIGNMENT_CORRECTED] = "corrected",
};
static const char *const dead_letter_words[] = {
#define WORD(name, word, sentence) word,
    DEAD_LETTER_REASONS(WORD)
#undef WORD
};
static const char *const transaction_results[] = {
    [METRIC_TRANSACTION_COMMITTED] = "committed", [METRIC_TRANSACTION_FAILED] = "failed",
    [METRIC_TRANSACTION_DOUBTFUL] = "doubtful",   [METRIC_TRANSACTION_FENCED] = "fenced",
    [METRIC_TRANSACTION_DENIED] = "denied",       [METRIC_TRANSACTION_IMPOSSIBLE] = "impossible",
};
static const char *const rebuilt_causes[] = {
    [METRIC_REBUILT_SLOW] = "slow",         [METRIC_REBUILT_WORN] = "worn",
    [METRIC_REBUILT_DOUBTFUL] = "doubtful", [METRIC_REBUILT_FAILED] = "failed",
    [METRIC_REBUILT_STORE] = "store",
};

uint32_t metric_command_type(enum message_type type) {
    uint32_t i = 0;
    while (i < COUNT_OF(command_types) && command_types[i] != type) {
        i++;
    }
    assert(i < COUNT_OF(command_types));
    return i;
}

uint32_t metric_command_verdict(enum millrace_verdict verdict) {
    assert(verdict >= MILLRACE_VERDICT_APPLIED && verdict <= MILLRACE_VERDICT_UNKNOWN);
    return (uint32_t)verdict - MILLRACE_VERDICT_APPLIED;
}

uint32_t metric_operation(const struct millrace_operation *operation) {
    const bool set[] = {
        operation->issue != NULL,    operation->slice != NULL, operation->transfer != NULL,
        operation->allocate != NULL, operation->claim != NULL, operation->unclaim != NULL,
        operation->withdraw != NULL,
    };
    static_assert(COUNT_OF(set) == COUNT_OF(operations), "each has its word");
    uint32_t i = 0;
    while (i < COUNT_OF(set) && !set[i]) {
        i++;
    }
    assert(i < COUNT_OF(set)); /* the ledger takes no submission without one */
    return i;
}

uint32_t metric_dead_letter_reason(const char *word) {
    uint32_t i = 0;
    while (i < COUNT_OF(dead_letter_words) && strcmp(dead_letter_words[i], word) != 0) {
        i++;
    }
    assert(i < COUNT_OF(dead_letter_words));
    return i;
}

/* --- The table. --- */

const int64_t metric_bounds_ms[] = {5,    10,   25,    50,    100,   250,    500,    1000,
                                    2500, 5000, 10000, 30000, 60000, 300000, 1800000};
const uint32_t metric_bounds_count = COUNT_OF(metric_bounds_ms);
static_assert(COUNT_OF(metric_bounds_ms) <= METRIC_BOUNDS_MAX, "there is room for each");

const char *const metric_lane_states[] = {"opening", "fencing", "locating", "restoring", "starting",
                                          "working", "waiting", "stopped",  "ended"};
const uint32_t metric_lane_states_count = COUNT_OF(metric_lane_states);

#define CLOSED(label, list) \
    { .name = (label), .values = (list), .values_count = COUNT_OF(list) }
#define OPEN(label) \
    { .name = (label) }

const struct metric_row metrics_table[METRICS_COUNT] = {
    [METRIC_COMMANDS] = {"millrace_commands_total",
                         METRIC_KIND_COUNTER,
                         {CLOSED("type", command_type_names), CLOSED("verdict", command_verdicts)},
                         "Answers given to commands; one that is Unknown gets a final one later."},
    [METRIC_COMMAND_DURATION] = {"millrace_command_duration_seconds",
                                 METRIC_KIND_HISTOGRAM,
                                 {{.name = NULL}},
                                 "From a command's metadata.timestamp, by its producer's clock, "
                                 "to its final answer."},
    [METRIC_REGISTRY_REQUESTS] = {"millrace_registry_requests_total",
                                  METRIC_KIND_COUNTER,
                                  {CLOSED("operation", operations),
                                   CLOSED("verdict", request_verdicts)},
                                  "Calls to registries that have ended, by what became of them."},
    [METRIC_REGISTRY_REQUEST_DURATION] = {"millrace_registry_request_duration_seconds",
                                          METRIC_KIND_HISTOGRAM,
                                          {{.name = NULL}},
                                          "From the start of a call to a registry to its end; "
                                          "those that were never sent are left out."},
    [METRIC_REGISTRY_QUESTIONS] = {"millrace_registry_questions_total",
                                   METRIC_KIND_COUNTER,
                                   {CLOSED("answer", question_answers)},
                                   "Questions to registries what became of submissions that are "
                                   "held open or unknown; nothing: nothing was learnt."},
    [METRIC_REGISTRY_READING_DURATION] = {"millrace_registry_reading_duration_seconds",
                                          METRIC_KIND_HISTOGRAM,
                                          {{.name = NULL}},
                                          "From the start of a reading of a certificate's stream "
                                          "to the registry's answer, or to its time-out."},
    [METRIC_CERTIFICATE_ALIGNMENTS] = {"millrace_certificate_alignments_total",
                                       METRIC_KIND_COUNTER,
                                       {CLOSED("change", alignments)},
                                       "Certificates that were suspended as Misaligned, and how "
                                       "that ended; followed: the books follow the registry's "
                                       "stream by themselves; confirmed: the stream is as the "
                                       "books are; corrected: by RealignCertificate."},
    [METRIC_DEAD_LETTERS] = {"millrace_dead_letters_total",
                             METRIC_KIND_COUNTER,
                             {CLOSED("reason", dead_letter_words)},
                             "Records that were put into dead-letters."},
    [METRIC_TRANSACTIONS] = {"millrace_transactions_total",
                             METRIC_KIND_COUNTER,
                             {CLOSED("result", transaction_results)},
                             "Kafka transactions of lanes, by how they ended."},
    [METRIC_PRODUCERS_REBUILT] = {"millrace_producers_rebuilt_total",
                                  METRIC_KIND_COUNTER,
                                  {CLOSED("cause", rebuilt_causes)},
                                  "Lanes that began anew with a new producer, by why."},
    [METRIC_SUBMISSIONS_OPEN] = {"millrace_submissions_open",
                                 METRIC_KIND_GAUGE,
                                 {{.name = NULL}},
                                 "Submissions without an outcome: queued, at a registry, or "
                                 "unknown."},
    [METRIC_SUBMISSIONS_UNKNOWN] = {"millrace_submissions_unknown",
                                    METRIC_KIND_GAUGE,
                                    {{.name = NULL}},
                                    "Submissions of which nobody knows whether they were "
                                    "executed; each suspends a certificate."},
    [METRIC_SUBMISSIONS_UNKNOWN_OLDEST] = {"millrace_submissions_unknown_oldest_seconds",
                                           METRIC_KIND_GAUGE,
                                           {{.name = NULL}},
                                           "How long the oldest of them has been unknown; 0: "
                                           "there is none."},
    [METRIC_REGISTRY_CALLS_OUT] = {"millrace_registry_calls_out",
                                   METRIC_KIND_GAUGE,
                                   {OPEN("registry")},
                                   "Calls that are out, or about to be, and hold a slot."},
    [METRIC_REGISTRY_CIRCUITS_OPEN] = {"millrace_registry_circuits_open",
                                       METRIC_KIND_GAUGE,
                                       {OPEN("registry")},
                                       "Lanes that hold a registry for down: they begin nothing "
                                       "there but single tries."},
    [METRIC_REGISTRY_READINGS] = {"millrace_registry_readings_total",
                                  METRIC_KIND_COUNTER,
                                  {OPEN("registry"), CLOSED("result", metric_reading_results)},
                                  "Readings of certificates' streams that have ended; failed: it "
                                  "is tried again; useless: a submission began meanwhile, or "
                                  "nobody waits for it any more."},
    [METRIC_REGISTRY_READINGS_OPEN] = {"millrace_registry_readings_open",
                                       METRIC_KIND_GAUGE,
                                       {OPEN("registry")},
                                       "Streams that are to be read and have not been: they wait "
                                       "for a submission to end, or to be tried again, or for "
                                       "the registry's answer."},
    [METRIC_LAG_RECORDS] = {"millrace_lag_records",
                            METRIC_KIND_GAUGE,
                            {OPEN("topic")},
                            "Records of an input that are not handled yet, over the partitions "
                            "of this process that work."},
    [METRIC_RESTORE_REMAINING] = {"millrace_restore_remaining_records",
                                  METRIC_KIND_GAUGE,
                                  {{.name = NULL}},
                                  "Records still to be read by lanes that are being restored."},
    [METRIC_LANES] = {"millrace_lanes",
                      METRIC_KIND_GAUGE,
                      {OPEN("processor"), CLOSED("state", metric_lane_states)},
                      "Assigned partitions by what their lane does; ended: it has none now."},
    [METRIC_GROUP_REJOINS] = {"millrace_group_rejoins_total",
                              METRIC_KIND_COUNTER,
                              {OPEN("processor")},
                              "Times that this process left its group and joined again because a "
                              "partition had no living lane."},
    [METRIC_ALIVE] = {"millrace_alive",
                      METRIC_KIND_GAUGE,
                      {{.name = NULL}},
                      "1 where /livez says 200, else 0."},
    [METRIC_READY] = {"millrace_ready",
                      METRIC_KIND_GAUGE,
                      {{.name = NULL}},
                      "1 where /readyz says 200, else 0."},
    [METRIC_BUILD_INFO] = {"millrace_build_info",
                           METRIC_KIND_GAUGE,
                           {OPEN("version"), OPEN("application"), OPEN("librdkafka")},
                           "Always 1; its labels say what runs."},
    [METRIC_PROCESS_CPU] = {"process_cpu_seconds_total",
                            METRIC_KIND_COUNTER,
                            {{.name = NULL}},
                            "Time of processors that this process took, its own and the "
                            "kernel's for it."},
    [METRIC_PROCESS_MEMORY] = {"process_resident_memory_bytes",
                               METRIC_KIND_GAUGE,
                               {{.name = NULL}},
                               "Memory that this process holds."},
    [METRIC_PROCESS_FDS] = {"process_open_fds",
                            METRIC_KIND_GAUGE,
                            {{.name = NULL}},
                            "Descriptors that this process has open."},
    [METRIC_PROCESS_THREADS] = {"process_threads",
                                METRIC_KIND_GAUGE,
                                {{.name = NULL}},
                                "Threads of this process."},
    [METRIC_KAFKA_MEMBER_UP] = {"rdkafka_cgrp_up",
                                METRIC_KIND_GAUGE,
                                {OPEN("client")},
                                "1 where the membership in the group stands (state up, join "
                                "state steady), else 0."},
    [METRIC_KAFKA_REBALANCES] = {"rdkafka_cgrp_rebalances_total",
                                 METRIC_KIND_COUNTER,
                                 {OPEN("client")},
                                 "Assignments and revocations of the group's member."},
    [METRIC_KAFKA_REPLY_QUEUE] = {"rdkafka_replyq",
                                  METRIC_KIND_GAUGE,
                                  {OPEN("client")},
                                  "Operations that wait to be taken by us."},
    [METRIC_KAFKA_BROKER_UP] = {"rdkafka_broker_up",
                                METRIC_KIND_GAUGE,
                                {OPEN("client"), OPEN("broker")},
                                "1 where the connection to this broker stands, else 0."},
    [METRIC_KAFKA_BROKER_ROUND_TRIP] = {"rdkafka_broker_rtt_avg_seconds",
                                        METRIC_KIND_GAUGE,
                                        {OPEN("client"), OPEN("broker")},
                                        "Mean time of a request to this broker; fetches wait "
                                        "there for records."},
    [METRIC_KAFKA_BROKER_THROTTLE] = {"rdkafka_broker_throttle_avg_seconds",
                                      METRIC_KIND_GAUGE,
                                      {OPEN("client"), OPEN("broker")},
                                      "Mean time by which this broker's quotas held us back."},
    [METRIC_KAFKA_BROKER_SENT] = {"rdkafka_broker_tx_bytes_total",
                                  METRIC_KIND_COUNTER,
                                  {OPEN("client"), OPEN("broker")},
                                  "Bytes sent to this broker."},
    [METRIC_KAFKA_BROKER_RECEIVED] = {"rdkafka_broker_rx_bytes_total",
                                      METRIC_KIND_COUNTER,
                                      {OPEN("client"), OPEN("broker")},
                                      "Bytes received from this broker."},
    [METRIC_KAFKA_BROKER_ERRORS] = {"rdkafka_broker_tx_errors_total",
                                    METRIC_KIND_COUNTER,
                                    {OPEN("client"), OPEN("broker")},
                                    "Requests to this broker that could not be sent."},
    [METRIC_KAFKA_BROKER_TIMEOUTS] = {"rdkafka_broker_request_timeouts_total",
                                      METRIC_KIND_COUNTER,
                                      {OPEN("client"), OPEN("broker")},
                                      "Requests that this broker did not answer in time."},
    [METRIC_KAFKA_BROKER_DISCONNECTS] = {"rdkafka_broker_disconnects_total",
                                         METRIC_KIND_COUNTER,
                                         {OPEN("client"), OPEN("broker")},
                                         "Connections to this broker that ended."},
    [METRIC_KAFKA_TOPIC_RECEIVED] = {"rdkafka_topic_rx_messages_total",
                                     METRIC_KIND_COUNTER,
                                     {OPEN("client"), OPEN("topic")},
                                     "Records read of this topic."},
    [METRIC_KAFKA_TOPIC_FETCH_QUEUE] = {"rdkafka_topic_fetch_queue_records",
                                        METRIC_KIND_GAUGE,
                                        {OPEN("client"), OPEN("topic")},
                                        "Records that were fetched and wait for their lane."},
    [METRIC_KAFKA_TOPIC_LAG] = {"rdkafka_topic_consumer_lag_records",
                                METRIC_KIND_GAUGE,
                                {OPEN("client"), OPEN("topic")},
                                "Records that librdkafka has not handed out yet, where it "
                                "knows."},
};
