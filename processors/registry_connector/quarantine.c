#include "registry_connector/quarantine.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static int64_t least(int64_t a, int64_t b) {
    return a < b ? a : b;
}

static int64_t now_of(const struct quarantines *quarantines) {
    return quarantines->clock.monotonic_ms(quarantines->clock.self);
}

/* --- Writers. --- */

static bool is_same(const struct millrace_writer *a, const struct millrace_writer *b) {
    return text_equal(a->host, b->host) && uuid_equal(&a->boot_id, &b->boot_id) &&
           a->pid == b->pid && a->start_time == b->start_time;
}

static struct quarantine_writer *writer_keep(struct quarantines *quarantines,
                                             const struct millrace_writer *writer) {
    for (struct quarantine_writer *known = quarantines->writers; known != NULL;
         known = known->next) {
        if (is_same(&known->writer, writer)) {
            known->intents++;
            return known;
        }
    }
    struct quarantine_writer *fresh = calloc(1, sizeof *fresh);
    char *host = malloc(writer->host.length + 1);
    assert(fresh != NULL && host != NULL);
    memcpy(host, writer->host.data, writer->host.length);
    fresh->writer = *writer;
    fresh->writer.host.data = host;
    fresh->intents = 1;
    fresh->next = quarantines->writers;
    quarantines->writers = fresh;
    quarantines->look_ms = 0; /* nobody has looked at this one yet */
    return fresh;
}

static void writer_release(struct quarantines *quarantines, struct quarantine_writer *writer) {
    assert(writer->intents > 0);
    if (--writer->intents > 0) {
        return;
    }
    struct quarantine_writer **link = &quarantines->writers;
    while (*link != writer) {
        assert(*link != NULL);
        link = &(*link)->next;
    }
    *link = writer->next;
    free((void *)writer->writer.host.data);
    free(writer);
}

static void look(struct quarantines *quarantines, struct quarantine_writer *writer) {
    if (!writer->dead &&
        quarantines->process.proven_dead(quarantines->process.self, &writer->writer)) {
        /* The clock is read after the proof: a pause in between must not shorten the quarantine. */
        writer->dead = true;
        writer->dead_ms = now_of(quarantines);
        quarantines->due_ms = 0; /* what is due has changed */
    }
}

/* --- Unknown outcomes. --- */

static struct quarantine **link_of(struct quarantines *quarantines,
                                   const struct uuid *certificate_id) {
    uint32_t word;
    memcpy(&word, certificate_id->bytes + sizeof certificate_id->bytes - sizeof word, sizeof word);
    struct quarantine **link = &quarantines->buckets[word % QUARANTINE_BUCKETS];
    while (*link != NULL && !uuid_equal(&(*link)->certificate_id, certificate_id)) {
        link = &(*link)->next;
    }
    return link;
}

/* INT64_MAX: not yet. */
static int64_t began_ms_of(const struct quarantine *quarantine, enum quarantine_kind kind) {
    const struct quarantine_writer *writer = quarantine->writer;
    if (kind == QUARANTINE_OF_THE_RISKY) {
        return quarantine->unknown_ms;
    }
    if (!writer->dead) {
        return INT64_MAX; /* who lives may still send, for the first time */
    }
    return writer->dead_ms > quarantine->unknown_ms ? writer->dead_ms : quarantine->unknown_ms;
}

/* INT64_MAX: nobody knows yet. */
static int64_t end_ms_of(const struct quarantines *quarantines, const struct quarantine *quarantine,
                         enum quarantine_kind kind) {
    const int64_t began_ms = began_ms_of(quarantine, kind);
    const int32_t quarantine_ms = quarantines->options->quarantine_ms;
    return quarantine_ms > 0 && began_ms != INT64_MAX ? began_ms + quarantine_ms : INT64_MAX;
}

int64_t quarantines_oldest_at(struct quarantines *quarantines) {
    if (quarantines->oldest_left) {
        quarantines->oldest_left = false;
        quarantines->oldest_at = INT64_MAX;
        for (uint32_t i = 0; i < QUARANTINE_BUCKETS && quarantines->count > 0; i++) {
            for (const struct quarantine *quarantine = quarantines->buckets[i]; quarantine != NULL;
                 quarantine = quarantine->next) {
                quarantines->oldest_at = least(quarantines->oldest_at, quarantine->unknown_at);
            }
        }
    }
    return quarantines->count > 0 ? quarantines->oldest_at : 0;
}

static void leave(struct quarantines *quarantines, struct quarantine **link) {
    struct quarantine *quarantine = *link;
    assert(quarantines->count > 0);
    *link = quarantine->next;
    quarantines->count--;
    quarantines->oldest_left =
        quarantines->oldest_left || quarantine->unknown_at == quarantines->oldest_at;
    writer_release(quarantines, quarantine->writer);
    free(quarantine);
}

void quarantines_follow(struct quarantines *quarantines,
                        const struct registry_state_ledger_state *ledger, int64_t now_ms) {
    const struct registry_state_submission_model *model = ledger->ledger.submission;
    struct quarantine **link = link_of(quarantines, &ledger->certificate_id);
    const bool unknown = model != NULL && model->state == REGISTRY_STATE_SUBMISSION_STATE_UNKNOWN;
    if (*link != NULL) {
        /* A certificate has no second unknown before the first is settled. */
        assert(!unknown || uuid_equal(&(*link)->submission_id, &model->submission_id));
        if (!unknown) {
            leave(quarantines, link);
        }
        return;
    }
    if (!unknown) {
        return;
    }
    struct quarantine *quarantine = calloc(1, sizeof *quarantine);
    assert(quarantine != NULL);
    *quarantine = (struct quarantine){
        .certificate_id = ledger->certificate_id,
        .submission_id = model->submission_id,
        .unknown_at = model->has_unknown_at ? model->unknown_at : 0,
        .unknown_ms = now_ms,
        .writer = writer_keep(quarantines, &model->writer),
        .counts_from = {-1, -1},
    };
    *link = quarantine;
    quarantines->oldest_at = quarantines->count == 0
                                 ? quarantine->unknown_at
                                 : least(quarantines->oldest_at, quarantine->unknown_at);
    quarantines->count++;
    const int32_t quarantine_ms = quarantines->options->quarantine_ms;
    quarantines->due_ms = least(quarantines->due_ms, quarantines->look_ms);
    quarantines->due_ms = least(quarantines->due_ms, now_ms + quarantine_ms);
}

struct submission_facts quarantines_facts(struct quarantines *quarantines,
                                          const struct uuid *certificate_id,
                                          enum millrace_closing_rule rule, int64_t offset) {
    struct submission_facts facts = {.quarantine_set = quarantines->options->quarantine_ms > 0};
    const struct quarantine *quarantine = *link_of(quarantines, certificate_id);
    if (quarantine == NULL) {
        return facts; /* nothing is unknown, so nothing else matters */
    }
    const enum quarantine_kind kind = rule == MILLRACE_CLOSING_RULE_WRITER_DEAD
                                          ? QUARANTINE_OF_THE_DEAD
                                          : QUARANTINE_OF_THE_RISKY;
    if (kind == QUARANTINE_OF_THE_DEAD) {
        look(quarantines, quarantine->writer);
        facts.writer_dead = quarantine->writer->dead;
    }
    const int64_t now_ms = now_of(quarantines);
    const int64_t began_ms = began_ms_of(quarantine, kind);
    const int64_t counts_from = quarantine->counts_from[kind];
    facts.quarantine_over = now_ms >= end_ms_of(quarantines, quarantine, kind);
    facts.quarantined_ms = began_ms == INT64_MAX ? 0 : now_ms - began_ms;
    facts.written_after = facts.quarantine_over && counts_from >= 0 && offset >= counts_from;
    return facts;
}

/* --- What is due. --- */

static void look_at_writers(struct quarantines *quarantines) {
    for (struct quarantine_writer *writer = quarantines->writers; writer != NULL;
         writer = writer->next) {
        look(quarantines, writer);
    }
    quarantines->look_ms = now_of(quarantines) + QUARANTINE_LOOK_MS;
}

/* The operations ended here at `asked_ms` or later: what is behind it was written after that. */
static void take_end(struct quarantines *quarantines, int64_t asked_ms, int64_t end) {
    for (uint32_t i = 0; i < QUARANTINE_BUCKETS; i++) {
        for (struct quarantine *quarantine = quarantines->buckets[i]; quarantine != NULL;
             quarantine = quarantine->next) {
            for (int kind = 0; kind < QUARANTINE_KINDS; kind++) {
                if (quarantine->counts_from[kind] < 0 &&
                    end_ms_of(quarantines, quarantine, (enum quarantine_kind)kind) <= asked_ms) {
                    quarantine->counts_from[kind] = end;
                }
            }
        }
    }
}

/* When the next one is over of which it is not known where it ended; INT64_MAX: none. */
static int64_t next_end_ms(const struct quarantines *quarantines) {
    int64_t next_ms = INT64_MAX;
    for (uint32_t i = 0; i < QUARANTINE_BUCKETS; i++) {
        for (const struct quarantine *quarantine = quarantines->buckets[i]; quarantine != NULL;
             quarantine = quarantine->next) {
            for (int kind = 0; kind < QUARANTINE_KINDS; kind++) {
                if (quarantine->counts_from[kind] < 0) {
                    next_ms = least(next_ms,
                                    end_ms_of(quarantines, quarantine, (enum quarantine_kind)kind));
                }
            }
        }
    }
    return next_ms;
}

static bool has_living_writers(const struct quarantines *quarantines) {
    for (const struct quarantine_writer *writer = quarantines->writers; writer != NULL;
         writer = writer->next) {
        if (!writer->dead) {
            return true;
        }
    }
    return false;
}

static void ask(struct quarantines *quarantines, const struct lane_identity *identity,
                uint32_t operations) {
    int64_t end = -1;
    struct error error;
    if (!quarantines->asking) {
        /* The clock is read before the question: what it answers is at least as new. */
        quarantines->asking = true;
        quarantines->asked_ms = now_of(quarantines);
    }
    const enum result result =
        identity->input_end_now(identity->input_end_context, operations, &end, &error);
    if (result == RESULT_OK) {
        assert(end >= 0);
        take_end(quarantines, quarantines->asked_ms, end);
        quarantines->asking = false;
        quarantines->again_ms = 0;
        quarantines->ask_ms = now_of(quarantines) + QUARANTINE_ASK_MS;
        return;
    }
    if (result != RESULT_AGAIN) {
        quarantines->asking = false;
        logger_warning(&quarantines->logger,
                       "the end of the operations is not told: \"not executed\" waits for it",
                       LOGGER_FIELDS(logger_error_field(&error)));
    }
    const int32_t again_ms =
        quarantines->again_ms == 0 ? QUARANTINE_ASK_AGAIN_MS : quarantines->again_ms * 2;
    quarantines->again_ms = (int32_t)least(again_ms, QUARANTINE_ASK_AGAIN_MAX_MS);
    quarantines->ask_ms = now_of(quarantines) + quarantines->again_ms;
}

void quarantines_tick(struct quarantines *quarantines, const struct lane_identity *identity,
                      uint32_t operations) {
    if (now_of(quarantines) < quarantines_next_ms(quarantines)) {
        return;
    }
    if (now_of(quarantines) >= quarantines->look_ms) {
        look_at_writers(quarantines);
    }
    const int64_t now_ms = now_of(quarantines);
    if (now_ms >= quarantines->ask_ms && now_ms >= next_end_ms(quarantines)) {
        ask(quarantines, identity, operations);
    }
    const int64_t end_ms = next_end_ms(quarantines);
    quarantines->due_ms = end_ms > quarantines->ask_ms ? end_ms : quarantines->ask_ms;
    if (end_ms == INT64_MAX) {
        quarantines->due_ms = INT64_MAX;
    }
    if (has_living_writers(quarantines)) {
        quarantines->due_ms = least(quarantines->due_ms, quarantines->look_ms);
    }
}

int64_t quarantines_next_ms(const struct quarantines *quarantines) {
    /* Where none is ever over, nothing needs to be known. */
    return quarantines->options->quarantine_ms > 0 ? quarantines->due_ms : INT64_MAX;
}

void quarantines_init(struct quarantines *quarantines, const struct options *options,
                      const struct process *process, const struct clock *clock,
                      const struct logger *logger) {
    assert(options != NULL && process->proven_dead != NULL);
    *quarantines = (struct quarantines){
        .options = options,
        .process = *process,
        .clock = *clock,
        .logger = *logger,
        .due_ms = INT64_MAX,
    };
}

void quarantines_deinit(struct quarantines *quarantines) {
    for (uint32_t i = 0; i < QUARANTINE_BUCKETS; i++) {
        while (quarantines->buckets[i] != NULL) {
            leave(quarantines, &quarantines->buckets[i]);
        }
    }
    assert(quarantines->writers == NULL);
}
