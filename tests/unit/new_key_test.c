/* Keys as others write them. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "outside/registry_project_origin/new_key.h"

#define ONE "0000000000000000000000000000000000000000000000000000000000000001"
#define ONE_PUBLIC "0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"
/* RFC 8032, 7.1, the first; and in PEM as OpenSSL 3.0 writes it. */
#define SEED "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"
#define POINT "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
#define SPKI "302a300506032b6570032100" POINT
#define PKCS8 "302e020100300506032b657004220420" SEED
#define SEED_PEM                                                         \
    "-----BEGIN PRIVATE KEY-----\n"                                      \
    "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n" \
    "-----END PRIVATE KEY-----\n"
#define POINT_PEM                                                    \
    "-----BEGIN PUBLIC KEY-----\n"                                   \
    "MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n" \
    "-----END PUBLIC KEY-----\n"

/* One byte of the algorithm's identifier is another: X25519. */
#define OTHER_PEM                                                    \
    "-----BEGIN PUBLIC KEY-----\n"                                   \
    "MCowBQYDK2VuAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n" \
    "-----END PUBLIC KEY-----\n"

enum { S = KEY_KIND_SECP256K1, E = KEY_KIND_ED25519 };

Test(new_key, is_read_as_others_write_it) {
    static const struct {
        int kind;
        bool is_secret;
        const char *text;
        const char *public; /* NULL: it is none */
    } rows[] = {
        {S, true, ONE, ONE_PUBLIC},
        {S, true, " \t" ONE "\r\n\n", ONE_PUBLIC},
        {S, false, ONE_PUBLIC, ONE_PUBLIC},
        {E, true, SEED, SPKI},
        {E, true, PKCS8, SPKI},
        {E, true, SEED_PEM, SPKI},
        {E, true, "\n" SEED_PEM "\n", SPKI},
        {E, false, POINT, SPKI},
        {E, false, SPKI, SPKI},
        {E, false, POINT_PEM, SPKI},
        {S, true, "", NULL},
        {S, true, ONE "00", NULL},
        {S, true, ONE_PUBLIC, NULL},
        {S, true, SEED_PEM, NULL},
        {S, true, PKCS8, NULL},
        {S, false, ONE, NULL},
        {S, false, POINT_PEM, NULL},
        {E, true, POINT_PEM, NULL},
        {E, true, SPKI, NULL},
        {E, true, SEED "0", NULL},
        {E, true, "-----BEGIN PRIVATE KEY-----", NULL},
        {E, true, "-----BEGIN PRIVATE KEY----------END PRIVATE KEY-----", NULL},
        {E, true, "302e020100300506032b656e04220420" SEED, NULL}, /* X25519 */
        {E, true, SEED_PEM "x", NULL},
        {E, false, SEED_PEM, NULL},
        {E, false, PKCS8, NULL},
        {E, false, OTHER_PEM, NULL},
        {E, false, ONE, NULL},
        {E, false, "-----BEGIN PUBLIC KEY-----\n*\n-----END PUBLIC KEY-----", NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct new_key made;
        struct error error = {0};
        const enum result result = new_key_parse((enum key_kind)rows[i].kind, rows[i].is_secret,
                                                 text_of(rows[i].text), &made, &error);
        if (rows[i].public == NULL) {
            cr_expect_eq(result, RESULT_INVALID, "row %zu", i);
            cr_expect_not_null(strstr(error.text, "; this is something else"), "row %zu", i);
            cr_expect_null(made.secret, "row %zu", i);
            continue;
        }
        cr_assert_eq(result, RESULT_OK, "row %zu: %s", i, error.text);
        char shown[2 * KEY_PUBLIC_BYTES_MAX + 1];
        for (uint32_t k = 0; k < made.key.public_length; k++) {
            (void)snprintf(shown + 2 * k, 3, "%02x", made.key.public_bytes[k]);
        }
        cr_expect_str_eq(shown, rows[i].public, "row %zu", i);
        cr_expect_eq(made.key.secret != NULL, rows[i].is_secret, "row %zu", i);
        new_key_close(&made);
    }
}

static enum result read_all(const char *text, size_t length, struct error *error) {
    int ends[2];
    struct new_key made;
    cr_assert_eq(pipe(ends), 0);
    cr_assert_eq(write(ends[1], text, length), (ssize_t)length);
    (void)close(ends[1]);
    const enum result result = new_key_read(KEY_KIND_ED25519, true, ends[0], &made, error);
    (void)close(ends[0]);
    new_key_close(&made);
    return result;
}

Test(new_key, is_read_to_the_end_of_a_file_and_not_beyond_its_bound) {
    struct error error = {0};
    char text[NEW_KEY_TEXT_MAX + 1];
    const int length = snprintf(text, sizeof text, "%s", SEED);
    memset(text + length, ' ', sizeof text - (size_t)length);
    cr_expect_eq(read_all(text, NEW_KEY_TEXT_MAX, &error), RESULT_OK, "%s", error.text);
    cr_expect_eq(read_all(text, NEW_KEY_TEXT_MAX + 1, &error), RESULT_INVALID);
    cr_expect_eq(read_all(text, 0, &error), RESULT_INVALID);
    struct new_key made;
    cr_expect_eq(new_key_read(KEY_KIND_ED25519, true, 999, &made, &error), RESULT_FAILED);
    cr_expect_not_null(strstr(error.text, "Bad file descriptor"), "%s", error.text);
}

Test(new_key, is_another_one_each_time) {
    struct new_key one;
    struct new_key other;
    struct error error;
    cr_assert_eq(new_key_generate(KEY_KIND_SECP256K1, &one, &error), RESULT_OK);
    cr_assert_eq(new_key_generate(KEY_KIND_SECP256K1, &other, &error), RESULT_OK);
    cr_expect_neq(memcmp(one.key.public_bytes, other.key.public_bytes, 33), 0);
    new_key_close(&one);
    new_key_close(&other);
}
