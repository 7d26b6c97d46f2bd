/* What the stand-in of Project Origin remembers, for how long, and in which order it works. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "standin/project_origin/description.h"
#include "standin/project_origin/proof.h"
#include "tests/support/mimic_scene.h"

enum { PRODUCTION = 2, MINUTE_MS = 60000 };

#define P "34fa59ed-476f-5ced-b30b-a7181683827c"
#define C "0c8d7e1f-0000-4000-8000-0123456789ab"

Test(mimic_status, a_lower_number_never_replaces_a_higher_one) {
    const uint8_t id[MIMIC_ID_BYTES] = {1};
    struct mimic_statuses statuses;
    mimic_statuses_init(&statuses);
    cr_expect_null(mimic_status_get(&statuses, id, 0));
    mimic_status_set(&statuses, id, MIMIC_STATUS_PENDING, NULL, 0);
    mimic_status_set(&statuses, id, MIMIC_STATUS_FAILED, "first", 0);
    mimic_status_set(&statuses, id, MIMIC_STATUS_FAILED, "second", 0);
    mimic_status_set(&statuses, id, MIMIC_STATUS_PENDING, NULL, 0);
    const struct mimic_status_entry *entry = mimic_status_get(&statuses, id, 0);
    cr_assert_not_null(entry);
    cr_expect_eq(entry->status, MIMIC_STATUS_FAILED);
    cr_expect_str_eq(entry->message, "second");
    mimic_status_set(&statuses, id, MIMIC_STATUS_COMMITTED, NULL, 0);
    mimic_status_set(&statuses, id, MIMIC_STATUS_FAILED, "third", 0);
    entry = mimic_status_get(&statuses, id, 0);
    cr_assert_not_null(entry);
    cr_expect_eq(entry->status, MIMIC_STATUS_COMMITTED);
    cr_expect_null(entry->message);
    mimic_statuses_deinit(&statuses);
}

Test(mimic_status, an_hour_is_counted_from_the_last_look) {
    const uint8_t id[MIMIC_ID_BYTES] = {2};
    const uint8_t twin[MIMIC_ID_BYTES] = {2, 0, 1};
    struct mimic_statuses statuses;
    mimic_statuses_init(&statuses);
    mimic_status_set(&statuses, id, MIMIC_STATUS_PENDING, NULL, 0);
    mimic_status_set(&statuses, twin, MIMIC_STATUS_PENDING, NULL, 0);
    cr_expect_not_null(mimic_status_get(&statuses, id, 60 * MINUTE_MS - 1));
    cr_expect_not_null(mimic_status_get(&statuses, id, 119 * MINUTE_MS));
    cr_expect_null(mimic_status_get(&statuses, twin, 60 * MINUTE_MS));
    cr_expect_null(mimic_status_get(&statuses, id, 179 * MINUTE_MS));
    cr_expect_eq(statuses.count, 0);
    mimic_statuses_deinit(&statuses);
}

static struct mimic_transaction *issuing(struct mimic_scene *scene, const char *stream) {
    struct mimic_issue it;
    mimic_issue_init(&it, stream, PRODUCTION, 10, &scene->alice);
    return mimic_scene_sign(scene, stream, &it.event.base, &scene->issuer);
}

Test(mimic_registry, queues_first_and_executes_later_in_order_per_stream) {
    struct mimic_scene scene;
    struct mimic_transfer transfer;
    uint8_t ids[3][MIMIC_ID_BYTES];
    mimic_scene_open(&scene);
    scene.latency = (struct standin_latency){.shape = LATENCY_FIXED, .low_ms = 1000};
    mimic_transfer_init(&transfer, P, 10, &scene.bob);
    struct mimic_transaction *sent[] = {
        issuing(&scene, P),
        mimic_scene_sign(&scene, P, &transfer.event.base, &scene.alice),
        issuing(&scene, C),
    };
    for (int i = 0; i < 3; i++) {
        memcpy(ids[i], sent[i]->id, MIMIC_ID_BYTES);
        cr_expect_eq(mimic_scene_status(&scene, ids[i]), MIMIC_STATUS_UNKNOWN);
        cr_assert(mimic_registry_queue(&scene.registry, sent[i], MIMIC_FATE_RUN));
        cr_expect_eq(mimic_scene_status(&scene, ids[i]), MIMIC_STATUS_PENDING);
    }
    mimic_scene_pass(&scene, 999);
    cr_expect_eq(mimic_scene_status(&scene, ids[0]), MIMIC_STATUS_PENDING);
    mimic_scene_pass(&scene, 1);
    cr_expect_eq(mimic_scene_status(&scene, ids[0]), MIMIC_STATUS_COMMITTED);
    cr_expect_eq(mimic_scene_status(&scene, ids[2]), MIMIC_STATUS_COMMITTED);
    cr_expect_eq(mimic_scene_status(&scene, ids[1]), MIMIC_STATUS_PENDING);
    mimic_scene_pass(&scene, 1000);
    cr_expect_eq(mimic_scene_status(&scene, ids[1]), MIMIC_STATUS_COMMITTED);
    mimic_scene_pass(&scene, 8999);
    cr_expect_eq(mimic_scene_status(&scene, ids[0]), MIMIC_STATUS_COMMITTED);
    mimic_scene_pass(&scene, 1);
    cr_expect_eq(mimic_scene_status(&scene, ids[0]), MIMIC_STATUS_FINALIZED);
    mimic_scene_close(&scene);
}

/* The same bytes once more. */
static struct mimic_transaction *copy_of(const struct mimic_transaction *transaction) {
    return mimic_transaction_parse(transaction->bytes, transaction->length);
}

static void send_bytes(struct mimic_scene *scene, const struct mimic_transaction *transaction) {
    cr_assert(mimic_registry_queue(&scene->registry, copy_of(transaction), MIMIC_FATE_RUN));
    mimic_scene_pass(scene, 0);
}

Test(mimic_registry, a_failure_of_the_same_bytes_is_hidden_for_an_hour_only) {
    struct mimic_scene scene;
    mimic_scene_open(&scene);
    struct mimic_transaction *it = issuing(&scene, P);
    send_bytes(&scene, it);
    mimic_scene_pass(&scene, 10 * MINUTE_MS);
    send_bytes(&scene, it); /* it is judged, and nobody sees how */
    cr_expect_eq(scene.registry.counts.failed, 1);
    cr_expect_eq(mimic_scene_status(&scene, it->id), MIMIC_STATUS_FINALIZED);
    mimic_scene_pass(&scene, 61 * MINUTE_MS);
    send_bytes(&scene, it); /* the stream has it, and the cache says that it failed */
    cr_expect_eq(mimic_scene_status(&scene, it->id), MIMIC_STATUS_FAILED);
    mimic_scene_pass(&scene, 61 * MINUTE_MS);
    cr_expect_eq(mimic_scene_status(&scene, it->id), MIMIC_STATUS_FINALIZED);
    send_bytes(&scene, it); /* who asks first is protected */
    cr_expect_eq(mimic_scene_status(&scene, it->id), MIMIC_STATUS_FINALIZED);
    mimic_transaction_close(it);
    mimic_scene_close(&scene);
}

Test(mimic_registry, the_same_transfer_is_executed_again_once_the_slice_is_back) {
    struct mimic_scene scene;
    struct mimic_transfer there;
    struct mimic_transfer back;
    mimic_scene_open(&scene);
    struct mimic_transaction *it = issuing(&scene, P);
    send_bytes(&scene, it);
    mimic_transfer_init(&there, P, 10, &scene.bob);
    mimic_transfer_init(&back, P, 10, &scene.alice);
    struct mimic_transaction *first = mimic_scene_sign(&scene, P, &there.event.base, &scene.alice);
    send_bytes(&scene, first);
    cr_expect_eq(mimic_scene_send(&scene, P, &back.event.base, &scene.bob), MIMIC_STATUS_COMMITTED);
    send_bytes(&scene, first);
    cr_expect_eq(scene.registry.counts.committed, 4);
    uint8_t id[MIMIC_UUID_BYTES];
    cr_assert(mimic_uuid_parse(P, id));
    const struct mimic_stream *stream = mimic_stream_find(&scene.registry.streams, id);
    cr_assert_eq(stream->rows_count, 4);
    cr_expect_eq(
        memcmp(stream->rows[1]->transaction->id, stream->rows[3]->transaction->id, MIMIC_ID_BYTES),
        0);
    mimic_transaction_close(first);
    mimic_transaction_close(it);
    mimic_scene_close(&scene);
}

Test(mimic_registry, fates_of_rules) {
    struct mimic_scene scene;
    mimic_scene_open(&scene);
    static const struct {
        enum mimic_fate fate;
        enum mimic_status now;
        enum mimic_status later;
    } rows[] = {
        {MIMIC_FATE_REFUSED, MIMIC_STATUS_FAILED, MIMIC_STATUS_UNKNOWN},
        {MIMIC_FATE_LOST, MIMIC_STATUS_PENDING, MIMIC_STATUS_UNKNOWN},
        {MIMIC_FATE_POISON, MIMIC_STATUS_PENDING, MIMIC_STATUS_UNKNOWN},
        {MIMIC_FATE_RUN, MIMIC_STATUS_COMMITTED, MIMIC_STATUS_FINALIZED},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct mimic_transaction *it = issuing(&scene, P);
        cr_assert(mimic_registry_queue(&scene.registry, copy_of(it), rows[i].fate));
        mimic_scene_pass(&scene, 0);
        cr_expect_eq(mimic_scene_status(&scene, it->id), rows[i].now, "row %zu", i);
        mimic_scene_pass(&scene, 61 * MINUTE_MS);
        cr_expect_eq(mimic_scene_status(&scene, it->id), rows[i].later, "row %zu", i);
        mimic_transaction_close(it);
    }
    mimic_scene_close(&scene);
}

Test(mimic_registry, killed_it_loses_queue_and_cache_and_keeps_its_streams) {
    struct mimic_scene scene;
    mimic_scene_open(&scene);
    struct mimic_transaction *done = issuing(&scene, P);
    struct mimic_transaction *waiting = issuing(&scene, C);
    send_bytes(&scene, done);
    scene.latency = (struct standin_latency){.shape = LATENCY_FIXED, .low_ms = 1000};
    cr_assert(mimic_registry_queue(&scene.registry, copy_of(waiting), MIMIC_FATE_RUN));
    mimic_scene_pass(&scene, 5000 - 4001);
    mimic_scene_restart(&scene);
    mimic_scene_pass(&scene, 2000);
    cr_expect_eq(mimic_scene_status(&scene, waiting->id), MIMIC_STATUS_UNKNOWN);
    cr_expect_eq(mimic_scene_status(&scene, done->id), MIMIC_STATUS_COMMITTED);
    mimic_scene_pass(&scene, 10000);
    cr_expect_eq(mimic_scene_status(&scene, done->id), MIMIC_STATUS_FINALIZED);
    mimic_transaction_close(done);
    mimic_transaction_close(waiting);
    mimic_scene_close(&scene);
}

Test(mimic_registry, only_its_own_executions_are_restored) {
    static const char *const lines[] = {
        "{\"what\":\"execution\",\"submissionId\":\"0a\"}\n",
        "{\"what\":\"execution\",\"submissionId\":\"0a\",\"transaction\":\"no Base64!\"}\n",
        "{\"what\":\"execution\",\"submissionId\":\"0a\",\"transaction\":\"AAAA\"}\n",
    };
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        struct mimic_scene scene;
        struct error error = {.text = ""};
        mimic_scene_open(&scene);
        FILE *file = fopen(scene.ledger_path, "w");
        cr_assert(file != NULL && fputs("{\"what\":\"request\"}\n", file) >= 0 &&
                  fputs(lines[i], file) >= 0 && fclose(file) == 0);
        cr_expect_eq(mimic_registry_restore(&scene.registry, scene.ledger_path, &error),
                     RESULT_INVALID, "row %zu", i);
        cr_expect_not_null(strstr(error.text, "line 2 is an execution of another registry; give"),
                           "row %zu: %s", i, error.text);
        mimic_scene_close(&scene);
    }
}

Test(mimic_registry, a_transaction_without_a_stream_is_pending_and_goes_nowhere) {
    struct mimic_scene scene;
    mimic_scene_open(&scene);
    const ProjectOrigin__Registry__V1__Transaction message =
        PROJECT_ORIGIN__REGISTRY__V1__TRANSACTION__INIT;
    struct mimic_transaction *it = mimic_transaction_open(&message);
    cr_expect_not(mimic_registry_queue(&scene.registry, copy_of(it), MIMIC_FATE_RUN));
    cr_expect_eq(mimic_scene_status(&scene, it->id), MIMIC_STATUS_PENDING);
    mimic_transaction_close(it);
    mimic_scene_close(&scene);
}

Test(mimic_proof, the_library_s_vector_is_right_and_nothing_else_is) {
    static const uint8_t left[] = {0x7a, 0x73, 0xce, 0x35, 0x29, 0x1a, 0x18, 0xb5, 0xe8, 0xe6, 0x29,
                                   0xba, 0x9c, 0x70, 0x3b, 0xa0, 0xdc, 0xf2, 0x92, 0x82, 0xd4, 0x4f,
                                   0xf1, 0xa9, 0x3a, 0x21, 0x0f, 0x3d, 0x8b, 0xe0, 0x37, 0x77};
    static const uint8_t right[] = {0xf6, 0x96, 0x0a, 0x9f, 0xb8, 0xc4, 0xfb, 0xac,
                                    0x08, 0xc0, 0xc1, 0x8a, 0x9e, 0xdc, 0x7c, 0x04,
                                    0x50, 0x21, 0xa7, 0xae, 0xf7, 0x24, 0xcb, 0x19,
                                    0xe1, 0x42, 0xc2, 0xc3, 0x48, 0x22, 0x62, 0x36};
    uint8_t proof[] = {0x16, 0x63, 0xc0, 0x83, 0xc2, 0x29, 0x78, 0x3b, 0x46, 0x61, 0xa3, 0xb5, 0x47,
                       0x75, 0xe2, 0x76, 0x20, 0xee, 0x35, 0x1a, 0x98, 0xd7, 0x47, 0xa0, 0x42, 0xe3,
                       0x5e, 0xe2, 0x22, 0x52, 0x1b, 0x01, 0x8b, 0x57, 0xc2, 0xaa, 0xd2, 0xf2, 0x24,
                       0x36, 0xdc, 0xbb, 0xdf, 0xe8, 0x33, 0xcc, 0xf5, 0xe1, 0xef, 0x44, 0xd7, 0xe3,
                       0x46, 0xa7, 0xa4, 0x72, 0xf1, 0xd8, 0xaf, 0x19, 0xc4, 0x5d, 0xa6, 0x01};
    cr_expect(mimic_proof_is_right(proof, left, right, "test"));
    cr_expect_not(mimic_proof_is_right(proof, right, left, "test"));
    cr_expect_not(mimic_proof_is_right(proof, left, right, "tests"));
    proof[40] ^= 1;
    cr_expect_not(mimic_proof_is_right(proof, left, right, "test"));
    proof[40] ^= 1;
    /* The library takes scalars that are not reduced: the response plus the group's order. */
    static const uint8_t order[] = {0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58,
                                    0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
                                    0,    0,    0,    0,    0,    0,    0,    0,
                                    0,    0,    0,    0,    0,    0,    0,    0x10};
    unsigned carry = 0;
    for (size_t i = 0; i < sizeof order; i++) {
        carry += (unsigned)proof[32 + i] + order[i];
        proof[32 + i] = (uint8_t)carry;
        carry >>= 8;
    }
    cr_expect(mimic_proof_is_right(proof, left, right, "test"));
}

static struct mimic_names names;

static enum mimic_action choose(struct mimic_faults *faults, struct mimic_scene *scene,
                                const ProtobufCMessage *event) {
    struct mimic_description *description = malloc(sizeof *description);
    struct mimic_transaction *it = mimic_scene_sign(scene, P, event, &scene->alice);
    mimic_describe(it, &names, description);
    const enum mimic_action action = mimic_fault_of_transaction(faults, &description->request);
    mimic_description_close(description);
    mimic_transaction_close(it);
    free(description);
    return action;
}

Test(mimic_fault, the_first_rule_that_applies_decides) {
    struct mimic_scene scene;
    struct mimic_issue issue;
    struct mimic_transfer transfer;
    struct standin_chance chance = {.state = 1};
    struct mimic_faults faults = {.chance = &chance};
    mimic_scene_open(&scene);
    mimic_issue_init(&issue, P, PRODUCTION, 10, &scene.alice);
    mimic_transfer_init(&transfer, P, 10, &scene.bob);
    cr_assert(mimic_fault_add_line(&faults, "refuse issue:attribute.FuelCode=F01040100@next=2"));
    cr_assert(mimic_fault_add_line(&faults, "goaway issue:gridArea=DK1"));
    cr_assert(mimic_fault_add_line(&faults, "unavailable status"));
    cr_assert(mimic_fault_add_line(&faults, "lose *@every=2"));
    cr_expect_eq(choose(&faults, &scene, &issue.event.base), MIMIC_ACTION_REFUSE);
    cr_expect_eq(choose(&faults, &scene, &issue.event.base), MIMIC_ACTION_REFUSE);
    cr_expect_eq(choose(&faults, &scene, &issue.event.base), MIMIC_ACTION_GOAWAY);
    cr_expect_eq(choose(&faults, &scene, &transfer.event.base), MIMIC_ACTION_NONE);
    cr_expect_eq(choose(&faults, &scene, &transfer.event.base), MIMIC_ACTION_LOSE);
    cr_expect_eq(mimic_fault_of_reading(&faults, "status"), MIMIC_ACTION_UNAVAILABLE);
    cr_expect_eq(mimic_fault_of_reading(&faults, "stream"), MIMIC_ACTION_NONE);
    faults.count = 0;
    cr_assert(mimic_fault_add_line(&faults, "refuse transfer:newOwner=bob"));
    cr_expect_eq(choose(&faults, &scene, &transfer.event.base), MIMIC_ACTION_NONE);
    names.each[0].name = "bob";
    names.each[0].key.key = scene.bob.key;
    names.count = 1;
    cr_expect_eq(choose(&faults, &scene, &transfer.event.base), MIMIC_ACTION_REFUSE);
    faults.count = 0;
    cr_assert(mimic_fault_add_line(&faults, "ignore *"));
    cr_expect_eq(mimic_fault_of_reading(&faults, "stream"), MIMIC_ACTION_NONE, "not all of them");
    mimic_scene_close(&scene);
}

Test(mimic_fault, what_is_no_rule_is_refused) {
    static const char *const lines[] = {"",          "refuse",          "refuse ",     "burn *",
                                        "execute *", "refuse *@next=0", "refuse *@p=2"};
    struct standin_chance chance = {.state = 1};
    struct mimic_faults faults = {.chance = &chance};
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        cr_expect_not(mimic_fault_add_line(&faults, lines[i]), "\"%s\"", lines[i]);
    }
    cr_expect_eq(faults.count, 0);
}
