#include "tests/simulate/transcript.h"

#include <stdarg.h>
#include <string.h>

#include "domain/uuid.h"

static int begin_line(const struct transcript *transcript, char line[TRANSCRIPT_LINE_MAX]) {
    const int64_t now_ms = transcript->timeline->now_ms;
    return snprintf(line, TRANSCRIPT_LINE_MAX, "%5lld.%03lld  ", (long long)(now_ms / 1000),
                    (long long)(now_ms % 1000));
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
