/* When the stand-in misbehaves, and how: one rule for each way, on fields, counts or chance. */
#ifndef MILLRACE_STANDIN_RULE_H
#define MILLRACE_STANDIN_RULE_H

#include <stdbool.h>
#include <stdint.h>

#include "standin/chance.h"
#include "standin/request.h"

enum { RULE_CONDITIONS_MAX = 8, RULE_TEXT_MAX = 256 };

enum standin_rule_action {
    RULE_EXECUTE,       /* no rule matches: execute and say so */
    RULE_REFUSE,        /* do not execute, and say so */
    RULE_FAIL,          /* do not execute, and answer with a verdict that says nothing */
    RULE_FAIL_EXECUTED, /* execute, and answer with a verdict that says nothing */
    RULE_IGNORE,        /* do not execute, and say nothing, ever */
    RULE_LOSE_ANSWER,   /* execute, and say nothing, ever */
    RULE_HALF_REPLY,    /* execute, send half of the answer and hang up */
    RULE_HANG_UP,       /* do not execute, and hang up without an answer */
    RULE_HANG_UP_AFTER, /* execute, and hang up without an answer */
    RULE_WRONG_ID,      /* execute, and answer about another transaction */
    RULE_TWICE,         /* execute once, and answer twice */
};

struct standin_rule_condition {
    const char *field;
    char comparison; /* '=', '<', '>'; the latter two for numbers */
    const char *value;
};

/* `KIND[:FIELD=VALUE[,FIELD>VALUE…]][@nth=N|@every=N|@next=N|@p=X]`, KIND an operation or `*`. */
struct standin_rule {
    enum standin_rule_action action;
    char text[RULE_TEXT_MAX]; /* cut into the strings below */
    const char *kind;
    struct standin_rule_condition conditions[RULE_CONDITIONS_MAX];
    uint32_t conditions_count;
    uint64_t nth;       /* 0: not asked; else only the nth request that matches the rest */
    uint64_t every;     /* 0: not asked; else each such that is a multiple */
    uint64_t next;      /* 0: not asked; else only so many such, from now on */
    double probability; /* 1: always */
    uint64_t matched;   /* requests that matched kind and conditions so far */
};

/* False: `text` is no rule. */
bool standin_rule_parse(enum standin_rule_action action, const char *text,
                        struct standin_rule *rule);

/* Is this request the rule's? Counts it, and draws where the rule has a probability. */
bool standin_rule_applies(struct standin_rule *rule, const struct standin_request *request,
                          struct standin_chance *chance);

/* The name of an action, as an option of the command line and in the ledger. */
const char *standin_rule_action_name(enum standin_rule_action action);
bool standin_rule_action_executes(enum standin_rule_action action);

#endif
