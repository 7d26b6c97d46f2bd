/* A small door by HTTP/1.1, one request a connection, to change what the stand-in does. */
#ifndef MILLRACE_STANDIN_PROJECT_ORIGIN_ADMIN_H
#define MILLRACE_STANDIN_PROJECT_ORIGIN_ADMIN_H

#include "standin/project_origin/server.h"

enum { MIMIC_VISITOR_BYTES_MAX = 16384 };

/* A connection to that door. */
struct mimic_visitor {
    int socket;
    bool ended;
    char bytes[MIMIC_VISITOR_BYTES_MAX + 1];
    size_t length;
    struct mimic_visitor *next;
};

/* Takes over the socket. */
struct mimic_visitor *mimic_visitor_open(int socket);
void mimic_visitor_close(struct mimic_visitor *visitor);

/* Read what has come, and when the request is whole do it, answer and end. */
void mimic_visitor_serve(struct mimic_visitor *visitor, struct mimic_server *server);

#endif
