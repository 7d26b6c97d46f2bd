"""Prints how many calls are out at the registry, by the end of its ledger: calls.py LEDGER."""

import json
import sys

BYTES = 4 << 20  # no call is out for longer than it takes to write these

with open(sys.argv[1], "rb") as file:
    file.seek(0, 2)
    file.seek(max(0, file.tell() - BYTES))
    lines = file.read().split(b"\n")[1:-1]
out = set()
for line in map(json.loads, lines):
    name = line["submissionId"], line["attempt"]
    if line["what"] == "request":
        out.add(name)
    else:
        out.discard(name)
print(len(out))
