/* What faults do to a world, and what it is like without them. */
#ifndef MILLRACE_SIMULATE_WEATHER_H
#define MILLRACE_SIMULATE_WEATHER_H

#include "tests/simulate/world.h"

enum { WEATHER_QUEUE_MOST_MS = 60000 }; /* how long a registry may keep a request in its queue */

/* From now on the world's faults happen at their times. */
void weather_begin(struct world *world);
/* All faults end, and no further one begins. */
void weather_clears(struct world *world);

#endif
