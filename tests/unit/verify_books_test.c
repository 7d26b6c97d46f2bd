/* `millrace verify` and the books: events that come of something, in order, and keep what must be
 * kept. */
#include <criterion/criterion.h>

#include "cli/verify/state.h"
#include "tests/support/verify_tale.h"

#define ANSWER MESSAGE_CERTIFICATES_ANSWERS_COMMAND_ANSWERED
#define ISSUED MESSAGE_CERTIFICATES_EVENTS_CERTIFICATE_ISSUED
#define TRANSFERRED MESSAGE_CERTIFICATES_EVENTS_SLICE_TRANSFERRED
#define REJECTED MESSAGE_CERTIFICATES_EVENTS_COMMAND_REJECTED
#define RESERVED MESSAGE_CERTIFICATES_EVENTS_SLICES_RESERVED
#define SUSPENDED MESSAGE_CERTIFICATES_EVENTS_CERTIFICATE_SUSPENDED
#define SECOND "05057fee-4c3e-4459-82dd-21250b729602"
#define THIRD "15057fee-4c3e-4459-82dd-21250b729603"

static struct certificates_events_certificate_issued *issued(void) {
    return TALE_BODY(tale_find(ISSUED, 0), certificates_events_certificate_issued);
}

/* The issue, and a transfer of its slice; each certificate's states come last. */
static struct told *story_of_a_transfer(void) {
    (void)tale_of_an_issue();
    struct told *told = tale_transfer(SECOND, "p");
    (void)tale_submit(told, 2);
    (void)tale_intend(told);
    (void)tale_succeed(told);
    tale_transferred(told, &told->outcome, 2, "o", "p");
    (void)tale_answer(told, &told->outcome, MILLRACE_VERDICT_APPLIED, 2);
    tale_states();
    return told;
}

static struct certificates_events_slice_transferred *transferred(void) {
    return TALE_BODY(tale_find(TRANSFERRED, 0), certificates_events_slice_transferred);
}

#define CANNOT(type, offset)                                       \
    type " cannot come next for the certificate " TALE_CERTIFICATE \
         ", whose event before it "                                \
         "is at offset " offset

Test(verify_books, versions_follow_each_other_without_a_gap) {
    (void)story_of_a_transfer();
    EXPECT_OK();
    transferred()->version = 3;
    EXPECT_BREACH(
        "certificates.events[3]@1: version 3 follows version 1, of the event at offset 0, for the "
        "certificate " TALE_CERTIFICATE);

    (void)story_of_a_transfer();
    transferred()->version = 1;
    EXPECT_BREACH(
        "certificates.events[3]@1: version 1 follows version 1, of the event at offset 0, for the "
        "certificate " TALE_CERTIFICATE);

    (void)tale_of_an_issue();
    issued()->version = 2;
    EXPECT_BREACH(
        "certificates.events[3]@0: version 2 is the first for the "
        "certificate " TALE_CERTIFICATE);

    (void)tale_of_an_issue(); /* a rejection repeats the version it was decided at */
    struct told *told = tale_transfer(SECOND, "p");
    tale_rejected(told, &told->command, 1);
    (void)tale_answer(told, &told->command, MILLRACE_VERDICT_REJECTED, 1);
    EXPECT_OK();
    TALE_BODY(tale_find(REJECTED, 0), certificates_events_command_rejected)->version = 2;
    EXPECT_BREACH(
        "certificates.events[3]@1: version 2 of a rejection follows version 1, of the event at "
        "offset 0, for the certificate " TALE_CERTIFICATE);
}

Test(verify_books, what_is_not_there_cannot_be_given_away) {
    (void)story_of_a_transfer();
    transferred()->from_owner = text_of("thief");
    EXPECT_BREACH("certificates.events[3]@1: " CANNOT("certificates.events.SliceTransferred", "0"));

    (void)story_of_a_transfer();
    transferred()->slice_id = tale_uuid(TALE_OTHER);
    EXPECT_BREACH("certificates.events[3]@1: " CANNOT("certificates.events.SliceTransferred", "0"));

    (void)tale_of_an_issue();
    issued()->slice.quantity = 1499;
    EXPECT_BREACH(
        "certificates.events[3]@0: " CANNOT("certificates.events.CertificateIssued", "-1"));
}

Test(verify_books, an_event_comes_of_something) {
    (void)story_of_a_transfer();
    transferred()->metadata.has_parent_id = false;
    EXPECT_BREACH("certificates.events[3]@1: has no parent: nobody can tell what it came of");

    (void)story_of_a_transfer();
    transferred()->metadata.id = tale_uuid(TALE_OTHER);
    char parent[37];
    tale_text(&transferred()->metadata.parent_id, parent);
    EXPECT_BREACH("certificates.events[3]@1: the id " TALE_OTHER
                  " does not follow from the parent %s",
                  parent);

    (void)tale_of_an_issue(); /* of something else than its outcome */
    (void)tale_transfer(SECOND, "p");
    struct told *told = tale_transfer(THIRD, "p");
    struct millrace_metadata other = told->command;
    other.id = tale_uuid(TALE_OTHER);
    other.has_correlation_id = true;
    other.correlation_id = told->command.id;
    tale_transferred(told, &other, 2, "o", "p");
    EXPECT_BREACH("certificates.events[3]@1: its parent " TALE_OTHER
                  " is neither the command " THIRD " nor what became of its submission");
    tale_find(TRANSFERRED, 0)->late = true; /* that may lie behind the cut */
    tale_positions.certificates_commands = 1;
    EXPECT_OK();

    (void)tale_of_an_issue();
    tale_find(MESSAGE_CERTIFICATES_COMMANDS_ISSUE_CERTIFICATE, 0)->left_out = true;
    tale_find(MESSAGE_REGISTRY_COMMANDS_SUBMIT_TRANSACTION, 0)->late = true;
    EXPECT_BREACH("certificates.events[3]@0: is for the command " TALE_COMMAND
                  ", which there is not");

    (void)tale_of_an_issue();
    issued()->metadata.has_channel = false;
    EXPECT_BREACH(
        "certificates.events[3]@0: its correlation or channel is not that of the "
        "command " TALE_COMMAND " that it comes of");

    (void)tale_of_an_issue();
    told = tale_transfer(SECOND, "p");
    struct certificates_events_certificate_suspended *suspended =
        tale_event(told, &told->command, SUSPENDED, sizeof *suspended, 2);
    suspended->cause = MILLRACE_SUSPENSION_CAUSE_MISALIGNED;
    suspended->has_command_id = false;
    EXPECT_BREACH("certificates.events[3]@1: its parent " SECOND
                  " is no incident and no reading of the stream");
}

Test(verify_books, a_command_has_one_list_of_events) {
    struct told *told = tale_of_an_issue();
    tale_issued(told, &told->outcome, 1500)->version = 2;
    EXPECT_BREACH("certificates.events[3]@1: the command " TALE_COMMAND
                  " is applied a second time");

    tale_begin();
    told = tale_transfer(NULL, "p");
    tale_rejected(told, &told->command, 0);
    tale_rejected(told, &told->command, 0);
    EXPECT_BREACH("certificates.events[3]@1: the command " TALE_COMMAND
                  " is rejected a second time");

    told = tale_until_intent();
    (void)tale_succeed(told);
    tale_rejected(told, &told->outcome, 0);
    EXPECT_BREACH("certificates.events[3]@0: rejects the command " TALE_COMMAND
                  ", which the registry has executed");

    told = tale_until_intent();
    (void)tale_refuse(told);
    tale_issued(told, &told->outcome, 1500);
    EXPECT_BREACH("certificates.events[3]@0: applies the command " TALE_COMMAND
                  ", which the registry has not executed");

    told = tale_until_intent();
    (void)tale_succeed(told);
    tale_transferred(told, &told->outcome, 1, "o", "p");
    EXPECT_BREACH("certificates.events[3]@0: the command " TALE_COMMAND
                  " is a IssueCertificate: it cannot lead to this");

    told = tale_until_intent(); /* without waiting for the registry */
    tale_rejected(told, &told->command, 0);
    EXPECT_BREACH("certificates.events[3]@0: decides on the command " TALE_COMMAND
                  " without the registry, to which it was submitted");

    told = tale_until_intent();
    (void)tale_unknown(told, MILLRACE_UNKNOWN_CAUSE_TIMEOUT);
    tale_issued(told, &told->unknown, 1500);
    EXPECT_BREACH(
        "certificates.events[3]@0: comes of an unknown outcome of the "
        "command " TALE_COMMAND ": that only suspends");
}

Test(verify_books, commands_have_their_turn_in_the_order_in_which_they_came) {
    (void)tale_of_an_issue();
    struct told *second = tale_transfer(SECOND, "p");
    struct told *third = tale_transfer(THIRD, "p");
    tale_rejected(third, &third->command, 1);
    (void)tale_answer(third, &third->command, MILLRACE_VERDICT_REJECTED, 1);
    tale_rejected(second, &second->command, 1);
    (void)tale_answer(second, &second->command, MILLRACE_VERDICT_REJECTED, 1);
    EXPECT_BREACH("certificates.events[3]@2: the command " SECOND
                  " at offset 1 has its turn after the one at offset 2");
    TALE_BODY(tale_find(REJECTED, 0), certificates_events_command_rejected)->reason =
        MILLRACE_REASON_TOO_MANY_WAITING; /* refused on arrival: it had no turn */
    EXPECT_OK();
}

Test(verify_books, nothing_is_booked_while_a_certificate_is_suspended) {
    (void)tale_of_an_issue();
    struct told *told = tale_transfer(SECOND, "p");
    (void)tale_submit(told, 2);
    (void)tale_intend(told);
    (void)tale_unknown(told, MILLRACE_UNKNOWN_CAUSE_TIMEOUT);
    tale_event(told, &told->unknown, SUSPENDED,
               sizeof(struct certificates_events_certificate_suspended), 2);
    (void)tale_answer(told, &told->unknown, MILLRACE_VERDICT_UNKNOWN, 2);
    struct told *third = tale_command(MESSAGE_CERTIFICATES_COMMANDS_RESERVE_SLICES,
                                      sizeof(struct certificates_commands_reserve_slices), THIRD);
    struct certificates_events_slices_reserved *reserved =
        tale_event(third, &third->command, RESERVED, sizeof *reserved, 3);
    reserved->slices = &issued()->slice.slice_id;
    reserved->slices_count = 1;
    tale_states();
    EXPECT_BREACH("certificates.events[3]@2: happens while the certificate " TALE_CERTIFICATE
                  " is suspended");
}

/* --- What must be kept, whatever the rules that decide say. --- */

static struct certificates_state_certificate_model two_slices(
    struct certificates_state_slice_model slices[2]) {
    static struct certificates_state_issued_certificate issued = {.quantity = 1500};
    static struct millrace_allocation allocation;
    allocation.allocation_id = tale_uuid(TALE_OTHER);
    slices[0] = (struct certificates_state_slice_model){.slice_id = tale_uuid(TALE_COMMAND),
                                                        .quantity = 1000,
                                                        .owner = text_of("o"),
                                                        .state = MILLRACE_SLICE_STATE_CLAIMED,
                                                        .allocation = &allocation};
    slices[1] = (struct certificates_state_slice_model){.slice_id = tale_uuid(SECOND),
                                                        .quantity = 500,
                                                        .owner = text_of("o"),
                                                        .state = MILLRACE_SLICE_STATE_AVAILABLE};
    return (struct certificates_state_certificate_model){
        .version = 1, .issued = &issued, .slices = slices, .slices_count = 2};
}

static void expect_kept(const struct certificates_state_certificate_model *before,
                        const struct certificates_state_certificate_model *after,
                        enum message_type type, const char *breach) {
    const char *said = verify_conservation(before, after, type);
    cr_expect_str_eq(said == NULL ? "" : said, breach);
}

Test(verify_books, energy_and_claims_are_conserved) {
    struct certificates_state_slice_model was[2];
    struct certificates_state_slice_model is[2];
    const struct certificates_state_certificate_model before = two_slices(was);
    struct certificates_state_certificate_model after = two_slices(is);
    expect_kept(&before, &after, TRANSFERRED, "");

    is[1].quantity = 501;
    expect_kept(&before, &after, TRANSFERRED, "the slices no longer add up to what was issued");
    is[1].quantity = 0;
    expect_kept(&before, &after, TRANSFERRED, "a slice holds nothing");

    static const char moved[] = "a claimed slice has moved";
    after = two_slices(is);
    is[0].owner = text_of("thief");
    expect_kept(&before, &after, TRANSFERRED, moved);
    after = two_slices(is);
    is[0].state = MILLRACE_SLICE_STATE_ALLOCATED;
    expect_kept(&before, &after, TRANSFERRED, moved);
    after = two_slices(is);
    is[0].slice_id = tale_uuid(THIRD);
    is[0].state = MILLRACE_SLICE_STATE_AVAILABLE;
    is[0].allocation = NULL;
    expect_kept(&before, &after, TRANSFERRED, moved);
    expect_kept(&before, &after, MESSAGE_CERTIFICATES_EVENTS_SLICE_UNCLAIMED, "");
    expect_kept(&before, &after, MESSAGE_CERTIFICATES_EVENTS_CERTIFICATE_REALIGNED, "");
}

Test(verify_books, an_allocation_id_is_used_once) {
    struct certificates_state_slice_model was[2];
    struct certificates_state_slice_model is[2];
    struct uuid spent = tale_uuid(THIRD);
    struct certificates_state_certificate_model before = two_slices(was);
    const struct certificates_state_certificate_model after = two_slices(is);
    static const char again[] = "an allocation id is used a second time";
    is[1].state = MILLRACE_SLICE_STATE_ALLOCATED;
    is[1].allocation = is[0].allocation;
    expect_kept(&before, &after, MESSAGE_CERTIFICATES_EVENTS_SLICE_ALLOCATED, again);
    struct millrace_allocation fresh = {.allocation_id = spent};
    is[1].allocation = &fresh;
    expect_kept(&before, &after, MESSAGE_CERTIFICATES_EVENTS_SLICE_ALLOCATED, "");
    before.spent_allocations = &spent;
    before.spent_allocations_count = 1;
    expect_kept(&before, &after, MESSAGE_CERTIFICATES_EVENTS_SLICE_ALLOCATED, again);
}
