/* Whole numbers as decimal text. */
#ifndef MILLRACE_DOMAIN_DECIMAL_H
#define MILLRACE_DOMAIN_DECIMAL_H

#include <stdint.h>

#include "domain/values.h"

enum { DECIMAL_CHARACTERS_MAX = 20 }; /* of INT64_MIN, its sign included */

/* The number's shortest text, within `characters`. */
struct text decimal_of(int64_t number, char characters[DECIMAL_CHARACTERS_MAX]);

#endif
