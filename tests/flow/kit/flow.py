"""What the Python parts of the flows share: topics, schemas, records and the stand-in's ledger.

It reads and writes as a team of its own would: with confluent-kafka and fastavro, and none of the
code that is tested.
"""

import io
import json
import os
import struct
import sys
import time
import urllib.error
import urllib.request
import uuid
import zlib

import confluent_kafka
import fastavro
from confluent_kafka.admin import AdminClient, OffsetSpec

BOOTSTRAP = os.environ["MILLRACE_KAFKA_BOOTSTRAP_SERVERS"]
SCHEMA_REGISTRY = os.environ["MILLRACE_SCHEMA_REGISTRY_URL"]
PREFIX = os.environ["MILLRACE_TOPICS_PREFIX"]
PARTITIONS = 6
ANSWER_S = 10


def fail(text):
    print(f"FAILED: {text}", file=sys.stderr)
    sys.exit(1)


def expect(condition, text):
    if not condition:
        fail(text)


def until(limit_s, what, condition):
    """Ask until the answer is true, and return it; the flow fails when the time is over."""
    deadline = time.monotonic() + limit_s
    while True:
        answer = condition()
        if answer:
            return answer
        if time.monotonic() > deadline:
            fail(f"waited {limit_s} s in vain: {what}")
        time.sleep(0.05)


# --- Placement ---


def murmur2_partition(key):
    """Where Java's default partitioner puts a key."""
    mask, multiplier = 0xFFFFFFFF, 0x5BD1E995
    hashed = (0x9747B28C ^ len(key)) & mask
    whole = len(key) // 4 * 4
    for at in range(0, whole, 4):
        word = int.from_bytes(key[at : at + 4], "little") * multiplier & mask
        word = (word ^ word >> 24) * multiplier & mask
        hashed = hashed * multiplier & mask ^ word
    if len(key) > whole:
        hashed = (hashed ^ int.from_bytes(key[whole:], "little")) * multiplier & mask
    hashed = (hashed ^ hashed >> 13) * multiplier & mask
    return ((hashed ^ hashed >> 15) & 0x7FFFFFFF) % PARTITIONS


def crc32_partition(key):
    """Where librdkafka's default partitioner puts a key."""
    return zlib.crc32(key) % PARTITIONS


def new_certificate(partition=None, misplaced_by_crc32=False):
    """A new certificate's id: that belongs into a partition, or that CRC32 puts into a wrong one.
    """
    while True:
        key = str(uuid.uuid4()).encode()
        right = murmur2_partition(key)
        as_wanted = partition in (None, right)
        if as_wanted and not (misplaced_by_crc32 and crc32_partition(key) == right):
            return key.decode()


# --- Schemas ---


def ask_schema_registry(path, body=None):
    """The registry's answer; None for 404."""
    request = urllib.request.Request(
        SCHEMA_REGISTRY + path,
        data=None if body is None else json.dumps(body).encode(),
        headers={"content-type": "application/vnd.schemaregistry.v1+json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=ANSWER_S) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        if error.code == 404:
            return None
        raise


class Schemas:
    """Our messages as the schemas of schemas/ say, with the ids that the registry gave."""

    def __init__(self):
        self.by_type = {}
        self.by_id = {}

    def of(self, full_name):
        """(id, parsed schema) of a message type."""
        if full_name not in self.by_type:
            context, kind, name = full_name.split(".")
            with open(f"schemas/{context}/{kind}/{name}.avsc", encoding="utf-8") as file:
                text = file.read()
            found = ask_schema_registry(f"/subjects/{full_name}?normalize=true", {"schema": text})
            expect(found is not None, f"the schema of {full_name} is not registered")
            parsed = fastavro.parse_schema(json.loads(text), named_schemas={})
            self.by_type[full_name] = (found["id"], parsed)
        return self.by_type[full_name]

    def encode(self, full_name, value):
        schema_id, schema = self.of(full_name)
        out = io.BytesIO()
        fastavro.schemaless_writer(out, schema, value, strict=True)
        return struct.pack(">bI", 0, schema_id) + out.getvalue()

    def decode(self, value):
        """(full name, message) of a record's value."""
        schema_id = struct.unpack(">bI", value[:5])[1]
        if schema_id not in self.by_id:
            text = ask_schema_registry(f"/schemas/ids/{schema_id}")["schema"]
            self.by_id[schema_id] = fastavro.parse_schema(json.loads(text), named_schemas={})
        schema = self.by_id[schema_id]
        return schema["name"], fastavro.schemaless_reader(io.BytesIO(value[5:]), schema, None)


# --- Records ---


def producer(partitioner="murmur2_random", compressed=False):
    """A compressed record may be far larger than its topic takes: brokers weigh what they get."""
    return confluent_kafka.Producer(
        {
            "bootstrap.servers": BOOTSTRAP,
            "partitioner": partitioner,
            "linger.ms": 5,
            "message.max.bytes": 50000000 if compressed else 1048588,
            "compression.type": "gzip" if compressed else "none",
        }
    )


def admin():
    return AdminClient({"bootstrap.servers": BOOTSTRAP})


def end_offsets(client, topics, committed):
    """The end of each (topic, partition): of what is committed, or of what is there at all."""
    level = (
        confluent_kafka.IsolationLevel.READ_COMMITTED
        if committed
        else confluent_kafka.IsolationLevel.READ_UNCOMMITTED
    )
    wanted = {
        confluent_kafka.TopicPartition(PREFIX + topic, partition): OffsetSpec.latest()
        for topic in topics
        for partition in range(PARTITIONS)
    }
    asked = client.list_offsets(wanted, isolation_level=level, request_timeout=ANSWER_S)
    return {
        (place.topic[len(PREFIX) :], place.partition): answer.result().offset
        for place, answer in asked.items()
    }


class Record:
    """A record of a topic; `topic` without the prefix, headers as text."""

    def __init__(self, message):
        self.topic = message.topic()[len(PREFIX) :]
        self.partition = message.partition()
        self.offset = message.offset()
        self.time_ms = message.timestamp()[1]
        self.key = message.key()
        self.value = message.value()
        self.headers = [(name, value) for name, value in message.headers() or []]

    def header(self, name):
        """The last header of this name as text; None: there is none."""
        found = [value for header, value in self.headers if header == name]
        return found[-1].decode() if found else None


def consumer(begin):
    """A consumer of what is committed: {(topic, partition): offset to begin at}."""
    opened = confluent_kafka.Consumer(
        {
            "bootstrap.servers": BOOTSTRAP,
            "group.id": "unused",
            "enable.auto.commit": False,
            "isolation.level": "read_committed",
            "enable.partition.eof": True,
        }
    )
    opened.assign(
        [
            confluent_kafka.TopicPartition(PREFIX + topic, partition, offset)
            for (topic, partition), offset in begin.items()
        ]
    )
    return opened


def reader(*topics):
    """A consumer of what is committed, from the beginning."""
    return consumer({(topic, index): 0 for topic in topics for index in range(PARTITIONS)})


def read(*topics):
    """All committed records of these topics, up to where they end now, each partition in order."""
    ends = end_offsets(admin(), topics, committed=True)
    wanted = {place for place, end in ends.items() if end > 0}
    consumer = reader(*topics)
    records = []
    deadline = time.monotonic() + 30
    while wanted:
        expect(time.monotonic() < deadline, f"{topics} cannot be read to their ends")
        for message in consumer.consume(1000, timeout=0.5):
            if message.error() is None:
                records.append(Record(message))
            elif message.error().code() == confluent_kafka.KafkaError._PARTITION_EOF:
                wanted.discard((message.topic()[len(PREFIX) :], message.partition()))
            else:
                fail(f"{message.topic()}: {message.error()}")
    consumer.close()
    return records


def delete_topics():
    """All that begin with the flow's prefix."""
    client = admin()
    names = client.list_topics(timeout=ANSWER_S).topics
    topics = [name for name in names if name.startswith(PREFIX)]
    if topics:
        for answer in client.delete_topics(topics, operation_timeout=ANSWER_S).values():
            answer.result()


# --- The registry to test against ---


def ledger(path):
    """The lines of the stand-in's ledger; one that is being written is left out."""
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file if line.endswith("\n")]
