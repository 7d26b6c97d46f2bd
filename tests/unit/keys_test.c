/* `millrace keys`: each run is a process of its own, as at a prompt. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/exit_code.h"

#define ONE "0000000000000000000000000000000000000000000000000000000000000001"
#define ONE_PUBLIC "0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"
#define TWO "0000000000000000000000000000000000000000000000000000000000000002"
#define SEED "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"
#define POINT "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"

enum { ARGUMENTS_MAX = 12 };

static char directory[64];
static char keys[96];         /* the file */
static char setting[128];     /* that names it */
static char said[4096];       /* on standard output */
static char complained[4096]; /* on standard error */

static void setup(void) {
    (void)snprintf(directory, sizeof directory, "/tmp/millrace-keys-XXXXXX");
    cr_assert_not_null(mkdtemp(directory));
    (void)snprintf(keys, sizeof keys, "%s/keys", directory);
    (void)snprintf(setting, sizeof setting, "keys.file=%s", keys);
}

static void teardown(void) {
    char command[96];
    (void)snprintf(command, sizeof command, "rm -rf %s", directory);
    cr_assert_eq(system(command), 0);
}

TestSuite(keys, .init = setup, .fini = teardown);

static void read_file(const char *name, char *text, size_t size) {
    char path[128];
    (void)snprintf(path, sizeof path, "%s/%s", directory, name);
    FILE *file = fopen(path, "r");
    cr_assert_not_null(file, "%s", path);
    text[fread(text, 1, size - 1, file)] = '\0';
    (void)fclose(file);
}

static void write_file(const char *name, const char *text) {
    char path[128];
    (void)snprintf(path, sizeof path, "%s/%s", directory, name);
    FILE *file = fopen(path, "w");
    cr_assert_not_null(file, "%s", path);
    cr_assert_geq(fputs(text, file), 0);
    cr_assert_eq(fclose(file), 0);
    cr_assert_eq(chmod(path, 0600), 0);
}

static void redirect(const char *name, const char *mode, FILE *stream) {
    char path[128];
    (void)snprintf(path, sizeof path, "%s/%s", directory, name);
    if (freopen(path, mode, stream) == NULL) {
        _exit(99);
    }
}

/* What `millrace keys WORDS` does with this on standard input, the setting behind it unless that is
 * NULL; the exit code. */
static int run(const char *words, const char *with, const char *input) {
    char line[256];
    char *arguments[ARGUMENTS_MAX] = {"millrace", "keys"};
    int count = 2;
    (void)snprintf(line, sizeof line, "%s", words);
    for (char *word = strtok(line, " "); word != NULL; word = strtok(NULL, " ")) {
        arguments[count++] = word;
    }
    if (with != NULL) {
        arguments[count++] = "--set";
        arguments[count++] = (char *)with;
    }
    write_file("in", input);
    const pid_t child = fork();
    cr_assert_geq(child, 0);
    if (child == 0) {
        if (chdir(directory) != 0) {
            _exit(99);
        }
        redirect("in", "r", stdin);
        redirect("out", "w", stdout);
        redirect("err", "w", stderr);
        const int code = commands_run(count, arguments);
        (void)fflush(NULL);
        _exit(code);
    }
    int status = 0;
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_assert(WIFEXITED(status));
    read_file("out", said, sizeof said);
    read_file("err", complained, sizeof complained);
    return WEXITSTATUS(status);
}

static void expect(int code, const char *words, const char *input) {
    const int ended = run(words, setting, input);
    cr_assert_eq(ended, code, "keys %s: %d: %s", words, ended, complained);
}

/* No secret is ever shown: not one line of the file of keys. */
static void expect_no_secret(void) {
    char text[4096];
    read_file("keys", text, sizeof text);
    for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n")) {
        const char *secret = strstr(line, " secret ");
        if (secret != NULL) {
            cr_expect_null(strstr(said, secret + strlen(" secret ")), "%s", said);
            cr_expect_null(strstr(complained, secret + strlen(" secret ")), "%s", complained);
        }
    }
}

Test(keys, generate_makes_one_key_and_never_another_for_a_name) {
    char before[1024];
    char after[1024];
    struct stat about;
    expect(EXIT_CODE_OK, "generate owner wind-farm-7", "");
    cr_expect_not_null(strstr(said, "Secp256k1"), "%s", said);
    expect_no_secret();
    cr_assert_eq(stat(keys, &about), 0);
    cr_expect_eq(about.st_mode & 0777, 0600);
    expect(EXIT_CODE_OK, "generate issuer wind-farm-7", "");
    cr_expect_not_null(strstr(said, "302a300506032b6570032100"), "%s", said);
    expect_no_secret();
    read_file("keys", before, sizeof before);
    expect(EXIT_CODE_REFUSED, "generate owner wind-farm-7", "");
    cr_expect_not_null(strstr(complained, "nothing is overwritten"), "%s", complained);
    cr_expect_str_empty(said);
    read_file("keys", after, sizeof after);
    cr_expect_str_eq(after, before);
}

Test(keys, list_shows_names_kinds_and_public_keys) {
    expect(EXIT_CODE_NOT_FOUND, "list", "");
    expect(EXIT_CODE_OK, "import owner b secret", ONE "\n");
    expect(EXIT_CODE_OK, "import issuer a public", POINT);
    expect(EXIT_CODE_OK, "generate owner a", "");
    expect(EXIT_CODE_OK, "list", "");
    const char *a = strstr(said, "owner   a     Secp256k1  secret");
    const char *b = strstr(said, "owner   b     Secp256k1  secret        " ONE_PUBLIC "\n");
    const char *issuer =
        strstr(said, "issuer  a     Ed25519    public        302a300506032b6570032100" POINT "\n");
    cr_expect(a != NULL && b > a && issuer > b, "%s", said);
    expect_no_secret();
    expect(EXIT_CODE_OK, "list -o json", "");
    cr_expect_not_null(strstr(said, "\"has\": \"secret\""), "%s", said);
    cr_expect_not_null(strstr(said, "\"public\": \"" ONE_PUBLIC "\""), "%s", said);
    expect_no_secret();
}

Test(keys, import_takes_a_key_from_a_file_or_standard_input) {
    write_file("pem",
               "-----BEGIN PRIVATE KEY-----\n"
               "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n"
               "-----END PRIVATE KEY-----\n");
    expect(EXIT_CODE_OK, "import issuer area public -", POINT);
    expect(EXIT_CODE_OK, "import issuer area secret pem", "");
    cr_expect_not_null(strstr(complained, "has its secret now"), "%s", complained);
    expect(EXIT_CODE_OK, "import issuer area secret", SEED);
    cr_expect_not_null(strstr(complained, "was there before"), "%s", complained);
    expect(EXIT_CODE_OK, "import owner a public", ONE_PUBLIC);
    expect_no_secret();
}

Test(keys, import_refuses_what_does_not_match) {
    expect(EXIT_CODE_OK, "import owner a public", ONE_PUBLIC);
    expect(EXIT_CODE_REFUSED, "import owner a secret", TWO);
    cr_expect_not_null(strstr(complained, "owner a has another key"), "%s", complained);
    cr_expect_null(strstr(complained, TWO));
    expect(EXIT_CODE_REFUSED, "import owner b public", ONE_PUBLIC);
    cr_expect_not_null(strstr(complained, "the key of owner a"), "%s", complained);
    expect(EXIT_CODE_REFUSED, "import owner b secret", SEED "00");
    cr_expect_not_null(strstr(complained, "64 digits of hex"), "%s", complained);
    cr_expect_null(strstr(complained, SEED));
    expect(EXIT_CODE_REFUSED, "import issuer b public", ONE_PUBLIC);
    expect(EXIT_CODE_FAILURE, "import owner b secret nowhere", "");
}

Test(keys, of_a_wrong_command_line_or_configuration_are_told) {
    static const struct {
        int code;
        const char *words;
        const char *says;
    } rows[] = {
        {EXIT_CODE_USAGE, "generate owners a", "an owner or of an issuer, not of \"owners\""},
        {EXIT_CODE_USAGE, "generate owner", "something is missing"},
        {EXIT_CODE_USAGE, "generate owner a/b", "\"a/b\" is no name"},
        {EXIT_CODE_USAGE, "import owner a private", "not the \"private\" one"},
        {EXIT_CODE_USAGE, "import owner a", "something is missing"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        expect(rows[i].code, rows[i].words, "");
        cr_expect_not_null(strstr(complained, rows[i].says), "%s: %s", rows[i].words, complained);
    }
    cr_expect_eq(run("list", NULL, ""), EXIT_CODE_CONFIGURATION);
    cr_expect_not_null(strstr(complained, "keys.file is not set"), "%s", complained);
    write_file("keys", "owner a secret " ONE "\n");
    cr_assert_eq(chmod(keys, 0640), 0);
    expect(EXIT_CODE_CONFIGURATION, "list", "");
    cr_expect_not_null(strstr(complained, "chmod 600"), "%s", complained);
    expect(EXIT_CODE_CONFIGURATION, "generate owner b", "");
}
