# What the faults share; sourced, never run. Each has work before, during and after it, and ends
# with the checks of the flows about crashes and a line that says what it really hit.
# shellcheck shell=bash
# shellcheck source=tests/flow/crash.sh
. "$(dirname "${BASH_SOURCE[0]}")/../flow/crash.sh"

# What is left to chance is drawn from the seed; each fault comes so often. See tests/faults/run.
# shellcheck disable=SC2034  # for those who source this
{
    seed=${FAULTS_SEED:-1}
    rounds=1
    [ "${FAULTS:-quick}" = quick ] || rounds=4
}
faults=$PWD/tests/faults

fault_kit() {
    local script=$1
    shift
    tests/faults/python "$faults/kit/$script.py" "$@"
}

# proxy NAME UPSTREAM [kafka]: in front of a server; its address is $(behind NAME).
proxy() {
    local name=$1
    shift
    tests/faults/python "$faults/kit/proxy.py" 0 "$1" "$flow/$name.control" "${@:2}" \
        >>"$flow/$name.log" 2>&1 &
    pids[$name]=$!
    until_true 10 "the proxy $name listens" test -s "$flow/$name.control.address"
}
behind() { cat "$flow/$1.control.address"; }
# tell NAME WORD...: to a proxy; what it answers is JSON.
tell() {
    local name=$1
    shift
    fault_kit tell "$flow/$name.control" "$@"
}

# feed RATE: from now on so many commands a second, until feed_stop.
feed() {
    tests/faults/python "$faults/kit/feed.py" "$flow/sent.json" "$1" "$seed" "$flow/feed.state" \
        >>"$flow/feed.log" 2>&1 &
    pids[feed]=$!
}
feed_stop() {
    stop feed
    say "$(jq '[.[] | length] | add' "$flow/sent.json") commands were sent"
}

# progress COMMANDS SECONDS: waits until so many more are answered, or says who stands still.
progress() {
    fault_kit progress "$@" "$flow/feed.state" || fail "the work does not go on"
}

# met COUNT WHAT: what the fault hit. One that hit nothing proves nothing.
met() { echo "$1 $2" >>"$flow/met"; }
all_met() {
    say "seed $seed; hit: $(paste -sd ';' "$flow/met" | sed 's/;/; /g')"
    ! grep -q '^0 ' "$flow/met" || fail "nothing was hit"
}

# What all is held against, beside `millrace verify`.
check() {
    say "all is settled: $(tests/flow/python tests/flow/kit/check.py "$flow/sent.json" "$ledger")"
}

# "Not executed" is believed only when the process that could still send is dead. Where it outlives
# the fault, it is restarted here.
end_writers() { :; }

# The end of each: nothing moves, an operator settles what nobody knows, and then all must be right.
settle_and_check() {
    local held
    feed_stop
    held=$(settle held)
    say "all is quiet: $held certificates are held by an unknown outcome"
    verify
    if [ "$held" != 0 ] || [ "$(unknown_count)" != 0 ]; then
        end_writers
        resolve_all
    fi
    [ "$(settle all)" = 0 ]
    check
    verify
    all_met
}
