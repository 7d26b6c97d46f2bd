"""A registry that takes two seconds, and as many calls at it as there are certificates.

    slow_registry [CERTIFICATES [ROUNDS]]    (50,000 and 3; ROUNDS are of the runs without a kill)

One IssueCertificate for each certificate, all at once, to certificates, connector and stand-in as
they are run in production. In turns: a registry that answers at once (the pipeline's own rate), one
that takes two seconds with 6 partitions, and with 24. Then twice as many certificates as slots, and
the connector is killed when all slots are out.
"""

import json
import statistics
import sys
import time

import deployment
import flow
from deployment import Run, say

LATENCY_MS = 2000


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
    deadline = time.monotonic() + deployment.LIMIT_S
    while run.ledger.look() < slots and run.ledger.ended == warm:
        flow.expect(time.monotonic() < deadline, "the slots are never out")
    connections = run.connections()
    run.connector.kill()
    out_at_kill = run.ledger.look()
    queued = 2 * slots - (len(run.ledger.called_ms) - warm)
    flow.expect(queued > 0, "nothing was left to be called: more certificates are needed")
    flow.expect(connections > 0, "the stand-in's connections are not seen")
    run.await_hang_up()
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
