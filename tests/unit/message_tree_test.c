#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/message_tree.h"

static char *printed(const char *messages_text, const char *root) {
    json_error_t error;
    json_t *messages = json_loads(messages_text, 0, &error);
    cr_assert(messages != NULL, "%s", error.text);
    json_t *tree = message_tree(messages, root);
    json_decref(messages);
    char *text = NULL;
    size_t length = 0;
    if (tree != NULL) {
        FILE *stream = open_memstream(&text, &length);
        message_tree_print(stream, tree);
        fclose(stream);
        json_decref(tree);
    }
    return text;
}

Test(message_tree, hangs_each_message_below_its_cause) {
    char *text = printed(
        "[{\"id\":\"c\",\"type\":\"Command\",\"time\":\"t1\",\"place\":\"commands[0]@1\"},"
        " {\"id\":\"x\",\"parentId\":\"other\",\"type\":\"Foreign\",\"time\":\"t\",\"place\":\"p\"}"
        ","
        " {\"id\":\"s\",\"parentId\":\"c\",\"type\":\"Submit\",\"time\":\"t2\",\"place\":\"p2\"},"
        " {\"id\":\"o\",\"parentId\":\"s\",\"type\":\"Outcome\",\"time\":\"t3\",\"place\":\"p3\","
        "  \"what\":\"attempt 1\"},"
        " {\"id\":\"e\",\"parentId\":\"c\",\"type\":\"Event\",\"time\":\"t4\",\"place\":\"p4\"}]",
        "c");
    cr_assert(text != NULL);
    cr_expect_str_eq(text,
                     "Command  t1  commands[0]@1\n"
                     "  Submit  t2  p2\n"
                     "    Outcome  t3  p3  attempt 1\n"
                     "  Event  t4  p4\n");
    free(text);
}

Test(message_tree, an_answer_that_is_written_again_stands_there_twice) {
    char *text = printed(
        "[{\"id\":\"c\",\"type\":\"C\",\"time\":\"t\",\"place\":\"p\"},"
        " {\"id\":\"a\",\"parentId\":\"c\",\"type\":\"A\",\"time\":\"t\",\"place\":\"1\"},"
        " {\"id\":\"a\",\"parentId\":\"c\",\"type\":\"A\",\"time\":\"t\",\"place\":\"2\"},"
        " {\"id\":\"b\",\"parentId\":\"a\",\"type\":\"B\",\"time\":\"t\",\"place\":\"3\"}]",
        "c");
    cr_assert(text != NULL);
    cr_expect_str_eq(text, "C  t  p\n  A  t  1\n    B  t  3\n  A  t  2\n");
    free(text);
}

Test(message_tree, a_circle_ends_and_a_stranger_is_not_found) {
    char *text = printed(
        "[{\"id\":\"a\",\"parentId\":\"b\",\"type\":\"A\"},"
        " {\"id\":\"b\",\"parentId\":\"a\",\"type\":\"B\"},"
        " {\"id\":\"c\",\"parentId\":\"c\",\"type\":\"C\"}]",
        "a");
    cr_assert(text != NULL);
    free(text);
    text = printed(
        "[{\"id\":\"c\",\"parentId\":\"c\",\"type\":\"C\",\"time\":\"t\",\"place\":\"p\"}]", "c");
    cr_assert(text != NULL);
    cr_expect_str_eq(text, "C  t  p\n");
    free(text);
    cr_expect(printed("[]", "c") == NULL);
}
