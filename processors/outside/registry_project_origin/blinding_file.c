#include "outside/registry_project_origin/blinding_file.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { OTHERS_ANY = 0077 }; /* bits of a mode: group and others may do something */

/* --- Lines. --- */

static bool is_blank(char character) {
    return character == ' ' || character == '\t';
}

/* The next word of a line, and what comes behind it; of no length: there is none. */
static struct text next_word(struct text *line) {
    while (line->length > 0 && is_blank(line->data[0])) {
        line->data++;
        line->length--;
    }
    struct text word = {.data = line->data, .length = 0};
    while (word.length < line->length && !is_blank(line->data[word.length])) {
        word.length++;
    }
    line->data += word.length;
    line->length -= word.length;
    return word;
}

static struct text next_line(struct text *text) {
    const char *end = memchr(text->data, '\n', text->length);
    const struct text line = {.data = text->data,
                              .length = end == NULL ? text->length : (uint32_t)(end - text->data)};
    const uint32_t taken = end == NULL ? line.length : line.length + 1;
    text->data += taken;
    text->length -= taken;
    return line;
}

/* A line that says something. Where name and secret have changed places the name is a secret. */
static enum result take_line(struct text line, struct blinding_secrets *secrets,
                             struct error *error) {
    const struct text name = next_word(&line);
    const struct text digits = next_word(&line);
    uint8_t secret[BLINDING_SECRET_MAX];
    size_t length = 0;
    if (digits.length == 0 || next_word(&line).length > 0) {
        return error_set(error, RESULT_INVALID, "a line is NAME SECRET");
    }
    const bool is_hex =
        sodium_hex2bin(secret, sizeof secret, digits.data, digits.length, NULL, &length, NULL) == 0;
    const struct bytes bytes = {.data = secret, .length = (uint32_t)length};
    const enum result result =
        is_hex && length >= BLINDING_SECRET_MIN
            ? blinding_secrets_add(secrets, name, bytes, error)
            : error_set(error, RESULT_INVALID,
                        "behind its name stands no secret of %d to %d bytes, in hex",
                        BLINDING_SECRET_MIN, BLINDING_SECRET_MAX);
    sodium_memzero(secret, sizeof secret);
    return result;
}

static enum result take_lines(const char *origin, struct text text,
                              struct blinding_secrets *secrets, struct error *error) {
    for (uint32_t number = 1; text.length > 0; number++) {
        struct text line = next_line(&text);
        struct text rest = line;
        const struct text word = next_word(&rest);
        if (word.length == 0 || word.data[0] == '#') {
            continue;
        }
        if (take_line(line, secrets, error) != RESULT_OK) {
            return error_wrap(error, "%.180s:%u", origin, number);
        }
    }
    return secrets->count > 0 ? RESULT_OK
                              : error_set(error, RESULT_INVALID,
                                          "there is no blinding secret in %.200s: write a line "
                                          "NAME SECRET, the secret %d to %d bytes in hex",
                                          origin, BLINDING_SECRET_MIN, BLINDING_SECRET_MAX);
}

enum result blinding_file_parse(const char *origin, struct text text,
                                struct blinding_secrets **secrets, struct error *error) {
    assert(origin != NULL && secrets != NULL && error != NULL);
    assert(text.data != NULL || text.length == 0);
    const int ready = sodium_init();
    assert(ready >= 0);
    *secrets = NULL;
    struct blinding_secrets *taken = sodium_malloc(sizeof *taken);
    if (taken == NULL) {
        return error_set(error, RESULT_FAILED, "out of memory for the secrets of %.200s", origin);
    }
    blinding_secrets_init(taken);
    const enum result result = take_lines(origin, text, taken, error);
    if (result != RESULT_OK) {
        blinding_file_close(taken);
        return result;
    }
    const int locked = sodium_mprotect_readonly(taken);
    assert(locked == 0);
    *secrets = taken;
    return RESULT_OK;
}

void blinding_file_close(struct blinding_secrets *secrets) {
    sodium_free(secrets);
}

/* --- The file. --- */

static enum result cannot_be_read(const char *path, enum result result, struct error *error) {
    return error_set(error, result, "the blinding secrets in %.200s cannot be read: %s", path,
                     strerror(errno));
}

static enum result check_file(const char *path, int file, struct error *error) {
    struct stat about;
    if (fstat(file, &about) != 0) {
        return cannot_be_read(path, RESULT_FAILED, error);
    }
    if (!S_ISREG(about.st_mode) || about.st_size > BLINDING_FILE_BYTES_MAX) {
        return error_set(error, RESULT_INVALID,
                         "%.200s is no file of at most %d kB, so it holds no blinding secrets",
                         path, BLINDING_FILE_BYTES_MAX / 1024);
    }
    const unsigned access = about.st_mode & 07777;
    if ((access & OTHERS_ANY) != 0) {
        return error_set(error, RESULT_INVALID,
                         "%.180s holds blinding secrets, and not only its owner may read or write "
                         "it (mode %03o): chmod 600 %.180s",
                         path, access, path);
    }
    return RESULT_OK;
}

/* How much was read; -1: it could not be. */
static ssize_t read_all(int file, char *text, size_t size) {
    size_t length = 0;
    ssize_t got = 1;
    while (got > 0 && length < size) {
        got = read(file, text + length, size - length);
        if (got < 0 && errno == EINTR) {
            got = 1;
            continue;
        }
        length += got > 0 ? (size_t)got : 0;
    }
    return got < 0 ? -1 : (ssize_t)length;
}

enum result blinding_file_open(const char *path, struct blinding_secrets **secrets,
                               struct error *error) {
    assert(path != NULL && secrets != NULL && error != NULL);
    *secrets = NULL;
    /* It must not be waited for, as a pipe would be. */
    const int file = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (file < 0) {
        return cannot_be_read(path, errno == ENOENT ? RESULT_NOT_FOUND : RESULT_INVALID, error);
    }
    char text[BLINDING_FILE_BYTES_MAX];
    enum result result = check_file(path, file, error);
    if (result == RESULT_OK) {
        const ssize_t length = read_all(file, text, sizeof text);
        result = length < 0 ? cannot_be_read(path, RESULT_FAILED, error)
                            : blinding_file_parse(
                                  path, (struct text){.data = text, .length = (uint32_t)length},
                                  secrets, error);
        sodium_memzero(text, sizeof text);
    }
    (void)close(file);
    return result;
}
