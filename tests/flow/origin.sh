# What the flows share in which the registry speaks as Project Origin's does; sourced behind lib.sh
# or crash.sh, never run. The registry narnia is then such a stand-in, over TCP.
# shellcheck shell=bash disable=SC2154 # flow and ledger are those of lib.sh

free_port() {
    kit 'import socket; s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1])'
}
standin_port=$(free_port)
export MILLRACE_REGISTRIES_NARNIA_ADAPTER=project-origin
export MILLRACE_REGISTRIES_NARNIA_ADDRESS=http://127.0.0.1:$standin_port
export MILLRACE_REGISTRIES_NARNIA_POLL_FIRST_MS=20
export MILLRACE_REGISTRIES_NARNIA_POLL_LONGEST_MS=200
# It is asked later, so a call needs more time than one that is answered at once.
export MILLRACE_LOOP_CALL_TIMEOUT_MS=4000
export MILLRACE_LOOP_UNKNOWN_AFTER_MS=4500
export MILLRACE_LOOP_QUARANTINE_MS=8000
export MILLRACE_KEYS_FILE=$flow/keys
export MILLRACE_BLINDING_FILE=$flow/blinding
(umask 077 && echo "first $(od -An -N32 -tx1 /dev/urandom | tr -d ' \n')" >"$flow/blinding")

# Who is known to the registry, by these options of the stand-in.
standin_knows=()

# own ROLE NAME: makes a key; its public half is in $public, in hex.
own() {
    public=$(millrace keys generate "$1" "$2" -q -o json | jq -r .public)
}
# Owners whose keys we have, and whose names the ledger says instead of their keys.
own_owners() {
    local name
    for name; do
        own owner "$name"
        standin_knows+=(--owner "$name=$public")
    done
}
# own_issuer NAME AREA: who may issue there. Of Ed25519 only the last 32 bytes differ.
own_issuer() {
    own issuer "$1"
    standin_knows+=(--issuer "$2=${public: -64}")
}

standin_listens() { (: <>"/dev/tcp/127.0.0.1/$standin_port") 2>/dev/null; }

# start_standin [OPTION...]: the registry, with its ledger; it checks signatures and proofs.
start_standin() {
    launch standin "$MILLRACE" standin --protocol project-origin \
        --listen "127.0.0.1:$standin_port" --ledger "$ledger" --registry narnia \
        --proofs sum-and-equality "${standin_knows[@]}" "$@"
    until_true 10 "the stand-in listens" standin_listens
}

# on_ledger FILTER: how many lines of the ledger jq's FILTER takes.
on_ledger() { jq -s "map(select($1)) | length" "$ledger"; }
