"""How fast a command goes all the way: certificates, connector and stand-in at a registry that
answers at once.

    pipeline [CERTIFICATES [ROUNDS]]    (100,000 and 3)

Two commands for each certificate, IssueCertificate and TransferSlice of the slice that it makes,
all of them written before certificates is started. A round begins with the first answer that is
seen and ends with the last one; what a process used is counted from its start, or from that of
certificates.
"""

import json
import statistics
import sys
import time

import commands
import deployment
import flow
from deployment import Run, say

TRANSFER = "certificates.commands.TransferSlice"
PARTS = ("certificates", "connector", "standin")


def encoded(schemas, count):
    """The commands in the order in which they are sent: all issues before the transfers."""
    issues, transfers = [], []
    for _ in range(count):
        certificate = flow.new_certificate()
        issue = commands.issue(certificate)
        transfer = commands.transfer(certificate, commands.first_slice(issue), "alice", "bob")
        issues.append((certificate, schemas.encode(deployment.ISSUE, issue)))
        transfers.append((certificate, schemas.encode(TRANSFER, transfer)))
    return issues + transfers


def measure(made):
    run = Run(6, 0, 10000)
    run.certificates.end()
    run.send(made)
    processes = dict(zip(PARTS, (None, run.connector, run.standin)))
    before = {name: process.cpu_s() for name, process in processes.items() if process}
    processes["certificates"] = run.start("certificates")
    run.certificates = processes["certificates"]
    consumer = run.answers.consumer
    seen, first, began = 0, 0, None
    deadline = time.monotonic() + deployment.LIMIT_S
    while seen < len(made):
        flow.expect(time.monotonic() < deadline, f"{seen} of {len(made)} commands answered")
        found = sum(message.error() is None for message in consumer.consume(10000, timeout=0.05))
        seen += found
        if began is None and found > 0:
            began, first = time.monotonic(), seen
    rate = (len(made) - first) / (time.monotonic() - began)
    cpu = {name: (process.cpu_s() - before.get(name, 0)) / len(made) * 1e6
           for name, process in processes.items()}
    rss = {name: process.rss_peak_mib() for name, process in processes.items()}
    run.end()
    say(f"{len(made)} commands: {rate:.0f}/s, CPU s/M "
        + ", ".join(f"{name} {value:.1f}" for name, value in cpu.items())
        + ", MiB " + ", ".join(f"{name} {value:.0f}" for name, value in rss.items()))
    return {"commands_per_s": rate, "cpu": cpu, "rss": rss}


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100000
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 3
    first = Run(6, 0, 10000)  # for the ids of the schemas
    made = encoded(first.schemas, count)
    first.end()
    runs = [measure(made) for _ in range(rounds)]
    print(json.dumps({"id": "pipeline", "values": {
        "commands_per_s": round(statistics.median(run["commands_per_s"] for run in runs)),
        "cpu_s_per_million": {
            part: round(statistics.median(run["cpu"][part] for run in runs), 1) for part in PARTS},
        "rss_mib": {part: round(statistics.median(run["rss"][part] for run in runs))
                    for part in PARTS},
    }}))


main()
