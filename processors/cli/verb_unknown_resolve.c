#include <assert.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/duration.h"
#include "cli/outbox.h"
#include "cli/unknown.h"
#include "cli/verbs.h"
#include "outside/clock_os/clock_os.h"

enum { WAIT_MS = 30000 }; /* unless --wait says otherwise */

enum {
    KEY_EXECUTED = 256,
    KEY_NOT_EXECUTED,
    KEY_MAY_EXECUTE_TWICE,
    KEY_EVIDENCE,
    KEY_OPERATOR,
    KEY_WAIT
};

struct resolve {
    bool executed;
    bool not_executed;
    bool may_execute_twice;
    bool yes;
    const char *evidence;
    const char *operator_name;
    int64_t wait_ms;
};

const struct argp_option verb_unknown_resolve_options[] = {
    {"executed", KEY_EXECUTED, NULL, 0, "The registry did it", 0},
    {"not-executed", KEY_NOT_EXECUTED, NULL, 0,
     "The registry did not do it, and never will: the process that sent it must be proven dead", 0},
    {"may-execute-twice", KEY_MAY_EXECUTE_TWICE, NULL, 0,
     "With --not-executed: without that proof; what was sent may still arrive", 0},
    {"evidence", KEY_EVIDENCE, "TEXT", 0, "What the verdict rests on, in plain words", 0},
    {"operator", KEY_OPERATOR, "NAME", 0, "Who decides it (else the user's name)", 0},
    {"wait", KEY_WAIT, "TIME", 0, "Wait so long for the ledger's verdict (default 30s)", 0},
    {"yes", 'y', NULL, 0, "Do not ask", 0},
    {0},
};

static void take(void *values, int key, const char *argument, struct argp_state *state) {
    struct resolve *resolve = values;
    switch (key) {
    case KEY_EXECUTED:
        resolve->executed = true;
        break;
    case KEY_NOT_EXECUTED:
        resolve->not_executed = true;
        break;
    case KEY_MAY_EXECUTE_TWICE:
        resolve->may_execute_twice = true;
        break;
    case KEY_EVIDENCE:
        resolve->evidence = argument;
        break;
    case KEY_OPERATOR:
        resolve->operator_name = argument;
        break;
    case KEY_WAIT:
        if (!duration_parse(argument, &resolve->wait_ms)) {
            argp_error(state, "--wait is a time such as 500ms, 30s or 2m, not \"%s\"", argument);
        }
        break;
    case 'y':
        resolve->yes = true;
        break;
    default:
        assert(false);
    }
}

static void check(const struct resolve *resolve) {
    const char *wrong = NULL;
    if (resolve->executed == resolve->not_executed) {
        wrong = "say either --executed or --not-executed";
    } else if (resolve->may_execute_twice && resolve->executed) {
        wrong = "--may-execute-twice belongs to --not-executed";
    } else if (resolve->evidence == NULL || *resolve->evidence == '\0') {
        wrong = "say with --evidence what the verdict rests on";
    }
    if (wrong != NULL) {
        complain("%s", wrong);
        exit(EXIT_CODE_USAGE);
    }
}

static const char *operator_name(const struct resolve *resolve) {
    const struct passwd *user = resolve->operator_name == NULL ? getpwuid(geteuid()) : NULL;
    return resolve->operator_name != NULL ? resolve->operator_name
           : user != NULL                 ? user->pw_name
                                          : "unknown";
}

/* A verdict is never taken back, so a person at a terminal is asked once. */
static bool agrees(const struct resolve *resolve, const json_t *unknown) {
    char answer[8];
    if (resolve->yes || isatty(STDIN_FILENO) == 0 || isatty(STDERR_FILENO) == 0) {
        return true;
    }
    (void)fprintf(stderr, "The submission %s at %s was %s%s. This is for good. Right? [y/N] ",
                  json_string_value(json_object_get(unknown, "submissionId")),
                  json_string_value(json_object_get(unknown, "registry")),
                  resolve->executed ? "executed" : "not executed",
                  resolve->may_execute_twice ? ", and may be executed later even so" : "");
    return fgets(answer, sizeof answer, stdin) != NULL && (answer[0] == 'y' || answer[0] == 'Y');
}

static json_t *order_of(const struct resolve *resolve, const json_t *unknown) {
    const char *rule = resolve->executed            ? "None"
                       : resolve->may_execute_twice ? "MayExecuteTwice"
                                                    : "WriterDead";
    return json_pack(
        "{s:O, s:O, s:b, s:s, s:s, s:s}", "submissionId", json_object_get(unknown, "submissionId"),
        "certificateId", json_object_get(unknown, "certificateId"), "executed", resolve->executed,
        "evidence", resolve->evidence, "operator", operator_name(resolve), "closingRule", rule);
}

static int send(const struct invocation *invocation, struct reading *reading,
                const struct resolve *resolve, const json_t *unknown) {
    struct outbox outbox = {.items = NULL};
    struct error error;
    json_t *order = order_of(resolve, unknown);
    assert(order != NULL);
    enum result result =
        outbox_add(&outbox, reading, MESSAGE_REGISTRY_OPERATIONS_RESOLVE_SUBMISSION, order, &error);
    json_decref(order);
    if (result == RESULT_OK) {
        struct topics_file *topics = invocation_topics(invocation);
        struct kafka_reader *reader = outbox_listen(&outbox, reading, topics);
        topics_file_close(topics);
        result = outbox_send(&outbox, &reading->connection, &error);
        if (result == RESULT_OK) {
            outbox_wait(&outbox, reading, reader, resolve->wait_ms);
        } else {
            kafka_reader_close(reader);
        }
    }
    if (result != RESULT_OK) {
        complain("%s", error.text);
        outbox_deinit(&outbox);
        return result == RESULT_INVALID ? EXIT_CODE_USAGE : (int)exit_code_of(result);
    }
    json_t *view = outbox_view(&outbox, 0);
    output_object(stdout, invocation->format, view);
    json_decref(view);
    const int code = (int)awaiting_exit_code(outbox.awaited, outbox.count);
    outbox_deinit(&outbox);
    return code;
}

int verb_unknown_resolve(struct invocation *invocation, int argc, char **argv) {
    static struct reading reading;
    struct resolve resolve = {.wait_ms = WAIT_MS};
    const struct verb_options own = {.take = take, .values = &resolve};
    const struct clock clock = clock_os();
    invocation_begin(invocation, argc, argv, &own);
    (void)invocation_id(invocation->arguments[0]);
    check(&resolve);
    reading_open(invocation, &reading);
    json_t *list = unknown_list(&reading, clock.wall_ms(clock.self));
    const json_t *unknown = unknown_find(list, invocation->arguments[0]);
    int code = EXIT_CODE_NOT_FOUND;
    if (unknown == NULL) {
        complain("nothing about %s is unknown now: `millrace unknown ls` lists what is",
                 invocation->arguments[0]);
    } else if (!agrees(&resolve, unknown)) {
        complain("nothing was done");
        code = EXIT_CODE_FAILURE;
    } else {
        code = send(invocation, &reading, &resolve, unknown);
    }
    json_decref(list);
    reading_close(&reading);
    return code;
}
