#include "standin/rule.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name;
    bool executes;
} actions[] = {
    [RULE_EXECUTE] = {"execute", true},
    [RULE_REFUSE] = {"refuse", false},
    [RULE_FAIL] = {"fail", false},
    [RULE_FAIL_EXECUTED] = {"fail-executed", true},
    [RULE_IGNORE] = {"ignore", false},
    [RULE_LOSE_ANSWER] = {"lose-answer", true},
    [RULE_HALF_REPLY] = {"half-reply", true},
    [RULE_HANG_UP] = {"hang-up", false},
    [RULE_HANG_UP_AFTER] = {"hang-up-after", true},
    [RULE_WRONG_ID] = {"wrong-id", true},
    [RULE_TWICE] = {"twice", true},
};

const char *standin_rule_action_name(enum standin_rule_action action) {
    return actions[action].name;
}

bool standin_rule_action_executes(enum standin_rule_action action) {
    return actions[action].executes;
}

static bool parse_count(const char *text, uint64_t *count) {
    char *end;
    *count = strtoull(text, &end, 10);
    return *text >= '1' && *text <= '9' && *end == '\0';
}

static bool parse_when(const char *text, struct standin_rule *rule) {
    if (strncmp(text, "nth=", 4) == 0) {
        return parse_count(text + 4, &rule->nth);
    }
    if (strncmp(text, "every=", 6) == 0) {
        return parse_count(text + 6, &rule->every);
    }
    if (strncmp(text, "next=", 5) == 0) {
        return parse_count(text + 5, &rule->next);
    }
    if (strncmp(text, "p=", 2) == 0) {
        char *end;
        rule->probability = strtod(text + 2, &end);
        return end != text + 2 && *end == '\0' && rule->probability >= 0 && rule->probability <= 1;
    }
    return false;
}

static bool parse_condition(char *text, struct standin_rule *rule) {
    char *at = strpbrk(text, "=<>");
    if (at == NULL || at == text || rule->conditions_count == RULE_CONDITIONS_MAX) {
        return false;
    }
    rule->conditions[rule->conditions_count++] =
        (struct standin_rule_condition){.field = text, .comparison = *at, .value = at + 1};
    *at = '\0';
    return true;
}

bool standin_rule_parse(enum standin_rule_action action, const char *text,
                        struct standin_rule *rule) {
    *rule = (struct standin_rule){.action = action, .probability = 1};
    const size_t length = strlen(text);
    if (length == 0 || length >= sizeof rule->text) {
        return false;
    }
    memcpy(rule->text, text, length + 1);
    char *when = strrchr(rule->text, '@');
    if (when != NULL) {
        *when = '\0';
        if (!parse_when(when + 1, rule)) {
            return false;
        }
    }
    char *conditions = strchr(rule->text, ':');
    if (conditions != NULL) {
        *conditions++ = '\0';
    }
    rule->kind = rule->text;
    while (conditions != NULL) {
        char *next = strchr(conditions, ',');
        if (next != NULL) {
            *next++ = '\0';
        }
        if (!parse_condition(conditions, rule)) {
            return false;
        }
        conditions = next;
    }
    return rule->kind[0] != '\0';
}

/* Does any field of this name hold? An array's items share one name. */
static bool condition_holds(const struct standin_rule_condition *condition,
                            const struct standin_request *request) {
    for (uint32_t i = 0; i < request->fields_count; i++) {
        const struct standin_request_field *field = &request->fields[i];
        if (strcmp(field->name, condition->field) != 0) {
            continue;
        }
        const long long number = atoll(field->value);
        const long long limit = atoll(condition->value);
        if ((condition->comparison == '=' && strcmp(field->value, condition->value) == 0) ||
            (condition->comparison == '<' && number < limit) ||
            (condition->comparison == '>' && number > limit)) {
            return true;
        }
    }
    return false;
}

bool standin_rule_applies(struct standin_rule *rule, const struct standin_request *request,
                          struct standin_chance *chance) {
    if (strcmp(rule->kind, "*") != 0 && strcmp(rule->kind, request->operation) != 0) {
        return false;
    }
    for (uint32_t i = 0; i < rule->conditions_count; i++) {
        if (!condition_holds(&rule->conditions[i], request)) {
            return false;
        }
    }
    rule->matched++;
    if (rule->nth != 0) {
        return rule->matched == rule->nth;
    }
    if (rule->every != 0) {
        return rule->matched % rule->every == 0;
    }
    if (rule->next != 0) {
        return rule->matched <= rule->next;
    }
    return rule->probability >= 1 || standin_chance_draw(chance) < rule->probability;
}
