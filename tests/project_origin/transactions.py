#!/usr/bin/env python3
"""Write golden/transactions.json: orders, and the transactions that must come of them.

The bytes are made by Python's protobuf, hashlib and other implementations of both signatures
(curve.py, the package cryptography), and then looked at again from the raw bytes alone: that each
hash, signature and id is right. tests/unit/project_origin_transaction_test.c holds ours against
them.

    transactions.py            write the file
    transactions.py --check    change nothing; exit 1 if it would

Needs protoc, Python's protobuf and cryptography (docker/install).
"""

import base64
import hashlib
import json
import sys

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, utils
from cryptography.hazmat.primitives.serialization import (
    Encoding, PublicFormat, load_der_public_key,
)

import canonical
import curve

OUT = canonical.HERE / "golden" / "transactions.json"
EVENTS = "project_origin.electricity.v1."

CERTIFICATE = "34fa59ed-476f-5ced-b30b-a7181683827c"
OTHER = "0c8d7e1f-0000-4000-8000-0123456789ab"
ALLOCATION = "f5057fee-4c3e-4459-82dd-21250b729601"
STREAM = {"registry": "narnia", "stream_id": {"value": CERTIFICATE}}
OTHER_STREAM = {"registry": "gråborg", "stream_id": {"value": OTHER}}
OWNER = {"content": curve.public_key(b"\x07" * 32).hex()}


def commitment(n):
    return {"content": hashlib.sha256(b"commitment %d" % n).hexdigest(), "range_proof": "b1" * 608}


ISSUED = {
    "certificate_id": STREAM,
    "type": 2,
    "period": {"start": {"seconds": 1767225600}, "end": {"seconds": 1767229200}},
    "grid_area": "DK1",
    "quantity_commitment": commitment(0),
    "owner_public_key": OWNER,
    "attributes": [{"key": "FuelCode", "value": "F01040100"},
                   {"key": "assetId", "value": "ab" * 32, "type": 1}],
}
ALLOCATED = {
    "allocation_id": {"value": ALLOCATION},
    "production_certificate_id": STREAM,
    "consumption_certificate_id": OTHER_STREAM,
    "production_source_slice_hash": "11" * 32,
    "consumption_source_slice_hash": "22" * 32,
    "equality_proof": "33" * 64,
}
SLICED = {
    "certificate_id": STREAM,
    "source_slice_hash": "44" * 32,
    "new_slices": [{"quantity": commitment(i), "new_owner": OWNER} for i in range(1, 4)],
    "sum_proof": "55" * 64,
}
TRANSFERRED = {"certificate_id": STREAM, "source_slice_hash": "44" * 32, "new_owner": OWNER}

# The number of a secret's last byte, who signs, and the event. A few of each kind, so that short
# numbers and odd signs occur as well.
ORDERS = [
    ("ed25519", 1, "IssuedEvent", ISSUED),
    ("ed25519", 2, "WithdrawnEvent", {}),
    ("secp256k1", 1, "WithdrawnEvent", {}),
    ("secp256k1", 3, "SlicedEvent", SLICED),
    ("secp256k1", 4, "AllocatedEvent", ALLOCATED),
    ("secp256k1", 5, "ClaimedEvent",
     {"certificate_id": STREAM, "allocation_id": {"value": ALLOCATION}}),
    ("secp256k1", 6, "UnclaimedEvent", {"allocation_id": {"value": ALLOCATION}}),
    *(("secp256k1", n, "TransferredEvent", TRANSFERRED) for n in range(7, 39)),
    *(("ed25519", n, "WithdrawnEvent", {}) for n in range(39, 43)),
]  # fmt: skip


class Keys:
    """Both kinds of secret, as others sign with them."""

    @staticmethod
    def secp256k1(secret):
        return curve.public_key(secret), lambda message: curve.sign(secret, message)

    @staticmethod
    def ed25519(secret):
        key = ed25519.Ed25519PrivateKey.from_private_bytes(secret)
        der = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return der, key.sign


def secret_of(number):
    """1 is the smallest secret there is, 2 and 3 lie at the other end, the rest anywhere."""
    if number == 1:
        return number.to_bytes(32, "big")
    if number in (2, 3):
        return (curve.N - 4 + number).to_bytes(32, "big")
    return hashlib.sha256(b"secret %d" % number).digest()


def vector(classes, kind, number, event_type, value):
    secret = secret_of(number)
    public, sign = getattr(Keys, kind)(secret)
    submission = f"74707cdc-d4ce-5024-84c5-{number:012x}"
    event = classes[EVENTS + event_type]()
    canonical.fill(event, value)
    transaction = classes["project_origin.registry.v1.Transaction"]()
    transaction.payload = event.SerializeToString()
    canonical.fill(transaction.header, {
        "federated_stream_id": STREAM,
        "payload_type": EVENTS + event_type,
        "payload_sha512": hashlib.sha512(transaction.payload).hexdigest(),
        "nonce": submission,
    })
    transaction.header_signature = sign(transaction.header.SerializeToString())
    data = transaction.SerializeToString()
    return {
        "registry": STREAM["registry"], "certificateId": CERTIFICATE, "submissionId": submission,
        "kind": kind, "secret": secret.hex(), "public": public.hex(),
        "event": EVENTS + event_type, "value": value, "bytes": data.hex(),
        "id": base64.b64encode(hashlib.sha256(data).digest()).decode(),
    }  # fmt: skip


def fields(data):
    """Number -> bytes, of a message that has only fields with a length."""
    found, at = {}, 0
    while at < len(data):
        tag, at = varint(data, at)
        length, at = varint(data, at)
        assert tag & 7 == 2, "a field without a length"
        assert tag >> 3 not in found and tag >> 3 > max(found, default=0), "fields out of order"
        found[tag >> 3] = data[at : at + length]
        at += length
    assert at == len(data), "the last field is cut"
    return found


def varint(data, at):
    value = shift = 0
    while True:
        value |= (data[at] & 0x7F) << shift
        shift, at = shift + 7, at + 1
        if data[at - 1] < 0x80:
            return value, at


def look_at(made):
    """From the raw bytes alone, by libraries that did not make them: raises if anything is off."""
    data, public = bytes.fromhex(made["bytes"]), bytes.fromhex(made["public"])
    whole = fields(data)
    header, signature, payload = whole[1], whole[2], whole.get(3, b"")
    inside = fields(header)
    stream = fields(inside[1])
    assert stream[1].decode() == made["registry"]
    assert fields(stream[2])[1].decode() == made["certificateId"]
    assert inside[2].decode() == made["event"]
    assert inside[3] == hashlib.sha512(payload).digest()
    assert inside[4].decode() == made["submissionId"]
    assert base64.b64decode(made["id"]) == hashlib.sha256(data).digest() and len(made["id"]) == 44
    if made["kind"] == "ed25519":
        assert len(signature) == 64 and len(public) == 44
        load_der_public_key(public).verify(signature, header)
        return
    assert len(signature) <= 72 and len(public) == 33
    key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256K1(), public)
    key.verify(signature, header, ec.ECDSA(hashes.SHA256()))
    assert 0 < utils.decode_dss_signature(signature)[1] <= curve.N // 2, "the higher s"


def look_is_sharp(made):
    """No bit of a transaction can change without being noticed."""
    data = bytes.fromhex(made["bytes"])
    for at in range(len(data)):
        changed = bytearray(data)
        changed[at] ^= 1 << at % 8
        name = base64.b64encode(hashlib.sha256(changed).digest()).decode()
        try:
            look_at({**made, "bytes": changed.hex(), "id": name})
        except (AssertionError, InvalidSignature, ValueError, LookupError):
            continue
        raise AssertionError(f"byte {at} of a transaction can be another one")


def text():
    classes = canonical.contract()
    made = [vector(classes, *order) for order in ORDERS]
    for one in made:
        look_at(one)
    for one in made[1:3]:
        look_is_sharp(one)
    lines = (json.dumps(one, ensure_ascii=False) for one in made)
    return '{"vectors": [\n' + ",\n".join(lines) + "\n]}\n"


if __name__ == "__main__":
    sys.exit(canonical.write_or_check(OUT, text(), sys.argv[1:]))
