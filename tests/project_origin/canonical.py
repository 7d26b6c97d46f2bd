#!/usr/bin/env python3
"""Write golden/canonical.json: the messages of the registry's contract as Python writes them.

A transaction's id is a hash of its bytes, and the registry makes the bytes anew from what it read:
so ours must be those that every other protobuf writes. tests/unit/project_origin_canonical_test.c
holds our C against this file. Values in it: bytes in hex, enums by number, a member that is there
is set.

    canonical.py            write the file
    canonical.py --check    change nothing; exit 1 if it would

Needs protoc and Python's protobuf (docker/install).
"""

import hashlib
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.descriptor import FieldDescriptor as Field

HERE = Path(__file__).resolve().parent
PROTOS = HERE.parents[1] / "schemas" / "project_origin"
OUT = HERE / "golden" / "canonical.json"

INT32 = [0, 1, 127, 128, -1, 2147483647, -2147483648]
EDGES = {
    Field.TYPE_STRING: ["", "x", "Zähler № 7, 緑 🜂 e\u0301", "0123456789abcdef" * 8],
    Field.TYPE_BYTES: ["", "00", "80" * 127, "ff" * 128],
    Field.TYPE_INT32: INT32,
    Field.TYPE_INT64: [*INT32, 9223372036854775807, -9223372036854775808],
    Field.TYPE_UINT32: [0, 1, 127, 128, 4294967295],
    Field.TYPE_BOOL: [False, True],
}
SAMPLES = {
    Field.TYPE_STRING: "Ærø",
    Field.TYPE_BYTES: "00ff10",
    Field.TYPE_INT32: 300,
    Field.TYPE_INT64: 1767225600,
    Field.TYPE_UINT32: 250,
    Field.TYPE_BOOL: True,
}

# Bytes that are read and written again: the message, why, and the bytes in hex.
REREAD = [
    ("project_origin.common.v1.FederatedStreamId", "fields in another order",
     "12030a0161" "0a0162"),
    ("project_origin.common.v1.Uuid", "a default that is written out", "0a00"),
    ("project_origin.common.v1.Uuid", "a field twice: the last counts", "0a0161" "0a0162"),
    ("project_origin.common.v1.FederatedStreamId", "a message in two pieces is put together",
     "12030a0161" "1200"),
    ("project_origin.common.v1.Uuid", "an unknown field is kept, behind the known",
     "1001" "0a0161"),
    ("project_origin.registry.v1.BlockPublication", "both ways of a oneof: the last counts",
     "0a030a0161" "12030a0162"),
    ("project_origin.registry.v1.GetBlocksRequest", "a number longer than it need be", "08818000"),
    ("project_origin.registry.v1.GetBlocksRequest", "a bool beyond one", "1805"),
]  # fmt: skip


def contract():
    """Full name -> class, of every message of the contract, those inside others too."""
    names = sorted(str(path.relative_to(PROTOS)) for path in PROTOS.rglob("*.proto"))
    with tempfile.TemporaryDirectory() as directory:
        out = Path(directory) / "set"
        subprocess.run(["protoc", f"--proto_path={PROTOS}", f"--descriptor_set_out={out}",
                        "--include_imports", *names], check=True)
        files = descriptor_pb2.FileDescriptorSet.FromString(out.read_bytes()).file
    pool = descriptor_pool.DescriptorPool()
    for file in files:
        pool.Add(file)
    found = {}

    def visit(descriptor):
        found[descriptor.full_name] = message_factory.MessageFactory(pool).GetPrototype(descriptor)
        for nested in descriptor.nested_types:
            visit(nested)

    for file in files:
        for descriptor in pool.FindFileByName(file.name).message_types_by_name.values():
            visit(descriptor)
    return dict(sorted(found.items()))


def fill(message, value):
    """Set a message's fields as `value` says."""
    for name, given in value.items():
        field = message.DESCRIPTOR.fields_by_name[name]
        repeated = field.label == Field.LABEL_REPEATED
        for item in given if repeated else [given]:
            if field.type == Field.TYPE_MESSAGE:
                inner = getattr(message, name).add() if repeated else getattr(message, name)
                inner.SetInParent()
                fill(inner, item)
                continue
            plain = bytes.fromhex(item) if field.type == Field.TYPE_BYTES else item
            if repeated:
                getattr(message, name).append(plain)
            else:
                setattr(message, name, plain)


def sample(descriptor):
    """A value with every field set; of a oneof the last one."""
    value = {}
    for field in descriptor.fields:
        if field.containing_oneof and field is not field.containing_oneof.fields[-1]:
            continue
        value[field.name] = sample_of(field)
    return value


def sample_of(field):
    if field.type == Field.TYPE_MESSAGE:
        item = sample(field.message_type)
    elif field.type == Field.TYPE_ENUM:
        item = field.enum_type.values[-1].number
    else:
        item = SAMPLES[field.type]
    return [item, item] if field.label == Field.LABEL_REPEATED else item


def edges(field):
    """Values of one field where encoders may differ."""
    if field.type == Field.TYPE_MESSAGE:
        items = [{}]
    elif field.type == Field.TYPE_ENUM:
        items = [*(value.number for value in field.enum_type.values), 77, -1]
    else:
        items = EDGES[field.type]
    if field.label != Field.LABEL_REPEATED:
        return [*items, sample_of(field)]
    lists = [[], *([item] for item in items), [items[0]] * 3, [items[-1], items[0]]]
    return [*lists, sample_of(field)]


def cases(descriptor):
    """(about, value) for one message."""
    yield "nothing set", {}
    for field in descriptor.fields:
        for value in edges(field):
            yield f"only {field.name}", {field.name: value}
    if descriptor.fields:
        yield "everything set", sample(descriptor)


def vector(message, about, value, data):
    return {"message": message, "about": about, **value, "bytes": data.hex(),
            "sha256": hashlib.sha256(data).hexdigest()}


def vectors():
    classes = contract()
    for name, kind in classes.items():
        for about, value in cases(kind.DESCRIPTOR):
            message = kind()
            fill(message, value)
            yield vector(name, about, {"value": value}, message.SerializeToString())
    for name, about, data in REREAD:
        again = classes[name].FromString(bytes.fromhex(data))
        yield vector(name, about, {"read": data}, again.SerializeToString())


def text():
    lines = (json.dumps(entry, ensure_ascii=False) for entry in vectors())
    return '{"vectors": [\n' + ",\n".join(lines) + "\n]}\n"


def write_or_check(path, made, arguments):
    """The exit code."""
    if arguments == ["--check"]:
        if path.read_text(encoding="utf-8") != made:
            print(f"{path.name} is not what Python makes of it", file=sys.stderr)
            return 1
    else:
        path.write_text(made, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(write_or_check(OUT, text(), sys.argv[1:]))
