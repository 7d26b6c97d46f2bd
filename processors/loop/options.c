#include "loop/options.h"

struct options options_default(void) {
    return (struct options){
        .session_timeout_ms = 6000,
        .transaction_timeout_ms = 30000,
        .max_poll_interval_ms = 300000,
        .revoke_drain_ms = 20000,
        .call_timeout_ms = 30000,
        .unknown_after_ms = 60000,
        .quarantine_ms = 0,
        .commit_slow_ms = 5000,
        .batch_quiet_ms = 3,
        .batch_max_ms = 100,
        .batch_records_max = 1000,
        .lane_silent_ms = 30000,
        .in_flight_max = 10000,
    };
}
