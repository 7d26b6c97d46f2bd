"""The alert rules and the board: that Prometheus takes them, that every alert is seen to fire and
is explained in OPERATIONS.md, and that they name no metric which that page does not have. That a
running process exports each of them is what the flow `watch` sees."""

import json
import re
import shutil
import subprocess
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
RULES = ROOT / "docker" / "prometheus" / "alerts.yaml"
RULES_TEST = ROOT / "docker" / "prometheus" / "alerts_test.yaml"
BOARD = ROOT / "docker" / "grafana" / "millrace.json"
PAGE = ROOT / "OPERATIONS.md"


def alerts():
    return re.findall(r"^ +- alert: (\w+)$", RULES.read_text(encoding="utf-8"), re.MULTILINE)


def expressions():
    """Of the rules and of the board, by where they stand."""
    text = RULES.read_text(encoding="utf-8")
    found = dict(re.findall(r"- alert: (\w+)\n +expr: >-\n +(.+)\n", text))
    for panel in json.loads(BOARD.read_text(encoding="utf-8"))["panels"]:
        for target in panel["targets"]:
            found[f"{panel['title']} {target['refId']}"] = target["expr"]
    return found


def metrics_of(expression):
    """The metrics that an expression names, histograms without what is appended."""
    names = re.findall(r"\b(?:millrace|rdkafka|process)_\w+", expression)
    return {re.sub(r"_(bucket|sum|count)$", "", name) for name in names}


def exported():
    return set(re.findall(r"^\| `(\w+)` \| (?:counter|gauge|histogram) ",
                          PAGE.read_text(encoding="utf-8"), re.MULTILINE))


class Rules(unittest.TestCase):
    def test_every_metric_exists(self):
        self.assertEqual(len([name for name in expressions() if name in alerts()]), len(alerts()))
        for place, expression in expressions().items():
            with self.subTest(place):
                self.assertTrue(metrics_of(expression) or "up{" in expression)
                self.assertLessEqual(metrics_of(expression), exported())

    def test_every_alert_is_explained(self):
        page = PAGE.read_text(encoding="utf-8")
        section = page.split("\n## Alerts\n")[1].split("\n## ")[0]
        entries = re.split(r"\n### (?=Millrace)", section)[1:]
        self.assertEqual([entry.split("\n")[0] for entry in entries], alerts())
        for entry in entries:
            with self.subTest(entry.split("\n")[0]):
                self.assertIn("\n**Means:** ", entry)
                self.assertIn("\n**Do:** ", entry)

    def test_every_alert_is_seen_to_fire(self):
        fired = re.findall(r'ALERTS\{alertname="(\w+)"', RULES_TEST.read_text(encoding="utf-8"))
        self.assertEqual(fired, alerts())

    @unittest.skipUnless(shutil.which("promtool"),
                         "promtool is not here (Debian has it in the package prometheus)")
    def test_prometheus_takes_them(self):
        for command in (["check", "config", str(RULES.with_name("prometheus.yaml"))],
                        ["check", "rules", str(RULES)], ["test", "rules", str(RULES_TEST)]):
            with self.subTest(command[0]):
                tried = subprocess.run(["promtool", *command], stdout=subprocess.PIPE,
                                       stderr=subprocess.STDOUT, text=True, check=False)
                self.assertEqual(tried.returncode, 0, tried.stdout)


if __name__ == "__main__":
    unittest.main()
