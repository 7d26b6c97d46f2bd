/* The inside of a process's end of a connection: what registry_plain does, and what
 * registry_project_origin does where the registry can be asked, without sockets. */
#ifndef MILLRACE_SIMULATE_LYING_CONNECTION_H
#define MILLRACE_SIMULATE_LYING_CONNECTION_H

#include "tests/simulate/lying_inside.h"

enum { LYING_PAUSE_FIRST_MS = 500 /* before a call is asked for; doubled each time */ };

enum connection_state {
    CONNECTION_CLOSED,
    CONNECTION_CONNECTING,
    CONNECTION_UP,
};

struct lying_connection {
    struct lying_registry *registry;
    struct sim_process *process;
    const struct clock *clock;
    const struct lying_name *name;
    enum connection_state state;
    struct lying_socket *socket; /* unless CLOSED */
    int64_t connect_deadline_ms; /* of CONNECTING */
    bool answered;               /* something came over it */
    struct lying_line open;      /* UNSENT and OUT */
    struct lying_line late;      /* LATE */
    uint32_t unsent;
    uint32_t calls_out;               /* started, their reply not fetched yet */
    struct lying_question *questions; /* without an answer, the oldest first */
    uint32_t questions_unsent;
    struct lying_question *streams; /* answered, to be taken, the oldest first */
    struct lying_ready *ready_head;
    struct lying_ready *ready_tail;
};

/* --- Its own calls (lying_calls.c). --- */

struct registry_call lying_call_of(const struct lying_request *request);
/* One that has just begun, UNSENT. */
void lying_call_add(struct lying_connection *connection, struct lying_request *request);
/* Nobody waits for anything of it any more. */
void lying_call_forget(struct lying_connection *connection, struct lying_request *request);
/* Its deadline is over; it may still be answered. */
void lying_call_keep_late(struct lying_connection *connection, struct lying_request *request);
/* A reply to it, to be given out behind those that wait. */
struct lying_ready *lying_call_ready(struct lying_connection *connection,
                                     struct lying_request *request, enum registry_reply_kind kind,
                                     const char *words);
void lying_call_unknown(struct lying_connection *connection, struct lying_request *request,
                        enum millrace_unknown_cause cause, const char *words);
/* And it is forgotten. */
void lying_call_not_sent(struct lying_connection *connection, struct lying_request *request,
                         const char *words);
void lying_ready_append(struct lying_connection *connection, struct lying_ready *ready);

/* --- Its questions (lying_asking.c). --- */

void lying_question_add(struct lying_connection *connection, struct lying_question *question,
                        int64_t deadline_ms);
/* For a certificate's stream. */
void lying_stream_ask(struct lying_connection *connection, const struct uuid *certificate_id,
                      int64_t deadline_ms);
/* As `registry.stream_answer` and `registry.forget_streams`. */
bool lying_stream_take(struct lying_connection *connection, struct arena *arena,
                       struct registry_stream *stream);
void lying_streams_forget(struct lying_connection *connection);
/* Nobody waits for its answer any more. */
void lying_question_end(struct lying_connection *connection, struct lying_question *question);
/* It ends as it was told, if it was; an own call that is still open is asked for again. */
void lying_question_settle(struct lying_connection *connection, struct lying_question *question,
                           enum registry_reply_kind told);
/* An own call whose sending came to nothing that is known. False: nobody can ask for it. */
bool lying_call_doubt(struct lying_connection *connection, struct lying_request *request);
/* Those of own calls whose time has come. */
void lying_questions_begin(struct lying_connection *connection);
/* Hand over those that wait. False: the process is dead. */
bool lying_questions_send(struct lying_connection *connection);
/* With the connection; it had `worked` if anything came over it. */
void lying_questions_lose(struct lying_connection *connection, bool worked);
/* Those whose time is over, and the calls that nobody asks for any more. */
void lying_questions_expire(struct lying_connection *connection);
/* When there is something to ask or to give up; `next_ms` if nothing is before that. */
int64_t lying_questions_next_ms(const struct lying_connection *connection, int64_t next_ms);

/* --- How it comes and goes (lying_connection.c). --- */

int64_t lying_connection_now_ms(const struct lying_connection *connection);
/* Bring the connection up where there is something to send, and pass bytes both ways. False: the
 * process is dead. */
bool lying_connection_drive(struct lying_connection *connection);
/* What has waited for too long, or may not wait any longer. */
void lying_connection_expire(struct lying_connection *connection);
/* The connection is gone. What the kernel had a byte of is unknown. The rest was not sent: it may
 * wait for the next connection where this one had worked, it ends here where none ever stood. */
void lying_connection_lose(struct lying_connection *connection, enum millrace_unknown_cause cause,
                           const char *words);
/* The kernel of the process has no connection any more. */
void lying_connection_drop(struct lying_connection *connection);

#endif
