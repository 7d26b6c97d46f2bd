#include <assert.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "domain/limits.h"
#include "domain/rules.h"
#include "outside/registry_project_origin/keyring.h"
#include "outside/registry_project_origin/keyring_inside.h"

/* A walk over the lines of a file. */
struct lines {
    const char *origin;
    struct text rest;    /* what comes behind the line */
    struct text line;    /* without its end */
    uint32_t offset;     /* bytes before it */
    uint32_t number;     /* from 1 */
    struct error *error; /* where a word about it goes */
};

/* The next line that says something. */
static bool next_line(struct lines *lines, const char *start) {
    while (lines->rest.length > 0) {
        const char *end = memchr(lines->rest.data, '\n', lines->rest.length);
        const uint32_t length =
            end == NULL ? lines->rest.length : (uint32_t)(end - lines->rest.data);
        lines->line = (struct text){.data = lines->rest.data, .length = length};
        lines->offset = (uint32_t)(lines->rest.data - start);
        lines->number++;
        const uint32_t taken = end == NULL ? length : length + 1;
        lines->rest.data += taken;
        lines->rest.length -= taken;
        uint32_t blank = 0;
        while (blank < length &&
               (lines->line.data[blank] == ' ' || lines->line.data[blank] == '\t')) {
            blank++;
        }
        if (blank < length && lines->line.data[blank] != '#') {
            return true;
        }
    }
    return false;
}

/* What is wrong with a line; nothing of it is repeated, for a secret may stand anywhere in it. */
__attribute__((format(printf, 2, 3))) static enum result wrong(const struct lines *lines,
                                                               const char *format, ...) {
    char what[256];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    return error_set(lines->error, RESULT_INVALID, "%.200s:%u: %s", lines->origin, lines->number,
                     what);
}

enum { WORDS = 4 };

/* The words of a line; how many there are, WORDS + 1 for more. */
static uint32_t split(struct text line, struct text words[WORDS]) {
    uint32_t count = 0;
    uint32_t at = 0;
    while (at < line.length) {
        while (at < line.length && (line.data[at] == ' ' || line.data[at] == '\t')) {
            at++;
        }
        const uint32_t from = at;
        while (at < line.length && line.data[at] != ' ' && line.data[at] != '\t') {
            at++;
        }
        if (at == from) {
            break;
        }
        if (count == WORDS) {
            return WORDS + 1;
        }
        words[count++] = (struct text){.data = line.data + from, .length = at - from};
    }
    return count;
}

/* Digits of hex, all of them, as bytes. False: something else, or more than there is room for. */
static bool from_hex(struct text digits, uint8_t *bytes, uint32_t room, uint32_t *length) {
    size_t decoded = 0;
    const int result =
        sodium_hex2bin(bytes, room, digits.data, digits.length, NULL, &decoded, NULL);
    *length = (uint32_t)decoded;
    return result == 0;
}

/* The key of a line that is otherwise well; `secret` has room for one. */
static enum result read_key(const struct lines *lines, struct keyring_entry *entry, bool is_secret,
                            struct text digits, uint8_t *secret) {
    const enum key_kind kind = key_role_kind(entry->role);
    uint8_t point[KEY_PUBLIC_BYTES_MAX];
    uint32_t length;
    const bool read =
        is_secret ? from_hex(digits, secret, KEY_SECRET_BYTES, &length) &&
                        length == KEY_SECRET_BYTES && key_from_secret(kind, secret, &entry->key)
                  : from_hex(digits, point, sizeof point, &length) &&
                        key_from_public(kind, (struct bytes){point, length}, &entry->key);
    if (read) {
        return RESULT_OK;
    }
    return wrong(lines, "what stands behind %s %.*s is no %s key of %s, in hex",
                 key_role_word(entry->role), (int)entry->name.length, entry->name.data,
                 is_secret ? "secret" : "public", key_kind_word(kind));
}

static enum result read_line(const struct lines *lines, struct keyring_entry *entry,
                             uint8_t *secret) {
    struct text words[WORDS];
    if (split(lines->line, words) != WORDS) {
        return wrong(lines, "a line is ROLE NAME secret|public KEY");
    }
    if (!key_role_of_word(words[0], &entry->role)) {
        return wrong(lines, "a role is owner or issuer");
    }
    if (!rules_is_name(words[1])) {
        return wrong(lines, "a name is 1 to %d of A-Z a-z 0-9 . _ : -", LIMIT_OWNER_BYTES_MAX);
    }
    entry->name = words[1];
    entry->line = lines->number;
    entry->offset = lines->offset;
    entry->length = lines->line.length;
    const bool is_secret = text_equal(words[2], text_of("secret"));
    if (!is_secret && !text_equal(words[2], text_of("public"))) {
        return wrong(lines, "behind %s %.*s stands secret or public", key_role_word(entry->role),
                     (int)entry->name.length, entry->name.data);
    }
    return read_key(lines, entry, is_secret, words[3], secret);
}

static int compare_keys(const void *one, const void *other) {
    const struct keyring_entry *a = *(const struct keyring_entry *const *)one;
    const struct keyring_entry *b = *(const struct keyring_entry *const *)other;
    return memcmp(a->key.public_bytes, b->key.public_bytes, sizeof a->key.public_bytes);
}

/* A name has one key in a role. */
static enum result check_names(const struct lines *lines, const struct keyring *keyring) {
    for (uint32_t i = 1; i < keyring->count; i++) {
        const struct keyring_entry *a = &keyring->entries[i - 1];
        const struct keyring_entry *b = &keyring->entries[i];
        if (keyring_compare_names(a, b) == 0) {
            return error_set(
                lines->error, RESULT_INVALID, "%.200s: %s %.*s stands in line %u and %u",
                lines->origin, key_role_word(a->role), (int)a->name.length, a->name.data,
                a->line < b->line ? a->line : b->line, a->line < b->line ? b->line : a->line);
        }
    }
    return RESULT_OK;
}

/* And a key has one name: by a key that a registry shows we find whose it is. */
static enum result check_keys(const struct lines *lines, const struct keyring *keyring) {
    const struct keyring_entry **sorted =
        calloc(keyring->count + 1u, sizeof(struct keyring_entry *));
    if (sorted == NULL) {
        return error_set(lines->error, RESULT_FAILED, "out of memory for the keys of %.200s",
                         lines->origin);
    }
    for (uint32_t i = 0; i < keyring->count; i++) {
        sorted[i] = &keyring->entries[i];
    }
    qsort(sorted, keyring->count, sizeof(struct keyring_entry *), compare_keys);
    enum result result = RESULT_OK;
    for (uint32_t i = 1; i < keyring->count && result == RESULT_OK; i++) {
        const struct keyring_entry *a = sorted[i - 1];
        const struct keyring_entry *b = sorted[i];
        if (compare_keys(&a, &b) == 0) {
            result = error_set(lines->error, RESULT_INVALID,
                               "%.200s: %.*s (line %u) and %.*s (line %u) have the same key",
                               lines->origin, (int)a->name.length, a->name.data, a->line,
                               (int)b->name.length, b->name.data, b->line);
        }
    }
    free(sorted);
    return result;
}

/* How many keys, and bytes of names at most. */
static void measure(struct lines lines, uint32_t *count, size_t *names_size) {
    const char *start = lines.rest.data;
    *count = 0;
    *names_size = 1;
    while (next_line(&lines, start)) {
        struct text words[WORDS];
        *names_size += split(lines.line, words) > 1 ? words[1].length : 0;
        (*count)++;
    }
}

static enum result take_memory(const struct lines *lines, uint32_t count, size_t names_size,
                               struct keyring *keyring) {
    if (count > KEYRING_KEYS_MAX) {
        return error_set(lines->error, RESULT_INVALID, "%.200s has %u keys; at most %d",
                         lines->origin, count, KEYRING_KEYS_MAX);
    }
    const int ready = sodium_init();
    assert(ready >= 0);
    keyring->entries = calloc(count + 1u, sizeof *keyring->entries);
    keyring->names = malloc(names_size);
    keyring->secrets = sodium_malloc((count + 1u) * (size_t)KEY_SECRET_BYTES);
    if (keyring->entries == NULL || keyring->names == NULL || keyring->secrets == NULL) {
        return error_set(lines->error, RESULT_FAILED, "out of memory for the %u keys of %.200s",
                         count, lines->origin);
    }
    return RESULT_OK;
}

static enum result read_lines(struct lines *lines, struct keyring *keyring) {
    const char *start = lines->rest.data;
    char *names = keyring->names;
    while (next_line(lines, start)) {
        struct keyring_entry *entry = &keyring->entries[keyring->count];
        uint8_t *secret = keyring->secrets + keyring->secrets_count * (size_t)KEY_SECRET_BYTES;
        const enum result result = read_line(lines, entry, secret);
        if (result != RESULT_OK) {
            return result;
        }
        assert(entry->name.data != NULL && entry->name.length > 0);
        memcpy(names, entry->name.data, entry->name.length);
        entry->name.data = names;
        names += entry->name.length;
        keyring->count++;
        keyring->secrets_count += entry->key.secret != NULL;
    }
    return RESULT_OK;
}

enum result keyring_parse(const char *origin, struct text text, struct keyring *keyring,
                          struct error *error) {
    assert(origin != NULL && keyring != NULL && error != NULL);
    assert(text.length <= KEYRING_FILE_BYTES_MAX);
    *keyring = (struct keyring){0};
    struct lines lines = {.origin = origin, .rest = text, .error = error};
    uint32_t count;
    size_t names_size;
    measure(lines, &count, &names_size);
    enum result result = take_memory(&lines, count, names_size, keyring);
    if (result == RESULT_OK) {
        result = read_lines(&lines, keyring);
    }
    if (result == RESULT_OK) {
        const int locked = sodium_mprotect_readonly(keyring->secrets);
        assert(locked == 0 && keyring->count == count);
        qsort(keyring->entries, keyring->count, sizeof *keyring->entries, keyring_compare_names);
        result = check_names(&lines, keyring);
    }
    if (result == RESULT_OK) {
        result = check_keys(&lines, keyring);
    }
    if (result != RESULT_OK) {
        keyring_close(keyring);
    }
    return result;
}
