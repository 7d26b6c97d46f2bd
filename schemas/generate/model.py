"""The schemas as the generator sees them: records and enums by full name, with their rules checked.

What cannot be held in the C structs, or could not grow under FULL_TRANSITIVE, is refused here with
the place and the reason, so that no generated code has to deal with it.
"""

import json
from dataclasses import dataclass, field
from pathlib import Path

import names
from avro_default import encode_default

SCALARS = {"boolean": "BOOLEAN", "int": "INT", "long": "LONG", "string": "STRING", "bytes": "BYTES"}
LOGICAL = {("string", "uuid"): "UUID", ("long", "timestamp-millis"): "TIMESTAMP"}
BOUND = {
    "STRING": "millrace.maxLength",
    "BYTES": "millrace.maxLength",
    "ARRAY": "millrace.maxItems",
}
DEFAULT_SYMBOL = "Other"
DEFAULT_BYTES_MAX = 256


class SchemaError(Exception):
    """A schema that breaks a rule; the text names the file and the place in it."""


@dataclass(frozen=True)
class Type:
    kind: str
    nullable: bool = False
    length_max: int = 0
    name: str = ""  # full name of a RECORD or ENUM
    item: "Type | None" = None


@dataclass(frozen=True)
class Field:
    name: str
    type: Type
    aliases: tuple = ()
    default: "bytes | None" = None  # in Avro encoding; None when there is none
    doc: str = ""


@dataclass(frozen=True)
class Enum:
    name: str
    symbols: tuple
    aliases: tuple = ()
    doc: str = ""


@dataclass(frozen=True)
class Record:
    name: str
    fields: tuple
    aliases: tuple = ()
    doc: str = ""


@dataclass(frozen=True)
class Message:
    """A root record: what travels on the topic that is its namespace."""

    name: str
    text: bytes  # the file's bytes, exactly


@dataclass
class Model:
    types: dict = field(default_factory=dict)  # full name -> Record | Enum, nested before outer
    messages: list = field(default_factory=list)  # in the order of full names

    def load(self, root):
        for path in sorted(Path(root).rglob("*.avsc")):
            self._load_file(Path(root), path)
        self.messages.sort(key=lambda message: message.name)
        return self

    def _load_file(self, root, path):
        place = path.relative_to(root)
        if "generate" in place.parts or "packages" in place.parts or "golden" in place.parts:
            return
        text = path.read_bytes()
        try:
            schema = json.loads(text)
            loader = _Loader(self.types)
            root_type = loader.named(schema, "")
            self._check_root(place, root_type)
        except (SchemaError, ValueError, KeyError) as error:
            raise SchemaError(f"{place}: {error}") from error
        if names.namespace_of(root_type.name) != "millrace":
            self.messages.append(Message(root_type.name, text))

    def _check_root(self, place, root_type):
        expected = ".".join([*place.parts[:-1], place.stem])
        if root_type.name != expected:
            raise SchemaError(f"holds '{root_type.name}', its place says '{expected}'")
        if not isinstance(root_type, Record) and names.namespace_of(root_type.name) != "millrace":
            raise SchemaError("the root of a message is a record")


class _Loader:
    """Reads one file. Names are known to it only once the file itself has defined them, since each
    file must stand alone; a second definition elsewhere must say exactly the same."""

    def __init__(self, types):
        self.types = types
        self.seen = set()
        self.open = set()

    def named(self, schema, namespace):
        if not isinstance(schema, dict) or schema.get("type") not in ("record", "enum"):
            raise SchemaError("expected a record or an enum")
        name = schema["name"]
        if "." not in name:
            name = ".".join(filter(None, [schema.get("namespace", namespace), name]))
        if name in self.seen:
            raise SchemaError(f"'{name}' is defined twice in this file")
        self.seen.add(name)
        self.open.add(name)
        build = self._record if schema["type"] == "record" else self._enum
        built = build(schema, name)
        self.open.discard(name)
        if self.types.setdefault(name, built) != built:
            raise SchemaError(f"'{name}' differs from its definition in another file")
        return built

    def _enum(self, schema, name):
        symbols = tuple(schema["symbols"])
        if schema.get("default") != DEFAULT_SYMBOL or symbols[:1] != (DEFAULT_SYMBOL,):
            raise SchemaError(f"'{name}': '{DEFAULT_SYMBOL}' must be first and the default")
        return Enum(name, symbols, _aliases(schema, name), schema.get("doc", ""))

    def _record(self, schema, name):
        if not schema["fields"]:
            raise SchemaError(f"'{name}' has no fields")
        namespace = names.namespace_of(name)
        fields = tuple(self._field(item, name, namespace) for item in schema["fields"])
        _check_c_names(name, fields)
        return Record(name, fields, _aliases(schema, name), schema.get("doc", ""))

    def _field(self, schema, record, namespace):
        place = f"{record}.{schema['name']}"
        if schema["type"] == "array":
            raise SchemaError(f"{place}: write the array as an object of its own")
        type_ = self._type(schema["type"], namespace, place)
        default = None
        if "default" in schema:
            try:
                default = encode_default(schema["default"], type_, self.types)
            except ValueError as error:
                raise SchemaError(f"{place}: {error}") from error
            if len(default) > DEFAULT_BYTES_MAX:
                raise SchemaError(f"{place}: a default of more than {DEFAULT_BYTES_MAX} bytes")
        aliases = tuple(schema.get("aliases", []))
        return Field(schema["name"], type_, aliases, default, schema.get("doc", ""))

    def _type(self, schema, namespace, place):
        if isinstance(schema, list):
            return self._nullable(schema, namespace, place)
        if isinstance(schema, str):
            schema = {"type": schema}
        kind = schema["type"]
        if kind in ("record", "enum"):
            built = self.named(schema, namespace)
            return Type("RECORD" if kind == "record" else "ENUM", name=built.name)
        if kind == "array":
            return self._array(schema, namespace, place)
        if kind in SCALARS:
            logical = schema.get("logicalType")
            held = LOGICAL.get((kind, logical), SCALARS[kind] if logical is None else None)
            if held is None:
                raise SchemaError(f"{place}: logical type '{logical}' has no C type here")
            return Type(held, length_max=_bound(schema, held, place))
        return self._reference(kind, namespace, place)

    def _reference(self, kind, namespace, place):
        name = kind if "." in kind else f"{namespace}.{kind}"
        if name in self.open:
            raise SchemaError(f"{place}: '{name}' holds itself; messages are bounded")
        if name not in self.seen:
            raise SchemaError(f"{place}: '{kind}' is not defined before this place in the file")
        built = self.types[name]
        return Type("RECORD" if isinstance(built, Record) else "ENUM", name=name)

    def _nullable(self, schema, namespace, place):
        if len(schema) != 2 or schema[0] != "null" or schema[1] == "null":
            raise SchemaError(f"{place}: the only unions are null with one other type, null first")
        inner = self._type(schema[1], namespace, place)
        return Type(inner.kind, True, inner.length_max, inner.name, inner.item)

    def _array(self, schema, namespace, place):
        item = self._type(schema["items"], namespace, place)
        if item.nullable or item.kind == "ARRAY":
            raise SchemaError(f"{place}: items are neither nullable nor arrays")
        return Type("ARRAY", length_max=_bound(schema, "ARRAY", place), item=item)


def _aliases(schema, name):
    namespace = names.namespace_of(name)
    return tuple(
        alias if "." in alias else f"{namespace}.{alias}" for alias in schema.get("aliases", [])
    )


def _bound(schema, kind, place):
    attribute = BOUND.get(kind)
    if attribute is None:
        return 0
    bound = schema.get(attribute)
    if not isinstance(bound, int) or not 0 < bound < 1 << 31:
        raise SchemaError(f"{place}: needs '{attribute}', everything has a limit")
    return bound


def _check_c_names(record, fields):
    taken = set()
    for item in fields:
        own = [names.c_field(item.name)]
        if item.type.nullable and item.type.kind != "RECORD":
            own.append(f"has_{own[0]}")
        if item.type.kind == "ARRAY":
            own.append(f"{own[0]}_count")
        for name in own:
            if name in taken:
                raise SchemaError(f"{record}: two fields need the C name '{name}'")
            taken.add(name)
