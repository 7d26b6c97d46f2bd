/* What caused what: messages as a tree, each below the one whose handling caused it. */
#ifndef MILLRACE_CLI_MESSAGE_TREE_H
#define MILLRACE_CLI_MESSAGE_TREE_H

#include <jansson.h>
#include <stdio.h>

/* The tree below a message. `messages` is an array of objects with "id" and, unless nothing caused
 * them, "parentId"; their order is kept among brothers. The result is a copy of the root with an
 * array "children" in each; NULL: no message has this id. A message that is written again, with the
 * same id, stands there each time; its children hang on the first. */
json_t *message_tree(const json_t *messages, const char *root_id);

/* Print a tree of `message_tree`, a line a message: "type", "time", "place" and "what" of each,
 * children two columns further in. */
void message_tree_print(FILE *stream, const json_t *tree);

#endif
