/* Which Millrace this is: part of the source of every message, and of `millrace --version`. */
#ifndef MILLRACE_DOMAIN_VERSION_H
#define MILLRACE_DOMAIN_VERSION_H

#define MILLRACE_VERSION "0.1.0"

#endif
