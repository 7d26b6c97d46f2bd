/* What the simulation stands on: time that goes from event to event, and chance that repeats. */
#include <criterion/criterion.h>

#include "tests/simulate/chance.h"
#include "tests/simulate/timeline.h"

TestSuite(simulate_time);

enum { HAPPENED_MAX = 8 };

static struct {
    struct timeline timeline;
    uint64_t happened[HAPPENED_MAX];
    uint32_t count;
} run;

static void note(void *context, uint64_t argument) {
    (void)context;
    cr_assert_lt(run.count, HAPPENED_MAX);
    run.happened[run.count++] = argument;
    if (argument == 3) {
        timeline_in(&run.timeline, 0, note, NULL, 4); /* still of this moment */
    }
}

Test(simulate_time, events_happen_in_the_order_of_their_time_and_then_of_their_making) {
    timeline_at(&run.timeline, 20, note, NULL, 5);
    timeline_at(&run.timeline, 10, note, NULL, 2);
    timeline_at(&run.timeline, 10, note, NULL, 3);
    timeline_in(&run.timeline, 5, note, NULL, 1);
    while (timeline_next_ms(&run.timeline) != INT64_MAX) {
        timeline_move(&run.timeline, timeline_next_ms(&run.timeline));
    }
    cr_assert_eq(run.count, 5);
    for (uint32_t i = 0; i < run.count; i++) {
        cr_expect_eq(run.happened[i], i + 1);
    }
    cr_expect_eq(run.timeline.now_ms, 20);
    timeline_deinit(&run.timeline);
}

Test(simulate_time, what_is_due_in_the_past_happens_at_once) {
    timeline_move(&run.timeline, 100);
    timeline_at(&run.timeline, 50, note, NULL, 1);
    cr_expect_eq(timeline_next_ms(&run.timeline), 100);
    timeline_move(&run.timeline, 100);
    cr_expect_eq(run.count, 1);
    timeline_deinit(&run.timeline);
}

Test(simulate_time, chance_repeats_and_subjects_do_not_touch_each_other) {
    struct chance one = chance_stream(7, "kills");
    struct chance same = chance_stream(7, "kills");
    struct chance other = chance_stream(7, "pauses");
    struct chance later = chance_stream(8, "kills");
    uint32_t differs = 0;
    for (uint32_t i = 0; i < 100; i++) {
        const uint32_t drawn = chance_below(&one, 1000);
        cr_expect_lt(drawn, 1000);
        cr_expect_eq(drawn, chance_below(&same, 1000));
        differs += drawn != chance_below(&other, 1000) && drawn != chance_below(&later, 1000);
    }
    cr_expect_gt(differs, 90);
}

Test(simulate_time, chance_keeps_its_bounds_and_its_odds) {
    struct chance chance = chance_stream(1, "odds");
    uint32_t yes = 0;
    for (uint32_t i = 0; i < 10000; i++) {
        const int64_t drawn = chance_between(&chance, -3, 3);
        cr_assert(drawn >= -3 && drawn <= 3);
        yes += chance_permille(&chance, 250);
    }
    cr_expect(yes > 2200 && yes < 2800, "%u of 10000", yes);
    cr_expect_not(chance_permille(&chance, 0));
    cr_expect(chance_permille(&chance, 1000));
}
