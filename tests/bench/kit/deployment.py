"""Certificates, connector and stand-in as they run in production, on topics of their own: what a
bench does to them, how far they have come and what they used.
"""

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

BENCH = Path(os.environ["BENCH_DIR"])
MILLRACE = os.environ["MILLRACE"]
NAME = f"b{int(time.time())}-{os.getpid()}-{Path(sys.argv[0]).stem}"
os.environ["MILLRACE_TOPICS_PREFIX"] = ""  # each run has its own, see Run

# pylint: disable=wrong-import-position
import commands  # noqa: E402
import flow  # noqa: E402
import watched  # noqa: E402

LIMIT_S = 300
CALL_MS = 20000
ISSUE = "certificates.commands.IssueCertificate"


def say(text):
    print(text, file=sys.stderr, flush=True)


class Ledger:
    """What the stand-in has written down so far."""

    def __init__(self, path):
        self.path = path
        self.at = 0
        self.called_ms = {}  # of a submission's first call
        self.twice = 0
        self.ended = 0
        self.calls_out_peak = 0

    def look(self):
        """Reads on; returns how many calls are out."""
        with open(self.path, "rb") as file:
            file.seek(self.at)
            text = file.read()
        whole = text.rfind(b"\n") + 1
        self.at += whole
        for line in text[:whole].splitlines():
            entry = json.loads(line)
            if entry["what"] != "request":
                self.ended += 1
            elif entry["submissionId"] in self.called_ms:
                self.twice += 1
            else:
                self.called_ms[entry["submissionId"]] = entry["atMs"]
            out = self.calls_out()
            self.calls_out_peak = max(self.calls_out_peak, out)
        return self.calls_out()

    def calls_out(self):
        return len(self.called_ms) + self.twice - self.ended


class Answers:
    """How many commands have an answer, and how many are unknown."""

    def __init__(self):
        self.consumer = flow.reader("certificates.answers")
        self.commands = set()

    def look(self, timeout_s):
        for message in self.consumer.consume(10000, timeout=timeout_s):
            if message.error() is None:
                self.commands.add(message.key())
        return len(self.commands)


class PlainRegistry:
    """The registry that can be asked nothing."""

    def __init__(self, place):
        self.socket = os.path.relpath(place / "narnia.sock")  # such a path must be short

    def settings(self):
        return ["registries.narnia.adapter=plain",
                f"registries.narnia.address=unix:{self.socket}"]

    def options(self):
        """Of its stand-in."""
        return ["--listen", f"unix:{self.socket}"]

    def listens(self):
        return os.path.exists(self.socket)


class Run:
    """A deployment of its own: topics, processors, and a registry."""

    number = 0

    def __init__(self, partitions, latency_ms, slots, registry=PlainRegistry, call_ms=CALL_MS):
        Run.number += 1
        flow.PARTITIONS = partitions
        flow.PREFIX = f"{NAME}{Run.number}."
        self.place = BENCH / str(Run.number)
        shutil.rmtree(self.place, ignore_errors=True)
        self.place.mkdir(parents=True)
        topics = Path("topics.yaml").read_text(encoding="utf-8")
        wanted = topics.replace("partitions: 6\n", f"partitions: {partitions}\n", 1)
        (self.place / "topics.yaml").write_text(wanted, encoding="utf-8")
        self.registry = registry(self.place)
        self.settings = []
        for setting in (
            f"topics.file={self.place}/topics.yaml",
            f"topics.prefix={flow.PREFIX}",
            f"application={flow.PREFIX[:-1]}",
            *self.registry.settings(),
            f"registries.narnia.in.flight.max={slots}",
            "rules.issuers.DK1=issuer-dk1",
            "http.listen=127.0.0.1:0",  # two processes on one machine
            f"loop.call.timeout.ms={call_ms}",  # those that are out at a kill are waited for
            f"loop.unknown.after.ms={call_ms + 1000}",
        ):
            self.settings += ["--set", setting]
        for verb in (["topics", "apply"], ["schemas", "apply"]):
            done = subprocess.run([MILLRACE, *verb, "-q", *self.settings], capture_output=True)
            flow.expect(done.returncode in (0, 3), f"{verb}: {done.stderr.decode()}")
        self.schemas = flow.Schemas()
        ledger = self.place / "ledger"
        self.standin = watched.Process(
            self.place / "standin.log", [MILLRACE, "standin", "--ledger", str(ledger),
                                         *self.registry.options(),
                                         "--latency", f"fixed:{latency_ms}ms"])
        flow.until(10, "the stand-in listens", self.registry.listens)
        self.ledger = Ledger(ledger)
        self.answers = Answers()
        self.certificates = self.start("certificates")
        self.connector = self.start("registry-connector")
        self.warm_up()

    def start(self, processor):
        return watched.Process(
            self.place / f"{processor}.log", [MILLRACE, "run", processor, *self.settings,
                                              "--set", f"instance={processor}"])

    def encoded(self, count):
        """Issues of as many certificates, as evenly over the partitions as they go."""
        left = [count // flow.PARTITIONS + (1 if i < count % flow.PARTITIONS else 0)
                for i in range(flow.PARTITIONS)]
        made = []
        while len(made) < count:
            certificate = flow.new_certificate()
            partition = flow.murmur2_partition(certificate.encode())
            if left[partition] > 0:
                left[partition] -= 1
                made.append((certificate, self.schemas.encode(ISSUE, commands.issue(certificate))))
        return made

    def send(self, made):
        """All at once; when the first was handed over, in the clock of `time.monotonic`."""
        producer = flow.producer()
        began = time.monotonic()
        topic = flow.PREFIX + "certificates.commands"
        for key, value in made:
            while True:
                try:
                    producer.produce(topic, key=key, value=value)
                    break
                except BufferError:
                    producer.poll(0.1)
        flow.expect(producer.flush(60) == 0, "not all commands were delivered")
        return began

    def await_answers(self, count):
        """Until so many commands have an answer; the ledger is read meanwhile."""
        deadline = time.monotonic() + LIMIT_S
        while self.answers.look(0.05) < count:
            flow.expect(time.monotonic() < deadline,
                        f"{len(self.answers.commands)} of {count} commands answered")

    def warm_up(self):
        """Every lane has worked before anything is measured."""
        self.send(self.encoded(flow.PARTITIONS))
        self.await_answers(flow.PARTITIONS)
        self.ledger.look()

    def connections(self):
        """How many the stand-in has, or has still to accept."""
        listens = "00010000"
        with open("/proc/net/unix", encoding="utf-8") as sockets:
            found = [line.split() for line in sockets
                     if line.endswith(f" {self.registry.socket}\n")]
        return sum(fields[3] != listens for fields in found)

    def await_hang_up(self):
        """Until the stand-in has hung up on a connector that is dead: all that was written to it
        is read, and in its ledger.
        """
        flow.until(LIMIT_S, "the stand-in hangs up", lambda: self.connections() == 0)
        self.ledger.look()

    def end(self):
        for process in (self.certificates, self.connector, self.standin):
            process.end()
        self.answers.consumer.close()
        flow.delete_topics()
