/* A store that lives as long as its lane: everything comes back from the changelogs. */
#ifndef MILLRACE_OUTSIDE_STORE_MEMORY_H
#define MILLRACE_OUTSIDE_STORE_MEMORY_H

#include "ports/store.h"

struct stores stores_memory(void);

#endif
