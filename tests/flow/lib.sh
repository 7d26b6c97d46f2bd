# What the flows that are scripts share; sourced, never run. A flow that ends without an error
# passed. See tests/flow/run for what it finds in its environment.
# shellcheck shell=bash
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/../.."
flow=${FLOW_DIR#"$PWD"/} # relative: the path of a socket must be short
export MILLRACE_TOPICS_PREFIX=$FLOW_PREFIX
export MILLRACE_APPLICATION=${FLOW_PREFIX%.}
export MILLRACE_REGISTRIES_NARNIA_ADDRESS=unix:$flow/narnia.sock
ledger=$flow/narnia.ledger
declare -A pids=() # of what runs, by name

say() { echo "[$SECONDS s] $*"; }

fail() {
    local log
    say "FAILED: $*" >&2
    for log in "$flow"/*.log; do
        [ -s "$log" ] || continue
        echo "--- the last lines of $log:" >&2
        tail -n 5 "$log" >&2
    done
    exit 1
}

# Whatever ends the flow, nothing of it stays behind; the topics of one that failed do.
at_end() { :; } # what a flow has to clear away by itself
ended() {
    local code=$? pid
    trap - EXIT
    for pid in "${pids[@]}"; do
        { kill -9 "$pid" && wait "$pid"; } 2>/dev/null || true
    done
    [ $code != 0 ] || kit 'import flow; flow.delete_topics()' || code=1
    at_end
    exit $code
}
trap ended EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

millrace() { "$MILLRACE" "$@" --config tests/flow/millrace.yaml; }

# A line of Python with the kit at hand.
kit() { tests/flow/python -c "$@"; }

# until_true SECONDS WHAT COMMAND...: asks until the command says yes.
until_true() {
    local limit_s=$1 what=$2 start=$SECONDS
    shift 2
    until "$@"; do
        [ $((SECONDS - start)) -lt "$limit_s" ] || fail "waited $limit_s s in vain: $what"
        sleep 0.1
    done
}

# --- Processes -----------------------------------------------------------------------------------

# launch NAME COMMAND...: in the background, with what it says in NAME.log.
launch() {
    local name=$1
    shift
    [ -z "${pids[$name]:-}" ] || fail "$name runs already"
    "$@" >>"$flow/$name.log" 2>&1 &
    pids[$name]=$!
}

# Ends a process politely.
stop() {
    kill "${pids[$1]}"
    goes "$1"
}

# goes NAME [CODE]: it was told to end; sees that it goes, and with which exit code.
goes() {
    local name=$1 wanted=${2:-0} code=0
    timeout 40 tail -s 0.1 --pid="${pids[$name]}" -f /dev/null || fail "$name does not end"
    wait "${pids[$name]}" || code=$?
    unset "pids[$name]"
    [ $code = "$wanted" ] || fail "$name ended with exit code $code, not $wanted"
}

kill_hard() {
    local name=$1
    kill -9 "${pids[$name]}"
    wait "${pids[$name]}" 2>/dev/null || true
    unset "pids[$name]"
}

# start_processor NAME PROCESSOR [OPTION...]: NAME is also its place in the consumer group, so that
# the next one of this name takes over at once what a killed one left.
start_processor() {
    local name=$1
    shift
    launch "$name" "$MILLRACE" run "$@" --config tests/flow/millrace.yaml --set "instance=$name"
}

# start_standin [OPTION...]: the registry, with its ledger.
start_standin() {
    launch standin "$MILLRACE" standin --listen "$MILLRACE_REGISTRIES_NARNIA_ADDRESS" \
        --ledger "$ledger" "$@"
    until_true 10 "the stand-in listens" test -S "$flow/narnia.sock"
}

start_all() {
    start_standin "$@"
    start_processor certificates certificates
    start_processor connector registry-connector
}

deploy() {
    millrace topics apply -q >"$flow/topics.out"
    millrace schemas apply -q >"$flow/schemas.out"
}

# --- Commands ------------------------------------------------------------------------------------

new_id() { cat /proc/sys/kernel/random/uuid; }

# send EXIT-CODE ARGUMENT...: sends and waits; what came of it is in $sent, as JSON.
send() {
    local expected=$1 code=0
    shift
    sent=$(millrace send -q -o json "$@") || code=$?
    [ $code = "$expected" ] || fail "send $*: exit code $code instead of $expected: $sent"
}
of_sent() { jq -r "$1" <<<"$sent"; }

# issue CERTIFICATE [ARGUMENT...]: a certificate of 1,000 Wh that belongs to alice.
issue() {
    local certificate=$1
    shift
    send 0 IssueCertificate "certificateId=$certificate" requestedBy=issuer-dk1 \
        certificateType=Production gridArea=DK1 periodStart=2026-11-01T12:00:00Z \
        periodEnd=2026-11-01T13:00:00Z quantity=1000 owner=alice registry=narnia "$@"
}
