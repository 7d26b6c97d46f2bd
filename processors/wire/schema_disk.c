#include "wire/schema_disk.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A file is the SHA-256 of the schema's text in hex, a line end, and the text. */
enum { DIGEST_BYTES = 32, HEAD_BYTES = 2 * DIGEST_BYTES + 1 };

static void head_of(struct text text, char head[HEAD_BYTES + 1]) {
    uint8_t digest[EVP_MAX_MD_SIZE];
    unsigned length = 0;
    const int digested = EVP_Digest(text.data, text.length, digest, &length, EVP_sha256(), NULL);
    assert(digested == 1 && length == DIGEST_BYTES);
    for (unsigned i = 0; i < DIGEST_BYTES; i++) {
        (void)snprintf(head + 2 * (size_t)i, 3, "%02x", digest[i]);
    }
    head[HEAD_BYTES - 1] = '\n';
    head[HEAD_BYTES] = '\0';
}

static bool write_all(int fd, const char *data, size_t length) {
    while (length > 0) {
        const ssize_t written = write(fd, data, length);
        if (written <= 0) {
            return false;
        }
        data += written;
        length -= (size_t)written;
    }
    return true;
}

enum result schema_disk_check(const char *directory, struct error *error) {
    assert(directory != NULL && error != NULL);
    char path[PATH_MAX];
    const int length = snprintf(path, sizeof path, "%s/.check.XXXXXX", directory);
    errno = ENAMETOOLONG;
    const int fd = length < 0 || length >= PATH_MAX ? -1 : mkstemp(path);
    if (fd < 0) {
        return error_set(error, RESULT_FAILED,
                         "no schema can be kept in %.200s (%s), so none is at hand while the "
                         "schema registry is away; create it and let this user write there",
                         directory, strerror(errno));
    }
    (void)close(fd);
    (void)unlink(path);
    return RESULT_OK;
}

void schema_disk_write(const char *directory, int32_t id, struct text text) {
    assert(directory != NULL && id > 0);
    char path[PATH_MAX];
    char temporary[PATH_MAX];
    const int length = snprintf(path, sizeof path, "%s/%d.avsc", directory, id);
    const int longer = snprintf(temporary, sizeof temporary, "%s/.%d.XXXXXX", directory, id);
    if (length < 0 || length >= PATH_MAX || longer < 0 || longer >= PATH_MAX) {
        return;
    }
    const int fd = mkstemp(temporary);
    if (fd < 0) {
        return;
    }
    char head[HEAD_BYTES + 1];
    head_of(text, head);
    bool whole = write_all(fd, head, HEAD_BYTES) && write_all(fd, text.data, text.length);
    whole = close(fd) == 0 && whole;
    if (!whole || rename(temporary, path) != 0) {
        (void)unlink(temporary);
    }
}

bool schema_disk_read(const char *directory, int32_t id, char *buffer, uint32_t capacity,
                      struct text *text) {
    assert(directory != NULL && buffer != NULL);
    char path[PATH_MAX];
    const int length = snprintf(path, sizeof path, "%s/%d.avsc", directory, id);
    FILE *file = length < 0 || length >= PATH_MAX ? NULL : fopen(path, "rbe");
    if (file == NULL) {
        return false;
    }
    char found[HEAD_BYTES];
    const bool has_head = fread(found, 1, sizeof found, file) == sizeof found;
    const size_t size = has_head ? fread(buffer, 1, capacity, file) : 0;
    const bool whole = has_head && size > 0 && fgetc(file) == EOF && ferror(file) == 0;
    (void)fclose(file);
    if (!whole) {
        return false;
    }
    *text = (struct text){.data = buffer, .length = (uint32_t)size};
    char expected[HEAD_BYTES + 1];
    head_of(*text, expected);
    return memcmp(found, expected, HEAD_BYTES) == 0;
}
