/* Written by tests/faults/list-points (make gen): every FAULT of the sources. */
FAULT_POINT("call.accepted") /* project-origin: outside/registry_project_origin/settling.c */
FAULT_POINT("call.before-connect") /* plain: outside/registry_plain/connection.c */
    /* project-origin: outside/grpc/connection.c */
FAULT_POINT("call.before-write") /* plain: outside/registry_plain/connection.c */
    /* project-origin: outside/grpc/connection.c */
FAULT_POINT("call.connected") /* plain: outside/registry_plain/connection.c */
    /* project-origin: outside/grpc/connection.c */
FAULT_POINT("call.half-written") /* plain: outside/registry_plain/connection.c */
    /* project-origin: outside/grpc/connection.c */
FAULT_POINT("call.written") /* plain: outside/registry_plain/connection.c */
    /* project-origin: outside/grpc/connection.c */
FAULT_POINT("commit.after-end") /* outside/kafka/transactor.c */
FAULT_POINT("commit.before") /* loop/lane_commit.c */
FAULT_POINT("commit.before-end") /* outside/kafka/transactor.c */
FAULT_POINT("commit.begun") /* outside/kafka/transactor.c */
FAULT_POINT("commit.half-produced") /* outside/kafka/transactor.c */
FAULT_POINT("commit.offsets-sent") /* outside/kafka/transactor.c */
FAULT_POINT("commit.produced") /* outside/kafka/transactor.c */
FAULT_POINT("drain.begin") /* loop/lane_turn.c */
FAULT_POINT("drain.end") /* loop/lane_turn.c */
FAULT_POINT("effects.after") /* loop/lane_commit.c */
FAULT_POINT("effects.before") /* loop/lane_commit.c */
FAULT_POINT("evidence.after") /* registry_connector/late_replies.c */
FAULT_POINT("evidence.before") /* registry_connector/late_replies.c */
FAULT_POINT("fence.after") /* loop/lane_start.c */
FAULT_POINT("fence.before") /* loop/lane_start.c */
FAULT_POINT("hand-over.begin") /* registry_connector/settling.c */
FAULT_POINT("intent.committed") /* registry_connector/sending.c */
FAULT_POINT("intent.staged") /* registry_connector/sending.c */
FAULT_POINT("not-sent.destroyed") /* registry_connector/sending.c */
FAULT_POINT("not-sent.staged") /* registry_connector/sending.c */
FAULT_POINT("outcome.after-commit") /* registry_connector/registry_connector.c */
FAULT_POINT("outcome.before-commit") /* registry_connector/registry_connector.c */
FAULT_POINT("outcome.staged") /* registry_connector/settling.c */
FAULT_POINT("reading.answered") /* project-origin: registry_connector/reading.c */
FAULT_POINT("reading.begun") /* project-origin: registry_connector/reading.c */
FAULT_POINT("reading.staged") /* project-origin: registry_connector/reading.c */
FAULT_POINT("reading.wanted") /* project-origin: registry_connector/reading.c */
FAULT_POINT("rejoin.after") /* loop/group.c */
FAULT_POINT("rejoin.before") /* loop/group.c */
FAULT_POINT("reply.decoded") /* plain: outside/registry_plain/registry_plain.c */
    /* project-origin: outside/registry_project_origin/settling.c */
FAULT_POINT("reply.read") /* plain: outside/registry_plain/registry_plain.c */
    /* project-origin: outside/grpc/session.c */
FAULT_POINT("restore.begin") /* loop/lane_start.c */
FAULT_POINT("restore.end") /* loop/lane_start.c */
FAULT_POINT("restore.middle") /* loop/restore.c */
FAULT_POINT("revoke.begin") /* loop/group.c */
FAULT_POINT("revoke.end") /* loop/group.c */
FAULT_POINT("start.after") /* loop/lane_start.c */
FAULT_POINT("start.before") /* loop/lane_start.c */
FAULT_POINT("start.positions") /* loop/lane_start.c */
FAULT_POINT("status.asked") /* project-origin: outside/registry_project_origin/settling.c */
FAULT_POINT("store.after") /* loop/lane_commit.c */
FAULT_POINT("store.before") /* loop/lane_commit.c */
FAULT_POINT("stream.asked") /* project-origin: outside/registry_project_origin/settling.c */
FAULT_POINT("turn.decoded") /* loop/arrival.c */
FAULT_POINT("turn.handled") /* loop/lane_turn.c */
FAULT_POINT("turn.polled") /* loop/lane_turn.c */
FAULT_POINT("unknown.staged") /* registry_connector/settling.c */
