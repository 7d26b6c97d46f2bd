"""The message contract: frozen, in step with its sources, and free to grow only as promised."""

import contextlib
import copy
import io
import json
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

import golden
import growth
import inline
import vectors

MESSAGE = {
    "type": "record",
    "namespace": "probe.growth",
    "name": "Message",
    "doc": "A message before it changes.",
    "fields": [
        {"name": "id", "type": {"type": "string", "logicalType": "uuid"}, "doc": "Its id."},
        {
            "name": "mood",
            "type": {
                "type": "enum",
                "namespace": "probe.growth",
                "name": "Mood",
                "symbols": ["Other", "Calm"],
                "default": "Other",
            },
        },
        {
            "name": "moods",
            "type": {"type": "array", "items": "probe.growth.Mood", "millrace.maxItems": 4},
            "default": [],
        },
        {
            "name": "note",
            "type": ["null", {"type": "string", "millrace.maxLength": 9}],
            "default": None,
        },
    ],
}


def said(function, *arguments):
    """Exit code, and what was printed."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(io.StringIO()):
        code = function(*arguments)
    return code, out.getvalue()


class Contract(unittest.TestCase):
    def test_every_schema_holds_what_its_sources_say(self):
        self.assertEqual(said(inline.main, ["--check"]), (0, ""))

    def test_every_message_is_as_it_was_frozen(self):
        self.assertEqual(said(golden.main, ["--check"]), (0, ""))

    def test_ids_and_hashes_are_as_they_were_frozen(self):
        self.assertEqual(said(vectors.main, ["--check"]), (0, ""))

    def test_readme_prints_the_namespace_of_certificates(self):
        text = (inline.SCHEMAS / "README.md").read_text(encoding="utf-8")
        self.assertIn(vectors.CERTIFICATE_NAMESPACE, text)

    def test_every_type_and_field_of_the_contract_is_documented(self):
        def visit(schema, place):
            if isinstance(schema, list):
                for branch in schema:
                    visit(branch, place)
            elif isinstance(schema, dict):
                if schema["type"] in ("record", "enum"):
                    self.assertTrue(schema.get("doc"), place)
                for field in schema.get("fields", []):
                    self.assertTrue(field.get("doc"), f"{place}.{field['name']}")
                    visit(field["type"], f"{place}.{field['name']}")
                visit(schema.get("items"), place)

        for path in inline.root_paths():
            visit(json.loads(path.read_text(encoding="utf-8")), path.stem)

    def test_a_missing_shared_type_is_named(self):
        with self.assertRaisesRegex(inline.SchemaError, "millrace.Nowhere has no source"):
            inline.expand("millrace.Nowhere", {}, set())


class Growth(unittest.TestCase):
    def errors_after(self, change):
        grown = copy.deepcopy(MESSAGE)
        change(grown, {field["name"]: field for field in grown["fields"]})
        return growth.growth_errors(growth.essence(MESSAGE), growth.essence(grown))

    def test_growth_is_allowed(self):
        allowed = {
            "words": lambda m, f: m.update(doc="Other words."),
            "a field with a default": lambda m, f: m["fields"].insert(
                1, {"name": "first", "type": "int", "default": 0}
            ),
            "a symbol at the end": lambda m, f: f["mood"]["type"]["symbols"].append("Bold"),
            "a wider bound": lambda m, f: f["moods"]["type"].update({"millrace.maxItems": 8}),
            "a type written out at another place": lambda m, f: f["moods"]["type"].update(
                items=f["mood"]["type"]
            ) or f["mood"].update(type="probe.growth.Mood"),
        }
        for what, change in allowed.items():
            self.assertEqual(self.errors_after(change), [], what)

    def test_everything_else_is_refused(self):
        refused = {
            "a field without a default": lambda m, f: m["fields"].append(
                {"name": "x", "type": "int"}
            ),
            "a field gone": lambda m, f: m["fields"].pop(),
            "another type": lambda m, f: f["id"].update(type="string"),
            "a logical type gone": lambda m, f: f["id"]["type"].pop("logicalType"),
            "an enum default gone": lambda m, f: f["mood"]["type"].pop("default"),
            "symbols in another order": lambda m, f: f["mood"]["type"]["symbols"].reverse(),
            "a symbol gone": lambda m, f: f["mood"]["type"]["symbols"].pop(),
            "a field default gone": lambda m, f: f["moods"].pop("default"),
            "a field default changed": lambda m, f: f["moods"].update(default=["Calm"]),
            "nullable no more": lambda m, f: f["note"].update(type=f["note"]["type"][1]),
            "a narrower bound": lambda m, f: f["moods"]["type"].update({"millrace.maxItems": 2}),
            "another name": lambda m, f: m.update(name="Note"),
        }
        for what, change in refused.items():
            self.assertTrue(self.errors_after(change), what)


class PayloadHash(unittest.TestCase):
    def test_hashes_differ_exactly_where_they_should(self):
        by_about = {vector["about"]: vector["hash"] for vector in vectors.version_vectors()}
        first = by_about["before it grew"]
        for about, hash_ in by_about.items():
            if "the same hash" in about:
                self.assertEqual(hash_, first, about)
        different = [hash_ for hash_ in by_about.values() if hash_ != first]
        self.assertEqual(len(set(different)), len(different))
        self.assertEqual(len(different), 5)


if __name__ == "__main__":
    unittest.main()
