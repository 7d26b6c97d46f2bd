/* Every business limit, in one table; the README has the same one. What goes beyond is refused with
 * a reason. The schemas' millrace.maxLength and maxItems are wider: beyond those a message cannot
 * be read at all. */
#ifndef MILLRACE_DOMAIN_LIMITS_H
#define MILLRACE_DOMAIN_LIMITS_H

#include <stdint.h>

#define LIMIT_QUANTITY_WH_MAX INT64_C(4294967295) /* of a certificate or a slice; at least 1 */
#define LIMIT_PERIOD_START_MS_MAX                                   \
    INT64_C(253402297200000) /* 9999-12-31T23:00:00Z; at least 1970 \
                              */

enum {
    LIMIT_PERIOD_MS_MIN = 60 * 1000,      /* length of a certificate's period */
    LIMIT_PERIOD_MS_MAX = 60 * 60 * 1000, /* the same */
    LIMIT_PARTS_MIN = 2,                  /* of one slicing */
    LIMIT_PARTS_MAX = 100,                /* of one slicing */
    LIMIT_SLICES_MAX = 1000,              /* of a certificate, claimed ones too */
    LIMIT_SPENT_ALLOCATIONS_MAX = 10000,  /* of a certificate: allocation ids used and free */
    LIMIT_WAITING_MAX = 64,               /* commands in the mailbox of a certificate */
    LIMIT_ATTRIBUTES_MAX = 32,            /* of a certificate */
    LIMIT_ATTRIBUTE_BYTES_MAX = 256,      /* key and value of an attribute, each */
    LIMIT_OWNER_BYTES_MAX = 128,          /* of an owner's name; at least 1 */
    LIMIT_COMMAND_BYTES_MAX = 64 * 1024,  /* a command as it was written, with its five bytes of
                                             wire format */
    LIMIT_STATE_BYTES_MAX = 900 * 1000,   /* a certificate's state, encoded */
    LIMIT_DETAIL_BYTES_MAX = 1024,        /* a rejection's detail */
};

#endif
