#include "cli/message_tree.h"

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* Deeper chains than any command makes: a command, its submission, the outcome, the answer. */
enum { DEPTH_MAX = 64 };

static const char *member(const json_t *message, const char *name) {
    const char *text = json_string_value(json_object_get(message, name));
    return text == NULL ? "" : text;
}

static json_t *copy_of(const json_t *message) {
    json_t *copy = json_copy((json_t *)message);
    json_object_set_new(copy, "children", json_array());
    return copy;
}

/* Is there an earlier message with the same id? Then that one has the children. */
static bool is_repeat(const json_t *messages, size_t index) {
    const char *id = member(json_array_get(messages, index), "id");
    for (size_t i = 0; i < index; i++) {
        if (strcmp(member(json_array_get(messages, i), "id"), id) == 0) {
            return true;
        }
    }
    return false;
}

static void add_children(const json_t *messages, json_t *parent, int depth) {
    json_t *children = json_object_get(parent, "children");
    const char *parent_id = member(parent, "id");
    size_t index;
    const json_t *message;
    if (depth == DEPTH_MAX || *parent_id == '\0') {
        return;
    }
    json_array_foreach(messages, index, message) {
        const bool own = strcmp(member(message, "id"), parent_id) == 0;
        if (own || strcmp(member(message, "parentId"), parent_id) != 0) {
            continue;
        }
        json_t *child = copy_of(message);
        if (!is_repeat(messages, index)) {
            add_children(messages, child, depth + 1);
        }
        json_array_append_new(children, child);
    }
}

json_t *message_tree(const json_t *messages, const char *root_id) {
    assert(json_is_array(messages) && root_id != NULL);
    size_t index;
    const json_t *message;
    json_array_foreach(messages, index, message) {
        if (strcmp(member(message, "id"), root_id) == 0) {
            json_t *root = copy_of(message);
            add_children(messages, root, 0);
            return root;
        }
    }
    return NULL;
}

static void print(FILE *stream, const json_t *tree, int depth) {
    size_t index;
    const json_t *child;
    (void)fprintf(stream, "%*s%s  %s  %s%s%s\n", 2 * depth, "", member(tree, "type"),
                  member(tree, "time"), member(tree, "place"),
                  *member(tree, "what") == '\0' ? "" : "  ", member(tree, "what"));
    json_array_foreach(json_object_get(tree, "children"), index, child) {
        print(stream, child, depth + 1);
    }
}

void message_tree_print(FILE *stream, const json_t *tree) {
    assert(json_is_object(tree));
    print(stream, tree, 0);
}
