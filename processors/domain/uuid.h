/* UUIDs as text and back. Only one form exists for us: lower case, 8-4-4-4-12. */
#ifndef MILLRACE_DOMAIN_UUID_H
#define MILLRACE_DOMAIN_UUID_H

#include <stdbool.h>
#include <stdint.h>

#include "domain/values.h"

enum { UUID_CHARACTERS = 36 }; /* of the text form */

/* Write the text form, without a NUL behind it. */
void uuid_to_text(const struct uuid *uuid, char text[UUID_CHARACTERS]);

/* Read the text form. False for anything else, upper case included; `uuid` is then untouched. */
bool uuid_from_text(struct text text, struct uuid *uuid);

#endif
