#include "cli/moment.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/duration.h"
#include "wire/rfc3339.h"

static bool is_number(const char *text, int64_t *number) {
    if (*text == '\0' || strspn(text, "0123456789") != strlen(text)) {
        return false;
    }
    errno = 0;
    *number = strtoll(text, NULL, 10);
    return errno == 0;
}

bool moment_parse(const char *text, int64_t now_ms, struct moment *moment) {
    assert(text != NULL && moment != NULL);
    int64_t value = 0;
    if (strcmp(text, "beginning") == 0) {
        *moment = (struct moment){.kind = MOMENT_BEGINNING};
        return true;
    }
    if (strcmp(text, "end") == 0) {
        *moment = (struct moment){.kind = MOMENT_END};
        return true;
    }
    if (is_number(text, &value)) {
        *moment = (struct moment){.kind = MOMENT_OFFSET, .value = value};
        return true;
    }
    if (rfc3339_parse(text, strlen(text), &value)) {
        *moment = (struct moment){.kind = MOMENT_TIME, .value = value};
        return true;
    }
    if (duration_parse(text, &value)) {
        *moment = (struct moment){.kind = MOMENT_TIME, .value = now_ms - value};
        return true;
    }
    return false;
}
