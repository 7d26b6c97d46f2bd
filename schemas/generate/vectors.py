#!/usr/bin/env python3
"""Write schemas/golden/ids.json and payload_hash.json: what every implementation must compute.

The rules are in schemas/README.md; this is them once more, apart from the C code that is held
against these files.

    vectors.py           write both files
    vectors.py --check   change nothing; exit 1 and name the file that would change
"""

import hashlib
import json
import sys
import uuid

import inline
import json_form
from golden import GOLDEN, past_versions, read_json

TESTS = inline.SCHEMAS / "generate" / "tests"
CERTIFICATE_NAMESPACE = "dc8178f1-b184-4603-bb7a-ae7a5a3b310d"


# --- payloadHash ---------------------------------------------------------------------------------


def avro_long(number):
    bits = (number << 1) ^ (number >> 63)
    out = bytearray()
    while bits > 0x7F:
        out.append(bits & 0x7F | 0x80)
        bits >>= 7
    out.append(bits)
    return bytes(out)


def counted(data):
    return avro_long(len(data)) + data


def text(string):
    return counted(string.encode())


def hashed_value(schema, value, types):
    if isinstance(schema, list):
        return b"\0" if value is None else b"\2" + hashed_value(schema[1], value, types)
    schema = json_form.resolved(schema, types)
    kind = schema["type"]
    if kind == "record":
        return hashed_record(schema, value, types)
    if kind == "array":
        items = [hashed_value(schema["items"], item, types) for item in value]
        return avro_long(len(items)) + b"".join(items)
    if kind == "boolean":
        return b"\1" if value else b"\0"
    if kind in ("int", "long"):
        return avro_long(value)
    return counted(value) if kind == "bytes" else text(value)


def hashed_record(schema, value, types, without=()):
    out = b""
    for field in sorted(schema["fields"], key=lambda field: field["name"].encode()):
        name = field["name"]
        if name in without:
            continue
        bytes_ = hashed_value(field["type"], value[name], types)
        if "default" not in field or bytes_ != hashed_default(field, types):
            out += text(name) + bytes_
    return out + b"\0"


def hashed_default(field, types):
    default = json_form.default_form(field["type"], field["default"], types)
    return hashed_value(field["type"], json_form.datum(field["type"], default, types), types)


def hash_input(schema, value):
    """What is hashed, for a message in our JSON form."""
    types = json_form.named_types(schema)
    plain = json_form.datum(schema, value, types)
    return text(inline.full_name(schema)) + hashed_record(schema, plain, types, ("metadata",))


def payload_hash(schema, value):
    return hashlib.sha256(hash_input(schema, value)).digest()


def hash_vector(about, schema, value, path):
    data = hash_input(schema, value)
    return {
        "about": about,
        "type": inline.full_name(schema),
        "schema": path.relative_to(inline.SCHEMAS).as_posix(),
        "value": value,
        "input": data.hex(),
        "hash": hashlib.sha256(data).hexdigest(),
    }


def message_vectors():
    """Each command and operation of the contract, from its golden examples, older ones too."""
    for path in inline.root_paths():
        if path.parent.name not in ("commands", "operations") or path.parts[-3] == "registry":
            continue
        schema = read_json(path)
        name = inline.full_name(schema)
        yield hash_vector("the golden example", schema, read_json(GOLDEN / f"{name}.json"), path)
        for version in past_versions(name):
            kept = f"{name}.{version}"
            older, value = (read_json(GOLDEN / f"{kept}.{suffix}") for suffix in ("avsc", "json"))
            grown = json_form.filled(schema, value, json_form.named_types(schema))
            if payload_hash(schema, grown) != payload_hash(older, value):
                raise ValueError(f"{name}: grew so that the hash of version {version} changes")
            yield hash_vector(f"the golden example of version {version}", schema, grown, path)


MOVE = {
    "metadata": {"id": "6f1f0d6e-7f0c-4b7e-9a55-0d7f6f0f2a10"},
    "certificateId": "2b0f0c58-9a5e-4d0a-8f1e-1f6f5c1d9b77",
    "quantity": 1500,
    "flag": True,
    "mood": "Brave",
    "raw": "00ff",
    "inner": {"key": "a", "zone": None},
    "maybe": None,
    "parts": [{"quantity": 1000, "owner": None}, {"quantity": 500, "owner": "acme"}],
    "moods": [],
    "zone": None,
}
MOVE_GROWN = {
    **MOVE,
    "inner": {**MOVE["inner"], "zeal": None},
    "parts": [{**part, "label": ""} for part in MOVE["parts"]],
    "added": "1970-01-01T00:00:00.000Z",
    "mode": "Calm",
    "pair": {"left": 1, "right": 2},
    "tags": ["a"],
    "salt": "00ff",
}


def version_vectors():
    """A command before and after it grew: the hash stays until a new field is set."""
    older, later = (TESTS / kind / "probe/commands/Move.avsc" for kind in ("older", "schemas"))
    cases = [
        ("before it grew", older, MOVE),
        ("after it grew, new fields at their defaults: the same hash", later, MOVE_GROWN),
        ("rebuilt with other metadata: the same hash", older,
         {**MOVE, "metadata": {"id": "0e0e0e0e-0000-4000-8000-000000000000"}}),
        ("a field of a nested record is set", older, {**MOVE, "inner": {"key": "a", "zone": "x"}}),
        ("the outer field of the same name is set instead: another hash", older,
         {**MOVE, "zone": "x"}),
        ("nullable record and array of enums are set", older,
         {**MOVE, "maybe": {"key": "", "zone": "é"}, "moods": ["Calm", "Brave"], "quantity": -1}),
        ("a new field of an item is set: another hash", later,
         {**MOVE_GROWN, "parts": [{**part, "label": "b"} for part in MOVE_GROWN["parts"]]}),
        ("a new field is set: another hash", later,
         {**MOVE_GROWN, "added": "2026-01-01T00:00:00.001Z", "tags": [], "mood": "Bold"}),
    ]
    for about, path, value in cases:
        yield hash_vector(about, read_json(path), value, path)


# --- ids -----------------------------------------------------------------------------------------


def id_vector(kind, space, name, **inputs):
    id_ = uuid.uuid5(uuid.UUID(space), name)
    return {"kind": kind, **inputs, "space": space, "name": name, "id": str(id_)}


def id_vectors():
    issue = read_json(GOLDEN / "certificates.commands.IssueCertificate.json")
    slicing = read_json(GOLDEN / "certificates.commands.SliceCertificate.json")
    allocate = read_json(GOLDEN / "certificates.commands.AllocateSlice.json")
    certificate = issue["certificateId"]
    issue_id, slicing_id = issue["metadata"]["id"], slicing["metadata"]["id"]
    start, end = (json_form.ms_of(issue[name]) for name in ("periodStart", "periodEnd"))

    yield id_vector("slice", certificate, f"{issue_id}/slice/0", commandId=issue_id, index=0)
    for index in (0, 1, 9, 10, 99):
        yield id_vector("slice", certificate, f"{slicing_id}/slice/{index}",
                        commandId=slicing_id, index=index)
    for id_ in (issue_id, slicing_id):
        yield id_vector("submission", certificate, id_, commandId=id_)
    sides = allocate["sliceId"], allocate["counterpartSliceId"]
    yield id_vector("allocation", allocate["claimId"], "/".join(sides),
                    productionSlice=sides[0], consumptionSlice=sides[1])
    for area, asset, type_ in (
        (issue["gridArea"], issue["assetId"], issue["certificateType"]),
        (issue["gridArea"], issue["assetId"], "Consumption"),
        ("SE3 Mälaren", "måler/1", "Production"),
    ):
        name = f"{area}/{asset}/{start}/{end}/{type_}"
        yield id_vector("certificate", CERTIFICATE_NAMESPACE, name,
                        gridArea=area, assetId=asset, periodStart=issue["periodStart"],
                        periodEnd=issue["periodEnd"], certificateType=type_)
    for type_, ordinal in (
        ("registry.commands.SubmitTransaction", 0),
        ("certificates.events.SlicesReserved", 0),
        ("certificates.events.SlicesReserved", 1),
        ("certificates.answers.CommandAnswered", 0),
    ):
        yield id_vector("message", certificate, f"{slicing_id}/{type_}/{ordinal}",
                        parentId=slicing_id, type=type_, ordinal=ordinal)


# --- files ---------------------------------------------------------------------------------------


def wanted_texts():
    contents = {
        "ids.json": {"certificateNamespace": CERTIFICATE_NAMESPACE, "vectors": list(id_vectors())},
        "payload_hash.json": {"vectors": [*message_vectors(), *version_vectors()]},
    }
    return {
        GOLDEN / name: json.dumps(content, indent=2, ensure_ascii=False) + "\n"
        for name, content in contents.items()
    }


def main(arguments):
    if arguments not in ([], ["--check"]):
        print("usage: vectors.py [--check]", file=sys.stderr)
        return 2
    stale = [
        (path, content)
        for path, content in wanted_texts().items()
        if not path.exists() or path.read_text(encoding="utf-8") != content
    ]
    for path, content in stale:
        if arguments:
            print(f"{path.relative_to(inline.SCHEMAS)}: not what vectors.py computes")
        else:
            path.write_text(content, encoding="utf-8")
    return 1 if arguments and stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
