/* The inside of the lying registry: what it knows, and what is on the way between a process and it.
 * A process's end of a connection is lying_connection.h. */
#ifndef MILLRACE_SIMULATE_LYING_INSIDE_H
#define MILLRACE_SIMULATE_LYING_INSIDE_H

#include "tests/simulate/lying_registry.h"

enum {
    LYING_BUCKETS = 512, /* submissions are found by hash */
    LYING_NAMES_MAX = 4,
    LYING_NAME_MAX = 32,
    LYING_READY_MAX = 3,         /* replies of one call: accepted, its outcome, a late one */
    LYING_RESEND_MOST_MS = 5000, /* a kernel tries again at least so often */
    LYING_REMEMBERS_MS = 120000, /* what became of a transaction; a stream has it for ever */
};

/* Where a call stands for the process that made it. */
enum lying_place {
    LYING_PLACE_UNSENT, /* no byte was handed to the kernel */
    LYING_PLACE_OUT,
    LYING_PLACE_LATE, /* UNKNOWN was said after its deadline; it may still be answered */
    LYING_PLACE_GONE, /* nobody waits for anything any more */
};

/* What the registry makes of a request; drawn when it is read. */
enum lying_answer {
    LYING_ANSWER_HONEST,
    LYING_ANSWER_NONE,
    LYING_ANSWER_BREAK,      /* the connection, in its place */
    LYING_ANSWER_UNREADABLE, /* bytes that are no reply */
    LYING_ANSWER_VAGUE,      /* a reply that does not say what became of it */
};

struct lying_fate {
    bool unread;  /* the connection breaks before it is read */
    bool reset;   /* where the connection breaks: by a reset, not by a calm end */
    bool drops;   /* it is forgotten: neither executed nor refused */
    bool refuses; /* not executed, with `words` */
    bool poisons; /* with it its certificate's stream, for whoever reads that */
    bool accepts; /* it says first that it has it */
    const char *words;
    enum lying_answer answer;
    int64_t takes_ms; /* from reading to doing */
    int64_t back_ms;  /* way of the reply */
};

struct lying_connection;
struct lying_socket;
struct lying_question;

/* A reply that waits to be given out. */
struct lying_ready {
    struct lying_request *request;   /* NULL: it is that of a question */
    struct lying_question *question; /* by which it was learnt; NULL: by none */
    enum registry_reply_kind kind;
    enum millrace_unknown_cause unknown_cause;
    const char *words;
    bool late; /* behind an UNKNOWN: nobody counts on it any more */
    struct lying_ready *next;
};

/* One attempt, from `start` to the end of the run. */
struct lying_request {
    struct registry_entry entry;
    struct lying_registry *registry;
    struct chance chance; /* its own: what becomes of it hangs on nothing else */
    enum lying_place place;
    int64_t deadline_ms;                 /* by the clock of its process */
    struct lying_connection *connection; /* NULL: gone */
    struct lying_socket *socket;         /* over which it went; NULL: over none */
    struct lying_fate fate;
    int64_t ask_ms; /* by that clock: when it is asked for; INT64_MAX: nobody asks */
    int64_t pause_ms;
    bool held;                          /* read, and to be settled by hand */
    const struct sim_process *heard_by; /* was given its outcome; NULL: nobody */
    struct lying_ready ready[LYING_READY_MAX];
    uint32_t ready_count;
    struct lying_request *line_before; /* in its connection's `open` or `late` */
    struct lying_request *line_behind;
    struct lying_request *sibling; /* an older one of the same submission */
    char memory[];                 /* the transaction's id and bytes */
};

/* A question what became of a submission, or for a certificate's stream, to the end of the run. */
struct lying_question {
    struct registry_call call;           /* for a stream: only whose it is */
    bool reads;                          /* it is for a stream */
    const char *name;                    /* of the registry, where it is for a stream */
    struct lying_stream seen;            /* the stream as it was when it was looked at */
    struct lying_socket *socket;         /* by which it came, while the answer is not said */
    struct lying_request *request;       /* of this connection's own; NULL: it is of `ask` */
    struct lying_connection *connection; /* NULL: nobody waits for it any more */
    int64_t deadline_ms;                 /* by the clock of its process */
    bool out;                            /* the kernel has it */
    enum registry_reply_kind told;       /* what the registry has said, once it has */
    enum registry_learnt learnt;
    const char *words;
    struct lying_ready ready;
    struct lying_question *line_behind; /* of its connection's, the oldest first */
    struct lying_question *next;        /* of all */
};

/* Requests by deadline, earliest first. */
struct lying_line {
    struct lying_request *head;
    struct lying_request *tail;
};

enum lying_parcel_kind {
    LYING_PARCEL_REQUEST,
    LYING_PARCEL_ACCEPTED,
    LYING_PARCEL_EXECUTED,
    LYING_PARCEL_REFUSED,
    LYING_PARCEL_VAGUE,
    LYING_PARCEL_UNREADABLE,
    LYING_PARCEL_END,
    LYING_PARCEL_RESET,
    LYING_PARCEL_QUESTION,
    LYING_PARCEL_TOLD,
};

struct lying_parcel {
    enum lying_parcel_kind kind;
    int64_t at_ms; /* when it arrives */
    struct lying_request *request;
    struct lying_question *question; /* of QUESTION and TOLD */
    struct lying_parcel *next;
};

/* One direction of a connection: what was sent first arrives first. While the process is cut off
 * nothing arrives, and the kernels try again. */
struct lying_way {
    struct lying_socket *socket;
    struct lying_parcel *head;
    struct lying_parcel *tail;
    int64_t last_ms;    /* when the last parcel arrives */
    int64_t again_ms;   /* when the kernel tries again */
    int64_t backoff_ms; /* 0: what was sent last has arrived */
};

/* A connection as the kernels on both ends have it. */
struct lying_socket {
    struct lying_registry *registry;
    struct sim_process *process;         /* NULL: dead */
    struct lying_connection *connection; /* NULL: closed by the process */
    bool up;                             /* accepted by the registry */
    bool refused;
    bool broken; /* the registry has ended it */
    bool reset;  /* the process's kernel has heard of it, and takes nothing more */
    struct lying_way out;
    struct lying_way in;
    struct lying_parcel *inbox; /* what the process has not looked at yet */
    struct lying_parcel *inbox_tail;
    struct lying_socket *next;
};

struct lying_submission {
    struct uuid id;
    struct lying_request *newest;
    uint32_t executions;
    int64_t done_ms;     /* when it was executed or refused */
    const char *refused; /* in these words; NULL: it was not */
    struct lying_submission *next;
};

struct lying_adapter {
    struct lying_registry *registry;
    struct sim_process *process;
    struct lying_adapter *next;
};

struct lying_name {
    char name[LYING_NAME_MAX];
    int descriptor; /* never readable: who waits in virtual time looks at `changes` */
};

struct lying_registry {
    struct timeline *timeline;
    struct transcript *transcript;
    struct chance chance;
    struct registry_weather weather;
    bool can_be_asked;
    bool can_be_read;
    struct arena arena; /* for what is looked at just now; where it can be read */
    struct lying_question *questions;
    uint32_t questions_read;
    struct lying_stream *streams;
    bool was_away;   /* it had gone when it was last looked at */
    bool look_comes; /* a look at the weather is due at this moment */
    uint64_t changes;
    uint32_t pending;
    struct lying_submission *submissions[LYING_BUCKETS];
    struct registry_entry *entries;
    uint32_t entries_count;
    uint32_t entries_capacity;
    struct lying_socket *sockets;
    struct lying_adapter *adapters;
    struct lying_name names[LYING_NAMES_MAX];
    uint32_t names_count;
    void (*watch)(void *context, const struct registry_entry *request);
    void *watch_context;
};

/* --- What it does (lying_registry.c). --- */

/* A request has arrived: what comes of it is drawn, said and done. */
void lying_request_read(struct lying_socket *socket, struct lying_request *request);
/* Look whether the registry has gone: its connections end with it. */
void lying_registry_look(struct lying_registry *registry);

/* --- What it knows (lying_book.c). --- */

/* NULL: nobody has ever begun to send it. */
struct lying_submission *lying_submission_find(const struct lying_registry *registry,
                                               const struct uuid *submission_id);
/* A request of this submission that its process has just begun. */
struct lying_request *lying_request_new(struct lying_registry *registry,
                                        const struct registry_request *wanted);
/* The newest request of a submission that this connection has; NULL: none. */
struct lying_request *lying_request_find(const struct lying_registry *registry,
                                         const struct uuid *submission_id,
                                         const struct lying_connection *connection);
/* A line of the ledger, now. */
void lying_book_write(struct lying_registry *registry, const struct lying_request *request,
                      enum registry_deed deed);
/* What a certificate has at the registry by this name; a new one if it has nothing. */
struct lying_stream *lying_stream_of(struct lying_registry *registry,
                                     const struct uuid *certificate_id, const char *name);
/* A process was told what became of a submission. */
void lying_registry_note_heard(struct lying_registry *registry, const struct uuid *submission_id,
                               const struct sim_process *process);
void lying_book_close(struct lying_registry *registry);

/* --- What becomes of a request (lying_fate.c). --- */

/* Of which all of a request's chances come; `older` requests of its submission were before it. */
struct chance lying_fate_stream(const struct lying_registry *registry,
                                const struct registry_call *call, uint32_t older);
void lying_fate_draw(struct lying_request *request);
/* An honest one. */
struct lying_fate lying_fate_by_hand(enum registry_deed deed);

/* --- What it answers to questions (lying_answers.c). --- */

/* A question of this connection's; it is not on its way yet. */
struct lying_question *lying_question_new(struct lying_registry *registry,
                                          const struct registry_call *call,
                                          struct lying_connection *connection);
/* A question has arrived. */
void lying_question_read(struct lying_socket *socket, struct lying_question *question);
void lying_questions_close(struct lying_registry *registry);

/* --- The ways between (lying_kernel.c). --- */

/* The kernel of a process begins to connect; `up` or `refused` follows. */
struct lying_socket *lying_socket_new(struct lying_registry *registry, struct sim_process *process,
                                      struct lying_connection *connection);
/* The kernel has the bytes of a request: from now on nobody can take them back. */
void lying_socket_send(struct lying_socket *socket, struct lying_request *request);
/* The kernel has those of a question. */
void lying_socket_ask(struct lying_socket *socket, struct lying_question *question);
/* A parcel like `what` arrives in `takes_ms`, or behind those that were sent before. */
void lying_way_send(struct lying_way *way, const struct lying_parcel *what, int64_t takes_ms);
/* The registry answers, unless it has hung up. */
void lying_request_answer(struct lying_request *request, enum lying_parcel_kind kind);
/* The registry hangs up; the process hears it in `back_ms`. */
void lying_socket_break(struct lying_socket *socket, bool reset, int64_t back_ms);
void lying_kernels_close(struct lying_registry *registry);

/* --- The process's side (lying_port.c). --- */

/* A connection of this process to a registry by this name. */
void lying_connection_open(struct lying_registry *registry, struct sim_process *process,
                           const struct registry_config *config, const struct clock *clock,
                           struct registry *port);

#endif
