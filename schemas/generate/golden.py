#!/usr/bin/env python3
"""Freeze the messages: schemas/golden holds of each one its schema, an example and its bytes.

    <full name>.avsc   the frozen schema          <full name>.json   an example, written by hand
    <full name>.hex    the example's Avro bytes   <full name>.<n>.*  the same of an older version

    golden.py                      write the .avsc and .hex that are missing
    golden.py --check              change nothing; exit 1 and say what does not hold
    golden.py --evolve FULL_NAME   keep today's files under a number, making room for the grown

The bytes come from fastavro, so that our own codec is held against another one. Without it --check
compares schemas and examples only, and says so.
"""

import io
import json
import pathlib
import re
import sys

import growth
import inline
import json_form

try:
    import fastavro
except ImportError:
    fastavro = None

GOLDEN = inline.SCHEMAS / "golden"


def read_json(path):
    return json.loads(path.read_text(encoding="utf-8"))


def live_path(name):
    return inline.SCHEMAS / (name.replace(".", "/") + ".avsc")


def live_schema(name):
    return read_json(live_path(name))


def live_names():
    return [inline.full_name(read_json(path)) for path in inline.root_paths()]


def golden_path(name, suffix):
    return GOLDEN / f"{name}.{suffix}"


def past_versions(name):
    """Numbers of the older versions that are kept."""
    found = (re.fullmatch(re.escape(name) + r"\.(\d+)\.avsc", p.name) for p in GOLDEN.iterdir())
    return sorted(int(match[1]) for match in found if match)


def encode(schema, value):
    """Avro bytes of a value in our JSON form."""
    out = io.BytesIO()
    value = json_form.datum(schema, value, json_form.named_types(schema))
    fastavro.schemaless_writer(out, fastavro.parse_schema(schema), value, strict=True)
    return out.getvalue()


def decode(data, writer, reader):
    source = io.BytesIO(data)
    value = fastavro.schemaless_reader(
        source, fastavro.parse_schema(writer), fastavro.parse_schema(reader)
    )
    if source.read():
        raise ValueError("bytes are left over")
    return value


def is_public(name):
    return not name.rpartition(".")[0].endswith(".state")


def version_errors(name, version, live):
    """A version that is kept must still be readable and (but for a state) read what we write."""
    stem = name if version is None else f"{name}.{version}"
    schema = read_json(golden_path(stem, "avsc"))
    errors = growth.growth_errors(growth.essence(schema), growth.essence(live), stem)
    example = read_json(golden_path(stem, "json"))
    json_form.datum(schema, example, json_form.named_types(schema))
    if fastavro is None:
        return errors
    data = bytes.fromhex(golden_path(stem, "hex").read_text(encoding="ascii"))
    if data != encode(schema, example):
        return errors + [f"{stem}.hex: not the bytes of {stem}.json"]
    decode(data, schema, live)
    if is_public(name):
        grown = bytes.fromhex(golden_path(name, "hex").read_text(encoding="ascii"))
        decode(grown, live, schema)
    return errors


def name_errors(name):
    missing = [s for s in ("avsc", "json", "hex") if not golden_path(name, s).exists()]
    if missing:
        return [f"{name}: no golden .{', .'.join(missing)}: see golden.py"]
    live = live_schema(name)
    frozen = read_json(golden_path(name, "avsc"))
    if growth.essence(live) != growth.essence(frozen):
        return [f"{name}: differs from its frozen schema: golden.py --evolve {name}"]
    errors = []
    for version in [None, *past_versions(name)]:
        try:
            errors += version_errors(name, version, live)
        except (ValueError, KeyError, OSError) as error:
            errors.append(f"{name}{'' if version is None else f'.{version}'}: {error}")
    return errors


def stray_errors(names):
    known = set(names) | {"ids", "payload_hash"}
    stems = {re.sub(r"(\.\d+)?\.(avsc|json|hex)$", "", path.name) for path in GOLDEN.iterdir()}
    return [f"golden/{stem}: a frozen message has no schema any more" for stem in stems - known]


def check():
    names = live_names()
    errors = [error for name in names for error in name_errors(name)] + stray_errors(names)
    for error in errors:
        print(error)
    if fastavro is None:
        print("golden.py: without fastavro, the bytes were not compared", file=sys.stderr)
    return 1 if errors else 0


def freeze_new():
    """Write .avsc and .hex where there is only an example."""
    for name in live_names():
        schema, hex_path = live_schema(name), golden_path(name, "hex")
        if not golden_path(name, "avsc").exists():
            golden_path(name, "avsc").write_bytes(live_path(name).read_bytes())
        if not hex_path.exists():
            data = encode(schema, read_json(golden_path(name, "json")))
            hex_path.write_text(data.hex() + "\n", encoding="ascii")
    return 0


def evolve(name):
    old, new = read_json(golden_path(name, "avsc")), live_schema(name)
    errors = growth.growth_errors(growth.essence(old), growth.essence(new), name)
    if errors:
        print("\n".join(errors), file=sys.stderr)
        return 1
    if growth.essence(old) == growth.essence(new):
        print(f"{name}: nothing but words changed, nothing to freeze")
        return 0
    number = max(past_versions(name), default=0) + 1
    old_example = read_json(golden_path(name, "json"))
    example = json_form.filled(new, old_example, json_form.named_types(new))
    encode(new, example)
    for suffix in ("avsc", "json", "hex"):
        golden_path(name, suffix).rename(golden_path(f"{name}.{number}", suffix))
    text = json.dumps(example, indent=2, ensure_ascii=False) + "\n"
    golden_path(name, "json").write_text(text, encoding="utf-8")
    print(f"{name}: the old version is kept as {number}. Give the new fields of {name}.json values")
    print("that show them, then run golden.py, golden.py --check and vectors.py.")
    return 0


def main(arguments):
    if arguments == ["--check"]:
        return check()
    if fastavro is None:
        print("golden.py: needs fastavro (pip install fastavro)", file=sys.stderr)
        return 1
    if not arguments:
        return freeze_new()
    if len(arguments) == 2 and arguments[0] == "--evolve" and arguments[1] in live_names():
        return evolve(arguments[1])
    print(__doc__, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
