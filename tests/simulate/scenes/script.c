/* Reading a script: a head of lines with "#", then a sentence on each line, "at SECONDS" before it
 * where it happens later than the one before. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "tests/simulate/scenes/scene.h"

/* Who plays. Two and two of the places are on one host. */
static const struct {
    const char *name;
    uint32_t place;
} cast[] = {
    {"certificates", 0}, {"connector 1", 2}, {"connector 2", 3},
    {"connector 3", 4},  {"connector 4", 5},
};

/* What follows a word at the beginning of `text`; NULL: it begins otherwise. */
static const char *after(const char *text, const char *word) {
    const size_t length = strlen(word);
    return strncmp(text, word, length) == 0 ? text + length : NULL;
}

static const char *read_place(const char *text, struct scene_words *words) {
    for (size_t i = 0; i < sizeof cast / sizeof cast[0]; i++) {
        const char *rest = after(text, cast[i].name);
        if (rest != NULL) {
            words->place = cast[i].place;
            return rest;
        }
    }
    return NULL;
}

static const char *read_point(const char *text, struct scene_words *words) {
    for (uint32_t point = 0; point < POINTS_COUNT; point++) {
        char quoted[SCENE_NAME_MAX];
        (void)snprintf(quoted, sizeof quoted, "\"%s\"", point_name((enum point)point));
        const char *rest = after(text, quoted);
        if (rest != NULL) {
            words->point = (enum point)point;
            return rest;
        }
    }
    return NULL;
}

static const char *read_certificate(const char *text, struct scene_words *words) {
    words->certificate = (uint32_t)(*text - 'A');
    return *text >= 'A' && *text < 'A' + SCENE_CERTIFICATES ? text + 1 : NULL;
}

/* "issue A": a verb, and the certificate. */
static const char *read_command(const char *text, struct scene_words *words) {
    const char *space = strchr(text, ' ');
    if (space == NULL || space - text > SCENE_NAME_MAX - 4) {
        return NULL;
    }
    const char *rest = read_certificate(space + 1, words);
    if (rest != NULL) {
        memcpy(words->command, text, (size_t)(rest - text));
        words->command[rest - text] = '\0';
    }
    return rest;
}

static const char *read_span(const char *text, int64_t *span_ms) {
    char *rest;
    const double seconds = strtod(text, &rest);
    *span_ms = (int64_t)(seconds * 1000 + 0.5);
    return rest != text && seconds >= 0 ? rest : NULL;
}

static const char *read_number(const char *text, uint32_t *number) {
    char *rest;
    *number = (uint32_t)strtoul(text, &rest, 10);
    return rest != text && *number > 0 ? rest : NULL;
}

static const char *read_word(char kind, const char *text, struct scene_words *words) {
    switch (kind) {
    case 'P':
        return read_place(text, words);
    case 'L':
        return read_certificate(text, words);
    case 'C':
        return read_command(text, words);
    case 'S':
        return read_span(text, &words->span_ms);
    case 'N':
        return read_number(text, &words->number);
    case 'W':
        return read_point(text, words);
    default:
        assert(kind == 'R');
        words->rest = text;
        return text + strlen(text);
    }
}

static bool matches(const char *pattern, const char *text, struct scene_words *words) {
    *words = (struct scene_words){.number = 1};
    while (*pattern != '\0' && text != NULL) {
        if (*pattern == '$') {
            text = read_word(pattern[1], text, words);
            pattern += 2;
        } else {
            text = *pattern++ == *text ? text + 1 : NULL;
        }
    }
    return text != NULL && *text == '\0';
}

static bool read_line(struct scene *scene, const char *text) {
    struct scene_line *line = &scene->lines[scene->lines_count];
    assert(scene->lines_count < SCENE_LINES_MAX && strlen(text) < SCENE_TEXT_MAX);
    line->at_ms = scene->lines_count > 0 ? line[-1].at_ms : 0;
    const char *at = after(text, "at ");
    if (at != NULL) {
        const int64_t before_ms = line->at_ms;
        text = read_span(at, &line->at_ms);
        if (text == NULL || line->at_ms < before_ms) {
            return false;
        }
    }
    text += strspn(text, " ");
    (void)snprintf(line->text, sizeof line->text, "%s", text);
    for (uint32_t i = 0; i < scene_sentences_count; i++) {
        line->sentence = &scene_sentences[i];
        if (matches(line->sentence->pattern, line->text, &line->words)) {
            scene->lines_count++;
            return true;
        }
    }
    return false;
}

bool scene_read(struct scene *scene, const char *path, FILE *out) {
    char text[SCENE_TEXT_MAX];
    FILE *file = fopen(path, "r");
    bool understood = file != NULL;
    for (uint32_t number = 1; understood && fgets(text, sizeof text, file) != NULL; number++) {
        text[strcspn(text, "\n")] = '\0';
        if (text[0] == '#') {
            (void)fprintf(out, "%s\n", text + (text[1] == ' ' ? 2 : 1));
        } else if (text[strspn(text, " ")] != '\0' && !read_line(scene, text)) {
            (void)fprintf(out, "%s:%u: this is not understood: %s\n", path, number, text);
            understood = false;
        }
    }
    (void)fprintf(out, "\n");
    if (file != NULL) {
        (void)fclose(file);
    }
    return understood;
}
