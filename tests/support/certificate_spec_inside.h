/* What the two halves of certificate_spec share; not for tests. */
#ifndef MILLRACE_TESTS_SUPPORT_CERTIFICATE_SPEC_INSIDE_H
#define MILLRACE_TESTS_SUPPORT_CERTIFICATE_SPEC_INSIDE_H

#include "generated/c/millrace.h"

/* Metadata of a message from outside, with an id of its own. */
struct millrace_metadata spec_metadata(void);

#endif
