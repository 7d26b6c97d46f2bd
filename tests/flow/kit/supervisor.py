"""A supervisor such as systemd, as far as processes tell it how they stand.

    supervisor.py listen SOCKET FILE    writes down what comes: a line of JSON a datagram
    supervisor.py began FILE LOG        READY came once, and only when LOG's lanes were restored
    supervisor.py hung FILE             whoever says that a lane has not moved gives no sign of life
"""

import datetime
import json
import re
import socket
import sys
import time

import flow

TEXT = "has not moved"


def listen(path, file):
    heard = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    heard.bind(path)
    with open(file, "w", encoding="utf-8", buffering=1) as lines:
        while True:
            text = heard.recv(4096).decode()
            for line in text.split("\n"):
                print(json.dumps({"at": time.time(), "text": line}), file=lines)


def told(file):
    with open(file, encoding="utf-8") as lines:
        return [json.loads(line) for line in lines if line.endswith("\n")]


def began(file, log):
    ready = [line["at"] for line in told(file) if line["text"] == "READY=1"]
    flow.expect(len(ready) == 1, f"READY came {len(ready)} times")
    with open(log, encoding="utf-8") as lines:
        restored = re.findall(r'"ts":"([^"]+)Z".*"msg":"restored"', lines.read())
    flow.expect(restored, "no lane was restored")
    first = datetime.datetime.fromisoformat(restored[0] + "+00:00").timestamp()
    flow.expect(first <= ready[0], f"READY came {first - ready[0]} s before a lane was restored")


def hung(file):
    def stays_silent():
        lines = [line["text"] for line in told(file)]
        since = next((n for n, text in enumerate(lines) if TEXT in text), len(lines))
        flow.expect("WATCHDOG=1" in lines[:since], "it gave no sign of life before")
        flow.expect("WATCHDOG=1" not in lines[since:], "it gives signs of life and hangs")
        return sum(TEXT in text for text in lines[since:]) >= 5

    flow.until(40, "a lane that hangs is told of", stays_silent)


{"listen": listen, "began": began, "hung": hung}[sys.argv[1]](*sys.argv[2:])
