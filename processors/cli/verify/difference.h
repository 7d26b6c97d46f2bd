/* Where two values of one record type differ, in words. */
#ifndef MILLRACE_CLI_VERIFY_DIFFERENCE_H
#define MILLRACE_CLI_VERIFY_DIFFERENCE_H

#include "wire/descriptor.h"

enum { DIFFERENCE_BYTES_MAX = 256 };

/* The first field that differs: "slices[2].owner: "a", "b"". "nothing" when none does. */
void difference_of(const struct record_descriptor *record, const void *a, const void *b,
                   char text[DIFFERENCE_BYTES_MAX]);

#endif
