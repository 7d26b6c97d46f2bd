/* Plays scenes and compares what they tell with what they are to tell: `scenes [--accept] NAME...`,
 * all of them without a name. */
#include <assert.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/simulate/scenes/scene.h"

enum {
    PATH_BYTES = 256,
    SCENE_SECONDS_MAX = 20, /* of real time */
};

static const char folder[] = "tests/simulate/scenes";

static void tell_failure(const char *name, const struct scene *scene) {
    if (scene->world == NULL) {
        (void)printf("scene %s: its script is not understood\n", name);
    } else {
        (void)printf("scene %s: violated %s: %s\n", name, scene->world->transcript.invariant,
                     scene->world->transcript.violation);
    }
    (void)fflush(stdout);
}

/* In a process of its own, so that a crash is a finding like any other. */
static int play(const char *name, const char *script, const char *told) {
    (void)fflush(stdout);
    const pid_t pid = fork();
    assert(pid >= 0);
    if (pid == 0) {
        (void)alarm(SCENE_SECONDS_MAX);
        FILE *out = fopen(told, "w");
        struct scene *scene = calloc(1, sizeof *scene);
        assert(out != NULL && scene != NULL);
        (void)setvbuf(out, NULL, _IOLBF, BUFSIZ);
        const bool sound = scene_read(scene, script, out) && scene_play(scene, out);
        if (!sound) {
            tell_failure(name, scene);
        }
        _exit(fclose(out) == 0 && sound ? EXIT_SUCCESS : EXIT_FAILURE);
    }
    int status = 0;
    const pid_t waited = waitpid(pid, &status, 0);
    assert(waited == pid);
    return status;
}

/* The difference is shown as diff shows it. */
static bool differs(const char *wanted, const char *told) {
    (void)fflush(stdout);
    const pid_t pid = fork();
    assert(pid >= 0);
    if (pid == 0) {
        (void)execlp("diff", "diff", "-u", "-N", wanted, told, (char *)NULL);
        _exit(EXIT_FAILURE);
    }
    int status = 0;
    (void)waitpid(pid, &status, 0);
    return !WIFEXITED(status) || WEXITSTATUS(status) != EXIT_SUCCESS;
}

static bool check(const char *name, const char *out_folder, bool accept) {
    char script[PATH_BYTES];
    char wanted[PATH_BYTES];
    char told[PATH_BYTES];
    (void)snprintf(script, sizeof script, "%s/%s.scene", folder, name);
    (void)snprintf(wanted, sizeof wanted, "%s/%s.txt", folder, name);
    (void)snprintf(told, sizeof told, "%s/%s.txt", out_folder, name);
    const int status = play(name, script, told);
    const bool sound = WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS;
    const bool different = differs(wanted, told);
    if (WIFSIGNALED(status)) {
        (void)printf("scene %s: it crashed; its last words stand above\n", name);
    }
    if (sound && different && accept) {
        (void)printf("scene %s: accepted\n", name);
        return rename(told, wanted) == 0;
    }
    if (sound && different) {
        (void)printf("scene %s: it goes otherwise than it should\n", name);
    }
    return sound && !different;
}

/* The name of a script without its folder and ending. */
static const char *name_of(char *path) {
    char *name = strrchr(path, '/') + 1;
    *strrchr(name, '.') = '\0';
    return name;
}

int main(int argc, char **argv) {
    const bool accept = argc > 1 && strcmp(argv[1], "--accept") == 0;
    char out_folder[PATH_BYTES];
    (void)snprintf(out_folder, sizeof out_folder, "%s.told", argv[0]);
    (void)mkdir(out_folder, 0777);
    unsigned passed = 0;
    unsigned failed = 0;
    for (int i = accept ? 2 : 1; i < argc; i++) {
        *(check(argv[i], out_folder, accept) ? &passed : &failed) += 1;
    }
    if (argc == (accept ? 2 : 1)) {
        char pattern[PATH_BYTES];
        glob_t found = {0};
        (void)snprintf(pattern, sizeof pattern, "%s/*.scene", folder);
        const int searched = glob(pattern, 0, NULL, &found);
        for (size_t i = 0; searched == 0 && i < found.gl_pathc; i++) {
            *(check(name_of(found.gl_pathv[i]), out_folder, accept) ? &passed : &failed) += 1;
        }
        globfree(&found);
    }
    (void)printf("%u passed, %u failed\n", passed, failed);
    return failed == 0 && passed > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
