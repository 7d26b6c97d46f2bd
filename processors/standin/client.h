/* One connection to the stand-in: bytes in, frames out of them, bytes out. */
#ifndef MILLRACE_STANDIN_CLIENT_H
#define MILLRACE_STANDIN_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct standin_client {
    int socket;
    uint64_t number; /* of the connection: jobs name it, for it may be gone when they are done */
    bool ended;      /* to be freed */
    bool hang_up;    /* end when all output is sent */
    char *input;
    size_t input_length;
    size_t input_taken; /* of these bytes, as frames */
    size_t input_capacity;
    char *output;
    size_t output_length;
    size_t output_sent;
    size_t output_capacity;
    struct standin_client *next;
};

/* Takes over the socket. */
struct standin_client *standin_client_open(int socket, uint64_t number);
void standin_client_close(struct standin_client *client);

/* Read what has come. False: the connection ended. */
bool standin_client_receive(struct standin_client *client);
/* A whole frame: a copy from malloc, NUL-terminated, the caller frees it. NULL: none yet, or what
 * came is none (`ended` is then set). */
char *standin_client_frame(struct standin_client *client, size_t *length);
/* Send bytes after those that wait already. */
void standin_client_send(struct standin_client *client, const char *bytes, size_t length);
/* Send what waits. False: the connection ended. */
bool standin_client_flush(struct standin_client *client);

#endif
