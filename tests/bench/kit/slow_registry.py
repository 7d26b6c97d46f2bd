"""A registry that takes two seconds, and as many calls at it as there are certificates.

    slow_registry [CERTIFICATES [ROUNDS]]    (50,000 and 3; ROUNDS are of the runs without a kill)

One IssueCertificate for each certificate, all at once, to certificates, connector and stand-in as
they are run in production. In turns: a registry that answers at once (the pipeline's own rate), one
that takes two seconds with 6 partitions, and with 24. Then twice as many certificates as slots, and
the connector is killed when all slots are out.
"""

import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

BENCH = Path(os.environ["BENCH_DIR"])
MILLRACE = os.environ["MILLRACE"]
NAME = f"b{int(time.time())}-{os.getpid()}-slow"
os.environ["MILLRACE_TOPICS_PREFIX"] = ""  # each run has its own, see Run

# pylint: disable=wrong-import-position
import commands  # noqa: E402
import confluent_kafka  # noqa: E402
import flow  # noqa: E402

LATENCY_MS = 2000
LIMIT_S = 300
CALL_MS, UNKNOWN_AFTER_MS = 20000, 21000  # those that are out at the kill are waited for so long
ISSUE = "certificates.commands.IssueCertificate"
TICKS_PER_S = os.sysconf("SC_CLK_TCK")


def say(text):
    print(text, file=sys.stderr, flush=True)


class Process:
    """A process of ours, what it has used, and its end."""

    def __init__(self, log, *arguments):
        with open(log, "ab") as file:
            self.child = subprocess.Popen([MILLRACE, *arguments], stdout=file, stderr=file)
        self.began_s = time.time()

    def cpu_s(self):
        with open(f"/proc/{self.child.pid}/stat", encoding="utf-8") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICKS_PER_S

    def rss_peak_mib(self):
        with open(f"/proc/{self.child.pid}/status", encoding="utf-8") as file:
            peak = next(line for line in file if line.startswith("VmHWM:"))
        return int(peak.split()[1]) / 1024

    def end(self):
        self.child.terminate()
        code = self.child.wait(60)
        flow.expect(code == 0, f"{self.child.args} ended with {code}")

    def kill(self):
        self.child.kill()
        self.child.wait(60)


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


class Run:
    """A deployment of its own: topics, processors, and a registry."""

    number = 0

    def __init__(self, partitions, latency_ms, slots):
        Run.number += 1
        flow.PARTITIONS = partitions
        flow.PREFIX = f"{NAME}{Run.number}."
        self.place = BENCH / str(Run.number)
        shutil.rmtree(self.place, ignore_errors=True)
        self.place.mkdir(parents=True)
        topics = Path("topics.yaml").read_text(encoding="utf-8")
        wanted = topics.replace("partitions: 6\n", f"partitions: {partitions}\n", 1)
        (self.place / "topics.yaml").write_text(wanted, encoding="utf-8")
        socket = os.path.relpath(self.place / "narnia.sock")  # a path of a socket must be short
        self.settings = []
        for setting in (
            f"topics.file={self.place}/topics.yaml",
            f"topics.prefix={flow.PREFIX}",
            f"application={flow.PREFIX[:-1]}",
            "registries.narnia.adapter=plain",
            f"registries.narnia.address=unix:{socket}",
            f"registries.narnia.in.flight.max={slots}",
            "rules.issuers.DK1=issuer-dk1",
            f"loop.call.timeout.ms={CALL_MS}",
            f"loop.unknown.after.ms={UNKNOWN_AFTER_MS}",
        ):
            self.settings += ["--set", setting]
        for verb in (["topics", "apply"], ["schemas", "apply"]):
            done = subprocess.run([MILLRACE, *verb, "-q", *self.settings], capture_output=True)
            flow.expect(done.returncode in (0, 3), f"{verb}: {done.stderr.decode()}")
        self.schemas = flow.Schemas()
        ledger = self.place / "ledger"
        self.standin = Process(self.place / "standin.log", "standin", "--ledger", str(ledger),
                               "--listen", f"unix:{socket}",
                               "--latency", f"fixed:{latency_ms}ms")
        flow.until(10, "the stand-in listens", lambda: os.path.exists(socket))
        self.ledger = Ledger(ledger)
        self.answers = Answers()
        self.certificates = self.start("certificates")
        self.connector = self.start("registry-connector")
        self.warm_up()

    def start(self, processor):
        return Process(self.place / f"{processor}.log", "run", processor, *self.settings,
                       "--set", f"instance={processor}")

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
        for key, value in made:
            producer.produce(flow.PREFIX + "certificates.commands", key=key, value=value)
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

    def end(self):
        for process in (self.certificates, self.connector, self.standin):
            process.end()
        self.answers.consumer.close()
        flow.delete_topics()


def measure(partitions, latency_ms, count):
    """One run without a kill."""
    run = Run(partitions, latency_ms, count)
    processes = {"certificates": run.certificates, "connector": run.connector,
                 "standin": run.standin}
    made = run.encoded(count)
    before = {name: process.cpu_s() for name, process in processes.items()}
    began = run.send(made)
    run.await_answers(count + partitions)
    wall_s = time.monotonic() - began
    found = {
        "wall_s": wall_s,
        "cpu": {name: (process.cpu_s() - before[name]) / count * 1e6
                for name, process in processes.items()},
        "rss": {name: process.rss_peak_mib() for name, process in processes.items()},
    }
    run.ledger.look()
    found["calls_out_peak"] = run.ledger.calls_out_peak
    found["called_twice"] = run.ledger.twice
    run.end()
    say(f"{partitions} partitions, latency {latency_ms} ms: {count} in {wall_s:.2f} s, "
        f"{found['calls_out_peak']} out at most, CPU s/M "
        + ", ".join(f"{name} {value:.0f}" for name, value in found["cpu"].items()) + ", MiB "
        + ", ".join(f"{name} {value:.0f}" for name, value in found["rss"].items()))
    return found


def measure_kill(slots):
    """Twice as many certificates as slots; kill -9 when all slots are out."""
    run = Run(6, LATENCY_MS, slots)
    warm = len(run.ledger.called_ms)
    made = run.encoded(2 * slots)
    run.send(made)
    deadline = time.monotonic() + LIMIT_S
    while run.ledger.look() < slots and run.ledger.ended == warm:
        flow.expect(time.monotonic() < deadline, "the slots are never out")
    run.connector.kill()
    out_at_kill = run.ledger.look()
    queued = 2 * slots - (len(run.ledger.called_ms) - warm)
    flow.expect(queued > 0, "nothing was left to be called: more certificates are needed")
    before = set(run.ledger.called_ms)
    run.connector = run.start("registry-connector")
    run.await_answers(2 * slots + 6)
    run.ledger.look()
    first_ms = min(ms for submission, ms in run.ledger.called_ms.items()
                   if submission not in before)
    found = {"restart_s": first_ms / 1000 - run.connector.began_s, "out_at_kill": out_at_kill,
             "called_twice": run.ledger.twice, "never_called": 2 * slots + warm
             - len(run.ledger.called_ms)}
    run.end()
    say(f"killed with {out_at_kill} out and {queued} to come: the first of these was called "
        f"{found['restart_s']:.2f} s after the restart, {found['called_twice']} twice")
    return found


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 50000
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 3
    at_once, six, many = [], [], []
    for _ in range(rounds):
        at_once.append(measure(6, 0, count))
        six.append(measure(6, LATENCY_MS, count))
        many.append(measure(24, LATENCY_MS, count))
    kill = measure_kill(count)

    def median(runs, name, part=None):
        values = [run[name] if part is None else run[name][part] for run in runs]
        return statistics.median(values)

    wall_s = median(six, "wall_s")
    rate = count / median(at_once, "wall_s")
    parts = ("certificates", "connector", "standin")
    values = {
        "calls_out_peak": min(run["calls_out_peak"] for run in six),
        "wall_s": round(wall_s, 3),
        "pipeline_per_s": round(rate),
        "wall_ratio": round(wall_s / (LATENCY_MS / 1000 + count / rate), 3),
        "ratio_24_to_6": round(median(many, "wall_s") / wall_s, 3),
        "called_twice": kill["called_twice"]
        + sum(run["called_twice"] for run in at_once + six + many),
        "restart_s": round(kill["restart_s"], 2),
        "calls_out_at_kill": kill["out_at_kill"],
        "rss_mib": {part: round(median(six, "rss", part)) for part in parts},
        "cpu_s_per_million": {part: round(median(six, "cpu", part), 1) for part in parts},
    }
    print(json.dumps({"id": "slow_registry", "values": values}))


main()
