"""The adapter, in a process of its own (../drive.c)."""

import json
import os
import subprocess
import threading

import contract
import orders
import people

DRIVE = contract.ROOT / os.environ.get("BUILD", "build/plain") / "project_origin" / "drive"


class Adapter:
    """`own`: the files with our key and our certificate, where the registry asks for one."""

    def __init__(self, address, *, first_ms=5, longest_ms=40, ca=None, own=None):
        self.process = subprocess.Popen([DRIVE], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        encoding="utf-8")
        self.say({"address": address, "ownName": orders.OWN_NAME, "firstMs": first_ms,
                  "longestMs": longest_ms, "keyring": people.KEYRING,
                  "caFile": ca and str(ca), "certificateFile": own and str(own[1]),
                  "keyFile": own and str(own[0]),
                  "secrets": [{"name": "first", "secret": people.SECRET.hex()}],
                  "issuers": [{"area": people.AREA, "name": people.GRID.name}],
                  "names": [{"configured": "elsewhere", "own": "Elsewhere"}]})  # fmt: skip

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        watch = threading.Timer(10, self.process.kill)
        watch.start()
        rest, code = self.process.stdout.read(), self.process.wait()
        watch.cancel()
        self.process.stdout.close()
        assert (rest, code) == ("", 0), f"drive ended with {code}, and said: {rest}"

    def say(self, what):
        self.process.stdin.write(json.dumps(what) + "\n")
        self.process.stdin.flush()

    def ask(self, *given, timeout_ms=20000):
        """What became of what was ordered, by whomever it was sent."""
        return self.send(*given, timeout_ms=timeout_ms, ask=True)

    def send(self, *given, timeout_ms=20000, late_ms=0, hear=lambda said: None, ask=False):
        """All of them at once; returns what was said of each, when all have ended. `hear` is told
        of each line as it comes."""
        self.say([{"order": order, "ask": ask, "timeoutMs": timeout_ms, "lateMs": late_ms}
                  for order in given])
        told = {order["submissionId"]: Told() for order in given}
        while True:
            line = self.process.stdout.readline()
            assert line, f"drive has ended with {self.process.wait()}"
            said = json.loads(line)
            if "done" in said:
                return [told[order["submissionId"]] for order in given]
            told[said["submissionId"]].hear(said)
            hear(said)


class Told:
    """What the adapter said of one sending."""

    def __init__(self):
        self.id = self.bytes = self.invalid = None
        self.replies = []

    def hear(self, said):
        if "invalid" in said:
            self.invalid = said["invalid"]
        elif "bytes" in said:
            self.id, self.bytes = said["id"], bytes.fromhex(said["bytes"])
        else:
            self.replies.append(said)

    @property
    def kinds(self):
        return [reply["reply"] for reply in self.replies]

    @property
    def last(self):
        return self.replies[-1]

    def __repr__(self):
        return f"{self.invalid or ''}{self.replies}"
