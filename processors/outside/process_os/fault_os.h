/* The fault points of this process: armed by MILLRACE_FAULT, and by nothing else. */
#ifndef MILLRACE_OUTSIDE_FAULT_OS_H
#define MILLRACE_OUTSIDE_FAULT_OS_H

#include "ports/error.h"

/* Arm what `wanted` says: "NAME[:NTH][:kill|stop|hang]" sends SIGKILL (the default) or SIGSTOP to
 * this process when it comes to that point for the NTH (first) time, or lets only the thread that
 * came there go no further. NULL or "": nothing is armed.
 * INVALID: there is no such point or action. Before any thread starts. */
enum result fault_os_arm(const char *wanted, struct error *error);

#endif
