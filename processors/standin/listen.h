/* An address to be reached at. */
#ifndef MILLRACE_STANDIN_LISTEN_H
#define MILLRACE_STANDIN_LISTEN_H

#include "ports/error.h"

/* Listen at unix:/path, host:port or [ipv6]:port, without blocking. -1: not possible, and `error`
 * says why. */
int standin_listen(const char *address, struct error *error);

#endif
