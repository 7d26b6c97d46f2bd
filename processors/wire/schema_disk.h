/* Copies of writer schemas on disk, for the time when the schema registry is away. */
#ifndef MILLRACE_WIRE_SCHEMA_DISK_H
#define MILLRACE_WIRE_SCHEMA_DISK_H

#include <stdbool.h>
#include <stdint.h>

#include "domain/values.h"
#include "ports/error.h"

/* Can copies be kept in this directory? FAILED: none can, `error` says why. */
enum result schema_disk_check(const char *directory, struct error *error);

/* Keep a copy: whole or not at all, whoever else writes it. Failing only means having no copy. */
void schema_disk_write(const char *directory, int32_t id, struct text text);

/* Read a copy into `buffer`. False: there is none, or it is not what was written. */
bool schema_disk_read(const char *directory, int32_t id, char *buffer, uint32_t capacity,
                      struct text *text);

#endif
