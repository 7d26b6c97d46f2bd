# shellcheck shell=bash
# Kafka and the schema registry as two Java processes, for machines without a Docker engine.
# Sourced by docker/stack, which gives: say, fail, wait_for, dir (the stack's data), the ports, and
# everything of stack.env.

# A pid alone may be another process by now, so each server carries its directory as a property.
server_mark() { echo "-Dmillrace.stack=$dir/$1"; }

server_alive() {
    local pid
    pid=$(cat "$dir/$1.pid" 2>/dev/null) || return 1
    { tr '\0' '\n' <"/proc/$pid/cmdline"; } 2>/dev/null | grep -qxF -e "$(server_mark "$1")"
}

# Starts `java ARGUMENTS` so that it outlives this shell, its terminal and its lock on the stacks.
server_start() {
    local server=$1
    shift
    setsid nohup java "$(server_mark "$server")" -XX:+UseSerialGC -XX:TieredStopAtLevel=1 \
        -Xshare:auto "$@" >>"$dir/$server.log" 2>&1 </dev/null 9>&- &
    echo $! >"$dir/$server.pid"
}

server_stop() {
    local server=$1 pid
    if server_alive "$server"; then
        pid=$(cat "$dir/$server.pid")
        kill "$pid" 2>/dev/null || true
        if ! wait_for 20 "$server to stop" server_gone "$server"; then
            say "$server did not stop in 20 s: killing process $pid"
            kill -9 "$pid" 2>/dev/null || true
            wait_for 5 "$server to be gone" server_gone "$server" || true
        fi
    fi
    rm -f "$dir/$server.pid"
}

server_gone() { ! server_alive "$1"; }

# Downloads are kept for all clones on this machine.
jvm_cache_root() { echo "${MILLRACE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/millrace/stack}"; }

# The directory names the versions, and appears only when all in it is complete and checked.
jvm_cache() { echo "$(jvm_cache_root)/kafka-$KAFKA_VERSION-apicurio-$APICURIO_VERSION"; }

jvm_download() {
    local cache part tarball
    cache=$(jvm_cache)
    [ -d "$cache" ] && return
    need mvn
    say "downloading Kafka $KAFKA_VERSION and Apicurio $APICURIO_VERSION (180 MB, once per machine)"
    part=$cache.part
    rm -rf "$part"
    mkdir -p "$part/kafka" "$part/registry"
    mvn -B -q -Dstyle.color=never -f "$root/docker/stack-jvm/pom.xml" dependency:copy-dependencies \
        -Dkafka.version="$KAFKA_VERSION" -Dapicurio.version="$APICURIO_VERSION" \
        -DoutputDirectory="$part/kafka" >"$dir/download.log" 2>&1 9>&- </dev/null ||
        fail_with_log "Maven could not download the servers" "$dir/download.log"
    tarball=$part/kafka/apicurio-registry-app-$APICURIO_VERSION-all.tar.gz
    echo "$APICURIO_SHA256  $tarball" | sha256sum --check --quiet >/dev/null 2>&1 ||
        fail "what came as Apicurio $APICURIO_VERSION has not the SHA-256 of docker/stack.env"
    tar -xzf "$tarball" -C "$part/registry"
    rm "$tarball"
    mv "$part" "$cache"
}

# A cluster's brokers are its controllers too: kafka (node 1), kafka-2 and kafka-3.
kafka_node() { case $1 in kafka) echo 1 ;; *) echo "${1#kafka-}" ;; esac }

kafka_ports() {
    case $1 in
    1) echo "$KAFKA_PORT $KAFKA_CONTROLLER_PORT" ;;
    2) echo "$KAFKA_2_PORT $KAFKA_2_CONTROLLER_PORT" ;;
    3) echo "$KAFKA_3_PORT $KAFKA_3_CONTROLLER_PORT" ;;
    esac
}

kafka_voters() {
    local node port voters=()
    for ((node = 1; node <= STACK_BROKERS; node++)); do
        read -r _ port < <(kafka_ports $node)
        voters+=("$node@127.0.0.1:$port")
    done
    (IFS=, && echo "${voters[*]}")
}

# How the listener SASL is spoken to. The key and certificates are read when the broker starts.
kafka_password_properties() {
    local logins=org.apache.kafka.common.security
    if [ -z "$STACK_TLS" ]; then
        cat <<EOF
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL:SASL_PLAINTEXT
listener.name.sasl.sasl.enabled.mechanisms=PLAIN
listener.name.sasl.plain.sasl.jaas.config=$logins.plain.PlainLoginModule required \
    user_guest="guest";
EOF
    else
        cat <<EOF
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL:SASL_SSL
listener.name.sasl.sasl.enabled.mechanisms=SCRAM-SHA-512
listener.name.sasl.scram-sha-512.sasl.jaas.config=$logins.scram.ScramLoginModule required;
listener.name.sasl.ssl.keystore.type=PEM
listener.name.sasl.ssl.keystore.location=$STACK_TLS
EOF
    fi
}

# Whoever comes to the first port is nobody and may do everything; to the one with passwords, which
# the first broker has, comes the user guest, who may do nothing until somebody grants it: for
# trying what a missing right does.
# Else everything small and quick for a small machine: few partitions of internal topics, no wait
# for more members, time-outs that tests may set as short as they need, and a transaction past its
# time-out is ended within a second. Three brokers keep three copies, of which two must answer.
kafka_properties() {
    local server=$1 node port controller listeners copies=$STACK_BROKERS
    node=$(kafka_node "$server")
    read -r port controller < <(kafka_ports "$node")
    listeners=PLAINTEXT://127.0.0.1:$port
    [ "$node" != 1 ] || listeners=$listeners,SASL://127.0.0.1:$KAFKA_SASL_PORT
    cat <<EOF
process.roles=broker,controller
node.id=$node
controller.quorum.voters=$(kafka_voters)
controller.listener.names=CONTROLLER
listeners=$listeners,CONTROLLER://127.0.0.1:$controller
advertised.listeners=$listeners
$(kafka_password_properties)
inter.broker.listener.name=PLAINTEXT
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:ANONYMOUS
log.dirs=$dir/$server
auto.create.topics.enable=false
default.replication.factor=$copies
min.insync.replicas=$((copies > 1 ? 2 : 1))
offsets.topic.num.partitions=6
offsets.topic.replication.factor=$copies
transaction.state.log.num.partitions=6
transaction.state.log.replication.factor=$copies
transaction.state.log.min.isr=$((copies > 1 ? 2 : 1))
transaction.max.timeout.ms=900000
transaction.abort.timed.out.transaction.cleanup.interval.ms=1000
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
broker.heartbeat.interval.ms=1000
broker.session.timeout.ms=$((copies > 1 ? 4000 : 9000))
log.cleaner.backoff.ms=1000
log.cleaner.dedupe.buffer.size=16777216
EOF
}

kafka_start() {
    local server=$1 jars properties users=()
    [ -z "$STACK_TLS" ] || users=(--add-scram 'SCRAM-SHA-512=[name=guest,password=guest]')
    properties=$dir/$server.properties
    jars="$(jvm_cache)/kafka/*"
    kafka_properties "$server" >"$properties"
    [ -f "$dir/cluster.id" ] || java_uuid >"$dir/cluster.id"
    if [ ! -f "$dir/$server/meta.properties" ]; then
        java -XX:TieredStopAtLevel=1 -Xshare:auto -cp "$jars" kafka.tools.StorageTool format \
            -t "$(cat "$dir/cluster.id")" -c "$properties" "${users[@]}" >>"$dir/$server.log" 2>&1 \
            9>&- </dev/null || fail_with_log "$server's data directory could not be formatted" \
            "$dir/$server.log"
    fi
    server_start "$server" -Xmx"$KAFKA_HEAP" -Djava.awt.headless=true \
        -Dlog4j.configuration="file:$root/docker/stack-jvm/log4j.properties" \
        -cp "$jars" kafka.Kafka "$properties"
}

# Kafka writes a cluster's UUID as 22 characters of URL-safe base64; one that begins with a dash
# would be read as an option.
java_uuid() { echo "M$(head -c 16 /dev/urandom | base64 | tr '+/' 'AB' | cut -c 2-22)"; }

# A schema that was taken must be there after kill -9: H2 else writes only every half second.
registry_start() {
    local database="jdbc:h2:file:$dir/registry/h2;WRITE_DELAY=0"
    HTTP_PORT=$SCHEMA_REGISTRY_PORT QUARKUS_HTTP_PORT=$SCHEMA_REGISTRY_PORT \
        QUARKUS_HTTP_HOST=127.0.0.1 REGISTRY_DATASOURCE_URL=$database \
        server_start registry -Xmx"$SCHEMA_REGISTRY_HEAP" \
        -jar "$(jvm_cache)/registry/apicurio-registry-app-$APICURIO_VERSION-runner.jar"
}

jvm_up() {
    local server
    need java
    jvm_download
    for server in $(kafka_servers); do
        server_alive "$server" || kafka_start "$server"
    done
    server_alive registry || registry_start
}

# The last one to go finds no other to hand its partitions to, so all are told at once.
jvm_down() {
    local server
    server_stop registry
    for server in $(kafka_servers); do server_stop "$server" & done
    wait
}

jvm_server_lives() { server_alive "$1"; }

jvm_log() { tail -n "$2" "$dir/$1.log" 2>/dev/null; }
