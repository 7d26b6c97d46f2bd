#include "standin/project_origin/fault.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    enum mimic_fate fate;
    enum mimic_reply reply;
} actions[MIMIC_ACTIONS] = {
    [MIMIC_ACTION_NONE] = {"execute", MIMIC_FATE_RUN, MIMIC_REPLY_ANSWER},
    [MIMIC_ACTION_REFUSE] = {"refuse", MIMIC_FATE_REFUSED, MIMIC_REPLY_ANSWER},
    [MIMIC_ACTION_LOSE] = {"lose", MIMIC_FATE_LOST, MIMIC_REPLY_ANSWER},
    [MIMIC_ACTION_POISON] = {"poison", MIMIC_FATE_POISON, MIMIC_REPLY_ANSWER},
    [MIMIC_ACTION_IGNORE] = {"ignore", MIMIC_FATE_DROPPED, MIMIC_REPLY_NONE},
    [MIMIC_ACTION_LOSE_ANSWER] = {"lose-answer", MIMIC_FATE_RUN, MIMIC_REPLY_NONE},
    [MIMIC_ACTION_UNAVAILABLE] = {"unavailable", MIMIC_FATE_DROPPED, MIMIC_REPLY_UNAVAILABLE},
    [MIMIC_ACTION_UNAVAILABLE_AFTER] = {"unavailable-after", MIMIC_FATE_RUN,
                                        MIMIC_REPLY_UNAVAILABLE},
    [MIMIC_ACTION_FAIL] = {"fail", MIMIC_FATE_DROPPED, MIMIC_REPLY_FAIL},
    [MIMIC_ACTION_FAIL_EXECUTED] = {"fail-executed", MIMIC_FATE_RUN, MIMIC_REPLY_FAIL},
    [MIMIC_ACTION_RESET] = {"reset", MIMIC_FATE_DROPPED, MIMIC_REPLY_RESET},
    [MIMIC_ACTION_RESET_AFTER] = {"reset-after", MIMIC_FATE_RUN, MIMIC_REPLY_RESET},
    [MIMIC_ACTION_HANG_UP] = {"hang-up", MIMIC_FATE_DROPPED, MIMIC_REPLY_HANG_UP},
    [MIMIC_ACTION_HANG_UP_AFTER] = {"hang-up-after", MIMIC_FATE_RUN, MIMIC_REPLY_HANG_UP},
    [MIMIC_ACTION_HALF_REPLY] = {"half-reply", MIMIC_FATE_RUN, MIMIC_REPLY_HALF},
    [MIMIC_ACTION_REFUSE_STREAM] = {"refuse-stream", MIMIC_FATE_UNPROCESSED, MIMIC_REPLY_REFUSED},
    [MIMIC_ACTION_GOAWAY] = {"goaway", MIMIC_FATE_UNPROCESSED, MIMIC_REPLY_GOAWAY},
    [MIMIC_ACTION_GOAWAY_AFTER] = {"goaway-after", MIMIC_FATE_RUN, MIMIC_REPLY_LAST_GOAWAY},
};

const char *mimic_action_name(enum mimic_action action) {
    return actions[action].name;
}

enum mimic_fate mimic_action_fate(enum mimic_action action) {
    return actions[action].fate;
}

enum mimic_reply mimic_action_reply(enum mimic_action action) {
    return actions[action].reply;
}

bool mimic_fault_add(struct mimic_faults *faults, enum mimic_action action, const char *rule) {
    assert(action > MIMIC_ACTION_NONE && action < MIMIC_ACTIONS);
    if (faults->count == MIMIC_FAULTS_MAX) {
        return false;
    }
    struct mimic_fault *fault = &faults->each[faults->count];
    fault->action = action;
    if (!standin_rule_parse(RULE_EXECUTE, rule, &fault->when)) {
        return false;
    }
    faults->count++;
    return true;
}

bool mimic_fault_add_line(struct mimic_faults *faults, const char *line) {
    const size_t word = strcspn(line, " ");
    for (int i = MIMIC_ACTION_NONE + 1; i < MIMIC_ACTIONS; i++) {
        if (strlen(actions[i].name) == word && memcmp(actions[i].name, line, word) == 0) {
            return line[word] == ' ' &&
                   mimic_fault_add(faults, (enum mimic_action)i, line + word + 1);
        }
    }
    return false;
}

enum mimic_action mimic_fault_of_transaction(struct mimic_faults *faults,
                                             const struct standin_request *request) {
    for (uint32_t i = 0; i < faults->count; i++) {
        if (standin_rule_applies(&faults->each[i].when, request, faults->chance)) {
            return faults->each[i].action;
        }
    }
    return MIMIC_ACTION_NONE;
}

enum mimic_action mimic_fault_of_reading(struct mimic_faults *faults, const char *kind) {
    const struct standin_request request = {.operation = kind};
    for (uint32_t i = 0; i < faults->count; i++) {
        struct standin_rule *when = &faults->each[i].when;
        if (strcmp(when->kind, kind) == 0 && standin_rule_applies(when, &request, faults->chance)) {
            return faults->each[i].action;
        }
    }
    return MIMIC_ACTION_NONE;
}
