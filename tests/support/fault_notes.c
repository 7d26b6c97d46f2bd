#include "tests/support/fault_notes.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "ports/fault.h"

enum { NOTES_MAX = 4096 };

static struct {
    const char *armed;
    void (*look)(const char *name);
    size_t length;
    char names[NOTES_MAX];
    char taken[NOTES_MAX];
} notes;

static void on_reached(const char *name) {
    const int length =
        snprintf(notes.names + notes.length, sizeof notes.names - notes.length, "%s ", name);
    notes.length += (size_t)length;
    assert(notes.length < sizeof notes.names);
    if (notes.armed != NULL && strcmp(notes.armed, name) == 0) {
        notes.armed = NULL;
    }
    if (notes.look != NULL) {
        notes.look(name);
    }
}

static bool on_is_armed(const char *name) {
    return notes.armed != NULL && strcmp(notes.armed, name) == 0;
}

void fault_notes_begin(const char *armed, void (*look)(const char *name)) {
    static const struct fault_hook hook = {.reached = on_reached, .is_armed = on_is_armed};
    notes.armed = armed;
    notes.look = look;
    (void)fault_notes_take();
    fault_hook = &hook;
}

const char *fault_notes_take(void) {
    memcpy(notes.taken, notes.names, sizeof notes.taken);
    notes.length = 0;
    notes.names[0] = '\0';
    return notes.taken;
}

void fault_notes_end(void) {
    fault_hook = NULL;
}
