"""Our JSON form of a message (see ../README.md) to plain Python values, strictly."""

import re
from datetime import datetime, timedelta, timezone

UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
TIME = "%Y-%m-%dT%H:%M:%S.%fZ"
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


def named_types(schema, found=None):
    """Full name -> definition, of every type that `schema` defines."""
    found = {} if found is None else found
    if isinstance(schema, list):
        for branch in schema:
            named_types(branch, found)
    elif isinstance(schema, dict):
        if schema["type"] in ("record", "enum"):
            found[f"{schema['namespace']}.{schema['name']}"] = schema
        for field in schema.get("fields", []):
            named_types(field["type"], found)
        named_types(schema.get("items", "null"), found)
    return found


def resolved(schema, types):
    """`schema` with a name replaced by its definition, and a primitive as an object."""
    if isinstance(schema, str):
        return types[schema] if schema in types else {"type": schema}
    return schema


def ms_of(text):
    """RFC 3339 in UTC with milliseconds -> ms since the epoch."""
    delta = datetime.strptime(text, TIME).replace(tzinfo=timezone.utc) - EPOCH
    ms = (delta.days * 86400 + delta.seconds) * 1000 + delta.microseconds // 1000
    if len(text) != len("2026-01-01T00:00:00.000Z"):
        raise ValueError(f"{text!r} is not a time with milliseconds")
    return ms


def text_of_ms(ms):
    """ms since the epoch -> RFC 3339 in UTC with milliseconds."""
    text = (EPOCH + timedelta(milliseconds=ms)).strftime(TIME)
    return text[: -len("000Z")] + "Z"


def default_form(schema, default, types):
    """A default as a schema writes it -> our JSON form; a union's default is its first branch's."""
    if isinstance(schema, list):
        return default
    schema = resolved(schema, types)
    if schema["type"] == "bytes":
        return default.encode("latin-1").hex()
    if schema["type"] == "array":
        return [default_form(schema["items"], item, types) for item in default]
    if schema["type"] == "record":
        return {
            f["name"]: default_form(
                f["type"], default[f["name"]] if f["name"] in default else f["default"], types
            )
            for f in schema["fields"]
        }
    return text_of_ms(default) if schema.get("logicalType") == "timestamp-millis" else default


def filled(schema, value, types):
    """The old example as the grown schema reads it: with its defaults."""
    if isinstance(schema, list):
        return None if value is None else filled(schema[1], value, types)
    schema = resolved(schema, types)
    if schema["type"] == "array":
        return [filled(schema["items"], item, types) for item in value]
    if schema["type"] != "record":
        return value
    return {
        f["name"]: filled(f["type"], value[f["name"]], types)
        if f["name"] in value
        else default_form(f["type"], f["default"], types)
        for f in schema["fields"]
    }


def datum(schema, value, types):
    """The value that an Avro encoder takes: bytes as bytes, times as ms, all else as it stands."""
    if isinstance(schema, list):
        return None if value is None else datum(schema[1], value, types)
    schema = resolved(schema, types)
    kind, logical = schema["type"], schema.get("logicalType")
    if kind == "record":
        fields = {field["name"]: field["type"] for field in schema["fields"]}
        if set(fields) != set(value):
            raise ValueError(f"{schema['name']}: fields {sorted(set(fields) ^ set(value))} differ")
        return {name: datum(type_, value[name], types) for name, type_ in fields.items()}
    if kind == "array":
        return [datum(schema["items"], item, types) for item in value]
    if kind == "bytes":
        if value != value.lower():
            raise ValueError(f"{value!r}: hex is written in lower case")
        return bytes.fromhex(value)
    if logical == "timestamp-millis":
        return ms_of(value)
    if logical == "uuid" and not UUID.fullmatch(value):
        raise ValueError(f"{value!r} is not a UUID in lower case")
    if kind == "enum" and value not in schema["symbols"]:
        raise ValueError(f"{value!r} is not a symbol of {schema['name']}")
    expected = {"boolean": bool, "int": int, "long": int}.get(kind, str)
    if type(value) is not expected:
        raise ValueError(f"{value!r} is not of type {kind}")
    return value
