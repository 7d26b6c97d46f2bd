#include "cli/output.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { COLUMNS_MAX = 16 };

/* A member as it stands in a table: text without quotes, nothing for null. The caller frees it. */
static char *cell_of(const json_t *value) {
    if (value == NULL || json_is_null(value)) {
        return strdup("");
    }
    char *cell = json_is_string(value) ? strdup(json_string_value(value))
                                       : json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
    assert(cell != NULL);
    for (unsigned char *c = (unsigned char *)cell; *c != '\0'; c++) {
        *c = *c < 0x20 || *c == 0x7f ? '?' : *c;
    }
    return cell;
}

/* How many columns of a terminal a text takes: continuation bytes of UTF-8 take none. */
static size_t width_of(const char *text) {
    size_t width = 0;
    for (; *text != '\0'; text++) {
        width += ((unsigned char)*text & 0xc0) != 0x80;
    }
    return width;
}

static void print_cell(FILE *stream, const char *cell, size_t width, bool last) {
    (void)fputs(cell, stream);
    if (last) {
        (void)fputc('\n', stream);
        return;
    }
    for (size_t i = width_of(cell); i < width + 2; i++) {
        (void)fputc(' ', stream);
    }
}

static void print_table(FILE *stream, const json_t *rows, const struct output_column *columns,
                        uint32_t columns_count) {
    size_t widths[COLUMNS_MAX];
    size_t index;
    const json_t *row;
    for (uint32_t i = 0; i < columns_count; i++) {
        widths[i] = width_of(columns[i].title);
        json_array_foreach(rows, index, row) {
            char *cell = cell_of(json_object_get(row, columns[i].member));
            const size_t width = width_of(cell);
            widths[i] = width > widths[i] ? width : widths[i];
            free(cell);
        }
    }
    for (uint32_t i = 0; i < columns_count; i++) {
        print_cell(stream, columns[i].title, widths[i], i + 1 == columns_count);
    }
    json_array_foreach(rows, index, row) {
        for (uint32_t i = 0; i < columns_count; i++) {
            char *cell = cell_of(json_object_get(row, columns[i].member));
            print_cell(stream, cell, widths[i], i + 1 == columns_count);
            free(cell);
        }
    }
}

static void print_json(FILE *stream, const json_t *value) {
    const int printed = json_dumpf(value, stream, JSON_INDENT(2) | JSON_ENCODE_ANY);
    assert(printed == 0 || ferror(stream) != 0);
    (void)fputc('\n', stream);
}

static void print_yaml(FILE *stream, const json_t *value, int indent, bool inside_list);

static void print_yaml_item(FILE *stream, const json_t *value, int indent) {
    const bool nested = (json_is_object(value) && json_object_size(value) > 0) ||
                        (json_is_array(value) && json_array_size(value) > 0);
    if (nested) {
        (void)fputc('\n', stream);
        print_yaml(stream, value, indent, false);
        return;
    }
    /* A JSON scalar, an empty list and an empty object are YAML as they are. */
    char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
    assert(text != NULL);
    (void)fprintf(stream, " %s\n", text);
    free(text);
}

static void print_yaml(FILE *stream, const json_t *value, int indent, bool inside_list) {
    size_t index;
    const json_t *item;
    const char *name;
    if (json_is_array(value)) {
        json_array_foreach(value, index, item) {
            (void)fprintf(stream, "%*s-", indent, "");
            if (json_is_object(item) && json_object_size(item) > 0) {
                (void)fputc(' ', stream);
                print_yaml(stream, item, indent + 2, true);
            } else {
                print_yaml_item(stream, item, indent + 2);
            }
        }
        return;
    }
    bool first = inside_list;
    void *at = json_object_iter((json_t *)value);
    for (; at != NULL; at = json_object_iter_next((json_t *)value, at)) {
        name = json_object_iter_key(at);
        (void)fprintf(stream, "%*s\"%s\":", first ? 0 : indent, "", name);
        print_yaml_item(stream, json_object_iter_value(at), indent + 2);
        first = false;
    }
}

static void print_yaml_document(FILE *stream, const json_t *value) {
    const bool empty =
        json_is_array(value) ? json_array_size(value) == 0 : json_object_size(value) == 0;
    if (empty) {
        print_json(stream, value);
    } else {
        print_yaml(stream, value, 0, false);
    }
}

void output_rows(FILE *stream, enum output_format format, const json_t *rows,
                 const struct output_column *columns, uint32_t columns_count) {
    assert(json_is_array(rows));
    assert(columns_count > 0 && columns_count <= COLUMNS_MAX);
    switch (format) {
    case OUTPUT_FORMAT_TABLE:
        print_table(stream, rows, columns, columns_count);
        return;
    case OUTPUT_FORMAT_JSON:
        print_json(stream, rows);
        return;
    case OUTPUT_FORMAT_YAML:
        print_yaml_document(stream, rows);
        return;
    }
}

static void print_members(FILE *stream, const json_t *object) {
    size_t width = 0;
    json_t *writable = (json_t *)object;
    for (void *at = json_object_iter(writable); at != NULL;
         at = json_object_iter_next(writable, at)) {
        const size_t name_width = width_of(json_object_iter_key(at));
        width = name_width > width ? name_width : width;
    }
    for (void *at = json_object_iter(writable); at != NULL;
         at = json_object_iter_next(writable, at)) {
        const json_t *value = json_object_iter_value(at);
        if (json_is_null(value) || (json_is_array(value) && json_array_size(value) == 0)) {
            continue;
        }
        char *cell = cell_of(value);
        print_cell(stream, json_object_iter_key(at), width, false);
        print_cell(stream, cell, 0, true);
        free(cell);
    }
}

void output_object(FILE *stream, enum output_format format, const json_t *object) {
    assert(json_is_object(object));
    switch (format) {
    case OUTPUT_FORMAT_TABLE:
        print_members(stream, object);
        return;
    case OUTPUT_FORMAT_JSON:
        print_json(stream, object);
        return;
    case OUTPUT_FORMAT_YAML:
        print_yaml_document(stream, object);
        return;
    }
}
