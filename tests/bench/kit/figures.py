#!/usr/bin/env python3
"""Writes README's figures from tests/bench/bench.json.

usage: tests/bench/kit/figures.py [--take | --check]

--take   first takes over what `make bench` has left in build/bench.json
--check  writes nothing; says whether README has the figures of that file, and fails if not
"""

import importlib.machinery
import importlib.util
import json
import os
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = Path(os.environ.get("FIGURES_ROOT", HERE.parents[2]))  # another one: for tests
MEASURED = ROOT / "build/bench.json"
KEPT = ROOT / "tests/bench/bench.json"
README = ROOT / "README.md"
BEGIN = "<!-- figures: written by tests/bench/kit/figures.py -->\n"
END = "<!-- figures: end -->\n"

sys.dont_write_bytecode = True
loader = importlib.machinery.SourceFileLoader("run", str(HERE.parent / "run"))
run = importlib.util.module_from_spec(importlib.util.spec_from_loader("run", loader))
loader.exec_module(run)


def machine_text(machine):
    memory = f", {machine['memory_gib']} GiB" if "memory_gib" in machine else ""
    return f"{machine['cpu']}, {machine['cores']} cores{memory}"


def wanted_text(wants):
    return " and ".join(f"{'≥' if direction == run.AT_LEAST else '≤'} {run.limit_text(limit)}"
                        for direction, limit in wants)


def rows_of(bench, results):
    """A row for each value of which something is wanted, measured or not."""
    values = dict(run.flat(results[bench]["values"]))
    for name in dict.fromkeys(name for of, name, *_ in run.WANTED if of == bench):
        wants = list(run.wants_of(bench, name, values))
        if name not in values:
            yield name, "not measured", wanted_text(wants)
            continue
        short = not all(run.is_met(values[name], *want) for want in wants)
        measured = run.number_text(values[name]) + (" (short)" if short else "")
        yield name, measured, wanted_text(wants)


def table(results):
    lines = ["| | | measured | wanted |", "|---|---|---|---|"]
    for bench in run.in_order(results):
        named = f"`{bench}`"
        for name, measured, wanted in rows_of(bench, results):
            lines.append(f"| {named} | `{name}` | {measured} | {wanted} |")
            named = ""
    machines = dict.fromkeys(machine_text(about["machine"]) for about in results.values())
    runs = sorted({(about["date"][:10], about["commit"]) for about in results.values()})
    loads = [about["load"] for about in results.values()]
    lines += ["", f"On {'; '.join(machines)}, brokers and all on this one machine; "
              + ", ".join(f"{date} of {commit}" for date, commit in runs)
              + f". Before each of them its load was {min(loads):.1f} to {max(loads):.1f}."]
    return "\n".join(lines) + "\n"


def written(readme, results):
    """The README with these figures; None where there is no place for them."""
    before, begin, rest = readme.partition(BEGIN)
    _, end, after = rest.partition(END)
    return before + BEGIN + table(results) + END + after if begin and end else None


def main(arguments):
    if arguments not in ([], ["--take"], ["--check"]):
        print(__doc__, file=sys.stderr)
        return 2
    if arguments == ["--take"]:
        run.replace(KEPT, MEASURED.read_text(encoding="utf-8"))
    readme = README.read_text(encoding="utf-8")
    new = written(readme, json.loads(KEPT.read_text(encoding="utf-8")))
    if new is None:
        print(f"{README} has no place for figures: {BEGIN}{END}", file=sys.stderr)
        return 1
    if arguments == ["--check"] and new != readme:
        print("README's figures are not those of tests/bench/bench.json: make figures",
              file=sys.stderr)
        return 1
    if new != readme:
        run.replace(README, new)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
