#!/usr/bin/env python3
"""Write schemas/generated/c from schemas/**/*.avsc: structs, descriptors, the table of types.

The output is committed, so that building needs no Python. Same input, same bytes.

    schemas/generate/generate.py                      # what `make gen` runs
    schemas/generate/generate.py --schemas DIR --out DIR --include PREFIX --no-table   # for tests
"""

import argparse
import sys
from pathlib import Path

import names
from emit_descriptors import descriptors_source
from emit_structs import structs_header
from emit_table import table_header, table_source
from model import Model, SchemaError

SCHEMAS = Path(__file__).resolve().parent.parent


def outputs(model, include_prefix, with_table):
    """File name -> text."""
    files = {}
    for namespace in sorted({names.namespace_of(name) for name in model.types}):
        types = [t for name, t in model.types.items() if names.namespace_of(name) == namespace]
        stem = names.file_stem(namespace)
        files[f"{stem}.h"] = structs_header(namespace, types, include_prefix)
        files[f"{stem}.c"] = descriptors_source(namespace, types, include_prefix)
    if with_table:
        files["message_types.h"] = table_header(model.messages)
        files["message_types.c"] = table_source(model.messages, model.types)
    return files


def write(directory, files):
    """Leave exactly these files; those of schemas that are gone go too."""
    directory.mkdir(parents=True, exist_ok=True)
    for path in directory.glob("*.[ch]"):
        if path.name not in files:
            path.unlink()
    for name, text in files.items():
        path = directory / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--schemas", type=Path, default=SCHEMAS)
    parser.add_argument("--out", type=Path, default=SCHEMAS / "generated" / "c")
    parser.add_argument("--include", default="generated/c/", help="prefix of #include lines")
    parser.add_argument("--no-table", action="store_true", help="structs and descriptors only")
    arguments = parser.parse_args()
    try:
        model = Model().load(arguments.schemas)
        files = outputs(model, arguments.include, not arguments.no_table)
    except SchemaError as error:
        print(f"generate: {error}", file=sys.stderr)
        return 1
    write(arguments.out, files)
    return 0


if __name__ == "__main__":
    sys.exit(main())
