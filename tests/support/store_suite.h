/* What every implementation of ports/store.h must do: called with each of them. */
#ifndef MILLRACE_TESTS_SUPPORT_STORE_SUITE_H
#define MILLRACE_TESTS_SUPPORT_STORE_SUITE_H

#include "ports/store.h"

/* Each opens stores of its own from `stores` and closes them. */
void store_suite_keeps_what_was_applied(const struct stores *stores);
void store_suite_keeps_tables_apart(const struct stores *stores);
void store_suite_visits_every_entry_once(const struct stores *stores);
void store_suite_forgets_all_when_cleared(const struct stores *stores);
void store_suite_keeps_both_or_nothing(const struct stores *stores);
void store_suite_does_what_a_model_does(const struct stores *stores);

#endif
