"""The runner of benches, in a tree with small benches and a stack that only notes its calls."""

import json
import os
import shutil
import subprocess
import tempfile
import unittest
import xml.etree.ElementTree as ElementTree
from pathlib import Path

RUN = Path(__file__).with_name("run")
SVG = "{http://www.w3.org/2000/svg}"

STACK = """#!/bin/sh
echo "$@" >>calls
mkdir -p build/stack/bench
echo export MILLRACE_KAFKA_BOOTSTRAP_SERVERS=kafka:1 >build/stack/bench/env
echo export MILLRACE_SCHEMA_REGISTRY_URL=http://registry:2/v7 >>build/stack/bench/env
[ ! -e no_stack ]
"""
ADDRESSES = {"MILLRACE_KAFKA_BOOTSTRAP_SERVERS": "here", "MILLRACE_SCHEMA_REGISTRY_URL": "there"}


def script(values, bench="lane", then=""):
    line = json.dumps({"id": bench, "values": values})
    return f"#!/bin/sh\necho for people >&2\necho '{line}'\n{then}\n"


class Run(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.root = Path(directory.name)
        self.add("docker/stack", STACK)
        (self.root / "tests/bench").mkdir(parents=True)
        shutil.copy(RUN, self.root / "tests/bench/run")

    def add(self, path, content, mode=0o755):
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content, encoding="utf-8")
        file.chmod(mode)

    def run_benches(self, *names, **more):
        environment = {name: value for name, value in os.environ.items()
                       if not name.startswith("MILLRACE_") and name != "BUILD"}
        return subprocess.run([self.root / "tests/bench/run", *names], cwd=self.root, check=False,
                              env=environment | ADDRESSES | more, capture_output=True, text=True,
                              timeout=60)

    def results(self):
        return json.loads((self.root / "build/bench.json").read_text(encoding="utf-8"))

    def calls(self):
        calls = self.root / "calls"
        return calls.read_text(encoding="utf-8").splitlines() if calls.exists() else []

    def test_values_are_printed_and_kept_with_their_circumstances(self):
        self.add("tests/bench/lane", script({"throughput_ratio": 0.8125, "cpu_ratio": 1}))
        run = self.run_benches()
        self.assertEqual((run.returncode, run.stdout),
                         (0, "lane: throughput_ratio 0.812 (>= 0.75), cpu_ratio 1 (<= 2)\n"))
        self.assertIn("for people", run.stderr)
        entry = self.results()["lane"]
        self.assertEqual(entry["values"], {"throughput_ratio": 0.8125, "cpu_ratio": 1})
        self.assertEqual(entry["machine"]["cores"], os.cpu_count())
        self.assertTrue(entry["machine"]["cpu"])
        self.assertRegex(entry["date"], r"^\d{4}-\d\d-\d\dT\d\d:\d\dZ$")
        self.assertGreaterEqual(entry["load"], 0)

    def test_what_is_short_or_missing_is_said_and_fails_nothing(self):
        self.add("tests/bench/lane", script({"cpu_ratio": 2.01, "of": {"us": 1234567.8}}))
        run = self.run_benches()
        self.assertEqual((run.returncode, run.stdout),
                         (0, "lane: cpu_ratio 2.01 (<= 2, short), of.us 1,234,568, "
                             "throughput_ratio not measured, short\n"))

    def test_a_value_between_two_limits_is_short_on_one_side_only(self):
        self.add("tests/bench/slow_registry", script({"ratio_24_to_6": 1.2}, "slow_registry"))
        self.assertIn("ratio_24_to_6 1.20 (>= 0.85; <= 1.15, short)", self.run_benches().stdout)

    def test_a_limit_may_depend_on_another_value(self):
        values = {"bytes_per_certificate": 301, "encoded_bytes_per_certificate": 200}
        self.add("tests/bench/memory", script(values, "memory"))
        self.assertIn("bytes_per_certificate 301 (<= 300, short), ", self.run_benches().stdout)
        self.add("tests/bench/memory", script({"bytes_per_certificate": 301}, "memory"))
        self.assertIn("bytes_per_certificate 301, ", self.run_benches().stdout)

    def test_a_bench_that_is_not_run_keeps_what_it_had(self):
        self.add("tests/bench/lane", script({"cpu_ratio": 1}))
        self.add("tests/bench/own", script({"mib": 3}, "own"))
        self.run_benches("lane")
        before = self.results()["lane"]
        self.add("tests/bench/lane", script({"cpu_ratio": 5}))
        self.run_benches("own")
        self.assertEqual(list(self.results()), ["lane", "own"])
        self.assertEqual(self.results()["lane"], before)

    def test_whatever_breaks_is_said_and_the_others_are_run(self):
        self.add("tests/bench/own", script({"mib": 3}, "own"))
        for content in ["#!/bin/sh\n", script({}), script({"cpu_ratio": "low"}),
                        script({"cpu_ratio": True}), script({"cpu_ratio": float("nan")}),
                        script({"cpu_ratio": 1}, then="echo more"), script({"mib": 1}, "another"),
                        script({"cpu_ratio": 1}, then="exit 3"), "#!/bin/sh\necho '[1]'\n",
                        "#!/no/such/interpreter\n"]:
            with self.subTest(content):
                self.add("tests/bench/lane", content)
                run = self.run_benches()
                self.assertEqual(run.returncode, 1)
                self.assertRegex(run.stdout, "^lane: BROKEN: .*\nown: mib 3\n$")
                self.assertEqual(list(self.results()), ["own"])

    def test_a_bench_that_does_not_end_is_stopped_with_all_it_started(self):
        self.add("tests/bench/lane", "#!/bin/sh\nsleep 600 &\necho $! >child\nwait\n")
        run = self.run_benches(BENCH_TIMEOUT_S="1")
        self.assertEqual((run.returncode, run.stdout), (1, "lane: BROKEN: stopped after 1 s\n"))
        child = Path("/proc", (self.root / "child").read_text(encoding="utf-8").strip(), "stat")
        self.assertTrue(not child.exists() or child.read_text(encoding="utf-8").split()[2] == "Z")

    def test_programs_and_scripts_are_found_and_nothing_else(self):
        self.add("tests/bench/b.c", "", 0o644)
        self.add("build/plain/bench/b", script({"x": 1}, "b"))
        self.add("build/asan/bench/b", script({"x": 2}, "b"))
        self.add("tests/bench/a.py", "#!/usr/bin/env python3\n"
                 """print('{"id": "a", "values": {"x": 1}}')\n""")
        self.add("tests/bench/run_test.py", "", 0o644)
        self.add("tests/bench/README.md", "", 0o644)
        self.assertEqual(self.run_benches().stdout, "a: x 1\nb: x 1\n")
        self.assertEqual(self.run_benches("b", BUILD="build/asan").stdout, "b: x 2\n")
        run = self.run_benches("b", "c")
        self.assertEqual((run.returncode, run.stdout), (2, ""))
        self.assertIn("no such bench: c; there are a, b", run.stderr)

    def test_a_bench_has_an_empty_directory_and_the_binary(self):
        self.add("tests/bench/lane", script({"cpu_ratio": 1}, then='[ -z "$(ls "$BENCH_DIR")" ] && '
                 '[ "$MILLRACE" = "$PWD/build/plain/millrace" ] && touch "$BENCH_DIR/left"'))
        for _ in range(2):
            self.assertEqual(self.run_benches().returncode, 0)

    def test_a_stack_is_started_and_removed_only_where_none_is_named(self):
        self.add("tests/bench/lane", script({"cpu_ratio": 1}, then="env | grep ^MILLRACE_ >seen"))
        self.add("tests/bench/memory", script({"bytes_per_answer": 1}, "memory"))
        self.run_benches()
        self.run_benches("memory", MILLRACE_SCHEMA_REGISTRY_URL="")
        self.assertEqual(self.calls(), [])
        self.run_benches(MILLRACE_SCHEMA_REGISTRY_URL="")
        self.assertEqual(self.calls(), ["up bench", "down bench --purge"])
        self.assertEqual(sorted((self.root / "seen").read_text(encoding="utf-8").splitlines()),
                         ["MILLRACE_KAFKA_BOOTSTRAP_SERVERS=kafka:1",
                          "MILLRACE_SCHEMA_REGISTRY_URL=http://registry:2/v7"])

    def test_without_a_stack_nothing_is_measured(self):
        self.add("tests/bench/lane", script({"cpu_ratio": 1}))
        self.add("no_stack", "")
        run = self.run_benches(MILLRACE_SCHEMA_REGISTRY_URL="")
        self.assertEqual((run.returncode, run.stdout), (1, ""))
        self.assertIn("docker/stack up bench failed", run.stderr)

    def test_the_picture_has_a_bar_for_each_want(self):
        self.add("tests/bench/lane", script({"throughput_ratio": 1.5, "cpu_ratio": 4, "other": 1}))
        self.add("tests/bench/slow_registry", script({"called_twice": 3}, "slow_registry"))
        self.run_benches()
        picture = ElementTree.parse(self.root / "build/bench.svg").getroot()
        bars = [(mark.get("fill"), float(mark.get("x")), float(mark.get("width")))
                for mark in picture.iter(SVG + "rect") if mark.get("fill") != "#ffffff"]
        self.assertEqual(bars, [("#2f6f9f", 400, 80), ("#c8553d", 320, 80), ("#c8553d", 240, 160)])
        words = [mark.text for mark in picture.iter(SVG + "text")]
        self.assertIn("wanted ≥ 0.75", words)
        self.assertNotIn("other", words)


if __name__ == "__main__":
    unittest.main()
