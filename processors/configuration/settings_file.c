#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <yaml.h>

#include "configuration/settings.h"

enum {
    DEPTH_MAX = 8,                     /* of mappings within mappings */
    FILE_BYTES_MAX = 256 * 1024,       /* bounds the memory that the YAML library takes */
    ORIGIN_MAX = SETTING_NAME_MAX * 2, /* bytes of "path:line" */
};

/* One walk over one document. Nested mappings and dotted names mean the same. */
struct walk {
    struct settings *settings;
    yaml_document_t *document;
    const char *path;
    struct error *error;
};

static void origin_of(const struct walk *walk, const yaml_node_t *node, char *origin) {
    const char *slash = strrchr(walk->path, '/');
    (void)snprintf(origin, ORIGIN_MAX, "%.200s:%zu", slash != NULL ? slash + 1 : walk->path,
                   node->start_mark.line + 1);
}

static enum result refuse(const struct walk *walk, const yaml_node_t *node, const char *name,
                          const char *why) {
    char origin[ORIGIN_MAX];
    origin_of(walk, node, origin);
    return error_set(walk->error, RESULT_INVALID, "%s%s%s: %s", origin, *name == '\0' ? "" : ": ",
                     name, why);
}

static bool is_plain_text(const yaml_node_t *node) {
    return node->type == YAML_SCALAR_NODE &&
           memchr(node->data.scalar.value, '\0', node->data.scalar.length) == NULL;
}

static const char *scalar(const yaml_node_t *node) {
    return (const char *)node->data.scalar.value;
}

static enum result set(const struct walk *walk, const yaml_node_t *node, const char *name,
                       const char *value) {
    char origin[ORIGIN_MAX];
    origin_of(walk, node, origin);
    return settings_set(walk->settings, name, value, SETTING_SOURCE_FILE, origin, walk->error);
}

static enum result read_list(const struct walk *walk, const yaml_node_t *node, const char *name) {
    const struct setting_key *key = setting_key_find(name);
    if (key != NULL && key->type != SETTING_LIST) {
        return refuse(walk, node, name, "is one value, not a list");
    }
    static char joined[SETTING_VALUE_MAX];
    size_t used = 0;
    joined[0] = '\0';
    const yaml_node_item_t *item = node->data.sequence.items.start;
    for (; item < node->data.sequence.items.top; item++) {
        const yaml_node_t *value = yaml_document_get_node(walk->document, *item);
        if (!is_plain_text(value) || strchr(scalar(value), ',') != NULL) {
            return refuse(walk, value, name, "a list holds plain texts without commas");
        }
        const size_t size = sizeof joined - used;
        const int length =
            snprintf(joined + used, size, "%s%s", used > 0 ? "," : "", scalar(value));
        if (length < 0 || (size_t)length >= size) {
            return refuse(walk, value, name, "the list is too long");
        }
        used += (size_t)length;
    }
    return set(walk, node, name, joined);
}

static enum result read_node(const struct walk *walk, const yaml_node_t *node, const char *name,
                             uint32_t depth);

static enum result read_mapping(const struct walk *walk, const yaml_node_t *node, const char *name,
                                uint32_t depth) {
    if (depth == DEPTH_MAX) {
        return refuse(walk, node, name, "is nested too deep to be a setting");
    }
    const yaml_node_pair_t *pair = node->data.mapping.pairs.start;
    for (; pair < node->data.mapping.pairs.top; pair++) {
        const yaml_node_t *word = yaml_document_get_node(walk->document, pair->key);
        const yaml_node_t *value = yaml_document_get_node(walk->document, pair->value);
        char inner[SETTING_NAME_MAX];
        if (!is_plain_text(word) || word->data.scalar.length == 0) {
            return refuse(walk, word, name, "here must stand a name");
        }
        const int length =
            snprintf(inner, sizeof inner, "%s%s%s", name, *name == '\0' ? "" : ".", scalar(word));
        if (length < 0 || (size_t)length >= sizeof inner) {
            return refuse(walk, word, name, "the name below it is too long to be a setting");
        }
        const enum result result = read_node(walk, value, inner, depth + 1);
        if (result != RESULT_OK) {
            return result;
        }
    }
    return RESULT_OK;
}

static enum result read_node(const struct walk *walk, const yaml_node_t *node, const char *name,
                             uint32_t depth) {
    switch (node->type) {
    case YAML_MAPPING_NODE:
        return read_mapping(walk, node, name, depth);
    case YAML_SEQUENCE_NODE:
        return read_list(walk, node, name);
    case YAML_SCALAR_NODE:
        if (!is_plain_text(node)) {
            return refuse(walk, node, name, "is no plain text");
        }
        return set(walk, node, name, scalar(node));
    case YAML_NO_NODE:
        break;
    }
    return refuse(walk, node, name, "has no value");
}

static enum result read_document(const struct walk *walk) {
    const yaml_node_t *root = yaml_document_get_root_node(walk->document);
    if (root == NULL) {
        return RESULT_OK; /* an empty file sets nothing */
    }
    if (root->type != YAML_MAPPING_NODE) {
        return refuse(walk, root, "", "a configuration is made of lines NAME: VALUE");
    }
    return read_mapping(walk, root, "", 0);
}

static enum result parse(struct settings *settings, const char *path, const unsigned char *text,
                         size_t length, struct error *error) {
    yaml_parser_t parser;
    yaml_document_t document;
    if (yaml_parser_initialize(&parser) != 1) {
        return error_set(error, RESULT_FAILED, "out of memory while reading %.200s", path);
    }
    yaml_parser_set_input_string(&parser, text, length);
    enum result result;
    if (yaml_parser_load(&parser, &document) != 1) {
        result = error_set(error, RESULT_INVALID, "%.200s:%zu: this is not YAML: %s", path,
                           parser.problem_mark.line + 1,
                           parser.problem != NULL ? parser.problem : "it cannot be parsed");
    } else {
        const struct walk walk = {
            .settings = settings, .document = &document, .path = path, .error = error};
        result = read_document(&walk);
        yaml_document_delete(&document);
    }
    yaml_parser_delete(&parser);
    return result;
}

enum result settings_read_file(struct settings *settings, const char *path, struct error *error) {
    assert(settings != NULL && path != NULL);
    static unsigned char text[FILE_BYTES_MAX];
    FILE *file = fopen(path, "rbe");
    if (file == NULL) {
        const enum result result = errno == ENOENT ? RESULT_NOT_FOUND : RESULT_INVALID;
        return error_set(error, result, "the configuration %.200s cannot be opened: %s", path,
                         strerror(errno));
    }
    const size_t length = fread(text, 1, sizeof text, file);
    const bool failed = ferror(file) != 0;
    (void)fclose(file);
    if (failed || length == sizeof text) {
        return error_set(error, RESULT_INVALID,
                         "the configuration %.200s cannot be read, or is not below %d kB", path,
                         FILE_BYTES_MAX / 1024);
    }
    return parse(settings, path, text, length, error);
}
