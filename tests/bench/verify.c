/* How fast `millrace verify` folds, and how much it remembers of a certificate and of a command:
 *     build/plain/bench/verify [CERTIFICATES [COMMANDS-OF-EACH]]
 * Issues and transfers as the processors write them, of one partition, without Kafka and decoding.
 */
#include <assert.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/verify/verify.h"
#include "domain/arena.h"
#include "domain/certificate.h"
#include "domain/ids.h"
#include "domain/metadata.h"
#include "domain/submission.h"
#include "domain/uuid.h"
#include "generated/c/certificates_answers.h"
#include "generated/c/certificates_commands.h"
#include "generated/c/certificates_events.h"
#include "generated/c/registry_commands.h"
#include "generated/c/registry_events.h"
#include "tests/support/measure.h"
#include "wire/payload_hash.h"

enum { ARENA_BYTES = 1 << 20, MARK_BYTES = 96 };

static const struct millrace_source source = {.name = {"bench", 5}, .version = {"1", 1}};
static const struct uuid incarnations[2] = {{"certificates-001"}, {"connector-000001"}};

struct bench {
    struct verify *verify;
    struct arena arena;
    uint32_t certificates;
    uint32_t rounds; /* commands of each */
    bool dry;        /* make the records only, to know what that takes */
};

/* One command of one certificate, and all that came of it. */
struct story {
    struct uuid certificate_id;
    uint32_t round;
    struct millrace_metadata command;
    struct millrace_metadata submit;
    struct millrace_metadata intent;
    struct millrace_metadata outcome;
    struct millrace_metadata event;
    struct uuid submission_id;
    struct uuid slice_id;
};

static struct uuid id_of(uint32_t a, uint32_t b) {
    const uint32_t parts[4] = {a * 2654435761u, b + 1, a, 0x40000000u};
    struct uuid id;
    memcpy(id.bytes, parts, sizeof parts);
    return id;
}

static struct millrace_metadata child(const struct story *story,
                                      const struct millrace_metadata *parent,
                                      enum message_type type) {
    return metadata_child(parent, &story->certificate_id, text_of(message_types[type].full_name), 0,
                          1767225600000, &source);
}

static enum message_type command_type(const struct story *story) {
    return story->round == 0 ? MESSAGE_CERTIFICATES_COMMANDS_ISSUE_CERTIFICATE
                             : MESSAGE_CERTIFICATES_COMMANDS_TRANSFER_SLICE;
}

static enum message_type event_type(const struct story *story) {
    return story->round == 0 ? MESSAGE_CERTIFICATES_EVENTS_CERTIFICATE_ISSUED
                             : MESSAGE_CERTIFICATES_EVENTS_SLICE_TRANSFERRED;
}

static struct story story_of(uint32_t certificate, uint32_t round) {
    struct story story = {.certificate_id = id_of(certificate, 0), .round = round};
    story.command = (struct millrace_metadata){.id = id_of(certificate, round + 1),
                                               .timestamp = 1767225600000,
                                               .source = source,
                                               .has_channel = true,
                                               .channel = text_of("kafka")};
    story.submit = child(&story, &story.command, MESSAGE_REGISTRY_COMMANDS_SUBMIT_TRANSACTION);
    story.intent = child(&story, &story.submit, MESSAGE_REGISTRY_EVENTS_SUBMISSION_INTENDED);
    story.outcome = child(&story, &story.submit, MESSAGE_REGISTRY_EVENTS_SUBMISSION_SUCCEEDED);
    story.event = child(&story, &story.outcome, event_type(&story));
    story.submission_id = id_of_submission(&story.certificate_id, &story.command.id);
    const struct uuid issue_id = id_of(certificate, 1);
    story.slice_id = id_of_slice(&story.certificate_id, &issue_id, 0);
    return story;
}

static void *take(struct bench *bench, size_t size) {
    return arena_take(&bench->arena, size);
}

static void give(struct bench *bench, const struct story *story, enum message_type type, void *body,
                 int64_t offset, const char *mark) {
    char key[UUID_CHARACTERS];
    uuid_to_text(&story->certificate_id, key);
    const struct log_header header = {
        .name = text_of("millrace.txn"),
        .value = {(const uint8_t *)mark, mark == NULL ? 0 : (uint32_t)strlen(mark)}};
    const struct log_record record = {
        .topic = message_types[type].topic,
        .offset = offset,
        .key = {(const uint8_t *)key, sizeof key},
        .headers = &header,
        .headers_count = mark == NULL ? 0 : 1,
    };
    const struct message message = {.type = type, .body = body};
    const struct verify_record given = {.record = &record, .message = &message};
    if (!bench->dry) {
        verify_record(bench->verify, &given);
    }
}

/* A record in the transactions of a lane. */
struct in_turn {
    uint32_t step;
    uint32_t steps; /* transactions of each command */
    uint32_t n;
    uint32_t m;
};

static void mark_of(int lane, uint64_t index, struct in_turn turn, char mark[MARK_BYTES]) {
    char incarnation[UUID_CHARACTERS + 1] = {0};
    uuid_to_text(&incarnations[lane], incarnation);
    (void)snprintf(mark, MARK_BYTES, "%s/%llu/%u/%u", incarnation,
                   (unsigned long long)index * turn.steps + turn.step + 1, turn.n, turn.m);
}

static void *command_body(struct bench *bench, const struct story *story) {
    if (story->round == 0) {
        struct certificates_commands_issue_certificate *body = take(bench, sizeof *body);
        body->metadata = story->command;
        body->certificate_id = story->certificate_id;
        body->quantity = 1500;
        body->owner = text_of("wind-farm-7");
        body->registry = text_of("narnia");
        return body;
    }
    struct certificates_commands_transfer_slice *body = take(bench, sizeof *body);
    body->metadata = story->command;
    body->certificate_id = story->certificate_id;
    body->new_owner = text_of("bakery-3");
    return body;
}

static void *event_body(struct bench *bench, const struct story *story) {
    static const char *const owners[] = {"wind-farm-7", "bakery-3"};
    if (story->round == 0) {
        struct certificates_events_certificate_issued *body = take(bench, sizeof *body);
        body->metadata = story->event;
        body->certificate_id = story->certificate_id;
        body->command_id = story->command.id;
        body->version = 1;
        body->quantity = 1500;
        body->certificate_type = MILLRACE_CERTIFICATE_TYPE_PRODUCTION;
        body->grid_area = text_of("DK1");
        body->registry = text_of("narnia");
        body->slice = (struct millrace_slice){
            .slice_id = story->slice_id, .quantity = 1500, .owner = text_of(owners[0])};
        return body;
    }
    struct certificates_events_slice_transferred *body = take(bench, sizeof *body);
    body->metadata = story->event;
    body->certificate_id = story->certificate_id;
    body->command_id = story->command.id;
    body->version = story->round + 1;
    body->slice_id = story->slice_id;
    body->from_owner = text_of(owners[(story->round - 1) % 2]);
    body->to_owner = text_of(owners[story->round % 2]);
    return body;
}

static void *submit_body(struct bench *bench, const struct story *story) {
    struct registry_commands_submit_transaction *body = take(bench, sizeof *body);
    body->metadata = story->submit;
    body->submission_id = story->submission_id;
    body->certificate_id = story->certificate_id;
    body->sequence = story->round + 1;
    body->registry = text_of("narnia");
    body->operation.issue = story->round == 0 ? take(bench, sizeof *body->operation.issue) : NULL;
    body->operation.transfer =
        story->round == 0 ? NULL : take(bench, sizeof *body->operation.transfer);
    return body;
}

static void *intent_body(struct bench *bench, const struct story *story) {
    static const uint8_t transaction[300];
    struct registry_events_submission_intended *body = take(bench, sizeof *body);
    body->metadata = story->intent;
    body->submission_id = story->submission_id;
    body->certificate_id = story->certificate_id;
    body->sequence = story->round + 1;
    body->attempt = 1;
    body->registry = text_of("narnia");
    body->incarnation = incarnations[1];
    body->writer = (struct millrace_writer){
        .host = text_of("host"), .boot_id = id_of(1, 1), .pid = 1, .start_time = 1};
    body->transaction_id = text_of("transaction");
    body->transaction = (struct bytes){transaction, sizeof transaction};
    return body;
}

static void *outcome_body(struct bench *bench, const struct story *story) {
    struct registry_events_submission_succeeded *body = take(bench, sizeof *body);
    body->metadata = story->outcome;
    body->submission_id = story->submission_id;
    body->certificate_id = story->certificate_id;
    body->sequence = story->round + 1;
    body->attempt = 1;
    body->has_transaction_id = true;
    body->transaction_id = text_of("transaction");
    body->evidence = text_of("done");
    return body;
}

static void *answer_body(struct bench *bench, const struct story *story) {
    struct certificates_answers_command_answered *body = take(bench, sizeof *body);
    uint8_t *hash = take(bench, PAYLOAD_HASH_BYTES);
    const bool hashed = payload_hash(message_types[command_type(story)].record,
                                     command_body(bench, story), &bench->arena, hash);
    assert(hashed);
    body->metadata = child(story, &story->outcome, MESSAGE_CERTIFICATES_ANSWERS_COMMAND_ANSWERED);
    body->command_id = story->command.id;
    body->certificate_id = story->certificate_id;
    body->verdict = MILLRACE_VERDICT_APPLIED;
    body->event_ids = take(bench, sizeof *body->event_ids);
    body->event_ids[0] = story->event.id;
    body->event_ids_count = 1;
    body->version = story->round + 1;
    body->payload_hash = (struct bytes){hash, PAYLOAD_HASH_BYTES};
    return body;
}

/* --- Topic by topic. --- */

/* What one command writes to one topic. The certificates write two transactions for it: what is
 * submitted; event, answer and state. The connector three: queued; the intent; the outcome. Of the
 * states, compacted ones, only the last of each certificate is there. */
static void tell_of_command(struct bench *bench, enum verify_topic topic, uint64_t index) {
    const struct story story =
        story_of((uint32_t)(index % bench->certificates), (uint32_t)(index / bench->certificates));
    const int64_t offset = (int64_t)index;
    char mark[MARK_BYTES];
    arena_reset(&bench->arena);
    switch (topic) {
    case VERIFY_TOPIC_COMMANDS:
        give(bench, &story, command_type(&story), command_body(bench, &story), offset, NULL);
        break;
    case VERIFY_TOPIC_REGISTRY_COMMANDS:
        mark_of(0, index, (struct in_turn){.step = 0, .steps = 2, .n = 1, .m = 2}, mark);
        give(bench, &story, MESSAGE_REGISTRY_COMMANDS_SUBMIT_TRANSACTION,
             submit_body(bench, &story), offset, mark);
        break;
    case VERIFY_TOPIC_REGISTRY_EVENTS:
        mark_of(1, index, (struct in_turn){.step = 1, .steps = 3, .n = 1, .m = 2}, mark);
        give(bench, &story, MESSAGE_REGISTRY_EVENTS_SUBMISSION_INTENDED, intent_body(bench, &story),
             offset * 2, mark);
        mark_of(1, index, (struct in_turn){.step = 2, .steps = 3, .n = 1, .m = 2}, mark);
        give(bench, &story, MESSAGE_REGISTRY_EVENTS_SUBMISSION_SUCCEEDED,
             outcome_body(bench, &story), offset * 2 + 1, mark);
        break;
    case VERIFY_TOPIC_EVENTS:
        mark_of(0, index, (struct in_turn){.step = 1, .steps = 2, .n = 1, .m = 3}, mark);
        give(bench, &story, event_type(&story), event_body(bench, &story), offset, mark);
        break;
    case VERIFY_TOPIC_ANSWERS:
        mark_of(0, index, (struct in_turn){.step = 1, .steps = 2, .n = 2, .m = 3}, mark);
        give(bench, &story, MESSAGE_CERTIFICATES_ANSWERS_COMMAND_ANSWERED,
             answer_body(bench, &story), offset, mark);
        break;
    default:
        assert(false); /* states are of certificates, and nothing is on the other topics */
    }
}

static void fold_certificate(struct bench *bench, uint32_t certificate,
                             struct certificates_state_certificate_model *model,
                             struct registry_state_ledger_model *ledger) {
    certificate_init(model);
    for (uint32_t round = 0; round < bench->rounds; round++) {
        const struct story story = story_of(certificate, round);
        const struct message event = {event_type(&story), event_body(bench, &story)};
        const struct message steps[] = {
            {MESSAGE_REGISTRY_EVENTS_SUBMISSION_INTENDED, intent_body(bench, &story)},
            {MESSAGE_REGISTRY_EVENTS_SUBMISSION_SUCCEEDED, outcome_body(bench, &story)},
        };
        certificate_evolve(model, &event, &bench->arena);
        submission_evolve(ledger, &steps[0], &bench->arena);
        submission_evolve(ledger, &steps[1], &bench->arena);
    }
}

static void tell_of_state(struct bench *bench, enum verify_topic topic, uint32_t certificate) {
    arena_reset(&bench->arena);
    const struct story story = story_of(certificate, bench->rounds - 1);
    const uint64_t index = (uint64_t)(bench->rounds - 1) * bench->certificates + certificate;
    struct certificates_state_certificate_state *state = take(bench, sizeof *state);
    struct registry_state_ledger_state *ledger = take(bench, sizeof *ledger);
    state->certificate_id = story.certificate_id;
    submission_init(ledger, &story.certificate_id);
    fold_certificate(bench, certificate, &state->model, &ledger->ledger);
    char mark[MARK_BYTES];
    if (topic == VERIFY_TOPIC_STATES) {
        mark_of(0, index, (struct in_turn){.step = 1, .steps = 2, .n = 3, .m = 3}, mark);
        give(bench, &story, MESSAGE_CERTIFICATES_STATE_CERTIFICATE_STATE, state, certificate, mark);
    } else {
        mark_of(1, index, (struct in_turn){.step = 2, .steps = 3, .n = 2, .m = 2}, mark);
        give(bench, &story, MESSAGE_REGISTRY_STATE_LEDGER_STATE, ledger, certificate, mark);
    }
}

static double seconds(void) {
    struct timespec now;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static size_t memory_in_use(void) {
    const struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
}

static void tell(struct bench *bench, enum verify_topic topic) {
    const bool states = topic == VERIFY_TOPIC_STATES || topic == VERIFY_TOPIC_LEDGER_STATES;
    const uint64_t commands = (uint64_t)bench->certificates * bench->rounds;
    for (uint64_t i = 0; i < (states ? bench->certificates : commands); i++) {
        if (states) {
            tell_of_state(bench, topic, (uint32_t)i);
        } else {
            tell_of_command(bench, topic, i);
        }
    }
}

/* Tell a topic twice, once for nothing; how long the fold took, in seconds of CPU. */
static double tell_timed(struct bench *bench, enum verify_topic topic) {
    const double start = seconds();
    bench->dry = true;
    tell(bench, topic);
    const double made = seconds();
    bench->dry = false;
    tell(bench, topic);
    return seconds() - made - (made - start);
}

int main(int argc, char **argv) {
    struct bench bench = {
        .verify = verify_open(),
        .certificates = argc > 1 ? (uint32_t)atoi(argv[1]) : 250000,
        .rounds = argc > 2 ? (uint32_t)atoi(argv[2]) : 4,
    };
    static const enum verify_topic topics[] = {
        VERIFY_TOPIC_COMMANDS,        VERIFY_TOPIC_LEDGER_STATES, VERIFY_TOPIC_REGISTRY_COMMANDS,
        VERIFY_TOPIC_REGISTRY_EVENTS, VERIFY_TOPIC_STATES,        VERIFY_TOPIC_EVENTS,
        VERIFY_TOPIC_ANSWERS,
    };
    arena_init(&bench.arena, malloc(ARENA_BYTES), ARENA_BYTES);
    const struct verify_positions positions = {.certificates_commands = INT64_MAX,
                                               .registry_commands = INT64_MAX,
                                               .registry_events = INT64_MAX};
    const size_t memory_before = memory_in_use();
    double took = 0;
    verify_begin(bench.verify, 0, &positions);
    for (size_t t = 0; t < sizeof topics / sizeof topics[0]; t++) {
        const double topic_took = tell_timed(&bench, topics[t]);
        took += topic_took;
        (void)fprintf(stderr, "%-24s %6.2f s, %6.1f MB remembered\n", verify_topics[topics[t]],
                      topic_took, (double)(memory_in_use() - memory_before) / 1e6);
    }
    const size_t remembered = memory_in_use() - memory_before;
    verify_end(bench.verify);
    const struct verify_report *report = verify_finish(bench.verify);
    const struct measure_value values[] = {
        {"records_per_s", (double)report->counts.records / took},
        {"remembered_mb", (double)remembered / 1e6},
    };
    const bool sound = report->breaches_count == 0;
    if (sound) {
        measure_print("verify", values, sizeof values / sizeof values[0]);
    } else {
        (void)fprintf(stderr, "%llu breaches: %s\n", (unsigned long long)report->breaches_count,
                      report->breaches[0]);
    }
    verify_close(bench.verify);
    free(bench.arena.base);
    return sound ? 0 : 1;
}
