/* `millrace standin`: a registry to test against, as bad as the working assumptions allow. It is a
 * process of its own, knows nothing of Millrace but PROTOCOL.md of outside/registry_plain (which it
 * reads with code of its own, so that a mistake in either shows) and writes down what it did. */
#ifndef MILLRACE_STANDIN_STANDIN_H
#define MILLRACE_STANDIN_STANDIN_H

/* Serve until SIGTERM or SIGINT; the result is the exit code. */
int standin_main(int argc, char **argv);

#endif
