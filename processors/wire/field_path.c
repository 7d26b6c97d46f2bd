#include "wire/field_path.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

static void prepend(char *path, size_t size, const char *prefix) {
    const size_t prefix_length = strlen(prefix);
    const size_t length = strlen(path);
    assert(length < size);
    const size_t head = prefix_length < size - 1 ? prefix_length : size - 1;
    const size_t tail = length < size - 1 - head ? length : size - 1 - head;
    memmove(path + head, path, tail);
    memcpy(path, prefix, head);
    path[head + tail] = '\0';
}

void field_path_within(char *path, size_t size, const char *name) {
    if (path[0] != '\0' && path[0] != '[') {
        prepend(path, size, ".");
    }
    prepend(path, size, name);
}

void field_path_at(char *path, size_t size, uint32_t index) {
    char item[16];
    (void)snprintf(item, sizeof item, "[%u]", index);
    if (path[0] != '\0' && path[0] != '[') {
        prepend(path, size, ".");
    }
    prepend(path, size, item);
}
