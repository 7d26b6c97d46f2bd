/* A gRPC server on nghttp2 that does next to no work, so that what is measured is who calls: it
 * answers any call with a few bytes. It can take its time, as a registry of Project Origin
 * does: then it knows which transactions it was sent, and that each is COMMITTED so much later. A
 * process of its own. */
#ifndef MILLRACE_TESTS_BENCH_BARE_GRPC_H
#define MILLRACE_TESTS_BENCH_BARE_GRPC_H

#include <stdint.h>
#include <sys/types.h>

enum { BARE_GRPC_STREAMS_MAX = 100 }; /* of a connection, as servers commonly allow */

struct bare_grpc {
    pid_t pid;
    uint16_t port; /* of 127.0.0.1 */
};

/* Returns once it listens. It ends with this process. `committed_after_ms`: after
 * its sending; 0: every status is COMMITTED. */
void bare_grpc_start(struct bare_grpc *server, int64_t committed_after_ms);
void bare_grpc_stop(struct bare_grpc *server);

#endif
