"""processors/PROMISE.md names only what there is, and every planted bug."""

import re
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "processors" / "PROMISE.md").read_text(encoding="utf-8")
PLACE = re.compile(r"(?:[\w.-]+/)*[\w.-]+\.(?:c|h|py|yaml)(?::\w+)?")
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)


def lines_of(kind):
    return [line for line in PAGE.splitlines() if line.startswith(f"- {kind}: ")]


def tokens(line):
    return re.findall(r"`([^`]+)`", line)


def squeezed(text):
    """Without spaces, so that a quotation may be folded otherwise than the code."""
    return re.sub(r"\s+", "", text)


def function_of(source, name):
    """The text of a function: from its name, at the head of a definition, to its closing brace."""
    found = re.search(rf"^(?:\w[\w \*]*[ \*])?{name}\([^;{{]*\{{\n.*?^\}}", source,
                      re.MULTILINE | re.DOTALL)
    return found.group(0) if found else None


def tests_there_are():
    found = set()
    for path in (ROOT / "tests").rglob("*.c"):
        text = path.read_text(encoding="utf-8")
        found |= {"::".join(names) for names in re.findall(r"^Test\((\w+),\s*(\w+)", text,
                                                           re.MULTILINE)}
    return found


def sections():
    """The rules: each heading of the third level but the table of closing rules."""
    parts = re.split(r"^### (.*)$", PAGE.split("## The holes")[0], flags=re.MULTILINE)[1:]
    return [(title, body) for title, body in zip(parts[::2], parts[1::2])
            if title != "The closing rules"]


class Promise(unittest.TestCase):
    def test_code_and_asserts_are_where_they_are_said_to_be(self):
        for line in lines_of("code") + lines_of("assert"):
            with self.subTest(line=line):
                place, *quotations = tokens(line)
                self.assertRegex(place, PLACE)
                path, _, function = place.partition(":")
                text = (ROOT / path).read_text(encoding="utf-8")
                if function:
                    text = function_of(text, function)
                    self.assertIsNotNone(text, f"there is no function {function} in {path}")
                self.assertTrue(quotations, "nothing is quoted")
                code = squeezed(text) + squeezed(COMMENT.sub("", text))
                self.assertIn(squeezed(quotations[0]), code)

    def test_what_is_called_an_assert_is_one(self):
        for line in lines_of("assert"):
            with self.subTest(line=line):
                place, quotation = tokens(line)[:2]
                path = place.partition(":")[0]
                code = squeezed((ROOT / path).read_text(encoding="utf-8"))
                self.assertRegex(code, r"assert\([^;]*" + re.escape(
                    squeezed(quotation).replace("assert(", "", 1).split(";")[0]))

    def test_every_rule_has_all_its_guards(self):
        rules = sections()
        self.assertEqual([str(n) for n in range(1, 19)],
                         [title.split(".")[0] for title, _ in rules if title[0].isdigit()])
        for title, body in rules:
            for kind in ("code", "assert", "tests", "mutants"):
                with self.subTest(rule=title, kind=kind):
                    self.assertIn(f"\n- {kind}: ", body)

    def test_every_test_exists(self):
        there = tests_there_are()
        for line in lines_of("tests"):
            for name in tokens(line):
                with self.subTest(test=name):
                    self.assertIn(name, there)

    def test_every_scene_is_named_and_exists(self):
        there = {scene.stem for scene in (ROOT / "tests" / "simulate" / "scenes").glob("*.scene")}
        self.assertEqual(there, {name for line in lines_of("scenes") for name in tokens(line)})

    def test_every_rule_of_the_protocol_has_a_scene(self):
        for title, body in sections():
            if title[0].isdigit():
                with self.subTest(rule=title):
                    self.assertIn("\n- scenes: ", body)

    def test_every_mutant_is_named_and_exists(self):
        there = {patch.stem for patch in (ROOT / "tests" / "mutants").glob("*.patch")}
        named = {name for line in lines_of("mutants") for name in tokens(line)}
        self.assertEqual(sorted(there), sorted(named))

    def test_every_mutant_says_what_it_breaks(self):
        for patch in (ROOT / "tests" / "mutants").glob("*.patch"):
            with self.subTest(patch=patch.name):
                head = patch.read_text(encoding="utf-8").split("\n\ndiff --git ")[0].splitlines()
                self.assertTrue(2 <= len(head) <= 4, "its head has two to four lines")
                self.assertTrue(any(line.startswith("Breaks ") for line in head))

    def test_every_hole_has_its_line(self):
        self.assertEqual([str(n) for n in range(1, 21)],
                         re.findall(r"^\| H(\d+) ", PAGE, re.MULTILINE))


if __name__ == "__main__":
    unittest.main()
