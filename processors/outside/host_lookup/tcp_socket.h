/* How a TCP socket to a registry is set up. */
#ifndef MILLRACE_OUTSIDE_HOST_LOOKUP_TCP_SOCKET_H
#define MILLRACE_OUTSIDE_HOST_LOOKUP_TCP_SOCKET_H

/* Send small writes at once, and notice within 15 s that the host at the other end is gone, not
 * after many minutes in which every call would become unknown. Nothing rests on it, so there is
 * no error. */
void tcp_socket_tune(int socket);

#endif
