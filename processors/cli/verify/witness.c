#include "cli/verify/witness.h"

#include <assert.h>
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/verify/state.h"
#include "domain/uuid.h"

enum result witness_parse(const char *line, enum witness_what *what, struct uuid *submission_id,
                          struct error *error) {
    static const char *const words[] = {"request", "execution", "refusal", "unprocessed"};
    assert(line != NULL && what != NULL && submission_id != NULL);
    json_t *entry = json_loads(line, 0, NULL);
    const char *word = json_string_value(json_object_get(entry, "what"));
    const char *id = json_string_value(json_object_get(entry, "submissionId"));
    bool valid = false;
    for (size_t i = 0; word != NULL && id != NULL && i < sizeof words / sizeof words[0]; i++) {
        if (strcmp(word, words[i]) == 0) {
            *what = (enum witness_what)i;
            valid = uuid_from_text(text_of(id), submission_id);
        }
    }
    json_decref(entry);
    return valid ? RESULT_OK
                 : error_set(error, RESULT_INVALID, "this is no line of a stand-in's ledger");
}

static void take(struct verify *verify, enum witness_what what, const struct uuid *id,
                 bool before) {
    struct verify_witness *witness = uuid_map_take(&verify->witnesses, id);
    if (before) {
        witness->asked_before = witness->asked_before || what == WITNESS_REQUEST;
        witness->executed_before = witness->executed_before || what == WITNESS_EXECUTION;
        return;
    }
    witness->requests += what == WITNESS_REQUEST;
    witness->executions += what == WITNESS_EXECUTION;
}

enum result witness_read(struct verify *verify, const char *path, bool before,
                         struct error *error) {
    assert(verify != NULL && path != NULL);
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        return error_set(error, RESULT_NOT_FOUND, "the ledger %.200s cannot be opened: %s", path,
                         strerror(errno));
    }
    verify->witnessed = true;
    char *line = NULL;
    size_t size = 0;
    uint64_t number = 0;
    enum result result = RESULT_OK;
    while (result == RESULT_OK && getline(&line, &size, file) > 0) {
        enum witness_what what;
        struct uuid id;
        number++;
        result = witness_parse(line, &what, &id, error);
        if (result == RESULT_OK) {
            take(verify, what, &id, before);
        } else {
            (void)error_wrap(error, "%.150s:%llu", path, (unsigned long long)number);
        }
    }
    free(line);
    (void)fclose(file);
    return result;
}

/* Compare what the registry says with what the topics say. */
void verify_witnesses_finish(struct verify *verify) {
    static const struct verify_place place = {.topic = "ledger of the registry", .partition = 0};
    char text[VERIFY_ID_SIZE];
    for (uint32_t i = 0; i < verify->witnesses.items_count; i++) {
        const struct verify_witness *witness = uuid_map_item(&verify->witnesses, i);
        const struct verify_intents *intents =
            uuid_map_find(&verify->intents, &witness->submission_id);
        const char *id = verify_id(&witness->submission_id, text);
        verify->report.counts.requests += witness->requests;
        if (witness->requests > 1 || witness->executions > 1) {
            verify_breach(verify, &place,
                          "the submission %s was sent %u times and executed %u "
                          "times",
                          id, witness->requests, witness->executions);
        }
        if (witness->asked_before && (intents == NULL || intents->count == 0)) {
            verify_breach(verify, &place, "the submission %s was sent without a committed intent",
                          id);
        }
        if (intents != NULL && intents->refused && witness->executions > 0) {
            verify_breach(verify, &place,
                          "the submission %s was executed, and is Refused by "
                          "registry.events",
                          id);
        }
        if (intents != NULL && intents->not_sent && witness->executed_before) {
            verify_breach(verify, &place,
                          "the submission %s was executed, and is NotSent by registry.events", id);
        }
    }
    for (uint32_t i = 0; i < verify->intents.items_count; i++) {
        const struct verify_intents *intents = uuid_map_item(&verify->intents, i);
        const struct verify_witness *witness =
            uuid_map_find(&verify->witnesses, &intents->submission_id);
        if (verify->witnessed && intents->succeeded &&
            (witness == NULL || witness->executions == 0)) {
            verify_breach(verify, &place,
                          "the submission %s Succeeded by registry.events, and was "
                          "not executed",
                          verify_id(&intents->submission_id, text));
        }
    }
}
