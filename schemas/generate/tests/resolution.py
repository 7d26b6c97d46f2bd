#!/usr/bin/env python3
"""Write tests/unit/vectors/resolution.json: what fastavro says about each change of a schema.

Run by hand when a case is added; the result is committed, so tests need no Python. Needs fastavro.
"""

import copy
import datetime
import io
import json
import uuid
from pathlib import Path

import fastavro

HERE = Path(__file__).resolve().parent
PROBES = HERE / "schemas" / "probe" / "values"
OUT = HERE.parents[2] / "tests" / "unit" / "vectors" / "resolution.json"

PAIR = {
    "type": "record",
    "name": "Pair",
    "fields": [{"name": "left", "type": "int"}, {"name": "right", "type": "int"}],
}

# What the writers below have in common: the fields of Evolved that have no default.
BASE = {
    "type": "record",
    "name": "Evolved",
    "namespace": "probe.values",
    "fields": [
        {"name": "number", "type": "long"},
        {"name": "text", "type": "string"},
        {"name": "raw", "type": "bytes"},
        {
            "name": "colour",
            "type": {"type": "enum", "name": "Shade", "symbols": ["Other", "Red", "Green"]},
        },
        {"name": "renamed", "type": "int"},
        {"name": "maybe", "type": ["null", "string"]},
    ],
}

VALUE = {
    "number": -1234567890123,
    "text": "grün 緑",
    "raw": b"\x00\xff\x10",
    "colour": "Green",
    "renamed": 42,
    "maybe": "perhaps",
}


def writer(*added, drop=(), **changed):
    """BASE without some fields, with others changed in place and more at the end."""
    schema = copy.deepcopy(BASE)
    schema["fields"] = [
        {**field, "type": changed.get(field["name"], field["type"])}
        for field in schema["fields"]
        if field["name"] not in drop
    ] + list(added)
    return schema


def value(**changed):
    return {**VALUE, **changed}


def field(name, type_):
    return {"name": name, "type": type_}


def enum(*symbols, name="Shade"):
    return {"type": "enum", "name": name, "symbols": list(symbols)}


def array(items):
    return {"type": "array", "items": items}


NESTED = {
    "type": "record",
    "name": "Extra",
    "fields": [
        field("a", "double"),
        field("b", ["null", "string", "long"]),
        field("c", {"type": "map", "values": array("int")}),
        field("d", {"type": "fixed", "name": "Four", "size": 4}),
        field("e", enum("X", "Y", name="Letter")),
        field("f", "null"),
        field("g", "float"),
        field("h", "boolean"),
        field("i", {"type": "array", "items": "null"}),
    ],
}

EXTRA = {
    "a": 1.5,
    "b": "text",
    "c": {"one": [1, 2, 3], "two": []},
    "d": b"abcd",
    "e": "Y",
    "f": None,
    "g": 2.5,
    "h": True,
    "i": [None] * 5,
}


def renamed_record():
    return {**writer(), "name": "Former"}


def reordered():
    schema = writer()
    schema["fields"].reverse()
    return schema


def all_fields():
    return writer(
        field("addedFlag", "boolean"),
        field("addedNumber", "long"),
        field("addedText", "string"),
        field("addedRaw", "bytes"),
        field("addedColour", "Shade"),
        field("addedMaybe", ["null", "Shade"]),
        field("addedList", array("int")),
        field("addedRecord", PAIR),
        field("list", array("Pair")),
    )


ALL = value(
    addedFlag=False,
    addedNumber=1 << 62,
    addedText="",
    addedRaw=b"",
    addedColour="Red",
    addedMaybe="Green",
    addedList=[-1, 0, 1],
    addedRecord={"left": 5, "right": 6},
    list=[{"left": 1, "right": 2}, {"left": 3, "right": 4}],
)

SPARSE_PAIR = {**PAIR, "fields": PAIR["fields"][:1]}
WIDE_PAIR = {**PAIR, "fields": [field("between", array("string")), *PAIR["fields"]]}

CASES = [
    ("same fields, defaults for all others", writer(), value()),
    ("every field written", all_fields(), ALL),
    ("null where we may have null", writer(), value(maybe=None)),
    ("fields in reverse order", reordered(), value()),
    (
        "a field that we do not have, first",
        {**writer(), "fields": [field("extra", NESTED), *BASE["fields"]]},
        value(extra=EXTRA),
    ),
    ("a field that we do not have, last", writer(field("extra", NESTED)), value(extra=EXTRA)),
    (
        "a list of records that we do not have",
        writer(field("extra", array(NESTED))),
        value(extra=[EXTRA, EXTRA]),
    ),
    ("int becomes long", writer(number="int"), value(number=-7)),
    ("string becomes bytes", writer(raw="string"), value(raw="grün")),
    ("bytes become string", writer(text="bytes"), value(text="grün".encode())),
    ("symbols in another order", writer(colour=enum("Green", "Other", "Red")), value()),
    ("a new symbol", writer(colour=enum("Other", "Red", "Green", "Blue")), value(colour="Blue")),
    (
        "a new symbol that is not used",
        writer(colour=enum("Other", "Red", "Green", "Blue")),
        value(colour="Red"),
    ),
    (
        "the enum under its older name",
        writer(colour=enum("Other", "Red", "Green", name="Tint")),
        value(),
    ),
    ("the record under its older name", renamed_record(), value()),
    (
        "a field under its older name",
        writer(field("formerName", "int"), drop=["renamed"]),
        {**{k: v for k, v in VALUE.items() if k != "renamed"}, "formerName": 43},
    ),
    ("a field that was never null before", writer(maybe="string"), value()),
    (
        "a union with one more branch, ours used",
        writer(maybe=["null", "string", "double"]),
        value(),
    ),
    ("a union in another order", writer(maybe=["string", "null"]), value()),
    ("a union where we have a plain type", writer(number=["null", "long"]), value(number=11)),
    (
        "a union of types that all become ours",
        writer(number=["int", "long"]),
        value(number=1 << 40),
    ),
    (
        "a record without a field that has a default",
        writer(field("addedRecord", SPARSE_PAIR)),
        value(addedRecord={"left": 9}),
    ),
    (
        "a record with a field that we do not have",
        writer(field("addedRecord", WIDE_PAIR)),
        value(addedRecord={"between": ["a", "b"], "left": 8, "right": 7}),
    ),
    (
        "a list of records without a field",
        writer(field("list", array(SPARSE_PAIR))),
        value(list=[{"left": 1}, {"left": 2}]),
    ),
]


def plain(item):
    """A value as fastavro reads it, in our JSON form."""
    if isinstance(item, dict):
        return {key: plain(inner) for key, inner in item.items()}
    if isinstance(item, list):
        return [plain(inner) for inner in item]
    if isinstance(item, bytes):
        return item.hex()
    if isinstance(item, uuid.UUID):
        return str(item)
    if isinstance(item, datetime.datetime):
        return item.strftime("%Y-%m-%dT%H:%M:%S.") + f"{item.microsecond // 1000:03d}Z"
    return item


def settled(read):
    """Where fastavro hands back a default as the schema's JSON has it, what Avro says it is."""
    if isinstance(read["addedRaw"], str):
        read["addedRaw"] = read["addedRaw"].encode("latin-1")
    read["addedRecord"].setdefault("right", 3)
    return read


def written(schema, item):
    out = io.BytesIO()
    fastavro.schemaless_writer(out, fastavro.parse_schema(copy.deepcopy(schema)), item)
    return out.getvalue()


def case(name, record, schema, data, read):
    return {
        "name": name,
        "record": record,
        "writer": schema,
        "avro": data.hex(),
        "json": plain(read),
    }


def evolved_cases():
    reader = json.loads((PROBES / "Evolved.avsc").read_text())
    for name, schema, item in CASES:
        data = written(schema, item)
        read = fastavro.schemaless_reader(
            io.BytesIO(data),
            fastavro.parse_schema(copy.deepcopy(schema)),
            fastavro.parse_schema(copy.deepcopy(reader)),
        )
        yield case(name, "Evolved", schema, data, settled(read))


INNER = {"key": "k", "count": 3, "colour": "Blue"}
IDS = [uuid.UUID(int=n) for n in (0, 1, (1 << 128) - 1)]
FULL = {
    "id": IDS[2], "flag": True, "small": -(1 << 31), "large": (1 << 63) - 1,
    "at": datetime.datetime(2026, 2, 28, 23, 59, 59, 999000, datetime.timezone.utc),
    "name": "näme \U0001f600", "raw": bytes(range(32)), "colour": "Red", "inner": INNER,
    "maybeId": IDS[1], "maybeFlag": False, "maybeSmall": 0, "maybeLarge": -1, "maybeName": "",
    "maybeRaw": b"", "maybeColour": "Green", "maybeInner": INNER,
    "inners": [INNER, {**INNER, "key": "", "count": -1}], "names": ["a", "", "ccc"], "ids": IDS,
    "numbers": [0, -(1 << 63), 127, 128, -64, -65], "colours": ["Red", "Blue"],
}  # fmt: skip
EMPTY = {
    **FULL, **{key: None for key in FULL if key.startswith("maybe")}, "name": "", "raw": b"",
    "at": datetime.datetime(1969, 12, 31, 23, 59, 59, 1000, datetime.timezone.utc),
    "inners": [], "names": [], "ids": [], "numbers": None, "colours": [],
}  # fmt: skip


def same_schema_cases():
    schema = json.loads((PROBES / "Everything.avsc").read_text())
    for name, item in (("every field set", FULL), ("as little as possible", EMPTY)):
        data = written(schema, item)
        parsed = fastavro.parse_schema(copy.deepcopy(schema))
        read = fastavro.schemaless_reader(io.BytesIO(data), parsed, None)
        yield case(name, "Everything", schema, data, read)


def main():
    OUT.parent.mkdir(parents=True, exist_ok=True)
    cases = [*same_schema_cases(), *evolved_cases()]
    lines = ",\n".join(json.dumps(case, ensure_ascii=False) for case in cases)
    OUT.write_text(f"[\n{lines}\n]\n", encoding="utf-8")


if __name__ == "__main__":
    main()
