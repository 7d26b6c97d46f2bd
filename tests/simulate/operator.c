#include "tests/simulate/operator.h"

#include <assert.h>
#include <stdlib.h>

#include "domain/limits.h"
#include "generated/c/certificates_operations.h"
#include "generated/c/registry_operations.h"
#include "tests/simulate/known_ids.h"
#include "tests/simulate/operator_inside.h"
#include "wire/message.h"

enum {
    ARENA_BYTES = 8 << 20, /* touched only as far as it is used */
    PATIENCE_MS = 60 * 1000,
};

/* What an operator in a hurry may come to do. */
enum meddling {
    MEDDLING_UNKNOWN, /* a right verdict on an unknown outcome */
    MEDDLING_RISK,    /* the same, with the risk that it is executed after all */
    MEDDLING_EARLY,   /* while the outcome is still awaited, or before it was sent */
    MEDDLING_SETTLED, /* when it is known already */
    MEDDLING_STRANGER,
    MEDDLING_AGAIN, /* the very last thing that he said */
    MEDDLING_NO_EVIDENCE,
    MEDDLING_NO_RULE,
    MEDDLING_MISPLACED,
    MEDDLING_REALIGN,
    MEDDLING_REALIGN_WRONG, /* to slices that do not sum up */
    /* Where there is something to read. */
    MEDDLING_READ, /* a certificate's stream, needed or not, now and then twice */
    MEDDLING_READ_STRANGER,
    MEDDLING_READ_ANYWHERE, /* perhaps at a registry that has never heard of it */
    MEDDLINGS,
};

/* ---- writing ---- */

static void append(struct operator* person, const struct operator_note *note) {
    (void)memory_log_append(person->setup.log, note->topic, note->partition,
                            &(struct memory_record){
                                .key = {note->key, note->key_length},
                                .value = {note->value, note->value_length},
                            });
}

static void forget_last(struct operator* person) {
    free(person->last.key);
    free(person->last.value);
    person->last = (struct operator_note){.topic = NULL};
}

/* `aside`: how many partitions beside the right one. */
static void write_operation(struct operator* person, enum message_type type,
                            const struct uuid *certificate_id, const void *body, int32_t aside) {
    const int32_t schema_id = person->setup.emitter->schema_ids[type];
    const size_t length = wire_encode(type, body, schema_id, NULL, 0);
    char key[KNOWN_ID_CHARACTERS + 1];
    known_id_text(certificate_id, key);
    forget_last(person);
    person->last = (struct operator_note){
        .topic = message_types[type].topic,
        .partition = (known_place_of(certificate_id, person->setup.partitions) + aside) %
                     person->setup.partitions,
        .key = malloc(KNOWN_ID_CHARACTERS),
        .key_length = KNOWN_ID_CHARACTERS,
        .value = malloc(length),
        .value_length = (uint32_t)length,
    };
    assert(person->last.key != NULL && person->last.value != NULL);
    memcpy(person->last.key, key, KNOWN_ID_CHARACTERS);
    (void)wire_encode(type, body, schema_id, person->last.value, length);
    append(person, &person->last);
}

static struct uuid fresh_id(struct operator* person) {
    struct uuid id;
    for (uint32_t i = 0; i < sizeof id.bytes; i++) {
        id.bytes[i] = (uint8_t)chance_below(&person->chance, 256);
    }
    id.bytes[6] = (uint8_t)((id.bytes[6] & 0x0f) | 0x40);
    id.bytes[8] = (uint8_t)((id.bytes[8] & 0x3f) | 0x80);
    return id;
}

static struct millrace_metadata metadata(struct operator* person) {
    return (struct millrace_metadata){
        .id = fresh_id(person),
        .timestamp = person->setup.timeline->now_ms + (int64_t)TIMELINE_WALL_OFFSET_S * 1000,
        .source = {.name = text_of("millrace-cli"), .version = text_of("1")},
        .has_channel = true,
        .channel = text_of("cli"),
    };
}

/* ---- verdicts ---- */

struct verdict {
    enum millrace_closing_rule rule; /* of "not executed" */
    const char *evidence;
    int32_t aside;
};

static uint32_t *count_of(struct operator* person, const struct verdict *verdict, bool executed) {
    struct operator_counts *counts = &person->counts;
    const bool ruled = executed || verdict->rule != MILLRACE_CLOSING_RULE_NONE;
    if (!ruled || verdict->evidence[0] == '\0' || verdict->aside > 0) {
        return &counts->hopeless;
    }
    if (executed) {
        return &counts->executed;
    }
    return verdict->rule == MILLRACE_CLOSING_RULE_WRITER_DEAD
               ? &counts->not_executed_writer_dead
               : &counts->not_executed_may_execute_twice;
}

/* The truth about a submission, as the registry's people have it at this moment. */
static void write_verdict(struct operator* person, const struct uuid *submission_id,
                          const struct uuid *certificate_id, const struct verdict *verdict) {
    const bool executed = lying_registry_executed(person->setup.registry, submission_id);
    const struct registry_operations_resolve_submission operation = {
        .metadata = metadata(person),
        .submission_id = *submission_id,
        .certificate_id = *certificate_id,
        .executed = executed,
        .evidence = text_of(verdict->evidence),
        .operator= text_of("olga"),
        .closing_rule = executed ? MILLRACE_CLOSING_RULE_NONE : verdict->rule,
    };
    transcript_say(person->setup.transcript, "the operator says that %s was %s%s%s",
                   short_id(submission_id), executed ? "executed" : "not executed",
                   executed || verdict->rule == MILLRACE_CLOSING_RULE_NONE ? ""
                   : verdict->rule == MILLRACE_CLOSING_RULE_WRITER_DEAD
                       ? ", and its writer dead"
                       : ", and that it may execute twice",
                   verdict->evidence[0] == '\0' ? ", without evidence"
                   : verdict->aside > 0         ? ", in the wrong place"
                                                : "");
    (*count_of(person, verdict, executed))++;
    struct operator_submission *known = operator_submission(person, submission_id);
    if (!executed && verdict->rule == MILLRACE_CLOSING_RULE_MAY_EXECUTE_TWICE && known != NULL) {
        known->risked = true;
    }
    write_operation(person, MESSAGE_REGISTRY_OPERATIONS_RESOLVE_SUBMISSION, certificate_id,
                    &operation, verdict->aside);
    person->last.denies = !executed;
    person->last.submission_id = *submission_id;
}

/* ---- books that differ ---- */

static bool is_misaligned(const struct certificates_state_certificate_state *books) {
    return books->model.suspension != NULL &&
           books->model.suspension->cause == MILLRACE_SUSPENSION_CAUSE_MISALIGNED;
}

/* The slices as we have them. */
static struct millrace_realigned_slice *slices_of_ours(
    struct operator* person, const struct certificates_state_certificate_model *model) {
    struct millrace_realigned_slice *slices =
        arena_take(&person->arena, (model->slices_count + 1) * sizeof *slices);
    for (uint32_t i = 0; i < model->slices_count; i++) {
        const struct certificates_state_slice_model *slice = &model->slices[i];
        slices[i] = (struct millrace_realigned_slice){
            .slice_id = slice->slice_id,
            .quantity = slice->quantity,
            .owner = slice->owner,
            .has_registry_hash = slice->has_registry_hash,
            .registry_hash = slice->registry_hash,
            .has_blinding = slice->has_blinding,
            .blinding = slice->blinding,
            .state = slice->state,
            .allocation = slice->allocation,
        };
    }
    return slices;
}

/* The slices as the registry has them, down to what they are worth. */
static struct millrace_realigned_slice *slices_of_theirs(struct operator* person,
                                                         const struct lying_stream *stream) {
    struct millrace_realigned_slice *slices =
        arena_take(&person->arena, (stream->slices_count + 1) * sizeof *slices);
    for (uint32_t i = 0; i < stream->slices_count; i++) {
        const struct lying_slice *slice = &stream->slices[i];
        slices[i] = (struct millrace_realigned_slice){
            .slice_id = slice->id,
            .quantity = slice->quantity,
            .owner = {slice->owner, slice->owner_length},
            .has_registry_hash = true,
            .registry_hash = {slice->name, LYING_NAME_BYTES},
            .state = slice->state,
        };
        if (slice->state != MILLRACE_SLICE_STATE_AVAILABLE) {
            struct millrace_allocation *allocation = arena_take(&person->arena, sizeof *allocation);
            *allocation = (struct millrace_allocation){
                .allocation_id = slice->allocation_id,
                .counterpart_certificate_id = slice->counterpart,
            };
            slices[i].allocation = allocation;
        }
    }
    return slices;
}

/* The registry has the slices as we have them, its people say, or tell how it has them where they
 * can read that themselves; or, when `wrong`, one Wh more. */
static void write_realignment(struct operator* person,
                              const struct certificates_state_certificate_state *books,
                              bool wrong) {
    const struct certificates_state_certificate_model *model = &books->model;
    const struct lying_stream *stream =
        lying_registry_can_be_read(person->setup.registry) && model->issued != NULL
            ? lying_registry_stream(person->setup.registry, &books->certificate_id,
                                    model->issued->registry)
            : NULL;
    struct millrace_realigned_slice *slices =
        stream != NULL ? slices_of_theirs(person, stream) : slices_of_ours(person, model);
    const uint32_t slices_count = stream != NULL ? stream->slices_count : model->slices_count;
    for (uint32_t i = 0; wrong && i < slices_count; i++) {
        slices[i].quantity += slices[i].quantity < LIMIT_QUANTITY_WH_MAX;
    }
    const struct certificates_operations_realign_certificate operation = {
        .metadata = metadata(person),
        .certificate_id = books->certificate_id,
        .operator= text_of("olga"),
        .slices = slices,
        .slices_count = slices_count,
        .withdrawn = stream != NULL ? stream->withdrawn : model->withdrawn,
        .evidence = text_of("the registry's people read it out"),
    };
    transcript_say(person->setup.transcript, "the operator realigns %s%s",
                   short_id(&books->certificate_id), wrong ? ", wrongly" : "");
    person->counts.realignments++;
    write_operation(person, MESSAGE_CERTIFICATES_OPERATIONS_REALIGN_CERTIFICATE,
                    &books->certificate_id, &operation, 0);
}

/* ---- readings ---- */

static void write_reading(struct operator* person, const struct uuid *certificate_id,
                          struct text registry) {
    const struct registry_operations_read_stream operation = {
        .metadata = metadata(person),
        .certificate_id = *certificate_id,
        .registry = registry,
    };
    transcript_say(person->setup.transcript, "the operator wants the stream of %s read at %.*s",
                   short_id(certificate_id), (int)registry.length, registry.data);
    person->counts.readings++;
    write_operation(person, MESSAGE_REGISTRY_OPERATIONS_READ_STREAM, certificate_id, &operation, 0);
}

bool operator_reads_stream(struct operator* person, const struct uuid *certificate_id) {
    const struct certificates_state_certificate_state *books =
        operator_books(person, certificate_id);
    if (books == NULL || books->model.issued == NULL) {
        return false;
    }
    write_reading(person, certificate_id, books->model.issued->registry);
    return true;
}

/* ---- in a hurry ---- */

/* One of the submissions at a stage; of all where there is none, and NULL where there are none. */
static struct operator_submission *some_submission(struct operator* person,
                                                   enum operator_stage least,
                                                   enum operator_stage most) {
    const uint32_t drawn = chance_below(&person->chance, UINT32_MAX);
    uint32_t count = 0;
    for (uint32_t i = 0; i < person->submissions_count; i++) {
        const enum operator_stage stage = person->submissions[i].stage;
        count += stage >= least && stage <= most ? 1 : 0;
    }
    if (count == 0) {
        return person->submissions_count == 0
                   ? NULL
                   : &person->submissions[drawn % person->submissions_count];
    }
    uint32_t left = drawn % count;
    for (uint32_t i = 0;; i++) {
        const enum operator_stage stage = person->submissions[i].stage;
        if (stage >= least && stage <= most && left-- == 0) {
            return &person->submissions[i];
        }
    }
}

static void meddle_with_stranger(struct operator* person) {
    const struct uuid certificate_id =
        person->submissions_count == 0
            ? fresh_id(person)
            : some_submission(person, OPERATOR_STAGE_QUEUED, OPERATOR_STAGE_SETTLED)
                  ->certificate_id;
    const struct uuid submission_id = fresh_id(person);
    write_verdict(person, &submission_id, &certificate_id,
                  &(struct verdict){MILLRACE_CLOSING_RULE_WRITER_DEAD, "I was told so", 0});
}

static void meddle_with_books(struct operator* person, bool wrong) {
    const struct uuid *id = NULL;
    for (uint32_t i = 0; i < person->certificates_count && id == NULL; i++) {
        id = person->certificates[i].misaligned ? &person->certificates[i].id : NULL;
    }
    const struct operator_submission *any =
        some_submission(person, OPERATOR_STAGE_QUEUED, OPERATOR_STAGE_SETTLED);
    if (id == NULL && any != NULL) {
        id = &any->certificate_id; /* one that needs nothing */
    }
    const struct certificates_state_certificate_state *books =
        id != NULL ? operator_books(person, id) : NULL;
    if (books != NULL) {
        write_realignment(person, books, wrong);
    }
}

static void meddle_with_streams(struct operator* person, bool anywhere) {
    const struct operator_submission *any =
        some_submission(person, OPERATOR_STAGE_QUEUED, OPERATOR_STAGE_SETTLED);
    const bool main = chance_below(&person->chance, 2) == 0;
    const bool twice = chance_below(&person->chance, 4) == 0;
    const struct text guessed = text_of(main ? "main" : "other");
    if (any == NULL) {
        return;
    }
    const struct uuid id = any->certificate_id;
    char right[sizeof any->registry];
    memcpy(right, any->registry, sizeof right);
    write_reading(person, &id, anywhere || right[0] == '\0' ? guessed : text_of(right));
    if (twice) {
        append(person, &person->last);
    }
}

/* The same again, unless it has become a lie. */
static void repeat(struct operator* person) {
    const struct operator_note *last = &person->last;
    if (last->topic == NULL ||
        (last->denies && lying_registry_executed(person->setup.registry, &last->submission_id))) {
        return;
    }
    transcript_say(person->setup.transcript, "the operator says the same again");
    person->counts.hopeless++;
    append(person, last);
}

static void meddle_with(struct operator* person, enum operator_stage least,
                        enum operator_stage most, const struct verdict *verdict) {
    const struct operator_submission *subject = some_submission(person, least, most);
    if (subject == NULL) {
        meddle_with_stranger(person);
        return;
    }
    const struct uuid submission_id = subject->id;
    const struct uuid certificate_id = subject->certificate_id;
    write_verdict(person, &submission_id, &certificate_id, verdict);
}

void operator_meddles(struct operator* person) {
    static const char seen[] = "the registry's people looked it up";
    const struct verdict dead = {MILLRACE_CLOSING_RULE_WRITER_DEAD, seen, 0};
    const struct verdict risky = {MILLRACE_CLOSING_RULE_MAY_EXECUTE_TWICE, seen, 0};
    const struct verdict empty = {MILLRACE_CLOSING_RULE_WRITER_DEAD, "", 0};
    const struct verdict ruleless = {MILLRACE_CLOSING_RULE_NONE, seen, 0};
    const struct verdict misplaced = {MILLRACE_CLOSING_RULE_WRITER_DEAD, seen, 1};
    operator_reads(person);
    const uint32_t most =
        lying_registry_can_be_read(person->setup.registry) ? MEDDLINGS : MEDDLING_READ;
    switch ((enum meddling)chance_below(&person->chance, most)) {
    case MEDDLING_UNKNOWN:
        meddle_with(person, OPERATOR_STAGE_UNKNOWN, OPERATOR_STAGE_UNKNOWN, &dead);
        return;
    case MEDDLING_RISK:
        meddle_with(person, OPERATOR_STAGE_UNKNOWN, OPERATOR_STAGE_UNKNOWN, &risky);
        return;
    case MEDDLING_EARLY:
        meddle_with(person, OPERATOR_STAGE_QUEUED, OPERATOR_STAGE_BEGUN, &dead);
        return;
    case MEDDLING_SETTLED:
        meddle_with(person, OPERATOR_STAGE_SETTLED, OPERATOR_STAGE_SETTLED, &dead);
        return;
    case MEDDLING_STRANGER:
        meddle_with_stranger(person);
        return;
    case MEDDLING_AGAIN:
        repeat(person);
        return;
    case MEDDLING_NO_EVIDENCE:
        meddle_with(person, OPERATOR_STAGE_UNKNOWN, OPERATOR_STAGE_UNKNOWN, &empty);
        return;
    case MEDDLING_NO_RULE:
        meddle_with(person, OPERATOR_STAGE_UNKNOWN, OPERATOR_STAGE_UNKNOWN, &ruleless);
        return;
    case MEDDLING_MISPLACED:
        meddle_with(person, OPERATOR_STAGE_UNKNOWN, OPERATOR_STAGE_UNKNOWN, &misplaced);
        return;
    case MEDDLING_REALIGN:
        meddle_with_books(person, false);
        return;
    case MEDDLING_REALIGN_WRONG:
        meddle_with_books(person, true);
        return;
    case MEDDLING_READ:
        meddle_with_streams(person, false);
        return;
    case MEDDLING_READ_ANYWHERE:
        meddle_with_streams(person, true);
        return;
    case MEDDLING_READ_STRANGER: {
        const struct uuid stranger = fresh_id(person);
        write_reading(person, &stranger, text_of("main"));
        return;
    }
    case MEDDLINGS:
        break;
    }
    assert(false);
}

void operator_is_curious(struct operator* person) {
    assert(lying_registry_can_be_read(person->setup.registry));
    operator_reads(person);
    meddle_with_streams(person, false);
}

void operator_guesses(struct operator* person, const struct uuid *certificate_id) {
    assert(lying_registry_can_be_read(person->setup.registry));
    const bool main = chance_below(&person->chance, 2) == 0;
    write_reading(person, certificate_id, text_of(main ? "main" : "other"));
}

/* ---- with care ---- */

bool operator_says(struct operator* person, const struct uuid *submission_id,
                   enum millrace_closing_rule rule) {
    operator_reads(person);
    const struct operator_submission *known = operator_submission(person, submission_id);
    if (known == NULL) {
        return false;
    }
    const struct uuid certificate_id = known->certificate_id;
    write_verdict(person, submission_id, &certificate_id,
                  &(struct verdict){rule, "the registry's people looked it up", 0});
    return true;
}

/* Not tried yet, or long enough ago? If so, it is from now. */
static bool is_due(const struct operator* person, bool *tried, int64_t *tried_ms) {
    const int64_t now_ms = person->setup.timeline->now_ms;
    if (*tried && now_ms - *tried_ms < PATIENCE_MS) {
        return false;
    }
    *tried = true;
    *tried_ms = now_ms;
    return true;
}

uint32_t operator_resolves_all(struct operator* person) {
    uint32_t open = 0;
    operator_reads(person);
    for (uint32_t i = 0; i < person->submissions_count; i++) {
        struct operator_submission *known = &person->submissions[i];
        if (known->stage != OPERATOR_STAGE_UNKNOWN) {
            continue;
        }
        open++;
        if (is_due(person, &known->tried, &known->tried_ms)) {
            write_verdict(person, &known->id, &known->certificate_id,
                          &(struct verdict){MILLRACE_CLOSING_RULE_MAY_EXECUTE_TWICE,
                                            "the registry's people looked it up", 0});
        }
    }
    for (uint32_t i = 0; i < person->certificates_count; i++) {
        struct operator_certificate *known = &person->certificates[i];
        if (!known->misaligned) {
            continue;
        }
        open++;
        const struct certificates_state_certificate_state *books =
            operator_books(person, &known->id);
        if (books != NULL && is_misaligned(books) && books->work.current == NULL &&
            is_due(person, &known->tried, &known->tried_ms)) {
            write_realignment(person, books, false);
        }
    }
    return open;
}

/* ---- as others see him ---- */

bool operator_took_the_risk(const struct operator* person, const struct uuid *submission_id) {
    const struct operator_submission *known = operator_submission(person, submission_id);
    return known != NULL && known->risked;
}

const struct operator_counts *operator_counts(const struct operator* person) {
    return &person->counts;
}

struct operator* operator_open(const struct operator_setup *setup) {
    assert(setup->partitions >= 1 && setup->partitions <= OPERATOR_PARTITIONS_MAX);
    struct operator* person = calloc(1, sizeof *person);
    void *memory = malloc(ARENA_BYTES);
    assert(person != NULL && memory != NULL);
    person->setup = *setup;
    person->chance = setup->chance;
    arena_init(&person->arena, memory, ARENA_BYTES);
    for (uint32_t i = 0; i < OPERATOR_BUCKETS; i++) {
        person->submission_buckets[i] = OPERATOR_NONE;
        person->certificate_buckets[i] = OPERATOR_NONE;
    }
    return person;
}

void operator_close(struct operator* person) {
    forget_last(person);
    free(person->submissions);
    free(person->certificates);
    free(person->arena.base);
    free(person);
}
