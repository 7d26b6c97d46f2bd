"""Malformed records of any kind, and what is to become of each."""

import copy
import io
import json
import os
import struct

import commands
import fastavro
import flow

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
        Case("four bytes", b"\0\0\0\0", "not-confluent-framed"),
        Case("a megabyte", b"x" * 1040000, "not-confluent-framed"),
        Case("schema id 0", behind(0, payload), "unknown-schema-id"),
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
    upper = copy.deepcopy(command)
    upper["metadata"]["id"] = upper["metadata"]["id"].upper()
    no_id = copy.deepcopy(command)
    no_id["metadata"]["id"] = "x" * 36

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
        case("field beyond its limit", "too-large", "owner", "string", "x" * 300),
        Case("upper-case id", schemas.encode(ISSUE, upper), "not-canonical", field="metadata.id"),
        Case("no UUID as id", schemas.encode(ISSUE, no_id), "malformed", field="metadata.id"),
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
        Case("short key", value, "wrong-key", key=b"abc", **known),
        Case("upper-case key", value, "not-canonical", key=upper, **known),
        Case("placed by CRC32", value, "wrong-partition", **says, **known),
        Case("placed by hand", value, "wrong-partition", partition=neither, **known),
    ]


def all_cases(schemas, certificate):
    """Every case, most of them under this certificate's own key, which CRC32 misplaces."""
    cases = foreign_framing(schemas, certificate)
    cases += wrong_bytes(schemas, certificate)
    cases += wrong_place(schemas, certificate)
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
