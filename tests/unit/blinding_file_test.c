/* The file of blinding secrets: what may stand in it, and who may read it. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "outside/registry_project_origin/blinding_file.h"

#define ONES "1111111111111111111111111111111111111111111111111111111111111111"
#define TWOS "2222222222222222222222222222222222222222222222222222222222222222"

static struct error error;

static enum result parse(const char *text, struct blinding_secrets **secrets) {
    error = (struct error){.result = RESULT_OK};
    return blinding_file_parse("blinding", text_of(text), secrets, &error);
}

static void expect_secret(const struct blinding_secret *secret, const char *name, uint32_t length,
                          uint8_t byte) {
    cr_assert_eq(secret->name_length, strlen(name));
    cr_expect_arr_eq(secret->name, name, secret->name_length);
    cr_assert_eq(secret->secret_length, length);
    for (uint32_t i = 0; i < length; i++) {
        cr_expect_eq(secret->secret[i], byte);
    }
}

Test(blinding_file, secrets_keep_their_order) {
    struct blinding_secrets *secrets;
    cr_assert_eq(
        parse("# of new slices\n\n \t2026\t " ONES ONES " \n  # before\nold-1.x " TWOS, &secrets),
        RESULT_OK, "%s", error.text);
    cr_assert_eq(secrets->count, 2);
    expect_secret(&secrets->secrets[0], "2026", 64, 0x11);
    expect_secret(&secrets->secrets[1], "old-1.x", 32, 0x22);
    blinding_file_close(secrets);
    blinding_file_close(NULL);
}

Test(blinding_file, what_is_wrong_is_told_with_its_line_and_without_what_stands_there) {
    static const struct {
        const char *text;
        const char *words;
    } rows[] = {
        {"", "there is no blinding secret in blinding"},
        {"# 2026 " ONES "\n\n", "there is no blinding secret in blinding"},
        {"2026", "blinding:1: a line is NAME SECRET"},
        {"\n#\n2026 " ONES " x", "blinding:3: a line is NAME SECRET"},
        {ONES, "blinding:1: a line is NAME SECRET"},
        {"2026 11", "blinding:1: behind its name stands no secret of 32 to 64 bytes, in hex"},
        {"2026 " ONES "1", "blinding:1: behind its name stands no secret"},
        {"2026 " ONES ONES "11", "blinding:1: behind its name stands no secret"},
        {"2026 x" ONES, "blinding:1: behind its name stands no secret"},
        {"2026 " ONES "\r\n", "blinding:1: behind its name stands no secret"},
        {ONES " 2026", "blinding:1: behind its name stands no secret"},
        {"a/b " ONES, "blinding:1: a blinding secret has no name that can be used"},
        {"a " ONES "\na " TWOS, "blinding:2: there are two blinding secrets named \"a\""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct blinding_secrets *secrets;
        cr_expect_eq(parse(rows[i].text, &secrets), RESULT_INVALID, "row %zu", i);
        cr_expect_null(secrets, "row %zu", i);
        cr_expect(strstr(error.text, rows[i].words) != NULL, "row %zu: %s", i, error.text);
        cr_expect(strstr(error.text, "1111111111") == NULL, "row %zu: %s", i, error.text);
    }
}

Test(blinding_file, there_may_be_sixteen) {
    char text[17 * 80] = "";
    struct blinding_secrets *secrets;
    for (int i = 0; i < BLINDING_SECRETS_MAX; i++) {
        (void)snprintf(text + strlen(text), sizeof text - strlen(text), "s%d " ONES "\n", i);
    }
    cr_assert_eq(parse(text, &secrets), RESULT_OK, "%s", error.text);
    cr_expect_eq(secrets->count, BLINDING_SECRETS_MAX);
    blinding_file_close(secrets);
    (void)snprintf(text + strlen(text), sizeof text - strlen(text), "more " ONES);
    cr_expect_eq(parse(text, &secrets), RESULT_INVALID);
    cr_expect(strstr(error.text, "blinding:17: ") != NULL, "%s", error.text);
}

/* --- The file. --- */

static char path[64];

static void write_file(const char *text, mode_t mode) {
    (void)snprintf(path, sizeof path, "/tmp/blinding-XXXXXX");
    const int file = mkstemp(path);
    cr_assert_geq(file, 0);
    cr_assert_eq(write(file, text, strlen(text)), (ssize_t)strlen(text));
    cr_assert_eq(fchmod(file, mode), 0);
    (void)close(file);
}

static enum result read_with_mode(mode_t mode, struct blinding_secrets **secrets) {
    write_file("2026 " ONES "\n", mode);
    const enum result result = blinding_file_open(path, secrets, &error);
    (void)unlink(path);
    return result;
}

Test(blinding_file, is_read_when_nobody_else_can_read_or_write_it) {
    static const mode_t bad[] = {0640, 0604, 0620, 0602, 0666, 0610};
    struct blinding_secrets *secrets;
    cr_assert_eq(read_with_mode(0600, &secrets), RESULT_OK, "%s", error.text);
    expect_secret(&secrets->secrets[0], "2026", 32, 0x11);
    blinding_file_close(secrets);
    cr_assert_eq(read_with_mode(0400, &secrets), RESULT_OK, "%s", error.text);
    blinding_file_close(secrets);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        cr_expect_eq(read_with_mode(bad[i], &secrets), RESULT_INVALID, "mode %o", bad[i]);
        cr_expect_null(secrets);
        cr_expect(strstr(error.text, "chmod 600 /tmp/blinding-") != NULL, "%s", error.text);
    }
}

Test(blinding_file, what_is_no_such_file_is_told) {
    struct blinding_secrets *secrets;
    cr_expect_eq(blinding_file_open("/nowhere/blinding", &secrets, &error), RESULT_NOT_FOUND);
    cr_expect_eq(blinding_file_open("/tmp", &secrets, &error), RESULT_INVALID);
    cr_expect(strstr(error.text, "no file") != NULL, "%s", error.text);
    static char much[BLINDING_FILE_BYTES_MAX + 2];
    memset(much, '#', sizeof much - 1);
    write_file(much, 0600);
    cr_expect_eq(blinding_file_open(path, &secrets, &error), RESULT_INVALID);
    (void)unlink(path);
    cr_expect_null(secrets);
}
