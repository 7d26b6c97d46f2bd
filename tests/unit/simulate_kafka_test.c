/* The simulated Kafka does what is known of the real one, and each of its troubles is met. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "tests/unit/simulate_kafka_rig.h"

enum { P = 1 };

static const int64_t second_ms = 1000;

static struct kafka_rig *rig;

static void open_rig(void) {
    rig = calloc(1, sizeof *rig);
    cr_assert_not_null(rig);
    kafka_rig_open(rig);
}

static void close_rig(void) {
    kafka_rig_close(rig);
    free(rig);
}

TestSuite(simulate_kafka, .init = open_rig, .fini = close_rig);

static const char *const values[] = {"a", "b", "c", "d", "e", "f", "g", "h"};
static const char all_values[] = "a b c d e f g h ";

static void command_all(const char *value) {
    for (int32_t p = 0; p < TOY_PARTITIONS; p++) {
        toy_command(&rig->world, p, value);
    }
}

static void expect_all_once(void) {
    for (int32_t p = 0; p < TOY_PARTITIONS; p++) {
        cr_expect_str_eq(toy_events(&rig->world, p), all_values, "partition %d: %s", p,
                         toy_events(&rig->world, p));
    }
}

Test(simulate_kafka, groups_share_the_partitions_and_hand_them_over) {
    kafka_rig_join(rig, 0, NULL);
    kafka_rig_group(rig, 0);
    for (uint32_t i = 0; i < 8; i++) {
        command_all(values[i]);
        kafka_rig_pass(rig, 100);
        if (i == 2 || i == 4) {
            kafka_rig_join(rig, i / 2, NULL);
            kafka_rig_group(rig, i / 2);
        } else if (i == 6) {
            group_stop(rig->groups[0]);
            kafka_rig_pass(rig, 100);
            kafka_rig_bury(rig, 0);
        }
        kafka_rig_pass(rig, 5 * second_ms);
    }
    expect_all_once();
    cr_expect_eq(rig->counts->rebalances, 4);
    cr_expect_eq(rig->counts->evicted, 0);
    cr_expect_eq(rig->counts->fenced, 0);
    cr_expect_eq(rig->counts->commits_in_doubt, 0);
}
