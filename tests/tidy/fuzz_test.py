"""Whatever reads bytes of others is fuzzed: tests/fuzz/README.md says which target does it."""

import re
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
READS = re.compile(
    r"^(?!static )[a-z][\w *]*[ *](\w*(_parse|_decode|_receive|_from_text|_read|_read_file"
    r"|_read_argument|_read_environment)|decode)\(",
    re.MULTILINE,
)
TABLE = (ROOT / "tests/fuzz/README.md").read_text(encoding="utf-8")


def rows(heading):
    """The rows of the table that begins with this heading, without the outer bars."""
    table = TABLE.split(f"\n| {heading} |", 1)[1].split("\n\n", 1)[0]
    return [line.strip("| ").split(" | ") for line in table.splitlines()[2:]]


def files(cell):
    return re.findall(r"`([\w/]+\.c)`", cell)


class Fuzzing(unittest.TestCase):
    targets = {row[0].strip("`"): files(row[2]) for row in rows("target")}
    others = {row[0].strip("`") for row in rows("not fuzzed")}

    def test_every_target_is_listed_and_run(self):
        checks = (ROOT / "tests/checks.mk").read_text(encoding="utf-8").replace("\\\n", " ")
        run = set(re.search(r"^FUZZ_TARGETS :?\??= (.*)$", checks, re.MULTILINE)[1].split())
        sources = {path.name[: -len("_fuzz.c")] for path in (ROOT / "tests/fuzz").glob("*_fuzz.c")}
        self.assertEqual(run, sources)
        self.assertEqual(run, set(self.targets))

    def test_every_file_that_reads_has_a_target(self):
        listed = self.others.union(*self.targets.values())
        for path in sorted((ROOT / "processors").rglob("*.c")):
            name = str(path.relative_to(ROOT / "processors"))
            read = READS.search(path.read_text(encoding="utf-8"))
            if read and name not in listed:
                self.fail(f"processors/{name}: {read[1]}() has no target in tests/fuzz/README.md")

    def test_what_is_listed_is_there(self):
        for name in self.others.union(*self.targets.values()):
            self.assertTrue((ROOT / "processors" / name).is_file(), name)


if __name__ == "__main__":
    unittest.main()
