#include "standin/request.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* The next line of `*rest` as a string; NULL at the end or when the last one is not ended. */
static char *next_line(char **rest, const char *end) {
    char *line = *rest;
    char *newline = memchr(line, '\n', (size_t)(end - line));
    if (newline == NULL) {
        return NULL;
    }
    *newline = '\0';
    *rest = newline + 1;
    return line;
}

/* Undo the escapes in place. False: one is no escape. */
static bool unescape(char *value) {
    char *to = value;
    for (const char *from = value; *from != '\0'; from++) {
        if (*from != '%') {
            *to++ = *from;
            continue;
        }
        if (strspn(from + 1, "0123456789ABCDEF") < 2) {
            return false;
        }
        const char hex[] = {from[1], from[2], '\0'};
        *to++ = (char)strtol(hex, NULL, 16);
        from += 2;
    }
    *to = '\0';
    return true;
}

static bool add_field(struct standin_request *request, const char *name, char *value) {
    if (request->fields_count == REQUEST_FIELDS_MAX || !unescape(value)) {
        return false;
    }
    request->fields[request->fields_count++] = (struct standin_request_field){name, value};
    return true;
}

/* Cut a string at its next space. NULL: it has none. */
static char *cut(char **rest) {
    char *word = *rest;
    char *space = strchr(word, ' ');
    if (space == NULL) {
        return NULL;
    }
    *space = '\0';
    *rest = space + 1;
    return word;
}

static bool add_part(struct standin_request *request, char *rest) {
    char *slice_id = cut(&rest);
    char *quantity = cut(&rest);
    return slice_id != NULL && quantity != NULL && add_field(request, "part.sliceId", slice_id) &&
           add_field(request, "part.quantity", quantity) && add_field(request, "part.owner", rest);
}

/* "attribute ClearText FuelCode F01": the name of the flat field is made where kind and key were.
 */
static bool add_attribute(struct standin_request *request, char *line) {
    static const char prefix[] = "attribute.";
    char *rest = line + sizeof prefix - 1;
    char *kind = cut(&rest);
    char *key = cut(&rest);
    if (kind == NULL || key == NULL || !unescape(key)) {
        return false;
    }
    memmove(line + sizeof prefix - 1, key, strlen(key) + 1);
    memcpy(line, prefix, sizeof prefix - 1);
    return add_field(request, line, rest);
}

static bool read_operation_line(struct standin_request *request, char *line) {
    char *rest = line;
    const char *name = cut(&rest);
    if (name == NULL) {
        return false;
    }
    if (strcmp(name, "part") == 0) {
        return add_part(request, rest);
    }
    if (strcmp(name, "attribute") == 0) {
        return add_attribute(request, line);
    }
    return add_field(request, name, rest);
}

/* The value of a line that must be the next and have this name. */
static const char *expect_line(char **rest, const char *end, const char *name) {
    char *value = next_line(rest, end);
    const char *word = value == NULL ? NULL : cut(&value);
    return word != NULL && strcmp(word, name) == 0 && unescape(value) ? value : NULL;
}

static bool read_head(char *head, struct standin_request *request) {
    const char *verb = cut(&head);
    request->submission_id = cut(&head);
    request->attempt = cut(&head);
    request->transaction_id = head;
    return verb != NULL && strcmp(verb, "send") == 0 && request->submission_id != NULL &&
           request->attempt != NULL && head[0] != '\0';
}

bool standin_request_read(char *frame, size_t length, struct standin_request *request,
                          const char **why) {
    assert(frame[length] == '\0');
    *request = (struct standin_request){.fields = request->fields};
    char *rest = frame;
    const char *end = frame + length;
    char *head = next_line(&rest, end);
    if (head == NULL || !read_head(head, request)) {
        *why = "the first line is no \"send\" with three ids";
        return false;
    }
    const char *version = expect_line(&rest, end, "millrace-plain");
    request->nonce = version == NULL ? NULL : expect_line(&rest, end, "nonce");
    request->certificate_id =
        request->nonce == NULL ? NULL : expect_line(&rest, end, "certificate");
    request->operation =
        request->certificate_id == NULL ? NULL : expect_line(&rest, end, "operation");
    if (request->operation == NULL || strcmp(version, "1") != 0) {
        *why = "the transaction does not begin as it should";
        return false;
    }
    while (rest < end) {
        char *line = next_line(&rest, end);
        if (line == NULL || !read_operation_line(request, line)) {
            *why = "a field of the operation cannot be read";
            return false;
        }
    }
    return true;
}
