/* `millrace standin --protocol project-origin`: see README.md. */
#ifndef MILLRACE_STANDIN_PROJECT_ORIGIN_MIMIC_H
#define MILLRACE_STANDIN_PROJECT_ORIGIN_MIMIC_H

/* Serve until SIGTERM or SIGINT; the result is the exit code. */
int mimic_main(int argc, char **argv);

#endif
