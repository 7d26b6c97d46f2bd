#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "configuration/topics_file.h"

static struct error error;

static enum result open_text(const char *text, struct topics_file **file) {
    char path[] = "/tmp/topics-file-test-XXXXXX";
    const int descriptor = mkstemp(path);
    cr_assert(descriptor >= 0);
    cr_assert_eq(write(descriptor, text, strlen(text)), (ssize_t)strlen(text));
    close(descriptor);
    const enum result result = topics_file_open(path, file, &error);
    unlink(path);
    return result;
}

#define TOPIC(name, more)                                                     \
    "  - {name: " name                                                        \
    ", doc: d, cleanup: keep, retention_ms: -1, max_message_bytes: 1048588, " \
    "written_by: [a], read_by: [b]" more "}\n"

Test(topics_file, the_projects_own_file_is_right) {
    struct topics_file *file = NULL;
    cr_assert_eq(topics_file_open("topics.yaml", &file, &error), RESULT_OK, "%s", error.text);
    cr_expect_eq(file->partitions, 6);
    const struct topic_wanted *state = topics_file_find(file, "certificates.state");
    cr_assert(state != NULL && state->format != NULL);
    cr_expect_eq(*state->format, 1);
    cr_expect_eq(state->cleanup, TOPIC_CLEANUP_COMPACT);
    const struct topic_wanted *witness = topics_file_find(file, "registry.events");
    cr_assert(witness != NULL);
    cr_expect_eq(witness->cleanup, TOPIC_CLEANUP_KEEP, "the witness is never compacted");
    cr_expect_eq(witness->retention_ms, -1);
    cr_expect(topics_file_find(file, "nothing") == NULL);
    topics_file_close(file);
}

Test(topics_file, wrong_files_are_refused_with_the_reason) {
    static const struct {
        const char *text;
        const char *part;
    } rows[] = {
        {"partitions: 0\ntopics:\n" TOPIC("a", ""), "partitions must be"},
        {"partitions: 6\ntopics:\n" TOPIC("a", "") TOPIC("a", ""), "twice"},
        {"partitions: 6\ntopics:\n" TOPIC("'a b'", ""), "no name for a topic"},
        {"partitions: 6\ntopics:\n" TOPIC("a", ", retenton: 1"), "retenton"},
        {"partitions: 6\n", "topics"},
        {"", "is empty"},
        {"# nothing but words\n", "is empty"},
        {"partitions: six\ntopics:\n" TOPIC("a", ""), "six"},
        {"partitions: 6\ntopics:\n  - {name: a}\n", "Missing"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct topics_file *file = NULL;
        cr_expect_eq(open_text(rows[i].text, &file), RESULT_INVALID, "row %zu", i);
        cr_expect(strstr(error.text, rows[i].part) != NULL, "row %zu: %s", i, error.text);
        cr_expect(file == NULL);
    }
    struct topics_file *file = NULL;
    cr_expect_eq(topics_file_open("/nowhere/topics.yaml", &file, &error), RESULT_NOT_FOUND);
}

Test(topics_file, names_the_topic_that_was_probably_meant) {
    struct topic_wanted topics[] = {{.name = "certificates.events"}, {.name = "registry.events"}};
    const struct topics_file file = {.partitions = 6, .topics = topics, .topics_count = 2};
    cr_expect_str_eq(topics_file_nearest(&file, "certificate.event"), "certificates.events");
    cr_expect_null(topics_file_nearest(&file, "nothing"));
}
