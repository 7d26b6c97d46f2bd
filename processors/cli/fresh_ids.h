/* Random ids: only a door makes them, where a message enters that nothing of ours has caused. */
#ifndef MILLRACE_CLI_FRESH_IDS_H
#define MILLRACE_CLI_FRESH_IDS_H

#include "ports/ids.h"

struct ids fresh_ids(void);

#endif
