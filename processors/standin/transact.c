/* What the stand-in does with a request: write it down, take its time, execute or not, answer. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "standin/server.h"

enum { REPLY_MAX = 2048, LENGTH_BYTES = 4 };

static enum standin_rule_action decide(struct standin_server *server,
                                       const struct standin_request *request) {
    struct standin_options *options = server->options;
    for (uint32_t i = 0; i < options->rules_count; i++) {
        if (standin_rule_applies(&options->rules[i], request, &server->chance)) {
            return options->rules[i].action;
        }
    }
    return RULE_EXECUTE;
}

void standin_server_request(struct standin_server *server, struct standin_client *client,
                            char *frame, size_t length) {
    static struct standin_request_field fields[REQUEST_FIELDS_MAX];
    struct standin_request request = {.fields = fields};
    const char *why;
    if (!standin_request_read(frame, length, &request, &why)) {
        (void)fprintf(stderr, "standin: a request that cannot be read: %s\n", why);
        free(frame);
        client->ended = true;
        return;
    }
    const enum standin_rule_action action = decide(server, &request);
    const uint32_t times = standin_ledger_write(server->ledger, LEDGER_REQUEST, &request,
                                                standin_rule_action_name(action),
                                                server->clock.wall_ms(server->clock.self));
    if (times > 1) {
        (void)fprintf(stderr, "standin: submission %s was sent %u times\n", request.submission_id,
                      times);
    }
    request.fields = NULL;
    request.fields_count = 0;
    const struct standin_job job = {
        .due_ms = server->clock.monotonic_ms(server->clock.self) +
                  standin_latency_draw(&server->options->latency, &server->chance),
        .order = server->orders++,
        .client = client->number,
        .frame = frame,
        .request = request,
        .action = action,
    };
    standin_jobs_add(&server->jobs, &job);
}

static void put_reply(struct standin_client *client, const struct standin_request *request,
                      const char *verdict, const char *words, enum standin_rule_action action) {
    char frame[LENGTH_BYTES + REPLY_MAX];
    const char *transaction_id = request->transaction_id;
    const int written = snprintf(frame + LENGTH_BYTES, REPLY_MAX, "%s %s %s %s%.256s\n%s", verdict,
                                 request->submission_id, request->attempt,
                                 action == RULE_WRONG_ID ? "not-" : "", transaction_id, words);
    assert(written > 0 && written < REPLY_MAX);
    for (int i = 0; i < LENGTH_BYTES; i++) {
        frame[i] = (char)((uint32_t)written >> (8 * (LENGTH_BYTES - 1 - i)));
    }
    const size_t length = LENGTH_BYTES + (size_t)written;
    if (action == RULE_HALF_REPLY) {
        standin_client_send(client, frame, length / 2);
        client->hang_up = true;
        return;
    }
    standin_client_send(client, frame, length);
    if (action == RULE_TWICE) {
        standin_client_send(client, frame, length);
    }
}

void standin_server_finish(struct standin_server *server, struct standin_client *client,
                           const struct standin_job *job) {
    const struct standin_request *request = &job->request;
    const int64_t wall_ms = server->clock.wall_ms(server->clock.self);
    if (standin_rule_action_executes(job->action)) {
        (void)standin_ledger_write(server->ledger, LEDGER_EXECUTION, request, "", wall_ms);
    } else if (job->action == RULE_REFUSE) {
        (void)standin_ledger_write(server->ledger, LEDGER_REFUSAL, request, "", wall_ms);
    }
    if (client == NULL) {
        return; /* what was accepted is done, whoever still listens */
    }
    switch (job->action) {
    case RULE_EXECUTE:
    case RULE_HALF_REPLY:
    case RULE_WRONG_ID:
    case RULE_TWICE:
        put_reply(client, request, "executed", "executed by the stand-in", job->action);
        return;
    case RULE_REFUSE:
        put_reply(client, request, "refused", "refused by a rule of the stand-in", job->action);
        return;
    case RULE_FAIL:
    case RULE_FAIL_EXECUTED:
        put_reply(client, request, "failed", "something went wrong", job->action);
        return;
    case RULE_IGNORE:
    case RULE_LOSE_ANSWER:
        return;
    case RULE_HANG_UP:
    case RULE_HANG_UP_AFTER:
        client->ended = true;
        return;
    }
}
