"""How many outcomes stay unknown after kill -9 under load: at a registry that can be asked what
became of a transaction, and at one that cannot.

    unknowns [CERTIFICATES [ROUNDS]]    (5,000 and 3)

One IssueCertificate for each certificate, all at once, to certificates, connector and stand-in as
they are run in production, with a slot for every tenth of them. Three times, after a fifth, two
and three fifths of the registry's work, the connector is killed while at least half of its slots
are out, and started again at once. Both kinds of registry get the same load, in turns; they take
as long for a transaction.

`left` counts what is unknown still when everything else has ended and nothing became known for
SETTLE_S. Nobody settles anything by hand.
"""

import json
import os
import socket
import subprocess
import sys
import time

from deployment import MILLRACE, PlainRegistry, Run, say  # first: flow needs what it sets

# pylint: disable=wrong-import-order
import answers  # noqa: I100
import flow

LATENCY_MS = 300
CALL_MS = 5000
SETTLE_S = 20  # by then what is open has been asked for five times
KILLS = 3


class AskedRegistry:
    """The one of Project Origin, which has a status and a stream for each transaction."""

    def __init__(self, place):
        self.port = free_port()
        self.keys = place / "keys"
        self.blinding = place / "blinding"
        with open(self.blinding, "w", opener=private, encoding="ascii") as file:
            print("first", os.urandom(32).hex(), file=file)
        self.owner = self.key_of("owner", "alice")
        self.issuer = self.key_of("issuer", "issuer-dk1")[-64:]  # the key without its frame

    def key_of(self, role, name):
        made = subprocess.run(
            [MILLRACE, "keys", "generate", role, name, "-q", "-o", "json",
             "--set", f"keys.file={self.keys}"], capture_output=True)
        flow.expect(made.returncode == 0, f"keys generate: {made.stderr.decode()}")
        return json.loads(made.stdout)["public"]

    def settings(self):
        return ["registries.narnia.adapter=project-origin",
                f"registries.narnia.address=http://127.0.0.1:{self.port}",
                f"keys.file={self.keys}", f"blinding.file={self.blinding}"]

    def options(self):
        return ["--protocol", "project-origin", "--listen", f"127.0.0.1:{self.port}",
                "--registry", "narnia", "--proofs", "sum-and-equality",
                "--owner", f"alice={self.owner}", "--issuer", f"DK1={self.issuer}"]

    def listens(self):
        with socket.socket() as client:
            return client.connect_ex(("127.0.0.1", self.port)) == 0


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def private(path, flags):
    return os.open(path, flags, 0o600)


def kill_under_load(run, ended, slots):
    """Once the registry has ended so many; returns how many were out when it died."""
    def is_time():
        return run.ledger.look() >= slots // 2 and run.ledger.ended >= ended

    flow.until(120, "enough calls are out", is_time)
    run.connector.kill()
    out = run.ledger.look()
    run.connector = run.start("registry-connector")
    return out


def settle(heard, count):
    """Until every command has an answer, and what is unknown has been so for SETTLE_S."""
    def unknown():
        return sum(verdict == "Unknown" for verdict in heard.look().values())

    flow.until(120, "every command has an answer", lambda: len(heard.look()) >= count)
    left = unknown()
    still = time.monotonic()
    while left > 0 and time.monotonic() < still + SETTLE_S:
        now = unknown()
        still = time.monotonic() if now != left else still
        left = now
    return left


def measure(name, registry, count):
    slots = count // 10
    run = Run(6, LATENCY_MS, slots, registry, CALL_MS)
    said = set()
    heard = answers.Answers(
        lambda _, command, verdict: said.add(command) if verdict == "Unknown" else None)
    made = run.encoded(count)
    warm = run.ledger.ended
    run.send(made)
    out = sum(kill_under_load(run, warm + count * kill // (KILLS + 2), slots)
              for kill in range(1, KILLS + 1))
    left = settle(heard, count + flow.PARTITIONS)
    heard.consumer.close()
    run.ledger.look()
    found = {"out_at_kill": out, "said": len(said), "left": left, "twice": run.ledger.twice}
    run.end()
    say(f"{name}: {count} certificates, {KILLS} kills with {out} calls out, {found['said']} of "
        f"them said to be unknown, {left} left, {found['twice']} called twice")
    return found


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 5000
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 3
    kinds = {"status": AskedRegistry, "none": PlainRegistry}
    found = {name: [] for name in kinds}
    for _ in range(rounds):
        for name, registry in kinds.items():
            found[name].append(measure(name, registry, count))

    def total(part):
        return {name: sum(run[part] for run in runs) for name, runs in found.items()}

    print(json.dumps({"id": "unknowns", "values": {
        "left": total("left"),
        "said": total("said"),
        "out_at_kill": total("out_at_kill"),
        "called_twice": sum(total("twice").values()),
    }}))


main()
