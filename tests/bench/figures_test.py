"""README's figures: those of the committed run, and how they get there."""

import json
import os
import subprocess
import tempfile
import unittest
from pathlib import Path

FIGURES = Path(__file__).parent / "kit/figures.py"
MARKS = ("<!-- figures: written by tests/bench/kit/figures.py -->\n", "<!-- figures: end -->\n")


def measured(values, **about):
    return {"values": values, "machine": {"cpu": "Abacus", "cores": 2, "memory_gib": 4},
            "date": "2026-11-21T20:11Z", "commit": "abc1234", "load": 0.1, **about}


class FiguresTest(unittest.TestCase):
    def setUp(self):
        # pylint: disable=consider-using-with
        self.directory = tempfile.TemporaryDirectory()
        self.root = Path(self.directory.name)
        (self.root / "build").mkdir()
        (self.root / "tests/bench").mkdir(parents=True)
        self.write("README.md", "before\n" + "".join(MARKS) + "after\n")

    def tearDown(self):
        self.directory.cleanup()

    def write(self, path, text):
        (self.root / path).write_text(text, encoding="utf-8")

    def readme(self):
        return (self.root / "README.md").read_text(encoding="utf-8")

    def figures(self, *arguments):
        environment = os.environ | {"FIGURES_ROOT": str(self.root)}
        return subprocess.run([FIGURES, *arguments], env=environment, capture_output=True,
                              text=True, check=False)

    def test_the_readme_has_the_figures_of_the_committed_run(self):
        run = subprocess.run([FIGURES, "--check"], capture_output=True, text=True, check=False)
        self.assertEqual((run.returncode, run.stderr), (0, ""))

    def test_what_was_measured_is_taken_over_with_what_is_wanted(self):
        lane = measured({"throughput_ratio": 0.8, "cpu_ratio": 2.5, "per_s": 1})
        slow = measured({"ratio_24_to_6": 1}, commit="def5678")
        self.write("build/bench.json", json.dumps({"slow_registry": slow, "lane": lane}))
        self.assertEqual(self.figures("--take").returncode, 0)
        lines = self.readme().splitlines(keepends=True)
        self.assertEqual(lines[:2] + lines[-2:], ["before\n", MARKS[0], MARKS[1], "after\n"])
        self.assertEqual(lines[4:6], ["| `lane` | `throughput_ratio` | 0.800 | ≥ 0.75 |\n",
                                      "|  | `cpu_ratio` | 2.50 (short) | ≤ 2 |\n"])
        self.assertIn("|  | `ratio_24_to_6` | 1 | ≥ 0.85 and ≤ 1.15 |\n", lines)
        self.assertIn("|  | `restart_s` | not measured | ≤ 3 |\n", lines)
        self.assertIn("On Abacus, 2 cores, 4 GiB, brokers and all on this one machine; "
                      "2026-11-21 of abc1234, 2026-11-21 of def5678. "
                      "Before each of them its load was 0.1 to 0.1.\n", lines)
        self.assertEqual(self.figures("--check").returncode, 0)
        self.assertEqual(self.figures().returncode, 0)
        self.assertEqual(lines, self.readme().splitlines(keepends=True))

    def test_another_figure_on_either_side_is_found(self):
        kept = json.dumps({"lane": measured({"cpu_ratio": 1.5})})
        self.write("tests/bench/bench.json", kept)
        self.figures()
        good = self.readme()
        self.write("README.md", good.replace("1.50", "1.40"))
        self.assertEqual(self.figures("--check").returncode, 1)
        self.write("README.md", good)
        self.write("tests/bench/bench.json", kept.replace("1.5", "1.6"))
        run = self.figures("--check")
        self.assertEqual((run.returncode, self.readme()), (1, good))
        self.assertIn("make figures", run.stderr)

    def test_a_readme_without_a_place_is_left_alone(self):
        self.write("tests/bench/bench.json", json.dumps({"lane": measured({"cpu_ratio": 1.5})}))
        self.write("README.md", "nothing\n" + MARKS[0])
        self.assertEqual((self.figures().returncode, self.readme()), (1, "nothing\n" + MARKS[0]))


if __name__ == "__main__":
    unittest.main()
