/* The operating system's clocks: the only place that asks for the time. */
#ifndef MILLRACE_OUTSIDE_CLOCK_OS_H
#define MILLRACE_OUTSIDE_CLOCK_OS_H

#include <stdint.h>

#include "ports/clock.h"

struct clock clock_os(void);

/* Microseconds since 1970-01-01 UTC, for the time of a log line. */
int64_t clock_os_wall_us(void);

#endif
