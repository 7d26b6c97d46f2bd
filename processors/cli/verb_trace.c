#include <assert.h>
#include <string.h>

#include "cli/history.h"
#include "cli/message_tree.h"
#include "cli/verbs.h"
#include "domain/uuid.h"

/* What a line of a tree says about a message besides its type: the few members that tell most. */
static json_t *gist_of(const json_t *view) {
    static const char *const members[] = {"verdict", "reason",  "cause",    "sequence",
                                          "attempt", "version", "executed", "kind"};
    const json_t *message = json_object_get(view, "message");
    char gist[512] = "";
    size_t used = 0;
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
        const json_t *value = json_object_get(message, members[i]);
        if (value == NULL || json_is_null(value) || used >= sizeof gist) {
            continue;
        }
        const char *text = json_string_value(value);
        const int length =
            text != NULL
                ? snprintf(gist + used, sizeof gist - used, "%s%s", used > 0 ? ", " : "", text)
            : json_is_boolean(value)
                ? snprintf(gist + used, sizeof gist - used, "%s%s%s", used > 0 ? ", " : "",
                           json_is_true(value) ? "" : "not ", members[i])
                : snprintf(gist + used, sizeof gist - used, "%s%s %lld", used > 0 ? ", " : "",
                           members[i], (long long)json_integer_value(value));
        used += length > 0 ? (size_t)length : 0;
    }
    return json_string(gist);
}

/* A view as a node of a tree. NULL: it is no message with an id of its own. */
static json_t *node_of(const json_t *view) {
    const json_t *metadata = json_object_get(json_object_get(view, "message"), "metadata");
    const char *topic = json_string_value(json_object_get(view, "topic"));
    if (!json_is_string(json_object_get(metadata, "id"))) {
        return NULL;
    }
    const json_t *headers = json_object_get(view, "headers");
    const bool is_letter = strcmp(topic, "dead-letters") == 0;
    json_t *node = json_object();
    json_object_set(node, "id", json_object_get(metadata, "id"));
    json_object_set(node, "parentId", json_object_get(metadata, "parentId"));
    json_object_set(node, "type", json_object_get(view, "type"));
    json_object_set(node, "time", json_object_get(metadata, "timestamp"));
    json_object_set_new(
        node, "place",
        json_sprintf("%s[%lld]@%lld", topic,
                     (long long)json_integer_value(json_object_get(view, "partition")),
                     (long long)json_integer_value(json_object_get(view, "offset"))));
    json_object_set_new(
        node, "what",
        is_letter ? json_deep_copy(json_object_get(headers, "millrace.reason")) : gist_of(view));
    json_object_set(node, "message", json_object_get(view, "message"));
    return node;
}

static json_t *tree_of(const struct history *history, const char *root_id) {
    json_t *nodes = json_array();
    size_t index;
    const json_t *view;
    json_array_foreach(history->views, index, view) {
        json_t *node = node_of(view);
        if (node != NULL) {
            json_array_append_new(nodes, node);
        }
    }
    json_t *tree = message_tree(nodes, root_id);
    json_decref(nodes);
    return tree;
}

static bool trace(const struct invocation *invocation, struct reading *reading, const char *key,
                  int32_t partitions) {
    struct uuid certificate_id;
    struct history history;
    if (!uuid_from_text(text_of(key), &certificate_id)) {
        return false;
    }
    history_collect(reading, &certificate_id, partitions, &history);
    json_t *tree = tree_of(&history, invocation->arguments[0]);
    history_deinit(&history);
    if (tree == NULL) {
        return false;
    }
    if (invocation->format == OUTPUT_FORMAT_TABLE) {
        message_tree_print(stdout, tree);
    } else {
        output_object(stdout, invocation->format, tree);
    }
    json_decref(tree);
    return true;
}

int verb_trace(struct invocation *invocation, int argc, char **argv) {
    static struct reading reading;
    bool found = false;
    invocation_begin(invocation, argc, argv, NULL);
    const struct uuid id = invocation_id(invocation->arguments[0]);
    const int32_t partitions = invocation_partitions(invocation);
    reading_open(invocation, &reading);
    json_t *keys = history_find(&reading, &id);
    size_t index;
    const json_t *key;
    json_array_foreach(keys, index, key) {
        found = trace(invocation, &reading, json_string_value(key), partitions) || found;
    }
    json_decref(keys);
    reading_close(&reading);
    if (!found) {
        complain("no command or operation with the id %s was found", invocation->arguments[0]);
        return EXIT_CODE_NOT_FOUND;
    }
    return EXIT_CODE_OK;
}
