#include "outside/store_rocksdb/trouble.h"

#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <string.h>

/* RocksDB puts the system's own words into its sentences. */
static const struct {
    int number;
    enum trouble trouble;
} known[] = {
    {ENOSPC, TROUBLE_NO_ROOM},   {EDQUOT, TROUBLE_NO_ROOM},   {EFBIG, TROUBLE_NO_ROOM},
    {EACCES, TROUBLE_DENIED},    {EPERM, TROUBLE_DENIED},     {EROFS, TROUBLE_DENIED},
    {EMFILE, TROUBLE_RESOURCES}, {ENFILE, TROUBLE_RESOURCES}, {ENOMEM, TROUBLE_RESOURCES},
};

enum { KNOWN = sizeof known / sizeof known[0] };

enum trouble trouble_of_errno(int number) {
    for (uint32_t i = 0; i < KNOWN; i++) {
        if (known[i].number == number) {
            return known[i].trouble;
        }
    }
    return TROUBLE_DAMAGE;
}

enum trouble trouble_of(const char *sentence) {
    assert(sentence != NULL);
    /* "IO error: lock hold by current process" or "IO error: While lock file: ...". */
    if (strstr(sentence, "lock hold by") != NULL || strstr(sentence, "While lock file") != NULL) {
        return TROUBLE_LOCKED;
    }
    for (uint32_t i = 0; i < KNOWN; i++) {
        if (strstr(sentence, strerror(known[i].number)) != NULL) {
            return known[i].trouble;
        }
    }
    return TROUBLE_DAMAGE;
}
