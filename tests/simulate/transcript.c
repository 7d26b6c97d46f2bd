#include "tests/simulate/transcript.h"

#include <assert.h>
#include <stdarg.h>
#include <string.h>

#include "domain/uuid.h"

static int begin_line(const struct transcript *transcript, char line[TRANSCRIPT_LINE_MAX]) {
    const int64_t now_ms = transcript->timeline->now_ms;
    return snprintf(line, TRANSCRIPT_LINE_MAX, "%5lld.%03lld  ", (long long)(now_ms / 1000),
                    (long long)(now_ms % 1000));
}

void transcript_name(struct transcript *transcript, const char *formal, const char *usual) {
    assert(transcript->names_count < TRANSCRIPT_NAMES_MAX);
    struct transcript_name *name = &transcript->names[transcript->names_count++];
    (void)snprintf(name->formal, sizeof name->formal, "%s", formal);
    (void)snprintf(name->usual, sizeof name->usual, "%s", usual);
}

static void use_names(const struct transcript *transcript, char line[TRANSCRIPT_LINE_MAX]) {
    /* The newest first: what it stands for may have a name of its own. */
    for (uint32_t i = transcript->names_count; i-- > 0;) {
        const struct transcript_name *name = &transcript->names[i];
        const size_t formal = strlen(name->formal);
        const size_t usual = strlen(name->usual);
        for (char *at = line; (at = strstr(at, name->formal)) != NULL; at += usual) {
            if (strlen(line) - formal + usual >= TRANSCRIPT_LINE_MAX) {
                return;
            }
            memmove(at + usual, at + formal, strlen(at + formal) + 1);
            memcpy(at, name->usual, usual);
        }
    }
}

void transcript_say(struct transcript *transcript, const char *format, ...) {
    if (!transcript->keep && transcript->out == NULL) {
        return;
    }
    char *line = transcript->kept[transcript->lines++ % TRANSCRIPT_KEPT];
    const int begun = begin_line(transcript, line);
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(line + begun, TRANSCRIPT_LINE_MAX - (size_t)begun, format, arguments);
    va_end(arguments);
    use_names(transcript, line);
    if (transcript->out != NULL) {
        (void)fprintf(transcript->out, "%s\n", line);
    }
}

void transcript_violation(struct transcript *transcript, const char *invariant, const char *format,
                          ...) {
    if (transcript->violated) {
        return;
    }
    transcript->violated = true;
    (void)snprintf(transcript->invariant, sizeof transcript->invariant, "%s", invariant);
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(transcript->violation, sizeof transcript->violation, format, arguments);
    va_end(arguments);
    transcript_say(transcript, "VIOLATED %s: %s", transcript->invariant, transcript->violation);
}

void transcript_print_kept(const struct transcript *transcript, FILE *out) {
    const uint64_t first =
        transcript->lines > TRANSCRIPT_KEPT ? transcript->lines - TRANSCRIPT_KEPT : 0;
    for (uint64_t i = first; i < transcript->lines; i++) {
        (void)fprintf(out, "%s\n", transcript->kept[i % TRANSCRIPT_KEPT]);
    }
}

const char *short_id(const struct uuid *id) {
    enum { BUFFERS = 8, SHORT = 8 };
    static char buffers[BUFFERS][SHORT + 1];
    static uint32_t used;
    char text[UUID_CHARACTERS];
    char *buffer = buffers[used++ % BUFFERS];
    uuid_to_text(id, text);
    memcpy(buffer, text, SHORT);
    buffer[SHORT] = '\0';
    return buffer;
}
