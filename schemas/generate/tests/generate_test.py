"""The generator: what it refuses and why, and that the same schemas make the same files."""

import json
import sys
import tempfile
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

import generate  # noqa: E402
import names  # noqa: E402
from emit_descriptors import c_string  # noqa: E402
from model import Model, SchemaError  # noqa: E402

TEXT = {"type": "string", "millrace.maxLength": 8}


def record(*fields, **more):
    return {"type": "record", "namespace": "a.b", "name": "M", "fields": list(fields), **more}


def field(type_, name="x", **more):
    return {"name": name, "type": type_, **more}


def enum(symbols=("Other", "One"), default="Other", name="E"):
    return {"type": "enum", "name": name, "symbols": list(symbols), "default": default}


def load(*files):
    """The model of schemas given as (path, schema)."""
    with tempfile.TemporaryDirectory() as root:
        for path, schema in files:
            place = Path(root) / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(json.dumps(schema), encoding="utf-8")
        return Model().load(root)


REFUSED = [
    ("no fields", record(), "has no fields"),
    ("no bound on text", record(field("string")), "needs 'millrace.maxLength'"),
    ("no bound on a list", record(field({"type": "array", "items": "int"})), "millrace.maxItems"),
    ("a bound of nothing", record(field({**TEXT, "millrace.maxLength": 0})), "needs"),
    ("float", record(field("float")), "'float' is not defined"),
    ("map", record(field({"type": "map", "values": "int"})), "'map' is not defined"),
    ("another logical type", record(field({"type": "int", "logicalType": "date"})), "'date'"),
    ("a union of two", record(field(["string", "int"])), "the only unions"),
    ("null last", record(field(["int", "null"])), "null first"),
    ("a union of three", record(field(["null", "int", "long"])), "the only unions"),
    ("a list of nullables",
     record(field({"type": "array", "items": ["null", "int"], "millrace.maxItems": 2})),
     "neither nullable nor arrays"),
    ("an enum without Other", record(field(enum(["One"], "One"))), "must be first and the default"),
    ("an enum with Other last", record(field(enum(["One", "Other"]))), "must be first"),
    ("itself", record(field(["null", "M"])), "holds itself"),
    ("a name from nowhere", record(field("Nobody")), "not defined before"),
    ("the same name twice", record(field(enum(), "x"), field(enum(), "y")), "twice"),
    ("a word of C", record(field("int", "switch")), "is a word of C"),
    ("two fields of one C name", record(field("int", "aB"), field("int", "a_b")), "'a_b'"),
    ("a field named like a count",
     record(field({"type": "array", "items": "int", "millrace.maxItems": 2}, "x"),
            field("int", "x_count")),
     "'x_count'"),
    ("a default of another type", record(field("int", default="1")), "default '1'"),
    ("true as a number", record(field("int", default=True)), "default True"),
    ("a default beyond its type", record(field("int", default=1 << 31)), "default"),
    ("a default that is not null", record(field(["null", "int"], default=1)), "is null"),
    ("a default symbol that is none", record(field(enum(), default="Two")), "default 'Two'"),
    ("a default beyond its bound", record(field(TEXT, default="123456789")), "default"),
    ("a default of too many bytes",
     record(field({"type": "string", "millrace.maxLength": 999}, default="x" * 300)),
     "more than 256 bytes"),
    ("a message in another place", record(field("int"), name="N"), "its place says"),
]  # fmt: skip


class Refusals(unittest.TestCase):
    def test_each_names_the_place_and_the_reason(self):
        for name, schema, says in REFUSED:
            with self.subTest(name), self.assertRaises(SchemaError) as raised:
                load(("a/b/M.avsc", schema))
            self.assertIn("a/b/M.avsc", str(raised.exception))
            self.assertIn(says, str(raised.exception))

    def test_a_shared_type_must_be_the_same_everywhere(self):
        first = record(field({**enum(), "namespace": "millrace"}))
        other = enum(("Other", "Two"))
        second = {**record(field({**other, "namespace": "millrace"})), "name": "N"}
        with self.assertRaises(SchemaError) as raised:
            load(("a/b/M.avsc", first), ("a/b/N.avsc", second))
        self.assertIn("'millrace.E' differs", str(raised.exception))


class Output(unittest.TestCase):
    def test_the_same_schemas_make_the_same_files(self):
        def made():
            return generate.outputs(Model().load(HERE / "schemas"), "generated/c/", True)

        self.assertEqual(made(), made())

    def test_files_of_schemas_that_are_gone_go_too(self):
        with tempfile.TemporaryDirectory() as directory:
            stale = Path(directory) / "gone.h"
            stale.write_text("")
            generate.write(Path(directory), {"here.h": "x\n"})
            self.assertFalse(stale.exists())
            self.assertEqual((Path(directory) / "here.h").read_text(), "x\n")

    def test_names(self):
        self.assertEqual(
            names.c_name("certificates.commands.TransferSlice"),
            "certificates_commands_transfer_slice",
        )
        self.assertEqual(names.snake("bootId"), "boot_id")
        self.assertEqual(names.snake("HTTPStatus"), "http_status")
        self.assertEqual(
            names.c_constant("millrace.CertificateType", "ClearText"),
            "MILLRACE_CERTIFICATE_TYPE_CLEAR_TEXT",
        )

    def test_any_text_is_a_string_of_c(self):
        self.assertEqual(c_string('a"b\\c\n'), '"a\\"b\\\\c\\n"')
        self.assertEqual(c_string("ü??/"), '"\\303\\274\\077\\077/"')


if __name__ == "__main__":
    unittest.main()
