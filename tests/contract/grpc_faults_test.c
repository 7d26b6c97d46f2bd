/* The fault points on a call's way out and back: where each of them is, seen from the server. */
#include "tests/support/fault_notes.h"
#include "tests/support/grpc_scene.h"

static struct grpc_scene scene;

static void open_all(void) {
    grpc_scene_open(&scene);
}

static void close_all(void) {
    fault_notes_end();
    grpc_scene_close(&scene);
}

TestSuite(grpc_faults, .init = open_all, .fini = close_all);

/* At these points the server has not even headers of the call; and at those, it or none of it. */
static void look_for_call(const char *name) {
    if (scene.links[0].input == NULL) {
        return;
    }
    if (strcmp(name, "call.before-write") == 0) {
        cr_expect_not(h2_link_has_begun(&scene.links[0], 1));
    } else if (strcmp(name, "call.written") == 0) {
        cr_expect(h2_link_request(&scene.links[0], &scene.request), "all of it is there");
    }
}

Test(grpc_faults, on_the_way_of_a_call) {
    fault_notes_begin(NULL, look_for_call);
    (void)grpc_scene_call(&scene, 1);
    grpc_scene_connect(&scene, 0, H2_NOT_SAID, H2_NOT_SAID);
    SCENE_UNTIL(&scene, (grpc_poll(scene.client), scene.request.stream_id == 1));
    cr_expect_str_eq(fault_notes_take(),
                     "call.before-connect call.connected call.before-write call.written ");
    h2_link_frame(&scene.links[0], H2_PUSH_PROMISE, H2_END_HEADERS, 1, "\0\0\0\2\x82", 5);
    SCENE_UNTIL(&scene, (grpc_scene_requests(&scene, 0), scene.links[0].resets == 1));
    cr_expect_str_eq(fault_notes_take(), "", "what belongs to no call is no point");
    h2_link_reply(&scene.links[0], 1, "well done");
    grpc_scene_expect(&scene, 1, GRPC_OUTCOME_REPLY, "", "reply");
    cr_expect_str_eq(fault_notes_take(), "reply.read ");
}

static bool half_was_seen;

static void look_for_half(const char *name) {
    if (strcmp(name, "call.half-written") == 0) {
        cr_expect_not(h2_link_request(&scene.links[0], &scene.request), "only half of it is there");
        half_was_seen = scene.links[0].received > 0;
    }
}

Test(grpc_faults, half_a_call_is_made_to_happen) {
    fault_notes_begin("call.half-written", look_for_half);
    grpc_scene_begin(&scene);
    cr_expect_str_eq(fault_notes_take(),
                     "call.before-connect call.connected call.before-write call.half-written "
                     "call.before-write call.written ");
    cr_expect(half_was_seen);
    cr_expect_eq(scene.request.length, 14, "and then the rest comes");
    h2_link_reply(&scene.links[0], 1, "well done");
    grpc_scene_expect(&scene, 1, GRPC_OUTCOME_REPLY, "", "reply");
}
