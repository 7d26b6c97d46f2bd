#include "standin/project_origin/send.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

/* One of the call's transactions, and what is to become of it. */
struct parcel {
    struct mimic_transaction *transaction; /* NULL: it is the registry's already */
    enum mimic_action action;
};

static struct mimic_description described; /* one at a time: there is one thread */

static enum mimic_action choose(struct mimic_service *service,
                                const struct mimic_transaction *transaction) {
    if (service->faults->count == 0) {
        return MIMIC_ACTION_NONE;
    }
    mimic_describe(transaction, service->names, &described);
    const enum mimic_action action =
        mimic_fault_of_transaction(service->faults, &described.request);
    mimic_description_close(&described);
    return action;
}

static void witness(struct mimic_service *service, enum standin_ledger_what what,
                    const struct mimic_transaction *transaction, const char *action) {
    const struct clock *clock = &service->registry->clock;
    mimic_describe(transaction, service->names, &described);
    const uint32_t times = standin_ledger_write(service->registry->ledger, what, &described.request,
                                                action, clock->wall_ms(clock->self));
    if (times > 1) {
        (void)fprintf(stderr, "standin: submission %s was sent %u times\n",
                      described.request.submission_id, times);
    }
    mimic_description_close(&described);
}

/* The first reply that is not as it should be, and whether the whole call is unprocessed. */
static enum mimic_reply reply_of(const struct parcel *parcels, size_t count, bool *unprocessed) {
    enum mimic_reply reply = MIMIC_REPLY_ANSWER;
    *unprocessed = false;
    for (size_t i = 0; i < count; i++) {
        const enum mimic_reply each = mimic_action_reply(parcels[i].action);
        if (!*unprocessed && mimic_action_fate(parcels[i].action) == MIMIC_FATE_UNPROCESSED) {
            *unprocessed = true;
            reply = each;
        }
        if (reply == MIMIC_REPLY_ANSWER) {
            reply = each;
        }
    }
    return reply;
}

static bool queue_all(struct mimic_service *service, struct parcel *parcels, size_t count) {
    bool going_on = true;
    bool all = true;
    for (size_t i = 0; i < count; i++) {
        const enum mimic_fate fate = mimic_action_fate(parcels[i].action);
        witness(service, LEDGER_REQUEST, parcels[i].transaction,
                going_on ? mimic_action_name(parcels[i].action) : "not-reached");
        if (!going_on || fate == MIMIC_FATE_DROPPED) {
            going_on = false;
            continue;
        }
        struct mimic_transaction *transaction = parcels[i].transaction;
        parcels[i].transaction = NULL;
        going_on = mimic_registry_queue(service->registry, transaction, fate);
        all = all && going_on;
    }
    return all;
}

bool mimic_send(struct mimic_service *service,
                ProjectOrigin__Registry__V1__Transaction *const *transactions, size_t count,
                enum mimic_reply *reply) {
    struct parcel *parcels = calloc(count + 1, sizeof *parcels);
    bool unprocessed;
    bool all = true;
    assert(parcels != NULL);
    for (size_t i = 0; i < count; i++) {
        parcels[i].transaction = mimic_transaction_open(transactions[i]);
        parcels[i].action = choose(service, parcels[i].transaction);
    }
    service->requests += count;
    *reply = reply_of(parcels, count, &unprocessed);
    if (unprocessed) {
        for (size_t i = 0; i < count; i++) {
            witness(service, LEDGER_UNPROCESSED, parcels[i].transaction, "");
        }
    } else {
        all = queue_all(service, parcels, count);
    }
    for (size_t i = 0; i < count; i++) {
        if (parcels[i].transaction != NULL) {
            mimic_transaction_close(parcels[i].transaction);
        }
    }
    free(parcels);
    return all;
}
