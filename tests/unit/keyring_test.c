/* The file of keys: what may stand in it, who may read it, and how a key is put into it. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "outside/registry_project_origin/keyring.h"
#include "outside/registry_project_origin/new_key.h"

/* Secrets 1 and 2 of Secp256k1 and their points (SEC 2, 2.4.1: the first is the generator); of
 * Ed25519 the first two of RFC 8032, 7.1. */
#define ONE "0000000000000000000000000000000000000000000000000000000000000001"
#define ONE_PUBLIC "0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"
#define TWO "0000000000000000000000000000000000000000000000000000000000000002"
#define TWO_PUBLIC "02c6047f9441ed7d6d3045406e95c07cd85c778e4b8cef3ca7abac09b95c709ee5"
#define SEED "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"
#define SEED_POINT "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
#define SEED_PUBLIC "302a300506032b6570032100" SEED_POINT
#define NEXT_PUBLIC \
    "302a300506032b65700321003d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"
#define NAME_128                                                       \
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" \
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static struct error error;

static enum result parse(const char *text, struct keyring *keyring) {
    error = (struct error){0};
    return keyring_parse("keys", text_of(text), keyring, &error);
}

static void expect_public(const struct key *key, const char *hex) {
    cr_assert_not_null(key);
    char shown[2 * KEY_PUBLIC_BYTES_MAX + 1];
    for (uint32_t i = 0; i < key->public_length; i++) {
        (void)snprintf(shown + 2 * i, 3, "%02x", key->public_bytes[i]);
    }
    cr_expect_str_eq(shown, hex);
}

static const struct key *find(const struct keyring *keyring, enum key_role role, const char *name) {
    return keyring_find(keyring, role, text_of(name));
}

Test(keyring, finds_keys_by_role_and_name) {
    struct keyring keyring;
    cr_assert_eq(parse("# whose they are\n"
                       "\n"
                       "issuer area secret " SEED "\n"
                       " \towner  b\tsecret\t" ONE "  \n"
                       "owner area public " TWO_PUBLIC "\n"
                       "  # the last line has no end\n"
                       "issuer " NAME_128 " public " NEXT_PUBLIC,
                       &keyring),
                 RESULT_OK, "%s", error.text);
    cr_expect_eq(keyring.count, 4);
    cr_expect_eq(keyring.secrets_count, 2);
    expect_public(find(&keyring, KEY_ROLE_OWNER, "area"), TWO_PUBLIC);
    cr_expect_null(find(&keyring, KEY_ROLE_OWNER, "area")->secret);
    expect_public(find(&keyring, KEY_ROLE_OWNER, "b"), ONE_PUBLIC);
    cr_expect_eq(find(&keyring, KEY_ROLE_OWNER, "b")->secret[31], 1);
    expect_public(find(&keyring, KEY_ROLE_ISSUER, "area"), SEED_PUBLIC);
    cr_expect_eq(find(&keyring, KEY_ROLE_ISSUER, "area")->secret[0], 0x9d);
    expect_public(find(&keyring, KEY_ROLE_ISSUER, NAME_128), NEXT_PUBLIC);
    cr_expect_null(find(&keyring, KEY_ROLE_OWNER, "are"));
    cr_expect_null(find(&keyring, KEY_ROLE_OWNER, "area2"));
    cr_expect_null(find(&keyring, KEY_ROLE_ISSUER, "b"));
    cr_expect_eq(keyring_entry_find(&keyring, KEY_ROLE_OWNER, text_of("b"))->line, 4);
    keyring_close(&keyring);
    cr_expect_null(find(&keyring, KEY_ROLE_OWNER, "b"));
    cr_assert_eq(parse("", &keyring), RESULT_OK);
    cr_expect_null(find(&keyring, KEY_ROLE_OWNER, "b"));
    keyring_close(&keyring);
}

Test(keyring, what_is_wrong_is_told_with_its_line_and_without_what_stands_there) {
    static const struct {
        const char *text;
        const char *words;
    } rows[] = {
        {"owner a secret", "keys:1: a line is ROLE NAME secret|public KEY"},
        {"\n# x\nowner a secret " ONE " x", "keys:3: a line is ROLE NAME secret|public KEY"},
        {ONE, "keys:1: a line is ROLE NAME secret|public KEY"},
        {"owners a secret " ONE, "keys:1: a role is owner or issuer"},
        {ONE " a secret owner", "keys:1: a role is owner or issuer"},
        {"owner ä secret " ONE, "keys:1: a name is 1 to 128 of A-Z a-z 0-9 . _ : -"},
        {"owner " NAME_128 "a secret " ONE, "keys:1: a name is 1 to 128 of A-Z a-z 0-9 . _ : -"},
        {"owner a " ONE " secret", "keys:1: behind owner a stands secret or public"},
        {"owner a Secret " ONE, "keys:1: behind owner a stands secret or public"},
        {"owner a secret " ONE "0",
         "keys:1: what stands behind owner a is no secret key of Secp256k1, in hex"},
        {"owner a secret " ONE "00",
         "keys:1: what stands behind owner a is no secret key of Secp256k1, in hex"},
        {"owner a secret 01",
         "keys:1: what stands behind owner a is no secret key of Secp256k1, in hex"},
        {"owner a secret x" ONE,
         "keys:1: what stands behind owner a is no secret key of Secp256k1, in hex"},
        {"owner a secret " ONE "\r\n",
         "keys:1: what stands behind owner a is no secret key of Secp256k1, in hex"},
        {"owner a secret 0000000000000000000000000000000000000000000000000000000000000000",
         "keys:1: what stands behind owner a is no secret key of Secp256k1, in hex"},
        {"owner a secret " ONE_PUBLIC,
         "keys:1: what stands behind owner a is no secret key of Secp256k1, in hex"},
        {"owner a public " ONE,
         "keys:1: what stands behind owner a is no public key of Secp256k1, in hex"},
        {"owner a public " SEED_PUBLIC,
         "keys:1: what stands behind owner a is no public key of Secp256k1, in hex"},
        {"issuer a public " SEED,
         "keys:1: what stands behind issuer a is no public key of Ed25519, in hex"},
        {"issuer a public " SEED_POINT,
         "keys:1: what stands behind issuer a is no public key of Ed25519, in hex"},
        {"owner b public " TWO_PUBLIC "\nowner a secret " ONE "\nowner b secret " TWO,
         "keys: owner b stands in line 1 and 3"},
        {"owner b public " TWO_PUBLIC "\nowner a secret " ONE "\nowner c secret " TWO,
         "have the same key"},
    };
    struct keyring keyring;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        cr_expect_eq(parse(rows[i].text, &keyring), RESULT_INVALID, "row %zu", i);
        cr_expect_not_null(strstr(error.text, rows[i].words), "row %zu: %s", i, error.text);
        cr_expect_null(strstr(error.text, "000000"), "row %zu: %s", i, error.text);
        cr_expect_null(strstr(error.text, "9d61b1"), "row %zu: %s", i, error.text);
        cr_expect(keyring.entries == NULL && keyring.secrets == NULL, "row %zu", i);
    }
}

/* What /proc says of this process: a number of kB. */
static long status_kb(const char *name) {
    FILE *file = fopen("/proc/self/status", "r");
    cr_assert_not_null(file);
    char line[128];
    long value = -1;
    while (fgets(line, sizeof line, file) != NULL) {
        if (strncmp(line, name, strlen(name)) == 0) {
            value = strtol(line + strlen(name), NULL, 10);
        }
    }
    (void)fclose(file);
    return value;
}

Test(keyring, secrets_are_locked_into_memory_as_long_as_they_are_there) {
    struct keyring keyring;
    const long before_kb = status_kb("VmLck:");
    void *page = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    const bool locks = mlock(page, 4096) == 0 && status_kb("VmLck:") > before_kb;
    (void)munmap(page, 4096);
    if (!locks) {
        cr_skip_test("nothing can be locked here, as under AddressSanitizer");
    }
    cr_assert_eq(parse("owner a secret " ONE, &keyring), RESULT_OK);
    cr_expect_gt(status_kb("VmLck:"), before_kb);
    keyring_close(&keyring);
    cr_expect_eq(status_kb("VmLck:"), before_kb);
}

/* A directory of the test's own, gone at its end. */
static char directory[64];
static char path[96];

static void setup(void) {
    (void)snprintf(directory, sizeof directory, "/tmp/millrace-keys-XXXXXX");
    cr_assert_not_null(mkdtemp(directory));
    (void)snprintf(path, sizeof path, "%s/keys", directory);
}

static void teardown(void) {
    char command[96];
    (void)snprintf(command, sizeof command, "rm -rf %s", directory);
    cr_assert_eq(system(command), 0);
}

TestSuite(keyring_file, .init = setup, .fini = teardown);

static void put_file(const char *text, mode_t mode) {
    FILE *file = fopen(path, "w");
    cr_assert_not_null(file);
    cr_assert_geq(fputs(text, file), 0);
    cr_assert_eq(fclose(file), 0);
    cr_assert_eq(chmod(path, mode), 0);
}

static void expect_file(const char *text, mode_t mode) {
    char there[2048] = "";
    struct stat about;
    FILE *file = fopen(path, "r");
    cr_assert_not_null(file);
    const size_t length = fread(there, 1, sizeof there - 1, file);
    there[length] = '\0';
    cr_assert_eq(fclose(file), 0);
    cr_expect_str_eq(there, text);
    cr_assert_eq(stat(path, &about), 0);
    cr_expect_eq(about.st_mode & 07777, mode, "mode %o", about.st_mode & 07777);
    char fresh[128];
    (void)snprintf(fresh, sizeof fresh, "%s.new", path);
    cr_expect_neq(access(fresh, F_OK), 0, "%s is left", fresh);
}

static enum result open_file(void) {
    struct keyring keyring;
    error = (struct error){0};
    const enum result result = keyring_open(path, &keyring, &error);
    if (result == RESULT_OK) {
        keyring_close(&keyring);
    }
    return result;
}

Test(keyring_file, is_opened_when_nobody_else_can_read_a_secret_or_write) {
    static const struct {
        const char *text;
        mode_t mode;
        const char *words; /* NULL: it is opened */
    } rows[] = {
        {"owner a secret " ONE, 0600, NULL},
        {"owner a secret " ONE, 0400, NULL},
        {"owner a secret " ONE, 0700, NULL},
        {"owner a secret " ONE, 0640, "(mode 640): chmod 600 /tmp/millrace-keys-"},
        {"owner a secret " ONE, 0604, "(mode 604): chmod 600"},
        {"owner a secret " ONE, 0610, "(mode 610): chmod 600"},
        {"owner a public " ONE_PUBLIC, 0644, NULL},
        {"owner a public " ONE_PUBLIC, 0664,
         "(mode 664), so others could say whom we give to: chmod 600"},
        {"owner a public " ONE_PUBLIC, 0646, "(mode 646)"},
        {"", 0666, "(mode 666)"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        put_file(rows[i].text, rows[i].mode);
        if (rows[i].words == NULL) {
            cr_expect_eq(open_file(), RESULT_OK, "row %zu: %s", i, error.text);
        } else {
            cr_expect_eq(open_file(), RESULT_INVALID, "row %zu", i);
            cr_expect_not_null(strstr(error.text, rows[i].words), "row %zu: %s", i, error.text);
        }
        cr_assert_eq(unlink(path), 0);
    }
}

Test(keyring_file, is_a_file) {
    cr_expect_eq(open_file(), RESULT_NOT_FOUND);
    cr_expect_not_null(strstr(error.text, "`millrace keys generate` makes the file"));
    cr_assert_eq(mkfifo(path, 0600), 0);
    cr_expect_eq(open_file(), RESULT_INVALID, "and nobody waits for the other end");
    cr_expect_not_null(strstr(error.text, "is no file"), "%s", error.text);
    cr_assert_eq(unlink(path), 0);
    put_file("", 0600);
    cr_assert_eq(truncate(path, KEYRING_FILE_BYTES_MAX + 1), 0);
    cr_expect_eq(open_file(), RESULT_INVALID);
    cr_expect_not_null(strstr(error.text, "more than 32 MiB"), "%s", error.text);
}

/* A key from hex, for as long as the test. */
static struct key key_from(enum key_kind kind, bool is_secret, const char *hex) {
    struct new_key made;
    cr_assert_eq(new_key_parse(kind, is_secret, text_of(hex), &made, &error), RESULT_OK, "%s",
                 error.text);
    struct key key = made.key;
    if (made.key.secret != NULL) {
        static uint8_t secrets[16][KEY_SECRET_BYTES];
        static uint32_t count;
        memcpy(secrets[count], made.secret, KEY_SECRET_BYTES);
        key.secret = secrets[count++];
    }
    new_key_close(&made);
    return key;
}

static enum result add(const char *name, bool is_secret, const char *hex,
                       enum keyring_change *change) {
    const struct key key = key_from(KEY_KIND_SECP256K1, is_secret, hex);
    error = (struct error){0};
    return keyring_add(path, KEY_ROLE_OWNER, text_of(name), &key, change, &error);
}

static void expect_added(const char *name, bool is_secret, const char *hex,
                         enum keyring_change expected) {
    enum keyring_change change;
    cr_assert_eq(add(name, is_secret, hex, &change), RESULT_OK, "%s", error.text);
    cr_expect_eq(change, expected);
}

Test(keyring_file, is_made_and_grows_and_keeps_what_people_wrote) {
    expect_added("a", true, ONE, KEYRING_CHANGE_ADDED);
    expect_file("owner a secret " ONE "\n", 0600);
    put_file("# ours\nowner a  secret  " ONE, 0400);
    expect_added("b", false, TWO_PUBLIC, KEYRING_CHANGE_ADDED);
    expect_file("# ours\nowner a  secret  " ONE "\nowner b public " TWO_PUBLIC "\n", 0400);
}

Test(keyring_file, is_readable_for_others_until_there_is_a_secret) {
    put_file("# theirs\n", 0644);
    expect_added("a", false, ONE_PUBLIC, KEYRING_CHANGE_ADDED);
    expect_file("# theirs\nowner a public " ONE_PUBLIC "\n", 0644);
    expect_added("b", true, TWO, KEYRING_CHANGE_ADDED);
    expect_file("# theirs\nowner a public " ONE_PUBLIC "\nowner b secret " TWO "\n", 0600);
}

Test(keyring_file, takes_the_secret_of_a_public_key_and_nothing_else_in_its_place) {
    put_file("owner a public " ONE_PUBLIC " \n# end", 0600);
    enum keyring_change change;
    cr_expect_eq(add("a", true, TWO, &change), RESULT_DENIED);
    cr_expect_not_null(strstr(error.text, "owner a has another key"), "%s", error.text);
    cr_expect_not_null(strstr(error.text, "line 1), and nothing is overwritten"));
    cr_expect_eq(add("a", false, TWO_PUBLIC, &change), RESULT_DENIED);
    cr_expect_eq(add("b", true, ONE, &change), RESULT_DENIED);
    cr_expect_not_null(strstr(error.text, "that is the key of owner a"), "%s", error.text);
    expect_file("owner a public " ONE_PUBLIC " \n# end", 0600);

    expect_added("a", false, ONE_PUBLIC, KEYRING_CHANGE_NONE);
    expect_file("owner a public " ONE_PUBLIC " \n# end", 0600);
    expect_added("a", true, ONE, KEYRING_CHANGE_COMPLETED);
    expect_file("owner a secret " ONE "\n# end", 0600);
    expect_added("a", true, ONE, KEYRING_CHANGE_NONE);
    expect_added("a", false, ONE_PUBLIC, KEYRING_CHANGE_NONE);
    expect_file("owner a secret " ONE "\n# end", 0600);
}

Test(keyring_file, that_is_wrong_or_too_open_is_not_written_to) {
    enum keyring_change change;
    put_file("owner a secret " ONE "\n", 0640);
    cr_expect_eq(add("b", true, TWO, &change), RESULT_INVALID);
    expect_file("owner a secret " ONE "\n", 0640);
    put_file("owner a\n", 0600);
    cr_expect_eq(add("b", true, TWO, &change), RESULT_INVALID);
    expect_file("owner a\n", 0600);
}

Test(keyring_file, is_written_by_one_at_a_time) {
    enum keyring_change change;
    put_file("", 0600);
    const int other = open(path, O_RDONLY);
    cr_assert_eq(flock(other, LOCK_EX), 0);
    cr_expect_eq(add("a", true, ONE, &change), RESULT_AGAIN);
    cr_expect_not_null(strstr(error.text, "somebody else is writing"), "%s", error.text);
    expect_file("", 0600);
    cr_assert_eq(flock(other, LOCK_UN), 0);
    expect_added("a", true, ONE, KEYRING_CHANGE_ADDED);
    (void)close(other);
}

/* Somebody was killed between writing the new file and putting it in its place. */
Test(keyring_file, is_not_hindered_by_what_another_left) {
    char fresh[128];
    (void)snprintf(fresh, sizeof fresh, "%s.new", path);
    FILE *left = fopen(fresh, "w");
    cr_assert_not_null(left);
    cr_assert_eq(fclose(left), 0);
    expect_added("a", true, ONE, KEYRING_CHANGE_ADDED);
    expect_file("owner a secret " ONE "\n", 0600);
}

Test(keyring_file, stays_where_a_link_says_that_it_is) {
    char elsewhere[128];
    struct stat about;
    (void)snprintf(elsewhere, sizeof elsewhere, "%s/elsewhere", directory);
    put_file("", 0600);
    cr_assert_eq(rename(path, elsewhere), 0);
    cr_assert_eq(symlink(elsewhere, path), 0);
    expect_added("a", true, ONE, KEYRING_CHANGE_ADDED);
    cr_assert_eq(lstat(path, &about), 0);
    cr_expect(S_ISLNK(about.st_mode));
    expect_file("owner a secret " ONE "\n", 0600);
}

Test(keyring_file, cannot_be_made_where_there_is_no_directory) {
    enum keyring_change change;
    (void)snprintf(path, sizeof path, "%s/no/keys", directory);
    cr_expect_eq(add("a", true, ONE, &change), RESULT_INVALID);
    cr_expect_not_null(strstr(error.text, "No such file or directory"), "%s", error.text);
}
