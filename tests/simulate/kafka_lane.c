/* ports/log.h for a simulated process: what it asks takes its way, and may have to be asked
 * again. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "tests/simulate/kafka_inside.h"

enum {
    RETRY_MS = 500,   /* while no broker answers, or an offset is not stable yet */
    FETCH_MAX = 1000, /* offsets of one fetch */
    RESTORE_MAX = 200,
};

static bool is_gone(const struct sim_lane *lane) {
    return lane->dead || lane->process->dead;
}

static enum result later(struct error *error) {
    return error_set(error, RESULT_AGAIN, "no answer yet");
}

/* --- One request at a time. --- */

static void send(struct sim_lane *lane, void (*arrives)(void *context, uint64_t argument)) {
    struct sim_request *request = &lane->request;
    request->out = true;
    request->answered = false;
    request->number++;
    request->repeat_ms = lane->kafka->timeline->now_ms + SIM_REQUEST_TIMEOUT_MS;
    sim_later(lane->kafka, sim_way_ms(lane->kafka), arrives, lane, request->number);
}

static void lose(struct sim_lane *lane, uint32_t number) {
    const int64_t repeat_ms = sim_break_ms(lane->kafka);
    if (number == lane->request.number) {
        lane->request.repeat_ms = repeat_ms;
    }
}

/* Is this the answer that is waited for? */
static bool hears(struct sim_lane *lane, uint32_t number) {
    if (lane->closed || is_gone(lane) || number != lane->request.number) {
        return false;
    }
    if (!sim_reaches(lane->kafka, lane->process)) {
        lose(lane, number);
        return false;
    }
    lane->request.answered = true;
    lane->kafka->changes++;
    return true;
}

/* True: answered. */
static bool ask_again(struct sim_lane *lane, void (*arrives)(void *context, uint64_t argument)) {
    if (!lane->request.answered && lane->kafka->timeline->now_ms >= lane->request.repeat_ms) {
        send(lane, arrives);
    }
    if (lane->request.answered) {
        lane->request.out = false;
    }
    return lane->request.answered;
}

/* --- Fence. --- */

static void fence_answered(void *context, uint64_t argument) {
    struct sim_lane *lane = context;
    if (hears(lane, (uint32_t)(argument >> 32))) {
        lane->answered_epoch = (uint32_t)argument;
    }
}

static void fence_arrives(void *context, uint64_t number) {
    struct sim_lane *lane = context;
    struct kafka *kafka = lane->kafka;
    const bool lost = chance_permille(&kafka->chance, kafka->weather.answer_lost_permille);
    if (!sim_reaches(kafka, lane->process)) {
        lose(lane, (uint32_t)number);
        return;
    }
    const uint32_t epoch = sim_broker_fence(kafka, lane->producer);
    transcript_say(kafka->transcript, "%s: process %u takes over as owner %u", lane->producer->id,
                   lane->process->number, epoch);
    if (lost) {
        lose(lane, (uint32_t)number);
    } else {
        sim_later(kafka, sim_way_ms(kafka), fence_answered, lane, number << 32 | epoch);
    }
}

static enum result port_fence(void *self, int32_t timeout_ms, struct error *error) {
    struct sim_lane *lane = self;
    (void)timeout_ms;
    assert(lane->epoch == 0);
    if (is_gone(lane)) {
        return sim_gone(error);
    }
    if (!lane->request.out) {
        if (!process_comes_to(lane->process, POINT_FENCE)) {
            return sim_gone(error);
        }
        send(lane, fence_arrives);
    }
    if (!ask_again(lane, fence_arrives)) {
        return later(error);
    }
    lane->epoch = lane->answered_epoch;
    return process_comes_to(lane->process, POINT_FENCED) ? RESULT_OK : sim_gone(error);
}

/* --- Positions. --- */

static enum result find_positions(struct sim_lane *lane) {
    const struct log_topology *topology = lane->topology;
    if (sim_broker_unstable(lane->kafka, lane->producer)) {
        return RESULT_AGAIN;
    }
    for (uint32_t i = 0; i < topology->inputs_count; i++) {
        struct memory_topic *topic = lane->inputs[i].topic;
        const struct memory_partition *place = &topic->partitions[lane->partition];
        const int64_t next =
            *memory_offset(lane->member->coordinator->group, topic, lane->partition);
        if (next >= 0 && (next < place->start || next > place->count)) {
            return RESULT_INVALID;
        }
        lane->positions.inputs[i] = next < 0 ? place->start : next;
    }
    (void)snprintf(lane->positions.origin, sizeof lane->positions.origin, "the simulation");
    for (uint32_t i = 0; i < topology->changelogs_count; i++) {
        const struct memory_partition *place =
            &lane->changelogs[i].topic->partitions[lane->partition];
        lane->positions.changelog_starts[i] = place->start;
        lane->positions.changelog_ends[i] = place->count;
    }
    return RESULT_OK;
}

static void is_answered(void *context, uint64_t number) {
    (void)hears(context, (uint32_t)number);
}

static void positions_arrive(void *context, uint64_t number) {
    struct sim_lane *lane = context;
    if (lane->closed || number != lane->request.number) {
        return; /* nobody waits for it, and it changes nothing */
    }
    if (!sim_reaches(lane->kafka, lane->process)) {
        lose(lane, (uint32_t)number);
        return;
    }
    lane->answered = find_positions(lane);
    if (lane->answered == RESULT_AGAIN) {
        /* Offsets of an open transaction: the client asks again by itself, after a while. */
        timeline_in(lane->kafka->timeline, RETRY_MS, positions_arrive, lane, number);
        return;
    }
    sim_later(lane->kafka, sim_way_ms(lane->kafka), is_answered, lane, number);
}

static enum result port_positions(void *self, int32_t timeout_ms, struct log_positions *positions,
                                  struct error *error) {
    struct sim_lane *lane = self;
    (void)timeout_ms;
    assert(lane->epoch != 0);
    if (is_gone(lane)) {
        return sim_gone(error);
    }
    if (!lane->request.out) {
        if (!process_comes_to(lane->process, POINT_POSITIONS)) {
            return sim_gone(error);
        }
        send(lane, positions_arrive);
    }
    if (!ask_again(lane, positions_arrive)) {
        return later(error);
    }
    *positions = lane->positions;
    return lane->answered == RESULT_OK
               ? RESULT_OK
               : error_set(error, lane->answered,
                           "the committed offset of an input is out of range");
}

/* --- Ends of inputs. --- */

static void input_end_arrives(void *context, uint64_t number) {
    struct sim_lane *lane = context;
    if (lane->closed || number != lane->request.number) {
        return; /* nobody waits for it, and it changes nothing */
    }
    if (!sim_reaches(lane->kafka, lane->process)) {
        lose(lane, (uint32_t)number);
        return;
    }
    const struct memory_topic *topic = lane->inputs[lane->asked_input].topic;
    lane->answered_end = topic->partitions[lane->partition].count;
    sim_later(lane->kafka, sim_way_ms(lane->kafka), is_answered, lane, number);
}

static enum result port_input_end_now(void *self, uint32_t input, int32_t timeout_ms, int64_t *end,
                                      struct error *error) {
    struct sim_lane *lane = self;
    (void)timeout_ms;
    assert(lane->epoch != 0 && input < lane->topology->inputs_count);
    if (is_gone(lane)) {
        return sim_gone(error);
    }
    if (!lane->request.out) {
        lane->asked_input = input;
        send(lane, input_end_arrives);
    }
    assert(lane->asked_input == input);
    if (!ask_again(lane, input_end_arrives)) {
        return later(error);
    }
    *end = lane->answered_end;
    return RESULT_OK;
}

/* --- Reading. --- */

static bool is_input(const struct sim_lane *lane, uint64_t index) {
    (void)lane;
    return index < LOG_TOPICS_MAX;
}

static struct sim_fetch *fetch_of(struct sim_lane *lane, uint64_t index) {
    return is_input(lane, index) ? &lane->inputs[index] : &lane->changelogs[index - LOG_TOPICS_MAX];
}

static void fetched(void *context, uint64_t index) {
    struct sim_lane *lane = context;
    struct sim_fetch *fetch = fetch_of(lane, index);
    if (lane->closed || is_gone(lane)) {
        return;
    }
    if (!sim_reaches(lane->kafka, lane->process)) {
        timeline_in(lane->kafka->timeline, RETRY_MS, fetched, lane, index);
        return;
    }
    const int64_t end = memory_stable_end(lane->kafka->log, fetch->topic, lane->partition);
    const int64_t most = fetch->from + (is_input(lane, index) ? FETCH_MAX : RESTORE_MAX);
    fetch->out = false;
    fetch->end = end < most ? end : most;
    lane->kafka->changes++;
}

/* Are records at hand from here on? If not, and there are some, they are asked for. */
static bool at_hand(struct sim_lane *lane, uint64_t index, int64_t from) {
    struct sim_fetch *fetch = fetch_of(lane, index);
    if (fetch->end <= from && !fetch->out &&
        memory_stable_end(lane->kafka->log, fetch->topic, lane->partition) > from) {
        fetch->out = true;
        fetch->from = from;
        const int64_t there_ms = sim_way_ms(lane->kafka);
        sim_later(lane->kafka, there_ms + sim_way_ms(lane->kafka), fetched, lane, index);
    }
    return fetch->end > from;
}

static enum result missing(const struct sim_fetch *fetch, struct error *error) {
    return error_set(error, RESULT_INVALID, "records of %s are gone", fetch->topic->name);
}

static bool is_missing(const struct sim_lane *lane, const struct sim_fetch *fetch, int64_t from) {
    return from < fetch->topic->partitions[lane->partition].start;
}

static enum result port_restore(void *self, uint32_t changelog, int64_t from, int32_t timeout_ms,
                                struct log_batch *batch, int64_t *next, struct error *error) {
    struct sim_lane *lane = self;
    (void)timeout_ms;
    assert(changelog < lane->topology->changelogs_count);
    struct sim_fetch *fetch = &lane->changelogs[changelog];
    *batch = (struct log_batch){0};
    *next = from;
    if (is_gone(lane) ||
        (fetch->end <= from && !fetch->out && !process_comes_to(lane->process, POINT_RESTORE))) {
        return sim_gone(error);
    }
    if (is_missing(lane, fetch, from)) {
        return missing(fetch, error);
    }
    if (at_hand(lane, LOG_TOPICS_MAX + changelog, from)) {
        memory_read(lane->kafka->log, fetch->topic, lane->partition, fetch->end, RESTORE_MAX, next,
                    batch);
    }
    return RESULT_OK;
}

static enum result port_start(void *self, const int64_t *inputs, int32_t timeout_ms,
                              struct error *error) {
    struct sim_lane *lane = self;
    (void)timeout_ms;
    assert(lane->epoch != 0 && !lane->started);
    if (is_gone(lane) || !process_comes_to(lane->process, POINT_START)) {
        return sim_gone(error);
    }
    for (uint32_t i = 0; i < lane->topology->inputs_count; i++) {
        lane->next[i] = inputs[i];
    }
    lane->started = true;
    return RESULT_OK;
}

static enum result port_poll(void *self, uint32_t input, uint32_t count_max,
                             struct log_batch *batch, struct error *error) {
    struct sim_lane *lane = self;
    assert(lane->started && input < lane->topology->inputs_count && count_max > 0);
    *batch = (struct log_batch){0};
    if (is_gone(lane)) {
        return sim_gone(error);
    }
    if (sim_reaches(lane->kafka, lane->process)) {
        lane->ends[input] = lane->inputs[input].topic->partitions[lane->partition].count;
    }
    if (at_hand(lane, input, lane->next[input])) {
        if (!process_comes_to(lane->process, POINT_POLL)) {
            return sim_gone(error);
        }
    } else if (!is_missing(lane, &lane->inputs[input], lane->next[input])) {
        return RESULT_OK;
    }
    if (is_missing(lane, &lane->inputs[input], lane->next[input])) {
        return missing(&lane->inputs[input], error);
    }
    memory_read(lane->kafka->log, lane->inputs[input].topic, lane->partition,
                lane->inputs[input].end, count_max, &lane->next[input], batch);
    if (batch->count == 0) {
        (void)at_hand(lane, input, lane->next[input]); /* nothing but ends of transactions: go on */
    }
    return RESULT_OK;
}

static void port_release(void *self, struct log_batch *batch) {
    (void)self;
    memory_batch_free(batch);
}

/* --- The rest of the port. --- */

static bool port_owned(void *self) {
    const struct sim_lane *lane = self;
    const struct sim_member *member = lane->member;
    /* As the real client has it: what it remembers counts no longer than a session. */
    return !is_gone(lane) && member->assignment == lane->assignment && !member->lost &&
           sim_process_ms(lane->process) - member->polled_ms <=
               lane->kafka->options->session_timeout_ms;
}

static int64_t port_input_end(void *self, uint32_t input) {
    const struct sim_lane *lane = self;
    assert(input < lane->topology->inputs_count);
    return lane->ends[input];
}

static enum result port_commit_begin(void *self, const struct log_staged *records, uint32_t count,
                                     const int64_t *inputs, struct error *error) {
    struct sim_lane *lane = self;
    /* Not that it is unworn: what comes of going on all the same is for the brokers to show. */
    assert(lane->started && lane->delivery == NULL);
    if (is_gone(lane) || !process_comes_to(lane->process, POINT_PRODUCE)) {
        return sim_gone(error);
    }
    return sim_commit_begin(lane, records, count, inputs, error);
}

static enum result port_commit_wait(void *self, int32_t timeout_ms, struct error *error) {
    struct sim_lane *lane = self;
    (void)timeout_ms;
    assert(lane->delivery != NULL);
    return is_gone(lane) ? sim_gone(error) : sim_commit_wait(lane, error);
}

static void port_changelogs_next(void *self, int64_t *changelogs_next) {
    const struct sim_lane *lane = self;
    for (uint32_t i = 0; i < lane->topology->changelogs_count; i++) {
        if (lane->written_next[i] >= 0) {
            changelogs_next[i] = lane->written_next[i];
        }
    }
}

static bool port_worn(void *self) {
    const struct sim_lane *lane = self;
    return lane->worn;
}

static int port_wait_fd(void *self) {
    (void)self;
    return -1; /* whoever steps lanes looks at `kafka_changes` */
}

static void port_close(void *self) {
    struct sim_lane *lane = self;
    assert(!lane->closed && lane->member->lanes_open > 0);
    sim_commit_close(lane);
    lane->closed = true;
    lane->member->lanes_open--;
}

static void find_topics(struct sim_lane *lane) {
    struct memory_log *log = lane->kafka->log;
    for (uint32_t i = 0; i < lane->topology->inputs_count; i++) {
        lane->inputs[i].topic = memory_topic(log, lane->topology->inputs[i]);
        lane->ends[i] = -1;
    }
    for (uint32_t i = 0; i < lane->topology->changelogs_count; i++) {
        lane->changelogs[i].topic = memory_topic(log, lane->topology->changelogs[i]);
    }
}

struct log sim_lane_open(struct sim_member *member, int32_t partition) {
    struct sim_lane *lane = calloc(1, sizeof *lane);
    assert(lane != NULL);
    lane->kafka = member->kafka;
    lane->process = member->process;
    lane->dead = member->dead;
    lane->member = member;
    lane->topology = member->topology;
    lane->partition = partition;
    lane->assignment = member->assignment;
    lane->membership = member->held;
    lane->producer = memory_producer(member->kafka->log, member->topology->processor, partition);
    find_topics(lane);
    member->lanes_open++;
    lane->following = member->kafka->lanes;
    member->kafka->lanes = lane;
    return (struct log){
        .self = lane,
        .fence = port_fence,
        .owned = port_owned,
        .input_end = port_input_end,
        .input_end_now = port_input_end_now,
        .positions = port_positions,
        .restore = port_restore,
        .start = port_start,
        .poll = port_poll,
        .release = port_release,
        .commit_begin = port_commit_begin,
        .commit_wait = port_commit_wait,
        .changelogs_next = port_changelogs_next,
        .worn = port_worn,
        .wait_fd = port_wait_fd,
        .close = port_close,
    };
}
