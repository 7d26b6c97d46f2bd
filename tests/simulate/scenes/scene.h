/* Scenes: schedules in which a protocol with a rule less would break, played by hand on the real
 * code. A scene is prose (NAME.scene); what happens is told as prose, too (NAME.txt). */
#ifndef MILLRACE_SIMULATE_SCENES_SCENE_H
#define MILLRACE_SIMULATE_SCENES_SCENE_H

#include "tests/simulate/world.h"

enum {
    SCENE_LINES_MAX = 80,
    SCENE_TEXT_MAX = 200, /* of a line */
    SCENE_WORDS_MAX = 3,  /* that a sentence leaves open, of a kind */
    SCENE_COMMANDS_MAX = 8,
    SCENE_CERTIFICATES = 4, /* A … D */
    SCENE_NAME_MAX = 24,
};

/* What a sentence leaves open, in the order in which it names them. */
struct scene_words {
    uint32_t place;               /* "connector 1" */
    uint32_t certificate;         /* "A" */
    char command[SCENE_NAME_MAX]; /* "issue A" */
    int64_t span_ms;              /* "2.5" seconds */
    uint32_t number;              /* "2" */
    enum point point;             /* "send" */
    const char *rest;             /* all that follows */
};

struct scene;

struct scene_sentence {
    const char *pattern; /* $P place, $L certificate, $C command, $S seconds, $N number, $W point */
    void (*play)(struct scene *scene, const struct scene_words *words);
};
extern const struct scene_sentence scene_sentences[];
extern const uint32_t scene_sentences_count;

struct scene_line {
    int64_t at_ms;
    const struct scene_sentence *sentence;
    struct scene_words words;
    char text[SCENE_TEXT_MAX];
};

struct scene_command {
    char name[SCENE_NAME_MAX];
    struct uuid id;
    struct uuid certificate_id;
    struct uuid submission_id;
};

struct scene {
    struct world *world;
    struct scene_line lines[SCENE_LINES_MAX];
    uint32_t lines_count;
    struct scene_command commands[SCENE_COMMANDS_MAX];
    uint32_t commands_count;
};

/* script.c: read a script; its head goes to `out`. False: a line is not understood, and told. */
bool scene_read(struct scene *scene, const char *path, FILE *out);

/* testify.c: a stranger says what the registry's status of an attempt is: executed, or not found.
 */
void scene_testify(struct scene *scene, const struct scene_command *command, int32_t attempt,
                   bool executed);

/* The whole of it, told to `out`. False: something was violated. */
bool scene_play(struct scene *scene, FILE *out);

#endif
