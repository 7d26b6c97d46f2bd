/* The registries of a configuration: what each of them needs besides, and what is said where it is
 * not there. */
#include <criterion/criterion.h>
#include <stdalign.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/registries.h"
#include "outside/clock_os/clock_os.h"
#include "tests/support/vectors.h"

#define SECRET "1111111111111111111111111111111111111111111111111111111111111111"
#define ISSUER "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"
#define ISSUER_PUBLIC                                                  \
    "302a300506032b6570032100d75a980182b10ab7d54bfed3c964073a0ee172f3" \
    "daa62325af021a68f707511a"

enum { FILES_MAX = 2, PATH_SIZE = 40, ARGUMENTS_MAX = 8 };

static struct settings settings;
static struct deployment deployment;
static struct registries registries;
static struct error error;
static char files[FILES_MAX][PATH_SIZE]; /* that were written */
static uint32_t files_count;

static void remove_files(void) {
    for (uint32_t i = 0; i < files_count; i++) {
        (void)unlink(files[i]);
    }
    files_count = 0;
}

static const char *file_with(const char *text) {
    char *path = files[files_count++];
    (void)snprintf(path, PATH_SIZE, "/tmp/registries-test-XXXXXX");
    const int file = mkstemp(path);
    cr_assert_geq(file, 0);
    cr_assert_eq(write(file, text, strlen(text)), (ssize_t)strlen(text));
    (void)close(file);
    return path;
}

static void set(const char *name, const char *value) {
    cr_assert_eq(settings_set(&settings, name, value, SETTING_SOURCE_ARGUMENT, "--set", &error),
                 RESULT_OK, "%s", error.text);
}

/* One registry with this adapter, and issuers of two grid areas. */
static void configure(const char *adapter, const char *address) {
    static alignas(max_align_t) uint8_t memory[SETTINGS_MEMORY];
    static alignas(max_align_t) uint8_t more_memory[DEPLOYMENT_MEMORY];
    static const struct logger silent = {.component = "", .lane = -1};
    struct arena arena;
    settings_init(&settings, memory);
    arena_init(&arena, more_memory, sizeof more_memory);
    set("registries.narnia.adapter", adapter);
    set("registries.narnia.address", address);
    set("rules.issuers.DK1", "one,other");
    set("rules.issuers.DK2", "two");
    cr_assert_eq(deployment_read(&settings, &arena, &deployment, &error), RESULT_OK, "%s",
                 error.text);
    registries_init(&registries, &deployment, &silent);
}

static enum result read_secrets(void) {
    return registries_read_secrets(&registries, &settings, &error);
}

TestSuite(registries, .fini = remove_files);

Test(registries, plain_ones_need_nothing) {
    configure("plain", "h:1");
    cr_expect_eq(registries.adapters_count, 1);
    cr_expect_eq(read_secrets(), RESULT_OK);
    cr_expect_null(registries.secrets);
    registries_deinit(&registries);
}

Test(registries, those_of_project_origin_need_keys_and_blinding_secrets) {
    configure("project-origin", "http://h:1");
    cr_expect_eq(registries.adapters_count, 2);
    cr_expect_str_eq(registries.adapters[1].name, "project-origin");
    cr_assert_eq(read_secrets(), RESULT_INVALID);
    cr_expect(strstr(error.text,
                     "the registry narnia is spoken to by the adapter project-origin, "
                     "which signs and blinds: keys.file is not set: put it into") != NULL,
              "%s", error.text);
    set("keys.file", file_with("issuer other secret " ISSUER "\n"));
    cr_assert_eq(read_secrets(), RESULT_INVALID);
    cr_expect(strstr(error.text, "blinding.file is not set") != NULL, "%s", error.text);
    set("blinding.file", file_with("2026 " SECRET "\n"));
    cr_assert_eq(read_secrets(), RESULT_OK, "%s", error.text);
    cr_expect_eq(registries.keyring.secrets_count, 1);
    cr_expect_eq(registries.secrets->count, 1);
    registries_deinit(&registries);
    cr_expect_null(registries.secrets);
    cr_expect_eq(registries.keyring.count, 0);
}

Test(registries, a_file_that_is_not_as_it_must_be_is_told_with_its_setting) {
    configure("project-origin", "http://h:1");
    const char *keys = file_with("issuer other secret " ISSUER "\n");
    const char *blinding = file_with("2026 " SECRET "\n");
    set("blinding.file", blinding);
    set("keys.file", "/nowhere/keys");
    cr_assert_eq(read_secrets(), RESULT_INVALID);
    cr_expect(strstr(error.text,
                     "keys.file (--set): there are no keys in /nowhere/keys: "
                     "`millrace keys generate` makes the file") != NULL,
              "%s", error.text);
    set("keys.file", keys);
    cr_assert_eq(chmod(keys, 0640), 0);
    cr_assert_eq(read_secrets(), RESULT_INVALID);
    cr_expect(strstr(error.text, "keys.file (--set): /tmp/") != NULL, "%s", error.text);
    cr_expect(strstr(error.text, "chmod 600 /tmp/") != NULL, "%s", error.text);
    cr_assert_eq(chmod(keys, 0600), 0);
    cr_assert_eq(chmod(blinding, 0604), 0);
    cr_assert_eq(read_secrets(), RESULT_INVALID);
    cr_expect(strstr(error.text, "blinding.file (--set): /tmp/") != NULL, "%s", error.text);
    registries_deinit(&registries);
}

Test(registries, areas_of_which_no_issuer_can_sign_are_named) {
    char areas[64];
    configure("project-origin", "http://h:1");
    set("keys.file", file_with("issuer other secret " ISSUER "\n"));
    set("blinding.file", file_with("2026 " SECRET "\n"));
    cr_assert_eq(read_secrets(), RESULT_OK, "%s", error.text);
    cr_expect(registries_areas_without_key(&registries, areas, sizeof areas));
    cr_expect_str_eq(areas, "DK2");
    registries_deinit(&registries);
    remove_files();
    set("keys.file", file_with("issuer other public " ISSUER_PUBLIC "\n"));
    set("blinding.file", file_with("2026 " SECRET "\n"));
    cr_assert_eq(read_secrets(), RESULT_OK, "%s", error.text);
    cr_expect(registries_areas_without_key(&registries, areas, sizeof areas));
    cr_expect(strcmp(areas, "DK1, DK2") == 0 || strcmp(areas, "DK2, DK1") == 0, "%s", areas);
    char few[5];
    cr_expect(registries_areas_without_key(&registries, few, sizeof few));
    cr_expect_eq(strlen(few), 4);
    registries_deinit(&registries);
}

Test(registries, are_reached_as_they_are_spoken_to) {
    static const struct {
        const char *adapter;
        const char *address;
        const char *words;
    } rows[] = {
        {"plain", "http//", "http//"},
        {"project-origin", "h:1", "http://"},
        {"project-origin", "http://127.0.0.1:0", ""},
    };
    const struct clock clock = clock_os();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        configure(rows[i].adapter, rows[i].address);
        const enum result result =
            registries_reach(&registries, &deployment.registries[0], &clock, &error);
        cr_expect_eq(result, RESULT_INVALID, "row %zu: %s", i, error.text);
        cr_expect(strstr(error.text, rows[i].words) != NULL, "row %zu: %s", i, error.text);
        registries_deinit(&registries);
    }
}

/* The vector is one of curve25519-dalek's (tests/unit/project_origin_commitment_test.c). */
Test(registries, openings_are_checked_where_quantities_are_hidden) {
    static const char hash[] = "032fb36285d6455cedc03742e99b17bbdc7c99dc65a7e23efdf7a4e8eb7b032a";
    static const char right[] = "0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f00";
    static const struct {
        const char *adapter;
        const char *registry;
        int64_t quantity;
        const char *blinding;
        bool fits;
    } rows[] = {
        {"project-origin", "narnia", 250, right, true},
        {"project-origin", "narnia", 251, right, false},
        {"project-origin", "narnia", 250 + (INT64_C(1) << 32), right, false},
        {"project-origin", "narnia", 250,
         "0202030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f00", false},
        {"project-origin", "narnia", 250,
         "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", false},
        {"project-origin", "narnia", 250, "0102", false},
        {"project-origin", "elsewhere", 251, right, true},
        {"plain", "narnia", 251, right, true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct arena arena = vectors_arena();
        configure(rows[i].adapter, strcmp(rows[i].adapter, "plain") == 0 ? "h:1" : "http://h:1");
        const struct openings openings = registries_openings(&deployment);
        cr_expect_eq(openings.fit(openings.self, text_of(rows[i].registry), rows[i].quantity,
                                  vectors_hex(rows[i].blinding, &arena), vectors_hex(hash, &arena)),
                     rows[i].fits, "row %zu", i);
        registries_deinit(&registries);
    }
}
