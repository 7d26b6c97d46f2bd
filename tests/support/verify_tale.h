/* A log that tells a story as the processors would write it, record by record, so that a test can
 * change one thing in it and see what `verify` says. */
#ifndef MILLRACE_TESTS_VERIFY_TALE_H
#define MILLRACE_TESTS_VERIFY_TALE_H

#include "cli/verify/verify.h"
#include "domain/arena.h"
#include "generated/c/certificates_answers.h"
#include "generated/c/certificates_commands.h"
#include "generated/c/certificates_events.h"
#include "generated/c/certificates_operations.h"
#include "generated/c/certificates_state.h"
#include "generated/c/registry_commands.h"
#include "generated/c/registry_events.h"
#include "generated/c/registry_evidence.h"
#include "generated/c/registry_operations.h"
#include "generated/c/registry_state.h"

#define TALE_CERTIFICATE "34fa59ed-476f-5ced-b30b-a7181683827c"
#define TALE_COMMAND "f5057fee-4c3e-4459-82dd-21250b729601"      /* the first one */
#define TALE_SUBMISSION "6da0c8d0-644e-52ef-bb86-12a5797c68de"   /* that follows from it */
#define TALE_OTHER "0b79c106-3ab7-45a5-9d11-871a8246b680"        /* an id of nothing */
#define TALE_CERTIFICATES "c50ee168-b7b3-4f7b-a23d-d8df0cd58cc6" /* an incarnation */
#define TALE_CONNECTOR "e50ee168-b7b3-4f7b-a23d-d8df0cd58cc6"    /* likewise */
#define TALE_SUCCESSOR "f50ee168-b7b3-4f7b-a23d-d8df0cd58cc6"    /* of the connector */

enum { TALE_PARTITION = 3, TALE_MARK_SIZE = 96 };

/* A record. */
struct row {
    const char *topic;
    struct message message;
    bool has_message;
    bool late;
    bool left_out;
    int64_t offset;
    char key[37];
    char mark[TALE_MARK_SIZE]; /* millrace.txn; empty: it has none */
    struct log_header header;
    struct log_header letter[3];
};

/* A command, and what was told of it so far. */
struct told {
    enum message_type type;
    struct uuid certificate_id;
    struct millrace_metadata command;
    struct millrace_metadata submit;
    struct millrace_metadata intent;
    struct millrace_metadata unknown;
    struct millrace_metadata outcome; /* of the last event that ends the submission */
    struct uuid submission_id;
    int64_t sequence;
    int32_t attempt;
    uint8_t payload_hash[32];
    struct uuid event_ids[4]; /* of the last decision */
    uint32_t event_ids_count;
};

extern struct verify_positions tale_positions;
extern struct verify *tale_verify; /* after `tale_report` */

void tale_begin(void);
void *tale_take(size_t size); /* zeroed memory, until the next story */
struct uuid tale_uuid(const char *text);
void tale_text(const struct uuid *id, char text[37]);

struct row *tale_row(enum message_type type, const void *body);
/* The nth row of a type, from 0. */
struct row *tale_find(enum message_type type, uint32_t index);
void tale_mark(struct row *row, const char *incarnation, int number, int n, int m);

/* Commands. `id`: NULL is the first command's. */
struct told *tale_issue(int64_t quantity);
struct told *tale_command(enum message_type type, size_t size, const char *id);
struct told *tale_transfer(const char *id, const char *new_owner);

/* What the certificates say. An event follows from `parent`. */
struct row *tale_submit(struct told *told, int64_t sequence);
void *tale_event(struct told *told, const struct millrace_metadata *parent, enum message_type type,
                 size_t size, int64_t version);
struct certificates_events_certificate_issued *tale_issued(struct told *told,
                                                           const struct millrace_metadata *parent,
                                                           int64_t quantity);
struct certificates_events_slice_transferred *tale_transferred(
    struct told *told, const struct millrace_metadata *parent, int64_t version, const char *from,
    const char *to);
struct certificates_events_command_rejected *tale_rejected(struct told *told,
                                                           const struct millrace_metadata *parent,
                                                           int64_t version);
struct row *tale_answer(struct told *told, const struct millrace_metadata *parent,
                        enum millrace_verdict verdict, int64_t version);

/* What the connector says. */
struct row *tale_intend(struct told *told);
struct row *tale_not_sent(struct told *told);
struct row *tale_sent(struct told *told);
struct row *tale_succeed(struct told *told);
struct row *tale_refuse(struct told *told);
struct row *tale_unknown(struct told *told, enum millrace_unknown_cause cause);
struct row *tale_resolve(struct told *told, bool executed, enum millrace_closing_rule rule);
struct row *tale_evidence(struct told *told);
struct row *tale_contradict(struct told *told, const struct millrace_metadata *evidence);
struct row *tale_operation(struct told *told, bool executed, enum millrace_closing_rule rule);
/* A ReadStream, and its StreamRead: an empty stream. */
struct row *tale_reading(struct told *told);

/* The states as the processors would write them: the folds of what was told so far, with nothing
 * under way. */
void tale_states(void);

/* A dead letter of a record at this offset of certificates.commands. */
void tale_letter(const char *offset);
void tale_letter_of(const char *topic, const char *offset);

/* One certificate is issued, from the command to the answer; with its states. */
struct told *tale_of_an_issue(void);
/* The same until its intent. */
struct told *tale_until_intent(void);

/* Fold everything that is not left out, into `tale_verify`. */
void tale_fold(void);
/* Open, fold and finish. Close `tale_verify` afterwards. */
const struct verify_report *tale_report(void);
/* Expect that nothing is wrong. */
void tale_expect_ok(const char *file, int line);
/* Expect that this is said, word for word; other things may follow from what was changed. */
__attribute__((format(printf, 3, 4))) void tale_expect(const char *file, int line,
                                                       const char *format, ...);

#define EXPECT_OK() tale_expect_ok(__FILE__, __LINE__)
#define EXPECT_BREACH(...) tale_expect(__FILE__, __LINE__, __VA_ARGS__)
#define TALE_BODY(row, record) ((struct record *)(row)->message.body)

#endif
