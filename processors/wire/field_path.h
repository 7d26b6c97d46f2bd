/* The path of a field, written from the inside out while an error rises. */
#ifndef MILLRACE_WIRE_FIELD_PATH_H
#define MILLRACE_WIRE_FIELD_PATH_H

#include <stddef.h>
#include <stdint.h>

/* Both cut off the innermost end when `path`, of `size` bytes, is full. */

/* "id" becomes "metadata.id"; an empty path becomes "metadata". */
void field_path_within(char *path, size_t size, const char *name);

/* "owner" becomes "[3].owner". */
void field_path_at(char *path, size_t size, uint32_t index);

#endif
