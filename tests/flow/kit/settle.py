"""Waits until nothing moves any more: settle.py SENT all|held SECONDS.

all: every command has its final answer. held: or waits behind one whose outcome is unknown.
Prints how many certificates are held.
"""

import json
import sys

import answers
import flow

with open(sys.argv[1], encoding="utf-8") as FILE:
    SENT = json.load(FILE)
VERDICTS = answers.await_quiet(SENT, int(sys.argv[3]))
HELD = [
    certificate
    for certificate, story in SENT.items()
    if any(VERDICTS.get((certificate, command)) == "Unknown" for command, _ in story)
]
if HELD and sys.argv[2] != "held":
    flow.fail(f"{len(HELD)} certificates are held, such as {HELD[0]}")
print(len(HELD))
