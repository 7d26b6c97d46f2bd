/* How far apart two words are, so that an error message can name what was probably meant. */
#ifndef MILLRACE_CONFIGURATION_NEAREST_H
#define MILLRACE_CONFIGURATION_NEAREST_H

#include <stdbool.h>
#include <stdint.h>

enum { NEAREST_WORD_MAX = 128 };

/* How many letters must be put in, taken out, replaced or swapped with their neighbour to turn one
 * word into the other; UINT32_MAX for words longer than NEAREST_WORD_MAX. */
uint32_t word_distance(const char *a, const char *b);

/* Is the distance small enough, for a word of this length, to be a slip of the fingers? */
bool word_distance_is_near(const char *word, uint32_t distance);

#endif
