/* Which fault points the test's own process comes to, in their order. */
#ifndef MILLRACE_TESTS_FAULT_NOTES_H
#define MILLRACE_TESTS_FAULT_NOTES_H

/* From now on. `armed`: the point that is prepared for until it is reached once; NULL: none.
 * `look`: called at each point; NULL: nothing is. */
void fault_notes_begin(const char *armed, void (*look)(const char *name));

/* What was reached since it was asked last: names with a blank behind each. Valid until then. */
const char *fault_notes_take(void);

void fault_notes_end(void);

#endif
