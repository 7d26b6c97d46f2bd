/* SendTransactions: what becomes of each transaction of a call, and of its answer. */
#ifndef MILLRACE_STANDIN_PROJECT_ORIGIN_SEND_H
#define MILLRACE_STANDIN_PROJECT_ORIGIN_SEND_H

#include "standin/project_origin/service.h"

/* Write each into the ledger and queue it, in order and not atomically. `reply` is what the first
 * rule says that wants no proper answer. False: one of them names no stream, and what stands behind
 * it is not queued. */
bool mimic_send(struct mimic_service *service,
                ProjectOrigin__Registry__V1__Transaction *const *transactions, size_t count,
                enum mimic_reply *reply);

#endif
