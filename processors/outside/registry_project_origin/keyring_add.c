#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "domain/rules.h"
#include "outside/registry_project_origin/keyring_inside.h"

enum {
    FILE_MODE = 0600,
    /* Role, name, word, key in hex, three blanks and two ends of lines. */
    LINE_BYTES_MAX = 8 + 128 + 8 + 2 * KEY_PUBLIC_BYTES_MAX + 8,
};

/* One change of one file. */
struct adding {
    const char *path;        /* as it was given, for words */
    char place[PATH_MAX];    /* where the file really is, so that a link to it stays one */
    char fresh[PATH_MAX];    /* the new file, before it takes the place of the old one */
    int lock;                /* on it, against others that write */
    struct keyring_file old; /* as it is */
    enum key_role role;
    struct text name;
    const struct key *key;
    struct error *error;
};

static enum result failed(const struct adding *adding, enum result result, const char *what) {
    return error_set(adding->error, result, "%s %.200s: %s", what, adding->path, strerror(errno));
}

/* The file is made if there is none. Whoever was faster may have replaced it between our opening
 * and locking it. */
static enum result lock(struct adding *adding) {
    adding->lock =
        open(adding->path, O_RDONLY | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, FILE_MODE);
    if (adding->lock < 0 || realpath(adding->path, adding->place) == NULL) {
        return failed(adding, RESULT_INVALID, "no keys can be kept in");
    }
    struct stat mine;
    struct stat now;
    const int locked = flock(adding->lock, LOCK_EX | LOCK_NB);
    if (locked != 0 && errno != EWOULDBLOCK) {
        return failed(adding, RESULT_FAILED, "there is no way to be alone at");
    }
    if (locked != 0 || fstat(adding->lock, &mine) != 0 || stat(adding->place, &now) != 0 ||
        mine.st_ino != now.st_ino || mine.st_dev != now.st_dev) {
        return error_set(adding->error, RESULT_AGAIN,
                         "somebody else is writing to %.200s: try again", adding->path);
    }
    const int length = snprintf(adding->fresh, sizeof adding->fresh, "%s.new", adding->place);
    if (length < 0 || (size_t)length >= sizeof adding->fresh) {
        return error_set(adding->error, RESULT_INVALID, "the path %.200s is too long",
                         adding->path);
    }
    return RESULT_OK;
}

static bool is_key_of(const struct adding *adding, const struct keyring_entry *entry) {
    return memcmp(entry->key.public_bytes, adding->key->public_bytes,
                  sizeof entry->key.public_bytes) == 0;
}

/* Has nobody else this key, and the name no other one? DENIED otherwise. */
static enum result decide(const struct adding *adding, const struct keyring *keyring,
                          const struct keyring_entry *there, enum keyring_change *change) {
    for (uint32_t i = 0; i < keyring->count; i++) {
        const struct keyring_entry *entry = &keyring->entries[i];
        if (is_key_of(adding, entry) && entry != there) {
            return error_set(adding->error, RESULT_DENIED,
                             "that is the key of %s %.*s (%.200s, line %u), and a key has one name",
                             key_role_word(entry->role), (int)entry->name.length, entry->name.data,
                             adding->path, entry->line);
        }
    }
    if (there == NULL) {
        *change = KEYRING_CHANGE_ADDED;
        return RESULT_OK;
    }
    if (!is_key_of(adding, there)) {
        return error_set(adding->error, RESULT_DENIED,
                         "%s %.*s has another key (%.200s, line %u), and nothing is overwritten",
                         key_role_word(there->role), (int)there->name.length, there->name.data,
                         adding->path, there->line);
    }
    const bool completes = adding->key->secret != NULL && there->key.secret == NULL;
    *change = completes ? KEYRING_CHANGE_COMPLETED : KEYRING_CHANGE_NONE;
    return RESULT_OK;
}

static size_t write_line(const struct adding *adding, char *line) {
    const bool is_secret = adding->key->secret != NULL;
    const uint8_t *bytes = is_secret ? adding->key->secret : adding->key->public_bytes;
    const size_t bytes_length = is_secret ? KEY_SECRET_BYTES : adding->key->public_length;
    const int words =
        snprintf(line, LINE_BYTES_MAX, "%s %.*s %s ", key_role_word(adding->role),
                 (int)adding->name.length, adding->name.data, is_secret ? "secret" : "public");
    assert(words > 0 && (size_t)words + 2 * bytes_length + 2 <= LINE_BYTES_MAX);
    sodium_bin2hex(line + words, 2 * bytes_length + 1, bytes, bytes_length);
    return (size_t)words + 2 * bytes_length;
}

/* The old text with the line in it, in the place of `there` if that is not NULL. The memory is
 * locked and the caller's. */
static struct text text_with(const struct adding *adding, const struct keyring_entry *there,
                             char *memory) {
    const struct text old = adding->old.text;
    assert(old.data != NULL && memory != NULL);
    const uint32_t before = there != NULL ? there->offset : old.length;
    const uint32_t behind = there != NULL ? there->offset + there->length : old.length;
    size_t length = before;
    if (before > 0) {
        memcpy(memory, old.data, before);
    }
    if (there == NULL && before > 0 && memory[before - 1] != '\n') {
        memory[length++] = '\n';
    }
    length += write_line(adding, memory + length);
    if (there == NULL) {
        memory[length++] = '\n';
    } else if (behind < old.length) {
        memcpy(memory + length, old.data + behind, old.length - behind);
        length += old.length - behind;
    }
    return (struct text){.data = memory, .length = (uint32_t)length};
}

/* The new file, on the disk, with the rights of the old one. */
static enum result write_fresh(const struct adding *adding, struct text text) {
    const mode_t mode = adding->key->secret != NULL ? FILE_MODE : adding->old.about.st_mode & 0777;
    (void)unlink(adding->fresh); /* of somebody who did not come to its end: we have the lock */
    const int file = open(adding->fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, FILE_MODE);
    if (file < 0) {
        return failed(adding, RESULT_INVALID, "keys cannot be written beside");
    }
    const struct stat *old = &adding->old.about;
    const bool mine = old->st_uid == geteuid() && old->st_gid == getegid();
    bool written = (mine || fchown(file, old->st_uid, old->st_gid) == 0) && fchmod(file, mode) == 0;
    uint32_t done = 0;
    while (written && done < text.length) {
        const ssize_t put = write(file, text.data + done, text.length - done);
        written = put > 0 || (put < 0 && errno == EINTR);
        done += put > 0 ? (uint32_t)put : 0;
    }
    written = written && fsync(file) == 0;
    const enum result result =
        written ? RESULT_OK : failed(adding, RESULT_FAILED, "keys cannot be written beside");
    (void)close(file);
    if (!written) {
        (void)unlink(adding->fresh);
    }
    return result;
}

/* From here on everybody sees it; and then the disk must know its name. */
static enum result put_in_place(struct adding *adding) {
    if (rename(adding->fresh, adding->place) != 0) {
        const enum result result = failed(adding, RESULT_FAILED, "keys cannot be written to");
        (void)unlink(adding->fresh);
        return result;
    }
    char *slash = strrchr(adding->place, '/');
    assert(slash != NULL);
    slash[slash == adding->place ? 1 : 0] = '\0';
    const int directory = open(adding->place, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const bool safe = directory >= 0 && fsync(directory) == 0;
    const enum result result =
        safe ? RESULT_OK
             : failed(adding, RESULT_DOUBTFUL, "the disk may forget what was written to");
    if (directory >= 0) {
        (void)close(directory);
    }
    return result;
}

static enum result change_file(struct adding *adding, const struct keyring_entry *there) {
    char *memory = sodium_malloc(adding->old.text.length + (size_t)LINE_BYTES_MAX);
    if (memory == NULL) {
        return error_set(adding->error, RESULT_FAILED, "out of memory for the keys of %.200s",
                         adding->path);
    }
    const struct text text = text_with(adding, there, memory);
    enum result result = RESULT_INVALID;
    struct keyring keyring;
    if (text.length > KEYRING_FILE_BYTES_MAX) {
        (void)error_set(adding->error, RESULT_INVALID, "%.200s has no room for more keys",
                        adding->path);
    } else {
        result = keyring_parse(adding->path, text, &keyring, adding->error);
    }
    if (result == RESULT_OK) {
        keyring_close(&keyring);
        result = write_fresh(adding, text);
        result = result == RESULT_OK ? put_in_place(adding) : result;
    }
    sodium_free(memory);
    return result;
}

static enum result add(struct adding *adding, enum keyring_change *change) {
    enum result result = lock(adding);
    if (result == RESULT_OK) {
        result = keyring_file_open(adding->place, &adding->old, adding->error);
    }
    struct keyring keyring = {0};
    if (result == RESULT_OK) {
        result = keyring_file_parse(adding->path, &adding->old, &keyring, adding->error);
    }
    if (result != RESULT_OK) {
        return result;
    }
    const struct keyring_entry *there = keyring_entry_find(&keyring, adding->role, adding->name);
    result = decide(adding, &keyring, there, change);
    if (result == RESULT_OK && *change != KEYRING_CHANGE_NONE) {
        result = change_file(adding, there);
    }
    keyring_close(&keyring);
    return result;
}

enum result keyring_add(const char *path, enum key_role role, struct text name,
                        const struct key *key, enum keyring_change *change, struct error *error) {
    assert(path != NULL && rules_is_name(name));
    assert(key != NULL && key->kind == key_role_kind(role));
    struct adding adding = {
        .path = path, .old = {.file = -1}, .role = role, .name = name, .key = key, .error = error};
    const enum result result = add(&adding, change);
    keyring_file_close(&adding.old);
    if (adding.lock >= 0) {
        (void)close(adding.lock);
    }
    return result;
}
