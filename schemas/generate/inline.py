#!/usr/bin/env python3
"""Keep every .avsc self-contained: write the shared types of schemas/millrace into it.

A shared type has one source, the outermost type of schemas/millrace/<Name>.avsc; what stands of it
in any other file is a copy. A file may just name a shared type anywhere ("millrace.Metadata"): this
script writes the whole type at its first use, its name at later ones, and the file as JSON with
indent 2.

    inline.py           rewrite the files that differ
    inline.py --check   change nothing; exit 1 and name the files that would be rewritten
"""

import json
import pathlib
import sys

SCHEMAS = pathlib.Path(__file__).resolve().parent.parent
SHARED_NAMESPACE = "millrace"
CONTEXTS = ("certificates", "registry", "claims")


class SchemaError(Exception):
    """A source that breaks a rule of the contract; the text says which file and what to do."""


def full_name(schema):
    """Full name of a named type; every definition states its namespace, nothing is inherited."""
    if "namespace" not in schema:
        raise SchemaError(f"type {schema.get('name')!r} has no namespace: write it out")
    return f"{schema['namespace']}.{schema['name']}"


def is_named(schema):
    return isinstance(schema, dict) and schema.get("type") in ("record", "enum", "fixed")


def is_shared(name):
    return name.rpartition(".")[0] == SHARED_NAMESPACE


def load(path):
    schema = json.loads(path.read_text(encoding="utf-8"))
    expected = ".".join(path.relative_to(SCHEMAS).with_suffix("").parts)
    if full_name(schema) != expected:
        raise SchemaError(f"{path}: holds {full_name(schema)}, its place says {expected}")
    return schema


def shared_paths():
    return sorted((SCHEMAS / SHARED_NAMESPACE).glob("*.avsc"))


def root_paths():
    return sorted(path for context in CONTEXTS for path in (SCHEMAS / context).glob("*/*.avsc"))


def expand(schema, shared, seen):
    """`schema` with each shared type written out at its first use; `seen` are the names so far."""
    if isinstance(schema, list):
        return [expand(branch, shared, seen) for branch in schema]
    name = full_name(schema) if is_named(schema) else schema if isinstance(schema, str) else None
    if name is not None and is_shared(name):
        if name not in shared:
            raise SchemaError(f"{name} has no source in schemas/{SHARED_NAMESPACE}")
        if name in seen:
            return name
        schema = shared[name]
    if isinstance(schema, str):
        return schema
    if is_named(schema):
        seen.add(name)
    expanded = dict(schema)
    if "fields" in schema:
        expanded["fields"] = [
            {**field, "type": expand(field["type"], shared, seen)} for field in schema["fields"]
        ]
    elif schema["type"] == "array":
        expanded["items"] = expand(schema["items"], shared, seen)
    return expanded


def text_of(schema):
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def wanted_texts():
    """Path -> the text it should hold, for every .avsc of the contract."""
    shared = {full_name(schema): schema for schema in map(load, shared_paths())}
    texts = {}
    for path in shared_paths() + root_paths():
        try:
            texts[path] = text_of(expand(load(path), shared, set()))
        except SchemaError as error:
            raise SchemaError(f"{path.relative_to(SCHEMAS)}: {error}") from error
    return texts


def main(arguments):
    if arguments not in ([], ["--check"]):
        print("usage: inline.py [--check]", file=sys.stderr)
        return 2
    try:
        texts = wanted_texts()
    except SchemaError as error:
        print(f"inline.py: {error}", file=sys.stderr)
        return 1
    stale = [path for path, text in texts.items() if path.read_text(encoding="utf-8") != text]
    for path in stale:
        if arguments:
            print(f"{path.relative_to(SCHEMAS)}: not in step with its sources: run make gen")
        else:
            path.write_text(texts[path], encoding="utf-8")
    return 1 if arguments and stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
