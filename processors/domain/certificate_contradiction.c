/* Which refusals say that the registry's books differ from ours. All commands that reach it were
 * right by ours, so these words can only mean that ours are wrong. */
#include <string.h>

#include "domain/certificate_steps.h"

/* Words of a real registry. A refusal is meant when it begins and ends like this. */
static const struct {
    const char *begin;
    const char *end; /* "" after the whole text: nothing may follow */
} contradictions[] = {
    {"Certificate does not exist", ""},
    {"Certificate with id ", " already exists"},
    {"Certificate is withdrawn", ""},
    {"Certificate is already withdrawn", ""},
    {"Slice not found", ""},
    {"Certificate slice does not exist", ""},
    {"Invalid signature for slice", ""},
    {"Allocation does not exist", ""},
    {"Certificate claim does not exist", ""},
    {"Invalid signature for claim", ""},
};

bool certificate_refusal_contradicts(struct text message) {
    for (size_t i = 0; i < sizeof contradictions / sizeof contradictions[0]; i++) {
        const struct text begin = text_of(contradictions[i].begin);
        const struct text end = text_of(contradictions[i].end);
        if (message.length < begin.length + end.length ||
            (end.length == 0 && message.length != begin.length)) {
            continue;
        }
        if (memcmp(message.data, begin.data, begin.length) == 0 &&
            memcmp(message.data + message.length - end.length, end.data, end.length) == 0) {
            return true;
        }
    }
    return false;
}
