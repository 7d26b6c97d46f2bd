"""Malformed records of any kind, and what is to become of each."""

import copy
import io
import json
import os
import struct
import uuid

import commands
import fastavro
import flow
import lied_about as lies

ISSUE = "certificates.commands.IssueCertificate"
HUGE = 1 << 60


class Case:
    """A record to be sent, and the dead letter that it is to become."""

    def __init__(self, name, value, reason, **more):
        self.name = name
        self.value = value
        self.reason = reason
        self.topic = more.get("topic", "certificates.commands")
        self.key = more.get("key")
        self.partition = more.get("partition")  # None: where murmur2 puts the key
        self.headers = more.get("headers", [])
        self.command = more.get("command")  # the id that can be read all the same
        self.field = more.get("field")
        self.says = more.get("says", "")  # part of the message
        self.cut = more.get("cut", False)  # larger than a dead letter may be


def behind(schema_id, payload):
    return struct.pack(">bI", 0, schema_id) + payload


def forged(schemas, command, field, as_type, value):
    """An IssueCertificate in which one field was written as if it had another type."""
    schema_id = schemas.of(ISSUE)[0]
    with open("schemas/certificates/commands/IssueCertificate.avsc", encoding="utf-8") as file:
        schema = json.load(file)
    for one in schema["fields"]:
        if one["name"] == field:
            one["type"] = as_type
            one.pop("default", None)
    out = io.BytesIO()
    parsed = fastavro.parse_schema(schema, named_schemas={})
    fastavro.schemaless_writer(out, parsed, {**command, field: value})
    return behind(schema_id, out.getvalue())


def foreign_framing(schemas, certificate):
    """Values that do not get as far as a schema of ours."""
    good = schemas.encode(ISSUE, commands.issue(certificate))
    payload = good[5:]
    event = {
        "metadata": commands.metadata(),
        "certificateId": certificate,
        "commandId": certificate,
        "version": 1,
        "transactionId": None,
        "reason": "for fun",
    }
    event_bytes = schemas.encode("certificates.events.CertificateWithdrawn", event)
    header = [("__value_schema_id", good[:5])]
    return [
        Case("null value", None, "empty"),
        Case("empty value", b"", "empty"),
        Case("text", b"this is no Avro", "not-confluent-framed"),
        Case("random bytes", b"\x9d" + os.urandom(300), "not-confluent-framed"),
        Case("magic byte alone", b"\0", "not-confluent-framed"),
        Case("four bytes", b"\0\0\0\0", "not-confluent-framed"),
        Case("a megabyte", b"x" * 1040000, "not-confluent-framed"),
        Case("12 MB, compressed", b"x" * 12000000, "not-confluent-framed", cut=True),
        Case("schema id 0", behind(0, payload), "unknown-schema-id"),
        Case("schema id 2^31", behind(1 << 31, payload), "unknown-schema-id", says="2147483648"),
        Case("schema id beyond int", behind(0xFFFFFFFF, payload), "unknown-schema-id"),
        Case("unknown schema id", behind(0x7FFFFFF0, payload), "unknown-schema-id"),
        Case("type of another topic", event_bytes, "type-not-allowed", says="certificates.events"),
        Case("schema id in a header", payload, "schema-id-in-header", headers=header),
        Case("single-object encoding", b"\xc3\x01" + payload, "single-object-encoding"),
        Case("10,000 headers", b"x", "not-confluent-framed", headers=[("n", b"1")] * 10000),
    ]


def wrong_bytes(schemas, certificate):
    """Values that are not what their schema says."""
    schema_id = schemas.of(ISSUE)[0]
    command = commands.issue(certificate)
    known = {"command": command["metadata"]["id"]}
    good = schemas.encode(ISSUE, command)
    def case(name, reason, field, as_type, value):
        bad = forged(schemas, command, field, as_type, value)
        return Case(name, bad, reason, field=field, **known)

    return [
        Case("nothing behind the schema id", good[:5], "malformed"),
        Case("truncated in the metadata", good[:20], "malformed"),
        Case("truncated in the middle", good[: len(good) // 2], "malformed", **known),
        Case("truncated by a byte", good[:-1], "malformed", **known),
        Case("trailing byte", good + b"\0", "trailing-bytes", **known),
        Case("noise behind a good schema id", behind(schema_id, b"\xff" * 200), "malformed"),
        case("enum out of range", "malformed", "certificateType", "int", 99),
        case("enum below its range", "malformed", "certificateType", "int", -1),
        case("enum symbol Other", "unsupported-value", "certificateType", "int", 0),
        case("forged length", "malformed", "owner", "long", HUGE),
        case("negative length", "malformed", "owner", "long", -1),
        case("array with a huge block count", "malformed", "attributes", "long", HUGE),
        case("array of negative counts", "malformed", "attributes", "long", -(1 << 63)),
        case("union branch out of range", "malformed", "assetId", "int", 7),
        case("no UTF-8", "malformed", "owner", "bytes", b"\xc3\x28"),
        case("overlong UTF-8", "malformed", "owner", "bytes", b"\xc0\xaf"),
        case("a surrogate in UTF-8", "malformed", "owner", "bytes", b"\xed\xa0\x80"),
        case("field beyond its limit", "too-large", "owner", "string", "x" * 300),
    ]


def wrong_ids(schemas, certificate):
    """What some take for a UUID."""
    right = str(uuid.uuid4())
    wrong = {
        "in braces": "{" + right + "}",
        "as a URN": "urn:uuid:" + right,
        "without dashes": right.replace("-", ""),
        "too short": right[:-1],
        "too long": right + "0",
        "not hexadecimal": right[:-1] + "g",
        "with a NUL": right[:-1] + "\0",
        "of blanks": " " * 36,
        "empty": "",
        "nil": str(uuid.UUID(int=0)),
    }
    cases = []
    for name, text in {"upper case": right.upper().replace("4", "A"), **wrong}.items():
        command = copy.deepcopy(commands.issue(certificate))
        command["metadata"]["id"] = text
        reason = "not-canonical" if name == "upper case" else "malformed"
        value = schemas.encode(ISSUE, command)
        cases.append(Case(f"id {name}", value, reason, field="metadata.id"))
    return cases


def too_much(schemas, certificate):
    """More than a message may hold."""
    one = {"key": "k", "value": "v" * 1000000, "kind": "ClearText"}
    command = commands.issue(certificate, attributes=[one])
    parts = {
        "metadata": commands.metadata(),
        "certificateId": certificate,
        "requestedBy": "alice",
        "expectedVersion": None,
        "claimId": None,
        "sliceId": certificate,
        "reservationId": None,
        "parts": [{"quantity": 1, "owner": None}] * 10000,
    }
    return [
        Case(
            "attribute of a megabyte",
            schemas.encode(ISSUE, command),
            "too-large",
            command=command["metadata"]["id"],
            field="attributes[0].value",
        ),
        Case(
            "10,000 parts",
            schemas.encode("certificates.commands.SliceCertificate", parts),
            "too-large",
            command=parts["metadata"]["id"],
            field="parts",
        ),
    ]


def wrong_schemas(schemas, certificate):
    """Good values in schemas that nobody should try to read."""
    payload = schemas.encode(ISSUE, commands.issue(certificate))[5:]
    large = {**lies.issue_schema(), "doc": "x" * 1000000}
    itself = lies.issue_schema()
    itself["fields"].append(
        {"name": "more", "type": ["null", "certificates.commands.IssueCertificate"]}
    )
    rows = (("a megabyte", large, "are read"), ("recursive", itself, "holds itself"))
    return [
        Case(
            f"schema: {name}",
            behind(lies.register(name.replace(" ", "-"), schema), payload),
            "unreadable-schema",
            says=says,
        )
        for name, schema, says in rows
    ]


def lied_about(schemas, certificate, ids):
    """Good values in schemas about which the schema registry never says the truth."""
    payload = schemas.encode(ISSUE, commands.issue(certificate))[5:]
    reason = "unreadable-schema"
    return [
        Case("schema: huge", behind(ids["huge"], payload), reason, says="longer than the 4 MiB"),
        Case("schema: another", behind(ids["another"], payload), reason, says="has no default"),
    ]


def wrong_place(schemas, certificate):
    """Good values under a wrong key, or in a wrong partition."""
    value = schemas.encode(ISSUE, command := commands.issue(certificate))
    known = {"command": command["metadata"]["id"]}
    right = flow.murmur2_partition(certificate.encode())
    other = flow.new_certificate(right)
    upper = certificate.upper().encode()
    by_crc32 = flow.crc32_partition(certificate.encode())
    neither = next(p for p in range(flow.PARTITIONS) if p not in (right, by_crc32))
    says = {"says": "placed by CRC32; set partitioner=murmur2_random", "partition": by_crc32}
    return [
        Case("key of another", value, "wrong-key", key=other.encode(), **known),
        Case("null key", value, "wrong-key", key=b"", partition=right, **known),
        Case("null key and null value", None, "empty", key=b"", partition=right),
        Case("short key", value, "wrong-key", key=b"abc", **known),
        Case("upper-case key", value, "not-canonical", key=upper, **known),
        Case("placed by CRC32", value, "wrong-partition", **says, **known),
        Case("placed by hand", value, "wrong-partition", partition=neither, **known),
    ]


def all_cases(schemas, certificate):
    """Every case, most of them under this certificate's own key, which CRC32 misplaces."""
    cases = foreign_framing(schemas, certificate)
    cases += wrong_bytes(schemas, certificate)
    cases += wrong_ids(schemas, certificate)
    cases += wrong_place(schemas, certificate)
    cases += too_much(schemas, certificate)
    cases += wrong_schemas(schemas, certificate)
    for topic in "certificates.operations", "registry.operations":
        cases += [
            Case(f"null value on {topic}", None, "empty", topic=topic),
            Case(f"text on {topic}", b"this is no Avro", "not-confluent-framed", topic=topic),
            Case(
                f"command on {topic}",
                schemas.encode(ISSUE, commands.issue(certificate)),
                "type-not-allowed",
                topic=topic,
            ),
        ]
    return cases
