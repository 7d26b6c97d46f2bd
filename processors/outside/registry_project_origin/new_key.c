#include "outside/registry_project_origin/new_key.h"

#include <assert.h>
#include <errno.h>
#include <sodium.h>
#include <string.h>
#include <unistd.h>

enum { DER_BYTES_MAX = 128 };

/* What stands before the seed of an Ed25519 key in PKCS #8 (RFC 8410, 7). */
static const uint8_t secret_prefix[] = {0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06,
                                        0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20};

/* Memory for what must not be found afterwards: nothing of it goes to a swap or a dump. */
static void *take_locked(size_t size) {
    const int ready = sodium_init();
    assert(ready >= 0);
    return sodium_malloc(size);
}

static enum result begin(struct new_key *made, struct error *error) {
    *made = (struct new_key){.secret = take_locked(KEY_SECRET_BYTES)};
    return made->secret != NULL ? RESULT_OK
                                : error_set(error, RESULT_FAILED, "out of memory for a key");
}

enum result new_key_generate(enum key_kind kind, struct new_key *made, struct error *error) {
    const enum result result = begin(made, error);
    if (result == RESULT_OK) {
        key_generate(kind, made->secret);
        const bool is_key = key_from_secret(kind, made->secret, &made->key);
        assert(is_key);
    }
    return result;
}

void new_key_close(struct new_key *made) {
    sodium_free(made->secret);
    *made = (struct new_key){0};
}

static bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static struct text trimmed(struct text text) {
    while (text.length > 0 && is_blank(text.data[0])) {
        text.data++;
        text.length--;
    }
    while (text.length > 0 && is_blank(text.data[text.length - 1])) {
        text.length--;
    }
    return text;
}

/* Takes `part` off the beginning, or the end; false: it is not there. */
static bool drop(struct text *text, const char *part, bool at_end) {
    const uint32_t length = (uint32_t)strlen(part);
    if (text->length < length) {
        return false;
    }
    const char *there = at_end ? text->data + text->length - length : text->data;
    if (memcmp(there, part, length) != 0) {
        return false;
    }
    text->data += at_end ? 0 : length;
    text->length -= length;
    return true;
}

/* The bytes of hex, or of what a PEM holds; 0: it is neither. */
static uint32_t decode_bytes(bool is_secret, struct text text, uint8_t bytes[DER_BYTES_MAX]) {
    text = trimmed(text);
    size_t length = 0;
    const char *begins = is_secret ? "-----BEGIN PRIVATE KEY-----" : "-----BEGIN PUBLIC KEY-----";
    const char *ends = is_secret ? "-----END PRIVATE KEY-----" : "-----END PUBLIC KEY-----";
    int result;
    if (drop(&text, begins, false)) {
        result = drop(&text, ends, true)
                     ? sodium_base642bin(bytes, DER_BYTES_MAX, text.data, text.length, " \t\r\n",
                                         &length, NULL, sodium_base64_VARIANT_ORIGINAL)
                     : -1;
    } else {
        result = sodium_hex2bin(bytes, DER_BYTES_MAX, text.data, text.length, NULL, &length, NULL);
    }
    return result == 0 ? (uint32_t)length : 0;
}

static bool take_secret(enum key_kind kind, const uint8_t *bytes, uint32_t length,
                        struct new_key *made) {
    if (kind == KEY_KIND_ED25519 && length == sizeof secret_prefix + KEY_SECRET_BYTES &&
        memcmp(bytes, secret_prefix, sizeof secret_prefix) == 0) {
        bytes += sizeof secret_prefix;
        length = KEY_SECRET_BYTES;
    }
    if (length != KEY_SECRET_BYTES) {
        return false;
    }
    memcpy(made->secret, bytes, KEY_SECRET_BYTES);
    return key_from_secret(kind, made->secret, &made->key);
}

static bool take_public(enum key_kind kind, const uint8_t *bytes, uint32_t length,
                        struct new_key *made) {
    if (kind == KEY_KIND_ED25519 && length == KEY_POINT_BYTES) {
        return key_from_point(bytes, &made->key);
    }
    return key_from_public(kind, (struct bytes){.data = bytes, .length = length}, &made->key);
}

static enum result refuse(enum key_kind kind, bool is_secret, struct error *error) {
    static const char *const forms[2][2] = {
        [KEY_KIND_SECP256K1] = {"a public key of Secp256k1 is 66 digits of hex (a compressed point "
                                "of the curve)",
                                "a secret key of Secp256k1 is 64 digits of hex, neither 0 nor "
                                "beyond the group's order"},
        [KEY_KIND_ED25519] = {"a public key of Ed25519 is 64 digits of hex, or a PUBLIC KEY in "
                              "PEM, and none of the few weak ones",
                              "a secret key of Ed25519 is 64 digits of hex (the seed), or a "
                              "PRIVATE KEY in PEM, not encrypted"},
    };
    return error_set(error, RESULT_INVALID, "%s; this is something else", forms[kind][is_secret]);
}

enum result new_key_parse(enum key_kind kind, bool is_secret, struct text text,
                          struct new_key *made, struct error *error) {
    uint8_t *bytes = take_locked(DER_BYTES_MAX);
    enum result result = begin(made, error);
    if (result != RESULT_OK || bytes == NULL) {
        result = error_set(error, RESULT_FAILED, "out of memory for a key");
    } else {
        const uint32_t length = decode_bytes(is_secret, text, bytes);
        const bool taken = is_secret ? take_secret(kind, bytes, length, made)
                                     : take_public(kind, bytes, length, made);
        result = taken ? RESULT_OK : refuse(kind, is_secret, error);
    }
    if (result != RESULT_OK) {
        new_key_close(made);
    }
    sodium_free(bytes);
    return result;
}

/* Up to one byte more than a key may have, so that a longer one shows. False: look at errno. */
static bool read_text(int file, char *memory, struct text *text) {
    *text = (struct text){.data = memory};
    while (text->length <= NEW_KEY_TEXT_MAX) {
        const ssize_t got = read(file, memory + text->length, NEW_KEY_TEXT_MAX + 1u - text->length);
        if (got == 0) {
            return true;
        }
        if (got < 0 && errno != EINTR) {
            return false;
        }
        text->length += got > 0 ? (uint32_t)got : 0;
    }
    return true;
}

enum result new_key_read(enum key_kind kind, bool is_secret, int file, struct new_key *made,
                         struct error *error) {
    assert(file >= 0);
    *made = (struct new_key){0};
    char *memory = take_locked(NEW_KEY_TEXT_MAX + 1);
    struct text text;
    enum result result;
    if (memory == NULL) {
        result = error_set(error, RESULT_FAILED, "out of memory for a key");
    } else if (!read_text(file, memory, &text)) {
        result = error_set(error, RESULT_FAILED, "the key cannot be read: %s", strerror(errno));
    } else if (text.length > NEW_KEY_TEXT_MAX) {
        result = refuse(kind, is_secret, error);
    } else {
        result = new_key_parse(kind, is_secret, text, made, error);
    }
    sodium_free(memory);
    return result;
}
