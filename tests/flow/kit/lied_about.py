"""Commands in schemas about which the schema registry lies: lied_about.py LIES

It registers a schema for each lie and writes LIES for lying_registry.py.
"""

import json
import struct
import sys

import answers
import commands
import flow

ISSUE = "certificates.commands.IssueCertificate"

# How often it is told before the truth, and what the lane says while it waits. A slow one takes
# the whole time that we wait for an answer, so it is told once.
WAITS = {
    "slow": (1, "Operation timed out"),
    "error": (2, "HTTP 500, code 50001: the store is on fire"),
    "busy": (2, "HTTP 429"),
    "garbage": (2, "no JSON; is it a schema registry?"),
    "truncated": (2, "bytes remaining to read"),
    "moved": (2, "sends us on to http://elsewhere.example/v7"),
    "page": (1, "no JSON; is it a schema registry?"),
}
# What never becomes true makes a dead letter.
DEAD = ("huge", "another")


def register(name, schema):
    """Under a subject of its own, since some would not fit under the real one. Returns the id."""
    path = f"/subjects/{flow.PREFIX}lied-about.{name}/versions"
    return flow.ask_schema_registry(path, {"schema": json.dumps(schema)})["id"]


def issue_schema():
    with open("schemas/certificates/commands/IssueCertificate.avsc", encoding="utf-8") as file:
        return json.load(file)


def prepare(path):
    """{id: [lie, how often]}; the schemas differ in their words only, so that each has its id."""
    lies = {}
    for lie in (*WAITS, *DEAD):
        schema_id = register(lie, {**issue_schema(), "doc": f"{flow.PREFIX} {lie}"})
        lies[str(schema_id)] = [lie, WAITS[lie][0] if lie in WAITS else None]
    with open(path, "w", encoding="utf-8") as file:
        json.dump(lies, file)


class Commands:
    """Good commands that have to wait for the truth, and one with headers of megabytes."""

    def __init__(self, schemas, path):
        with open(path, encoding="utf-8") as file:
            self.ids = {lie: int(schema_id) for schema_id, (lie, _) in json.load(file).items()}
        self.schemas = schemas
        self.sent = {}  # what it is: (certificate, command)

    def send(self):
        producer = flow.producer()
        for number, lie in enumerate(WAITS):
            value = self.remember(lie, number)[5:]
            self.produce(producer, lie, struct.pack(">bI", 0, self.ids[lie]) + value)
        # Of such a record nothing could be written that has its headers.
        compressing = flow.producer(compressed=True)
        large = [("baggage", b"b" * 3000000), ("traceparent", b"c" * 3000000)]
        self.produce(compressing, "large headers", self.remember("large headers", 0), large)
        left = producer.flush(30) + compressing.flush(30)
        flow.expect(left == 0, "Kafka did not take the records")

    def remember(self, name, number):
        """The encoded command."""
        certificate = flow.new_certificate(number % flow.PARTITIONS)
        command = commands.issue(certificate)
        self.sent[name] = certificate, command["metadata"]["id"]
        return self.schemas.encode(ISSUE, command)

    def produce(self, producer, name, value, headers=()):
        key = self.sent[name][0].encode()
        topic = flow.PREFIX + "certificates.commands"
        producer.produce(topic, key=key, value=value, headers=list(headers))

    def check(self, log_path):
        """Each is applied in the end, and the lane said what it waited for."""
        follower = answers.Answers()

        def missing():
            verdicts = follower.look()
            return [name for name, pair in self.sent.items() if verdicts.get(pair) != "Applied"]

        flow.until(60, "all good commands to be applied", lambda: not missing())
        follower.consumer.close()
        with open(log_path, encoding="utf-8") as file:
            log = file.read()
        for lie, (_, words) in WAITS.items():
            found = f"schema id {self.ids[lie]}: " in log and words in log
            flow.expect(found, f"nobody says '{words}' of {lie}")
        print(f"{len(self.sent)} good commands had to wait for {len(WAITS)} lies, and are applied")


if __name__ == "__main__":
    prepare(sys.argv[1])
