#include "standin/client.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "standin/request.h"

enum { LENGTH_BYTES = 4, READ_AT_ONCE = 65536 };

struct standin_client *standin_client_open(int socket, uint64_t number) {
    struct standin_client *client = calloc(1, sizeof *client);
    assert(client != NULL);
    client->socket = socket;
    client->number = number;
    return client;
}

void standin_client_close(struct standin_client *client) {
    (void)close(client->socket);
    free(client->input);
    free(client->output);
    free(client);
}

static void reserve(char **bytes, size_t *capacity, size_t needed) {
    if (needed > *capacity) {
        *capacity = needed * 2;
        *bytes = realloc(*bytes, *capacity);
        assert(*bytes != NULL);
    }
}

/* What was taken of the input is let go once for all that is read, not for each frame. */
static void forget_taken(struct standin_client *client) {
    if (client->input_taken > 0) {
        client->input_length -= client->input_taken;
        memmove(client->input, client->input + client->input_taken, client->input_length);
        client->input_taken = 0;
    }
}

bool standin_client_receive(struct standin_client *client) {
    forget_taken(client);
    for (;;) {
        reserve(&client->input, &client->input_capacity, client->input_length + READ_AT_ONCE);
        const ssize_t count =
            recv(client->socket, client->input + client->input_length, READ_AT_ONCE, MSG_DONTWAIT);
        if (count > 0) {
            client->input_length += (size_t)count;
        } else if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
            return true;
        } else if (count == 0 || errno != EINTR) {
            return false;
        }
        if (count == READ_AT_ONCE) {
            continue;
        }
        if (count > 0) {
            return true; /* epoll tells when there is more */
        }
    }
}

char *standin_client_frame(struct standin_client *client, size_t *length) {
    const size_t left = client->input_length - client->input_taken;
    if (left < LENGTH_BYTES) {
        return NULL;
    }
    const char *input = client->input + client->input_taken;
    *length = 0;
    for (int i = 0; i < LENGTH_BYTES; i++) {
        *length = *length << 8 | (uint8_t)input[i];
    }
    if (*length == 0 || *length > REQUEST_FRAME_MAX) {
        client->ended = true;
        return NULL;
    }
    if (left < LENGTH_BYTES + *length) {
        return NULL;
    }
    char *frame = malloc(*length + 1);
    assert(frame != NULL);
    memcpy(frame, input + LENGTH_BYTES, *length);
    frame[*length] = '\0';
    client->input_taken += LENGTH_BYTES + *length;
    return frame;
}

void standin_client_send(struct standin_client *client, const char *bytes, size_t length) {
    reserve(&client->output, &client->output_capacity, client->output_length + length);
    memcpy(client->output + client->output_length, bytes, length);
    client->output_length += length;
}

bool standin_client_flush(struct standin_client *client) {
    while (client->output_sent < client->output_length) {
        const ssize_t count =
            send(client->socket, client->output + client->output_sent,
                 client->output_length - client->output_sent, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (count < 0 && errno == EINTR) {
            continue;
        }
        if (count < 0) {
            return errno == EAGAIN || errno == EWOULDBLOCK;
        }
        client->output_sent += (size_t)count;
    }
    client->output_sent = 0;
    client->output_length = 0;
    return !client->hang_up;
}
