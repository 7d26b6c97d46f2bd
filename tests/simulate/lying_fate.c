/* What the registry makes of a request. It is drawn from a stream of the request's own: whatever
 * else there is or is not, the same request has the same fate in the same weather. */
#include "tests/simulate/lying_inside.h"

struct chance lying_fate_stream(const struct lying_registry *registry,
                                const struct registry_call *call, uint32_t older) {
    uint64_t halves[2];
    memcpy(halves, call->submission_id.bytes, sizeof halves);
    struct chance chance = {.state = registry->chance.state};
    chance.state ^= halves[0] ^ halves[1] ^ ((uint64_t)older << 32) ^ (uint32_t)call->attempt;
    (void)chance_below(&chance, 2);
    return chance;
}

/* By the registry's own rules. */
static const char *const refusals[] = {
    "owner not known here",
    "the grid area is closed for today",
    "signature of the issuer has expired",
};
/* Such as only a registry can say whose books differ from ours. */
static const char *const contradictions[] = {
    "Slice not found",
    "Certificate slice does not exist",
    "Certificate is withdrawn",
    "Invalid signature for slice",
};
enum {
    REFUSALS = sizeof refusals / sizeof refusals[0],
    CONTRADICTIONS = sizeof contradictions / sizeof contradictions[0],
    POISONS_PERMILLE = 400, /* of what is pending for ever */
};

static int64_t at_least(int64_t value, int64_t least) {
    return value > least ? value : least;
}

/* Everything is drawn in every weather, so that one kind of trouble less leaves the rest as it is.
 */
void lying_fate_draw(struct lying_request *request) {
    const struct registry_weather *weather = &request->registry->weather;
    struct chance *chance = &request->chance;
    struct lying_fate *fate = &request->fate;
    const bool unread = chance_permille(chance, weather->reset_before_permille);
    const bool contradicts = chance_permille(chance, weather->contradicts_permille);
    const bool refuses = chance_permille(chance, weather->refuses_permille);
    const bool silent = chance_permille(chance, weather->silent_permille);
    const bool drops = chance_permille(chance, 500);
    const bool breaks = chance_permille(chance, weather->reset_after_permille);
    const bool garbled = chance_permille(chance, weather->garbled_permille);
    const bool unreadable = chance_permille(chance, 500);
    const bool accepts = chance_permille(chance, weather->accepts_permille);
    const bool late = chance_permille(chance, weather->late_permille);
    const bool reset = chance_permille(chance, 500);
    const uint32_t word = chance_below(chance, REFUSALS * CONTRADICTIONS);
    const int64_t least_ms = weather->latency_least_ms;
    const int64_t most_ms = at_least(weather->latency_most_ms, least_ms);
    const int64_t usual_ms = chance_between(chance, least_ms, most_ms);
    const int64_t queued_ms =
        chance_between(chance, most_ms, at_least(weather->queue_most_ms, most_ms));
    const bool poisons = chance_permille(chance, POISONS_PERMILLE);
    *fate = (struct lying_fate){
        .unread = unread,
        .reset = reset,
        .drops = silent && drops,
        .poisons = silent && drops && poisons,
        .refuses = (contradicts || refuses) && !silent && !breaks,
        .accepts = accepts && !silent,
        .words = contradicts ? contradictions[word % CONTRADICTIONS] : refusals[word % REFUSALS],
        .answer = silent                  ? LYING_ANSWER_NONE
                  : breaks                ? LYING_ANSWER_BREAK
                  : garbled && unreadable ? LYING_ANSWER_UNREADABLE
                  : garbled               ? LYING_ANSWER_VAGUE
                                          : LYING_ANSWER_HONEST,
        .takes_ms = late ? queued_ms : usual_ms,
        .back_ms = chance_between(chance, 0, weather->way_most_ms),
    };
}

struct lying_fate lying_fate_by_hand(enum registry_deed deed) {
    return (struct lying_fate){
        .refuses = deed == REGISTRY_DEED_REFUSAL,
        .words = refusals[0],
        .answer = LYING_ANSWER_HONEST,
    };
}
