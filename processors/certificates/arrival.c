/* Commands and operations as they arrive: is it one, was it seen, must it wait? */
#include <assert.h>

#include "certificates/lane.h"
#include "domain/limits.h"
#include "loop/arrival.h"

/* The record is none of ours to work on: a copy goes to the dead letters, and it never was. */
static enum result dead_letter(struct handling *handling, enum dead_letter_reason reason,
                               const char *message, const struct wire_failure *failure,
                               const struct arrived *arrived) {
    const struct uuid *command_id = NULL;
    if (arrived != NULL) {
        command_id = &arrived->head.metadata->id;
    } else if (failure->command_id_known) {
        command_id = &failure->command_id;
    }
    const char *type = failure->type_known ? message_types[failure->type].full_name : NULL;
    const struct dead_letter letter = {
        .reason = dead_letter_reason_word(reason),
        .type = arrived != NULL ? message_types[arrived->message.type].full_name : type,
        .field = failure->field[0] != '\0' ? failure->field : NULL,
        .message = message,
        .command_id = command_id,
        .schema_id_known = failure->schema_id_known,
        .schema_id = failure->schema_id,
    };
    arrival_dead_letter(handling->turn, OUTPUT_DEAD_LETTERS, handling->record, &letter,
                        &handling->lane->logger);
    return RESULT_OK;
}

enum familiarity {
    FAMILIARITY_NEW,
    FAMILIARITY_AGAIN,    /* the same command came before and is under way: nothing happens */
    FAMILIARITY_ANSWERED, /* the same, and it has an answer */
    FAMILIARITY_REUSED,   /* another command had its id */
};

static enum familiarity compare_hash(const struct arrived *arrived, struct bytes hash,
                                     enum familiarity same) {
    assert(hash.length == sizeof arrived->hash);
    return memcmp(hash.data, arrived->hash, sizeof arrived->hash) == 0 ? same : FAMILIARITY_REUSED;
}

/* Was this command seen before: answered, at the registry, or waiting? */
static enum result find_familiar(struct handling *handling, const struct arrived *arrived,
                                 enum familiarity *familiarity,
                                 const struct certificates_answers_command_answered **answer,
                                 struct error *error) {
    const struct uuid *id = &arrived->head.metadata->id;
    const struct certificates_state_certificate_work *work = &handling->state.work;
    *familiarity = FAMILIARITY_NEW;
    const enum result found = seen_find(handling, arrived, answer, error);
    if (found == RESULT_OK) {
        *familiarity = *answer != NULL ? FAMILIARITY_ANSWERED : FAMILIARITY_REUSED;
        return RESULT_OK;
    }
    if (found != RESULT_NOT_FOUND) {
        return found;
    }
    if (work->current != NULL && uuid_equal(&work->current->command.command_id, id)) {
        *familiarity =
            compare_hash(arrived, work->current->command.payload_hash, FAMILIARITY_AGAIN);
        return RESULT_OK;
    }
    for (uint32_t i = 0; i < work->waiting_count; i++) {
        if (uuid_equal(&work->waiting[i].command_id, id)) {
            *familiarity = compare_hash(arrived, work->waiting[i].payload_hash, FAMILIARITY_AGAIN);
            return RESULT_OK;
        }
    }
    return RESULT_OK;
}

/* The bytes by which the state may still grow for the command that is at the registry. */
static size_t reserved_growth(const struct handling *handling) {
    return handling->state.work.current == NULL ? 0 : CERTIFICATE_GROWTH_BYTES_MAX;
}

static void accept(struct handling *handling, const struct arrived *arrived) {
    const struct certificates_state_certificate_work *work = &handling->state.work;
    if (handling->record->value.length > LIMIT_COMMAND_BYTES_MAX) {
        work_refuse(handling, arrived, MILLRACE_REASON_TOO_LARGE, "a command has at most 64 KiB");
        return;
    }
    if (work_is_idle(handling) && work->waiting_count == 0) {
        work_run(handling, arrived);
        return;
    }
    if (work->waiting_count >= LIMIT_WAITING_MAX) {
        work_refuse(handling, arrived, MILLRACE_REASON_TOO_MANY_WAITING,
                    "the certificate has 64 commands waiting: send it again when some are done");
        return;
    }
    const struct certificates_state_waiting_command entry = mailbox_entry(handling, arrived);
    if (handling_state_size(handling) + mailbox_entry_size(&entry) + reserved_growth(handling) >
        LIMIT_STATE_BYTES_MAX) {
        work_refuse(handling, arrived, MILLRACE_REASON_TOO_LARGE,
                    "the commands that wait fill the state of the certificate: send it again when "
                    "some are done");
        return;
    }
    mailbox_append(handling, &entry);
}

/* An operation passes the mailbox; what waits goes on when it ends the suspension. */
static enum result operate(struct handling *handling, const struct arrived *arrived,
                           struct error *error) {
    struct work_ahead ahead;
    const enum result result = work_look_ahead(handling, &ahead, error);
    if (result != RESULT_OK) {
        return result;
    }
    work_operate(handling, arrived, ahead.in_flight);
    work_drain_mailbox(handling, &ahead);
    return RESULT_OK;
}

static enum result handle_familiar(struct handling *handling, const struct arrived *arrived,
                                   const struct wire_failure *failure, enum familiarity familiarity,
                                   const struct certificates_answers_command_answered *answer) {
    if (familiarity == FAMILIARITY_REUSED) {
        return dead_letter(handling, DEAD_LETTER_COMMAND_ID_REUSED,
                           "another command of this certificate has the same metadata.id: give "
                           "each command an id of its own",
                           failure, arrived);
    }
    if (familiarity == FAMILIARITY_ANSWERED) {
        /* Word for word, id and all: a second waiter hears it, and nobody takes it for news. */
        (void)turn_emit(handling->turn, OUTPUT_ANSWERS, arrived->head.certificate_id,
                        MESSAGE_CERTIFICATES_ANSWERS_COMMAND_ANSWERED, answer, &arrived->trace);
    }
    return RESULT_OK;
}

static enum result handle_arrived(struct handling *handling, const struct arrived *arrived,
                                  const struct wire_failure *failure, bool operation,
                                  struct error *error) {
    enum result result = handling_load(handling, arrived->head.certificate_id, error);
    if (result != RESULT_OK) {
        return result;
    }
    enum familiarity familiarity;
    const struct certificates_answers_command_answered *answer = NULL;
    result = find_familiar(handling, arrived, &familiarity, &answer, error);
    if (result != RESULT_OK) {
        return result;
    }
    if (familiarity != FAMILIARITY_NEW) {
        return handle_familiar(handling, arrived, failure, familiarity, answer);
    }
    if (operation) {
        result = operate(handling, arrived, error);
    } else {
        accept(handling, arrived);
    }
    handling_save(handling);
    return result;
}

enum result arrival_handle(struct handling *handling, bool operation, struct error *error) {
    const struct log_record *record = handling->record;
    struct arena *arena = turn_arena(handling->turn);
    struct wire_failure failure;
    struct arrived arrived = {.trace = handling->trace};
    const enum result result =
        arrival_read(handling->lane->cache, record, handling->turn, &arrived.message, &failure);
    if (result == RESULT_AGAIN) {
        return error_set(error, RESULT_AGAIN, "%s", failure.text);
    }
    if (result != RESULT_OK) {
        return dead_letter(handling, failure.reason, failure.text, &failure, NULL);
    }
    const bool known = certificate_command_head(&arrived.message, &arrived.head);
    assert(known); /* the namespace of every other type is another topic */
    (void)known;
    struct misplacement misplacement;
    if (!arrival_is_placed(record, arrived.head.certificate_id, handling->lane->partitions,
                           &misplacement)) {
        return dead_letter(handling, misplacement.reason, misplacement.text, &failure, &arrived);
    }
    if (!payload_hash(message_types[arrived.message.type].record, arrived.message.body, arena,
                      arrived.hash)) {
        return dead_letter(handling, DEAD_LETTER_TOO_LARGE,
                           dead_letter_reason_sentence(DEAD_LETTER_TOO_LARGE), &failure, &arrived);
    }
    return handle_arrived(handling, &arrived, &failure, operation, error);
}
