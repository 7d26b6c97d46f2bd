/* Any text as configuration: the first byte says whether it is a settings file, topics.yaml, an
 * argument of --set, or a variable of the environment. What is taken must be usable. */
#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "configuration/deployment.h"
#include "configuration/settings.h"
#include "configuration/topics_file.h"
#include "tests/fuzz/fuzz.h"

enum { PATH_BYTES = 64 };

/* A file in memory with these bytes; the caller closes it. */
static int file_of(const uint8_t *data, size_t size, char path[PATH_BYTES]) {
    const int file = memfd_create("fuzz", MFD_CLOEXEC);
    fuzz_require(file >= 0 && write(file, data, size) == (ssize_t)size);
    (void)snprintf(path, PATH_BYTES, "/proc/self/fd/%d", file);
    return file;
}

static void use(const struct settings *settings, enum result result, const struct error *error) {
    static alignas(max_align_t) uint8_t memory[DEPLOYMENT_MEMORY];
    static struct deployment deployment;
    struct error wrong = {0};
    struct arena arena;
    if (result != RESULT_OK) {
        fuzz_require(error->text[0] != '\0');
        return;
    }
    for (uint32_t i = 0; i < settings->count; i++) {
        const struct setting *setting = &settings->items[i];
        fuzz_require(settings_find(settings, setting->name) ==
                     (setting->value == NULL ? NULL : setting));
    }
    if (settings_check(settings, &wrong) != RESULT_OK) {
        fuzz_require(wrong.text[0] != '\0');
        return;
    }
    arena_init(&arena, memory, sizeof memory);
    if (deployment_read(settings, &arena, &deployment, &wrong) != RESULT_OK) {
        fuzz_require(wrong.text[0] != '\0');
    }
}

static void try_topics(const char *path) {
    struct topics_file *file;
    struct error error = {0};
    if (topics_file_open(path, &file, &error) != RESULT_OK) {
        fuzz_require(error.text[0] != '\0');
        return;
    }
    for (uint32_t i = 0; i < file->topics_count; i++) {
        fuzz_require(topics_file_find(file, file->topics[i].name) == &file->topics[i]);
    }
    (void)topics_file_nearest(file, "certificates.commnads");
    topics_file_close(file);
}

/* Not one that names a file: this machine's are none of a fuzzer's business. */
static enum result try_variable(struct settings *settings, char *text, struct error *error) {
    static const char prefix[] = "MILLRACE_";
    char *variable = NULL;
    if (strstr(text, "_FILE") != NULL) {
        return RESULT_OK;
    }
    fuzz_require(asprintf(&variable, "%s%s", prefix, text) > 0);
    char *environment[] = {variable, NULL};
    const enum result result = settings_read_environment(settings, environment, error);
    free(variable);
    return result;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static alignas(max_align_t) uint8_t memory[SETTINGS_MEMORY];
    static struct settings settings;
    struct error error = {0};
    char path[PATH_BYTES];
    if (size == 0) {
        return 0;
    }
    settings_init(&settings, memory);
    const int file = file_of(data + 1, size - 1, path);
    char *text = fuzz_string(data + 1, size - 1);
    switch (data[0] % 4) {
    case 0:
        use(&settings, settings_read_file(&settings, path, &error), &error);
        break;
    case 1:
        try_topics(path);
        break;
    case 2:
        use(&settings, settings_read_argument(&settings, text, &error), &error);
        break;
    default:
        use(&settings, try_variable(&settings, text, &error), &error);
    }
    free(text);
    (void)close(file);
    return 0;
}
