/* What is remembered of answers: a command that comes again is answered with the very bytes of the
 * first time, by the lane that gave the answer and by one that read of it. */
#include <criterion/criterion.h>

#include "certificates/seen.h"
#include "domain/certificate_heads.h"
#include "tests/support/certificates_rig.h"
#include "wire/message.h"

enum { TOLD_MAX = 32 };

TestSuite(seen, .init = rig_open, .fini = rig_close);

static struct {
    struct message command;
    struct bytes answer; /* the last one's value */
} told[TOLD_MAX];
static uint32_t told_count;
static uint32_t submissions;

static uint32_t answers_count(void) {
    const struct uuid id = the_certificate();
    return memory_log_visible(rig_log(), "certificates.answers", partition_of(&id));
}

static struct bytes answer_at(uint32_t index) {
    const struct uuid id = the_certificate();
    return memory_log_read(rig_log(), "certificates.answers", partition_of(&id), index)->value;
}

/* It and what came of it is all that has happened since. */
static void is_told(struct message command) {
    cr_assert(told_count < TOLD_MAX && answers_count() > 0);
    told[told_count].command = command;
    told[told_count++].answer = answer_at(answers_count() - 1);
}

static struct message is_answered(struct message command) {
    someone_sends(command);
    let_run();
    is_told(command);
    return command;
}

static struct message is_executed(struct message command) {
    someone_sends(command);
    let_run();
    registry_executes(submissions++);
    let_run();
    is_told(command);
    return command;
}

static struct message is_refused(struct message command, const char *words) {
    someone_sends(command);
    let_run();
    registry_refuses(submissions++, words);
    let_run();
    is_told(command);
    return command;
}

static struct message is_resolved(struct message command, bool executed) {
    someone_sends(command);
    let_run();
    registry_is_unknown(submissions);
    let_run();
    registry_is_resolved(submissions++, executed);
    let_run();
    is_told(command);
    return command;
}

static struct message from(struct message command, const char *channel, struct uuid correlation) {
    struct millrace_metadata *metadata = command.body;
    metadata->has_channel = channel != NULL;
    metadata->channel = text_of(channel == NULL ? "" : channel);
    metadata->has_correlation_id = true;
    metadata->correlation_id = correlation;
    return command;
}

static void all_are_answered_again_byte_for_byte(void) {
    for (uint32_t i = 0; i < told_count; i++) {
        const uint32_t before = answers_count();
        someone_sends(told[i].command);
        let_run();
        cr_assert_eq(answers_count(), before + 1, "command %u", i);
        cr_expect(bytes_equal(answer_at(before), told[i].answer), "command %u", i);
    }
}

static void all_kinds_are_told(void) {
    const struct uuid reservation = some_id(50);
    const struct uuid allocation = some_id(51);
    const struct message issue = is_executed(issue_certificate(1000, "alice"));
    const struct message cut =
        is_executed(slice_in_two(slice_of(issue, 0), "alice", 400, NULL, 600, NULL));
    const struct uuid one = slice_of(cut, 0);
    const struct uuid two = slice_of(cut, 1);
    is_executed(transfer_slice(one, "alice", "bob"));
    is_executed(from(transfer_slice(one, "bob", "carol"), "http", some_id(52)));
    is_executed(from(transfer_slice(one, "carol", "dave"), NULL, some_id(53)));
    is_answered(reserve_slices(reservation, "alice", 600));
    is_answered(release_reservation(reservation, "alice"));
    is_executed(allocate_slice(one, "dave", allocation, 400));
    is_executed(claim_slice(one, "dave", allocation));
    is_executed(unclaim_slice(one, "dave", allocation));
    is_answered(transfer_slice(two, "mallory", "bob"));
    is_answered(from(transfer_slice(two, "mallory", "bob"), "cli", some_id(54)));
    is_answered(expecting_version(transfer_slice(two, "alice", "bob"), 99));
    is_refused(transfer_slice(two, "alice", "bob"), "not today");
    is_resolved(transfer_slice(two, "alice", "bob"), true);
    is_resolved(transfer_slice(two, "bob", "alice"), false);
    is_executed(withdraw_certificate("issuer"));
}

Test(seen, answer_is_given_again_byte_for_byte_by_who_gave_it) {
    all_kinds_are_told();
    all_are_answered_again_byte_for_byte();
}

Test(seen, answer_is_given_again_byte_for_byte_by_who_read_of_it) {
    all_kinds_are_told();
    the_process_dies();
    all_are_answered_again_byte_for_byte();
}

/* ---- how little is kept ---- */

static struct certificates_answers_command_answered usual(void) {
    static uint8_t hash[32];
    static struct uuid event_ids[2];
    return (struct certificates_answers_command_answered){
        .metadata = {.id = some_id(1),
                     .timestamp = 1793534400000,
                     .source = {text_of("millrace"), text_of("1")},
                     .has_parent_id = true,
                     .parent_id = some_id(2),
                     .has_correlation_id = true,
                     .correlation_id = some_id(3)},
        .command_id = some_id(3),
        .certificate_id = some_id(4),
        .verdict = MILLRACE_VERDICT_APPLIED,
        .event_ids = event_ids,
        .event_ids_count = 1,
        .version = 100,
        .payload_hash = {hash, sizeof hash},
    };
}

static uint32_t kept_of(const struct certificates_answers_command_answered *answer) {
    static struct seen_origins origins = {.known = true};
    static const uint8_t whole[300];
    uint8_t room[SEEN_SHORT_MAX];
    return seen_shorten(&origins, answer, (struct bytes){whole, sizeof whole}, room).length;
}

Test(seen, usual_answer_is_kept_in_few_bytes_and_another_one_whole) {
    struct certificates_answers_command_answered answer = usual();
    cr_expect_eq(kept_of(&answer), 33);
    answer.event_ids_count = 2;
    cr_expect_eq(kept_of(&answer), 300);
    answer = usual();
    answer.metadata.has_parent_id = false;
    cr_expect_eq(kept_of(&answer), 300);
    static char long_name[SEEN_NAME_MAX + 2];
    memset(long_name, 'n', sizeof long_name - 1);
    answer = usual();
    answer.metadata.source.name = text_of(long_name);
    cr_expect_eq(kept_of(&answer), 300);
    static char long_detail[SEEN_SHORT_MAX];
    memset(long_detail, 'd', sizeof long_detail);
    answer = usual();
    answer.verdict = MILLRACE_VERDICT_REJECTED;
    answer.has_reason = true;
    answer.has_detail = true;
    answer.detail = (struct text){long_detail, 100};
    cr_expect_eq(kept_of(&answer), 134);
    answer.detail.length = sizeof long_detail;
    cr_expect_eq(kept_of(&answer), 300);
}

Test(seen, key_is_of_both_ids_and_of_all_their_bits) {
    struct uuid ids[2] = {some_id(1), some_id(2)};
    uint8_t before[SEEN_KEY_BYTES];
    uint8_t after[SEEN_KEY_BYTES];
    seen_key(&ids[0], &ids[1], before);
    seen_key(&ids[1], &ids[0], after);
    cr_expect_arr_neq(before, after, sizeof before);
    for (uint32_t bit = 0; bit < 8 * sizeof ids; bit++) {
        uint8_t *byte = &ids[bit / 128].bytes[bit / 8 % 16];
        *byte ^= (uint8_t)(1 << bit % 8);
        seen_key(&ids[0], &ids[1], after);
        uint32_t changed = 0;
        for (uint32_t i = 0; i < sizeof after; i++) {
            changed += (uint32_t)__builtin_popcount(before[i] ^ after[i]);
        }
        cr_expect(changed > 32 && changed < 96, "bit %u changes %u of 128", bit, changed);
        *byte ^= (uint8_t)(1 << bit % 8);
    }
}
