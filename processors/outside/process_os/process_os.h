/* Processes of this Linux: named so exactly that the death of one can be proven later. */
#ifndef MILLRACE_OUTSIDE_PROCESS_OS_H
#define MILLRACE_OUTSIDE_PROCESS_OS_H

#include "ports/error.h"
#include "ports/process.h"

struct process_os {
    char host[160]; /* "name pid:[4026531836]": a process id means something only in its namespace,
                       which no name of a host tells apart */
    struct millrace_writer writer;
};

/* The port refers to `os`, which must outlive it. */
enum result process_os_init(struct process_os *os, struct process *process, struct error *error);

#endif
