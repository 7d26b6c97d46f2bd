/* The stand-in as a process of its own, and what its ledger says. */
#ifndef MILLRACE_TESTS_STANDIN_PROCESS_H
#define MILLRACE_TESTS_STANDIN_PROCESS_H

#include <stdint.h>
#include <sys/types.h>

struct standin_process {
    char directory[64];
    char address[128]; /* unix:…, or 127.0.0.1:… */
    uint16_t port;     /* of the latter; else 0 */
    char ledger[128];
    pid_t pid; /* 0: not running */
};

/* A place for its socket and ledger; not running yet. */
void standin_process_open(struct standin_process *process);
/* The same, to be reached by TCP at a port that is free now. */
void standin_process_open_tcp(struct standin_process *process);
/* Run it with these further arguments, ended by NULL; returns once it listens. */
void standin_process_start(struct standin_process *process, const char *const *arguments);
void standin_process_signal(struct standin_process *process, int signal);
/* kill -9 and wait for its end. */
void standin_process_kill(struct standin_process *process);
/* SIGTERM; the exit code. */
int standin_process_stop(struct standin_process *process);
/* Also removes its files. */
void standin_process_close(struct standin_process *process);

/* How many lines of the ledger hold this text. */
uint32_t standin_process_count(const struct standin_process *process, const char *text);

#endif
