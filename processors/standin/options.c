#include "standin/options.h"

#include <argp.h>
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "standin/standin.h"

enum { EXIT_USAGE = 2 };

enum key {
    KEY_LISTEN = 'l',
    KEY_LEDGER = 'f',
    KEY_LATENCY = 't',
    KEY_SEED = 's',
    KEY_OUTAGE = 0x100,
    KEY_PROTOCOL,
    KEY_ACTION = 0x200, /* plus a rule_action */
};

#define ACTION(name, action, text) \
    { name, KEY_ACTION + (action), "RULE", 0, text, 2 }

const struct argp_option standin_known[] = {
    {"protocol", KEY_PROTOCOL, "NAME", 0,
     "plain (default), or project-origin, which has other options: see its own --help", 1},
    {"listen", KEY_LISTEN, "ADDRESS", 0, "unix:/path, host:port or [ipv6]:port", 1},
    {"ledger", KEY_LEDGER, "FILE", 0, "Append every request and execution to FILE", 1},
    {"latency", KEY_LATENCY, "SHAPE", 0,
     "How long a transaction takes: fixed:500ms (default fixed:0), uniform:1s..3s, exponential:2s",
     1},
    {"seed", KEY_SEED, "NUMBER", 0, "Of all chance (default 1)", 1},
    {"outage", KEY_OUTAGE, "BEGIN..END", 0,
     "Nobody can connect, no connection lives; counted from the start, for example 10s..15s", 1},
    ACTION("refuse", RULE_REFUSE, "Do not execute, and say so"),
    ACTION("fail", RULE_FAIL, "Do not execute, and answer without saying whether it was"),
    ACTION("fail-executed", RULE_FAIL_EXECUTED,
           "Execute, and answer without saying whether it was"),
    ACTION("ignore", RULE_IGNORE, "Do not execute, and never answer"),
    ACTION("lose-answer", RULE_LOSE_ANSWER, "Execute, and never answer"),
    ACTION("half-reply", RULE_HALF_REPLY, "Execute, send half of the answer and hang up"),
    ACTION("hang-up", RULE_HANG_UP, "Do not execute, and hang up"),
    ACTION("hang-up-after", RULE_HANG_UP_AFTER, "Execute, and hang up"),
    ACTION("wrong-id", RULE_WRONG_ID, "Execute, and answer about another transaction"),
    ACTION("twice", RULE_TWICE, "Execute once, and answer twice"),
    {0},
};

static const char doc[] =
    "A registry to test against: it executes whatever it is sent, again if it is sent again, and "
    "writes it down.\v" STANDIN_DETAILS
    "\n\nExample:\n"
    "  millrace standin --listen localhost:7070 --ledger standin.ledger "
    "--latency uniform:100ms..2s --refuse 'transfer:newOwner=mallory' --lose-answer '*@p=0.01'";

static bool parse_outage(const char *text, struct standin_options *options) {
    char begin[16];
    char end[16];
    int used = 0;
    if (options->outages_count == OPTIONS_OUTAGES_MAX ||
        sscanf(text, "%15[0-9a-z]..%15[0-9a-z]%n", begin, end, &used) != 2 || text[used] != '\0') {
        return false;
    }
    struct standin_outage *outage = &options->outages[options->outages_count++];
    return standin_duration_parse(begin, &outage->begin_ms) &&
           standin_duration_parse(end, &outage->end_ms) && outage->begin_ms < outage->end_ms;
}

static bool parse_seed(const char *text, uint64_t *seed) {
    char *end;
    *seed = strtoull(text, &end, 10);
    return *text >= '0' && *text <= '9' && *end == '\0';
}

static bool parse_value(int key, char *value, struct standin_options *options) {
    switch (key) {
    case KEY_LISTEN:
        options->listen = value;
        return true;
    case KEY_LEDGER:
        options->ledger = value;
        return true;
    case KEY_LATENCY:
        return standin_latency_parse(value, &options->latency);
    case KEY_SEED:
        return parse_seed(value, &options->seed);
    case KEY_OUTAGE:
        return parse_outage(value, options);
    case KEY_PROTOCOL:
        return strcmp(value, "plain") == 0;
    default:
        return options->rules_count < OPTIONS_RULES_MAX &&
               standin_rule_parse((enum standin_rule_action)(key - KEY_ACTION), value,
                                  &options->rules[options->rules_count++]);
    }
}

static error_t parse_one(int key, char *value, struct argp_state *state) {
    struct standin_options *options = state->input;
    if (key == ARGP_KEY_ARG) {
        argp_error(state, "\"%s\" is not expected", value);
    }
    if (key == ARGP_KEY_END && (options->listen == NULL || options->ledger == NULL)) {
        argp_error(state, "--listen and --ledger are needed");
    }
    if (key != KEY_LISTEN && key != KEY_LEDGER && key != KEY_LATENCY && key != KEY_SEED &&
        (key < KEY_OUTAGE || key > KEY_ACTION + RULE_TWICE)) {
        return ARGP_ERR_UNKNOWN;
    }
    if (!parse_value(key, value, options)) {
        argp_error(state, "\"%s\" cannot be understood", value);
    }
    return 0;
}

void standin_options_parse(int argc, char **argv, struct standin_options *options) {
    for (const struct argp_option *option = standin_known; option->name != NULL; option++) {
        /* The word is also what the ledger says of a rule that was applied. */
        assert(option->key < KEY_ACTION ||
               strcmp(option->name, standin_rule_action_name((enum standin_rule_action)(
                                        option->key - KEY_ACTION))) == 0);
    }
    const struct argp argp = {.options = standin_known, .parser = parse_one, .doc = doc};
    *options = (struct standin_options){.seed = 1};
    argp_err_exit_status = EXIT_USAGE;
    (void)argp_parse(&argp, argc, argv, 0, NULL, options);
}
