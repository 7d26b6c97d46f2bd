# What the flows about crashes and hand-overs share; sourced, never run.
# shellcheck shell=bash
# shellcheck source=tests/flow/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# load [CERTIFICATES]: eleven commands for each of these (200), of which the registry refuses some.
load() {
    start_standin --latency uniform:50ms..300ms --refuse 'transfer:newOwner=mallory'
    start_certificates certificates
    start_connector connector
    send_load "${1:-200}"
}
send_load() {
    say "$(kit "import load, sys; load.CERTIFICATES = $1; print(load.send(sys.argv[1]))" \
        "$flow/sent.json") commands sent"
}
start_certificates() { start_processor "$1" certificates; }
# Few calls at a time, so that the work lasts, and a crash leaves some certificates untouched.
start_connector() {
    start_processor "$1" registry-connector --set registries.narnia.in.flight.max=24
}

# strike NAME PROCESSOR SIGNAL ANSWERS open|calls: see kit/strike.py.
strike() {
    local hit
    hit=$(tests/flow/python tests/flow/kit/strike.py "$2" "${pids[$1]}" "$3" "$ledger" "$4" "$5")
    echo "$hit" >>"$flow/hits.json"
    say "$hit"
}

# strike_dead NAME PROCESSOR ANSWERS open|calls
strike_dead() {
    strike "$1" "$2" 9 "$3" "$4"
    wait "${pids[$1]}" 2>/dev/null || true
    unset "pids[$1]"
}

# hits WHAT: says how many strikes met what they were to meet; none is a failure.
hits() {
    say "$(jq -sr --arg what "$1" \
        '(map(select(.openTransactions + .callsOut > 0)) | length) as $met |
            "\($met) of \(length) \($what) hit an open transaction or a call in flight: " +
            "\(map(.openTransactions) | add) transactions, \(map(.callsOut) | add) calls"' \
        "$flow/hits.json")"
    jq -se 'any(.openTransactions + .callsOut > 0)' "$flow/hits.json" >/dev/null ||
        fail "nothing was hit"
}

verify() {
    millrace verify --ledger "$ledger" >"$flow/verify.out" || fail "$(cat "$flow/verify.out")"
    say "$(tail -n 1 "$flow/verify.out")"
}

unknown_count() { millrace unknown ls -q -o json | jq length; }

# Until nothing moves, and nobody needs to be told the outcome of anything.
settle() { tests/flow/python tests/flow/kit/settle.py "$flow/sent.json" "$1" 90; }

# An operator looks into the registry's ledger, and settles what is unknown: some one by one, as
# people do, the others at once. What came too early for the quarantine is done again.
resolve_all() {
    local verdict flag limit_s=${resolve_s:-60} start=$SECONDS
    until [ "$(unknown_count)" = 0 ]; do
        [ $((SECONDS - start)) -lt "$limit_s" ] || fail "$(unknown_count) outcomes stay unknown"
        millrace unknown ls -q -o json |
            tests/flow/python tests/flow/kit/verdicts.py "$ledger" >"$flow/verdicts.json"
        while read -r verdict; do
            flag=$(jq -r 'if .executed then "--executed" else "--not-executed" end' <<<"$verdict")
            millrace unknown resolve "$(jq -r .submissionId <<<"$verdict")" "$flag" \
                --evidence "the registry's ledger" >>"$flow/resolve.out" 2>&1 || true
        done < <(head -n 3 "$flow/verdicts.json")
        tail -n +4 "$flow/verdicts.json" >"$flow/others.json"
        [ ! -s "$flow/others.json" ] ||
            millrace send -q --json "$flow/others.json" >>"$flow/resolve.out" 2>&1 || true
    done
}
