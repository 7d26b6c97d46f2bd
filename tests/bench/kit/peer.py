"""`millrace run certificates` beside the same job in Kafka Streams (peers/kafka-streams).

    peer [COMMANDS [ROUNDS [SIDE]]]    (1,000,000 and 3; SIDE: millrace or streams, to run it only)

IssueCertificates are written once; in each round either side works them off, as a process of its
own, from the first on and into empty topics. How far it is are the offsets that its group has
committed. Measured is what comes after the first tenth, when connections are made and the JVM has
compiled. Then the process is stopped, a command is sent to each partition, and the process is
started again: it has restored its state when it has worked off these. All this in memory, and
with RocksDB on both sides; there a start finds its state on disk.
"""

import json
import os
import shutil
import statistics
import subprocess
import sys
import time
import zlib
from pathlib import Path

BENCH = Path(os.environ["BENCH_DIR"])
MILLRACE = os.environ["MILLRACE"]
NAME = f"b{int(time.time())}-{os.getpid()}-peer"
os.environ["MILLRACE_TOPICS_PREFIX"] = f"{NAME}."

# pylint: disable=wrong-import-position
import commands  # noqa: E402
import confluent_kafka  # noqa: E402
import flow  # noqa: E402
import watched  # noqa: E402

LIMIT_S = 600
LOOK_S = 0.02
INPUT = "certificates.commands"
ISSUE = "certificates.commands.IssueCertificate"
PEER = Path("build/peers/kafka-streams").resolve()
WARM_UP = 0.1  # of the commands
SAMPLED_OF = 100  # one command of so many is looked into


def say(text):
    print(text, file=sys.stderr, flush=True)


# --- The two sides. ---


class Millrace:
    """Ours."""

    name = "millrace"
    states = "certificates.state"  # where its states are written
    end_codes = (0,)

    def __init__(self, store, number, _count):
        self.application = f"{NAME}{number}"
        self.group = f"{self.application}.certificates"
        self.log = BENCH / f"{number}-{self.name}.log"
        self.settings = [*SETTINGS, "--set", f"application={self.application}",
                         "--set", "instance=peer"]
        if store == ROCKSDB:
            self.settings += ["--set", f"state.dir={BENCH}/{number}-{self.name}",
                              "--set", f"state.memory.mb={ROCKSDB_MIB}"]

    def start(self):
        return watched.Process(self.log, [MILLRACE, "run", "certificates", *self.settings])


class Streams:
    """Theirs, in a JVM as small as it runs well."""

    name = "streams"
    end_codes = (143,)  # a JVM says that a signal has ended it

    def __init__(self, store, number, count):
        self.application = f"{NAME}.streams{number}"  # its topics begin with our prefix
        self.group = self.application
        self.states = f"streams{number}-certificates-changelog"
        self.log = BENCH / f"{number}-{self.name}.log"
        self.store = store
        self.directory = BENCH / f"{number}-{self.name}"
        self.heap_mib = 144 + (count * HEAP_BYTES_EACH[store] >> 20)

    def start(self):
        environment = os.environ | {
            "PEER_APPLICATION": self.application,
            "PEER_TOPICS_PREFIX": flow.PREFIX,
            "PEER_STORE": self.store,
            "PEER_STATE_DIR": str(self.directory),
            "PEER_ROCKSDB_MIB": str(ROCKSDB_MIB),
            "MALLOC_ARENA_MAX": "2",  # else RocksDB's memory is spread over many
            "PEER_THREADS": str(min(os.cpu_count(), flow.PARTITIONS)),
        }
        return watched.Process(self.log, [
            "java", "-XX:+UseSerialGC", "-Xmn64m", f"-Xmx{self.heap_mib}m",
            "-Dorg.apache.avro.fastread=true", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
            "-cp", f"{PEER}/classes:{PEER}/lib/*", "peer.Main"], environment)


ROCKSDB = "rocksdb"
ROCKSDB_MIB = 64  # for what was read and what is not in a file yet; our default
# Of each certificate: what the store takes, and room for the collector.
HEAP_BYTES_EACH = {"memory": 800, ROCKSDB: 0}

SETTINGS = []
for setting in (
    f"topics.prefix={NAME}.",
    "registries.narnia.adapter=plain",
    "registries.narnia.address=unix:unused.sock",
    "rules.issuers.DK1=issuer-dk1",
):
    SETTINGS += ["--set", setting]


# --- Topics. ---


def apply(verb):
    done = subprocess.run([MILLRACE, verb, "apply", "-q", *SETTINGS], capture_output=True,
                          check=False)
    flow.expect(done.returncode in (0, 3), f"{verb}: {done.stderr.decode()}")


def empty_outputs(client):
    """All topics but the input are made anew."""
    def others():
        names = client.list_topics(timeout=flow.ANSWER_S).topics
        return [name for name in names
                if name.startswith(flow.PREFIX) and name != flow.PREFIX + INPUT]

    if others():
        for answer in client.delete_topics(others(), operation_timeout=flow.ANSWER_S).values():
            answer.result()
        flow.until(flow.ANSWER_S, "the topics are gone", lambda: not others())
    apply("topics")


def write_commands(schemas, count):
    """One of each certificate."""
    producer = flow.producer()
    for number in range(count):
        certificate = flow.new_certificate()
        value = schemas.encode(ISSUE, commands.issue(certificate))
        producer.produce(flow.PREFIX + INPUT, key=certificate, value=value)
        if number % 10000 == 0:
            producer.flush(60)
    flow.expect(producer.flush(60) == 0, "not all commands were delivered")


def write_one_to_each_partition(schemas):
    producer = flow.producer()
    for partition in range(flow.PARTITIONS):
        certificate = flow.new_certificate(partition)
        value = schemas.encode(ISSUE, commands.issue(certificate))
        producer.produce(flow.PREFIX + INPUT, key=certificate, value=value)
    flow.expect(producer.flush(60) == 0, "not all commands were delivered")


def commands_count(client):
    return sum(flow.end_offsets(client, [INPUT], committed=True).values())


def handled(client, group):
    """How many commands the group has committed."""
    places = [confluent_kafka.TopicPartition(flow.PREFIX + INPUT, partition)
              for partition in range(flow.PARTITIONS)]
    asked = confluent_kafka.ConsumerGroupTopicPartitions(group, places)
    answer = client.list_consumer_group_offsets([asked])[group].result()
    return sum(max(0, place.offset) for place in answer.topic_partitions)


# --- Rounds. ---


def await_handled(client, side, process, count):
    """Until so many are committed; what the process has used then, and when."""
    deadline = time.time() + LIMIT_S
    while True:
        done = handled(client, side.group)
        moment = {"s": time.time(), "cpu_s": process.cpu_s(), "handled": done}
        if done >= count:
            return moment
        flow.expect(process.lives(), f"{side.name} has ended: see {side.log}")
        flow.expect(moment["s"] < deadline, f"{side.name}: {done} of {count} after {LIMIT_S} s")
        time.sleep(LOOK_S)


def measure(client, schemas, side):
    empty_outputs(client)
    count = commands_count(client)
    process = side.start()
    warm = await_handled(client, side, process, int(count * WARM_UP))
    end = await_handled(client, side, process, count)
    measured = end["handled"] - warm["handled"]
    found = {
        "per_s": measured / (end["s"] - warm["s"]),
        "cpu_s_per_million": (end["cpu_s"] - warm["cpu_s"]) / measured * 1e6,
        "rss_mib": process.rss_peak_mib(),
        "all_s": end["s"] - process.began_s,
    }
    process.end(side.end_codes)
    write_one_to_each_partition(schemas)
    process = side.start()
    found["restore_s"] = (await_handled(client, side, process, count + flow.PARTITIONS)["s"]
                          - process.began_s)
    process.end(side.end_codes)
    say(f"{side.name:9} {found['per_s']:8.0f}/s  {found['cpu_s_per_million']:7.2f} CPU s per "
        f"million  {found['rss_mib']:6.0f} MiB  {found['restore_s']:6.2f} s to restore; "
        f"{found['all_s']:.1f} s from its start to the last")
    return found


def records(topic):
    """All that is committed, one at a time: there may be more than memory takes."""
    wanted = {partition for (_, partition), end in
              flow.end_offsets(flow.admin(), [topic], committed=True).items() if end > 0}
    consumer = flow.reader(topic)
    deadline = time.time() + LIMIT_S
    while wanted:
        flow.expect(time.time() < deadline, f"{topic} cannot be read to its end")
        for message in consumer.consume(10000, timeout=0.5):
            if message.error() is None:
                yield message
            elif message.error().code() == confluent_kafka.KafkaError._PARTITION_EOF:
                wanted.discard(message.partition())
            else:
                flow.fail(f"{topic}: {message.error()}")
    consumer.close()


def outputs(schemas, side):
    """How much the side wrote, and for some commands what, without what may differ."""
    submits, states, found = 0, 0, {}
    for record in records("registry.commands"):
        submits += 1
        if zlib.crc32(record.key()) % SAMPLED_OF == 0:
            _, submit = schemas.decode(record.value())
            for name in ("timestamp", "source"):
                del submit["metadata"][name]
            found[record.key()] = {"partition": record.partition(), "submit": submit,
                                   "ce_id": dict(record.headers())["ce_id"]}
    for record in records(side.states):
        states += 1
        if record.key() in found:
            _, state = schemas.decode(record.value())
            del state["work"]["current"]["command"]["payloadHash"]
            found[record.key()]["state"] = state
    return submits, states, found


def check(schemas, side, count, other):
    """Each command once, and on both sides the same."""
    submits, states, found = outputs(schemas, side)
    flow.expect(submits == count and states == count,
                f"{side.name}: {submits} transactions and {states} states of {count} commands")
    alike = [found[key] == other[key] for key in found if key in other]
    flow.expect(not other or (alike and all(alike)), "the two sides have not written the same")
    if other:
        say(f"both wrote once for each command, and the same for the {len(alike)} looked into")
    return found


def compare(client, schemas, store, rounds, only):
    """Both in turns; their rounds, by name."""
    found = {Streams.name: [], Millrace.name: []}
    count = commands_count(client)
    wrote = {}
    for number in range(rounds):
        for kind in (Streams, Millrace):
            if only in (None, kind.name):
                side = kind(store, f"{store}{number}", count)
                found[kind.name].append(measure(client, schemas, side))
                if number == 0:
                    wrote = check(schemas, side, commands_count(client), wrote)
    return found


def ratios(found, suffix):
    def median(side, name):
        return statistics.median(one[name] for one in found[side])

    return {f"{name}_ratio{suffix}": median(Millrace.name, of) / median(Streams.name, of)
            for name, of in (("throughput", "per_s"), ("cpu", "cpu_s_per_million"),
                             ("rss", "rss_mib"), ("restore", "restore_s"))} | {
        side + suffix: {name: median(side, name) for name in found[side][0]} for side in found}


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1000000
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 3
    only = sys.argv[3] if len(sys.argv) > 3 else None
    shutil.rmtree(BENCH, ignore_errors=True)
    BENCH.mkdir(parents=True)
    client = flow.admin()
    apply("topics")
    apply("schemas")
    schemas = flow.Schemas()
    write_commands(schemas, count)
    values = {}
    for store, suffix in (("memory", ""), (ROCKSDB, "_rocksdb")):
        say(f"state in {store}:")
        found = compare(client, schemas, store, rounds, only)
        if only is None:
            values |= ratios(found, suffix)
    flow.delete_topics()
    if only is None:
        print(json.dumps({"id": "peer", "values": values}))


main()
