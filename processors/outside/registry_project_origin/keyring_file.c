#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <string.h>
#include <unistd.h>

#include "outside/registry_project_origin/keyring_inside.h"

enum {
    OTHERS_ANY = 0077,   /* bits of a mode: group and others may do something */
    OTHERS_WRITE = 0022, /* they may write */
};

static enum result read_all(const char *path, struct keyring_file *file, struct error *error) {
    const size_t size = (size_t)file->about.st_size;
    const int ready = sodium_init();
    assert(ready >= 0);
    file->memory = sodium_malloc(size + 1);
    if (file->memory == NULL) {
        return error_set(error, RESULT_FAILED, "out of memory for the keys of %.200s", path);
    }
    size_t length = 0;
    ssize_t got = 1;
    while (got > 0 && length < size) {
        got = read(file->file, file->memory + length, size - length);
        if (got < 0 && errno == EINTR) {
            got = 1;
            continue;
        }
        length += got > 0 ? (size_t)got : 0;
    }
    if (got < 0) {
        return error_set(error, RESULT_FAILED, "the keys in %.200s cannot be read: %s", path,
                         strerror(errno));
    }
    file->text = (struct text){.data = file->memory, .length = (uint32_t)length};
    return RESULT_OK;
}

static enum result open_and_read(const char *path, struct keyring_file *file, struct error *error) {
    /* It must not be waited for, as a pipe would be. */
    file->file = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (file->file < 0) {
        if (errno == ENOENT) {
            return error_set(error, RESULT_NOT_FOUND,
                             "there are no keys in %.200s: `millrace keys generate` makes the file",
                             path);
        }
        return error_set(error, RESULT_INVALID, "the keys in %.200s cannot be opened: %s", path,
                         strerror(errno));
    }
    if (fstat(file->file, &file->about) != 0) {
        return error_set(error, RESULT_FAILED, "the keys in %.200s cannot be read: %s", path,
                         strerror(errno));
    }
    if (!S_ISREG(file->about.st_mode)) {
        return error_set(error, RESULT_INVALID, "%.200s is no file, so it holds no keys", path);
    }
    if (file->about.st_size > KEYRING_FILE_BYTES_MAX) {
        return error_set(error, RESULT_INVALID, "%.200s has more than %d MiB, so it holds no keys",
                         path, KEYRING_FILE_BYTES_MAX >> 20);
    }
    return read_all(path, file, error);
}

enum result keyring_file_open(const char *path, struct keyring_file *file, struct error *error) {
    assert(path != NULL && file != NULL);
    *file = (struct keyring_file){.file = -1};
    const enum result result = open_and_read(path, file, error);
    if (result != RESULT_OK) {
        keyring_file_close(file);
    }
    return result;
}

void keyring_file_close(struct keyring_file *file) {
    if (file->file >= 0) {
        (void)close(file->file);
    }
    sodium_free(file->memory);
    *file = (struct keyring_file){.file = -1};
}

static enum result check_mode(const char *path, unsigned mode, const struct keyring *keyring,
                              struct error *error) {
    const unsigned access = mode & 07777;
    if (keyring->secrets_count > 0 && (access & OTHERS_ANY) != 0) {
        return error_set(error, RESULT_INVALID,
                         "%.200s holds secret keys, and not only its owner may read or write it "
                         "(mode %03o): chmod 600 %.200s",
                         path, access, path);
    }
    if ((access & OTHERS_WRITE) != 0) {
        return error_set(error, RESULT_INVALID,
                         "not only its owner may write %.200s (mode %03o), so others could say "
                         "whom we give to: chmod 600 %.200s",
                         path, access, path);
    }
    return RESULT_OK;
}

enum result keyring_file_parse(const char *path, const struct keyring_file *file,
                               struct keyring *keyring, struct error *error) {
    enum result result = keyring_parse(path, file->text, keyring, error);
    if (result == RESULT_OK) {
        result = check_mode(path, file->about.st_mode, keyring, error);
        if (result != RESULT_OK) {
            keyring_close(keyring);
        }
    }
    return result;
}

enum result keyring_open(const char *path, struct keyring *keyring, struct error *error) {
    struct keyring_file file;
    *keyring = (struct keyring){0};
    enum result result = keyring_file_open(path, &file, error);
    if (result == RESULT_OK) {
        result = keyring_file_parse(path, &file, keyring, error);
        keyring_file_close(&file);
    }
    return result;
}
