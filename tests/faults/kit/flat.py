"""Holds what processes use late against what they used early: flat.py USAGE.

Each line: second, process, kB of memory, file descriptors, threads. The first fifth is not looked
at; of the rest the first third is early and the last third late, and medians are compared.
"""

import collections
import statistics
import sys

import flow

ALLOWED = {  # (times, plus)
    "kB": (1.2, 32 * 1024),
    "descriptors": (1.0, 8),
    "threads": (1.0, 4),
}


def main():
    samples = collections.defaultdict(list)
    with open(sys.argv[1], encoding="utf-8") as file:
        for line in file:
            _, name, *values = line.split()
            samples[name].append([int(value) for value in values])
    told = []
    for name, rows in sorted(samples.items()):
        rows = rows[len(rows) // 5 :]
        flow.expect(len(rows) >= 9, f"{name}: only {len(rows)} samples")
        third = len(rows) // 3
        for column, (unit, (times, plus)) in enumerate(ALLOWED.items()):
            early = statistics.median(row[column] for row in rows[:third])
            late = statistics.median(row[column] for row in rows[-third:])
            told.append(f"{name} {early:.0f} -> {late:.0f} {unit}")
            flow.expect(late <= early * times + plus, f"not flat: {told[-1]}")
    print("; ".join(told))


main()
