/* What the files of the keyring share. */
#ifndef MILLRACE_REGISTRY_PROJECT_ORIGIN_KEYRING_INSIDE_H
#define MILLRACE_REGISTRY_PROJECT_ORIGIN_KEYRING_INSIDE_H

#include <sys/stat.h>

#include "outside/registry_project_origin/keyring.h"

/* By role, then by name: of two entries. */
int keyring_compare_names(const void *one, const void *other);

/* The file as it is, in locked memory. */
struct keyring_file {
    int file;
    struct stat about;
    char *memory;     /* what `text` points into */
    struct text text; /* all of it */
};

/* NOT_FOUND, INVALID, FAILED: as `keyring_open`. */
enum result keyring_file_open(const char *path, struct keyring_file *file, struct error *error);
/* Its keys, when nobody else can read its secrets or write it. */
enum result keyring_file_parse(const char *path, const struct keyring_file *file,
                               struct keyring *keyring, struct error *error);
void keyring_file_close(struct keyring_file *file);

#endif
