"""The processes of a sweep, the work that they are given, and what they are in the middle of."""

import json
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import time
import urllib.request
import uuid

import answers
import commands
import confluent_kafka
import flow
import load
import moment

MILLRACE = os.environ["MILLRACE"]
CONFIG = ["--config", "tests/flow/millrace.yaml"]
ON_DISK = os.environ["FAULTS_STORE"] == "disk"
# A registry that is asked later needs more time for a call than one that answers at once.
IS_ASKED = os.environ["FAULTS_ADAPTER"] == "project-origin"
# As short as a loaded machine bears, so that a takeover takes seconds.
SESSION_S = 2
TRANSACTION_S = 4
SETTINGS = {
    "loop.session.timeout.ms": SESSION_S * 1000,
    "loop.transaction.timeout.ms": TRANSACTION_S * 1000,
    "loop.call.timeout.ms": 4000 if IS_ASKED else 1000,
    "loop.unknown.after.ms": 4500 if IS_ASKED else 1500,
    "loop.quarantine.ms": 8000 if IS_ASKED else 2000,
    "registries.narnia.in.flight.max": 12,
}


def forget(name, directory):
    """A processor of this name has no state on disk any more."""
    shutil.rmtree(f"{directory}/state-{name}", ignore_errors=True)


class Process:
    """One processor; it does not outlive this program."""

    def __init__(self, processor, name, directory, fault=None, member=True, silence=None):
        self.log = f"{directory}/{name}.log"
        self.begun_at = os.path.getsize(self.log) if os.path.exists(self.log) else 0
        settings = dict(SETTINGS)
        if member:
            settings["instance"] = name
        if ON_DISK:
            settings["state.dir"] = f"{directory}/state-{name}"
        if silence:
            settings.update(silence.settings)
        self.pipe = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", MILLRACE, "run", processor, *CONFIG]
            + [word for key, value in settings.items() for word in ("--set", f"{key}={value}")],
            env={**os.environ, "MILLRACE_FAULT": fault or ""},
            stdout=subprocess.DEVNULL,
            stderr=open(self.log, "ab"),
        )
        self.code = None
        self.stopped = False

    def look(self):
        """Notes how it is; True: it runs."""
        if self.code is None:
            pid, status = os.waitpid(self.pipe.pid, os.WNOHANG | os.WUNTRACED)
            if pid != 0 and os.WIFSTOPPED(status):
                self.stopped = True
            elif pid != 0:
                self.code = os.waitstatus_to_exitcode(status)
                self.pipe.returncode = self.code
        return self.code is None and not self.stopped

    def send(self, number):
        if self.code is None:
            os.kill(self.pipe.pid, number)

    def go_on(self):
        self.stopped = False
        self.send(signal.SIGCONT)

    def kill(self):
        self.send(signal.SIGKILL)
        self.stopped = False
        flow.until(10, f"the end of {self.log}", lambda: not self.look())

    def end(self, limit_s):
        """Politely; its exit code."""
        self.send(signal.SIGTERM)
        flow.until(limit_s, f"{self.log}: the end of a process", lambda: not self.look())
        return self.code

    def place(self):
        """Where its log ends now."""
        return os.path.getsize(self.log)

    def lines(self, since=None):
        """What it has logged since a place, or since it began."""
        with open(self.log, encoding="utf-8", errors="replace") as file:
            file.seek(self.begun_at if since is None else since)
            return file.read().splitlines()

    def said(self, text, since=None):
        return any(text in line for line in self.lines(since))

    def lanes(self):
        """Partitions whose lanes work now."""
        working = set()
        for line in self.lines():
            if '"msg":"lane works"' in line:
                working.add(json.loads(line)["lane"])
            elif '"msg":"lane ended"' in line:
                working.discard(json.loads(line)["lane"])
        return working

    def calls_out(self):
        """As it says itself in its metrics."""
        found = [line for line in self.lines() if '"msg":"pages are served' in line]
        if not found:
            return 0
        with urllib.request.urlopen(f"http://{json.loads(found[-1])['address']}/metrics") as page:
            text = page.read().decode()
        samples = re.findall(r"^millrace_registry_calls_out(?:{.*})? (\S+)$", text, re.MULTILINE)
        return sum(map(float, samples))

    def handed_over(self):
        """Calls that were out when their lane ended."""
        found = [line for line in self.lines() if '"msg":"calls are still out' in line]
        return sum(json.loads(line)["count"] for line in found)


class Work:
    """Commands that never run out while a sweep lasts."""

    def __init__(self, seed):
        self.chance = random.Random(seed)
        self.schemas = flow.Schemas()
        self.producer = flow.producer()
        self.answers = answers.Answers()
        self.sent = {}  # as kit/check.py wants it
        self.done = set()  # certificates through with their story
        self.looked = 0.0  # when it was last seen to that there is enough

    def under_way(self):
        """Commands without an answer that wait for no operator."""
        verdicts = self.answers.look(0)
        count = 0
        for certificate, story in self.sent.items():
            if certificate in self.done:
                continue
            found = [verdicts.get((certificate, command)) for command, _ in story]
            if None not in found and "Unknown" not in found:
                self.done.add(certificate)
            elif "Unknown" not in found:
                count += found.count(None)
        return count

    def top_up(self, wanted):
        """Until so many commands are under way."""
        count = self.under_way()
        stories = []
        while count < wanted:
            certificate = str(uuid.UUID(int=self.chance.getrandbits(128), version=4))
            told = load.story(certificate)
            stories.append(told)
            count += len(told) - 1
            self.sent[certificate] = [
                (command["metadata"]["id"], verdict) for _, command, verdict in told[:-1]
            ]
        failed = []
        for chapter in zip(*stories):
            for kind, command, _ in chapter:
                self.producer.produce(
                    flow.PREFIX + "certificates.commands",
                    key=command["certificateId"],
                    value=self.schemas.encode(load.COMMANDS + kind, command),
                    on_delivery=lambda error, _: error and failed.append(error),
                )
                self.producer.poll(0)
        flow.expect(self.producer.flush(30) == 0 and not failed, f"not delivered: {failed[:1]}")

    def settled(self, partitions):
        """Certificates of these partitions of which no command is under way any more."""
        here = [one for one in self.done if flow.murmur2_partition(one.encode()) in partitions]
        return sorted(here)

    def order_readings(self, certificates):
        """As an operator does."""
        for certificate in certificates:
            order = {
                "metadata": commands.metadata(),
                "certificateId": certificate,
                "registry": "narnia",
            }
            self.producer.produce(
                flow.PREFIX + "registry.operations",
                key=certificate,
                value=self.schemas.encode("registry.operations.ReadStream", order),
            )
        flow.expect(self.producer.flush(30) == 0, "operations are not delivered")

    def keep_up(self, wanted):
        """The same now and then, while something else is waited for."""
        if time.monotonic() > self.looked + 0.5:
            self.top_up(wanted)
            self.looked = time.monotonic()

    def write(self, path):
        with open(path, "w", encoding="utf-8") as file:
            json.dump(self.sent, file)


class Silence:
    """A registry's address at which nobody ever comes to a connection: each one waits for it,
    longer than a test looks for it, so that no circuit opens before."""

    WAITS = "02"  # SYN_SENT, in /proc/net/tcp

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=0)
        self.port = self.listener.getsockname()[1]
        self.settings = {
            "registries.narnia.address": ("http://" if IS_ASKED else "")
            + f"127.0.0.1:{self.port}",
            # No longer than that, for so long the intents of dead processes are held open, and all
            # the commands behind them: nothing would be left to begin.
            "loop.call.timeout.ms": 10_000,
            "loop.unknown.after.ms": 11_000,
            "loop.quarantine.ms": 20_000,
        }
        self.accepted = []  # as many as the listener holds; the one that must wait is closed again
        while True:
            one = socket.socket()
            one.setblocking(False)
            one.connect_ex(("127.0.0.1", self.port))
            if self.waiting() > 0:
                one.close()
                break
            self.accepted.append(one)

    def waiting(self):
        """How many connections are being waited for."""
        with open("/proc/net/tcp", encoding="ascii") as file:
            rows = [line.split() for line in file]
        return sum(row[2:4] == [f"0100007F:{self.port:04X}", self.WAITS] for row in rows)

    def close(self):
        for one in (self.listener, *self.accepted):
            one.close()


class Eyes:
    """What a processor is in the middle of."""

    def __init__(self, processor, ledger, work):
        self.moment = moment.Moment(processor, ledger)
        self.work = work

    def look(self):
        return {
            "transactions": self.moment.open_transactions(),
            "calls": self.moment.calls_out(),
            "commands": self.work.under_way(),
        }


def fence(processor, partitions):
    """Takes the transactional ids of these lanes, as somebody would by mistake. Not those of who
    only looks on: one that is fenced again and again gives up."""
    application = os.environ["MILLRACE_APPLICATION"]
    for partition in sorted(partitions):
        producer = confluent_kafka.Producer(
            {
                "bootstrap.servers": flow.BOOTSTRAP,
                "transactional.id": f"{application}.{processor}-{partition}",
                "transaction.timeout.ms": TRANSACTION_S * 1000,
                "retry.backoff.ms": 10,
                "log_level": 3,
            }
        )
        producer.init_transactions(60)


class Verify:
    """`millrace verify` beside what goes on, one at a time: whatever was wrong stays wrong, so the
    next one sees it too."""

    def __init__(self, ledger, path):
        self.command = [MILLRACE, "verify", "--ledger", ledger, *CONFIG]
        self.path = path
        self.running = None
        self.count = 0
        self.last = ""

    def begin(self):
        """Where the one before it has not ended yet, that is left to the next one."""
        if self.running is not None and self.running.poll() is None:
            return
        self.finish()
        self.count += 1
        with open(self.path, "wb") as file:
            self.running = subprocess.Popen(self.command, stdout=file, stderr=subprocess.STDOUT)

    def finish(self):
        if self.running is None:
            return
        code = self.running.wait(timeout=60)
        self.running = None
        with open(self.path, encoding="utf-8") as file:
            text = file.read()
        flow.expect(code == 0, f"verify says {code}:\n{text}")
        self.last = text.strip().splitlines()[-1]


def resolve_all(work, ledger, limit_s):
    """An operator settles what is unknown from the registry's ledger, until nothing is open."""

    def millrace(*words, **more):
        return subprocess.run([MILLRACE, *words, *CONFIG], capture_output=True, text=True, **more)

    def settled():
        found = work.answers.look(0.2)
        if all((c, command) in found for c, story in work.sent.items() for command, _ in story):
            if "Unknown" not in found.values():
                return True
        unknown = millrace("unknown", "ls", "-q", "-o", "json").stdout
        if unknown.strip() in ("", "[]"):
            return False
        verdicts = subprocess.run(
            ["tests/flow/python", "tests/flow/kit/verdicts.py", ledger],
            input=unknown,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        millrace("send", "-q", "--json", "/dev/stdin", input=verdicts)
        return False

    deadline = time.monotonic() + limit_s
    while not settled():
        flow.expect(time.monotonic() < deadline, f"not settled after {limit_s} s")
