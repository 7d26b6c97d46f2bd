"""Who signs, and how anybody checks it: by OpenSSL (the package cryptography), and by the plain
arithmetic of ../curve.py, which makes the one signature that RFC 6979 and the lower s allow. The
Python packages that wrap libsecp256k1 and libsodium (coincurve, PyNaCl) would be our own libraries
once more."""

import sys
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, utils
from cryptography.hazmat.primitives.serialization import (
    Encoding, PublicFormat, load_der_public_key,
)

sys.path.append(str(Path(__file__).resolve().parents[1]))
import curve  # noqa: E402

SECP256K1, ED25519 = 0, 1  # the contract's KeyType


class Owner:
    def __init__(self, name, number):
        self.name, self.secret = name, bytes([number]) * 32
        self.public, self.type = curve.public_key(self.secret), SECP256K1
        self.line = f"owner {name} secret {self.secret.hex()}\n"

    def sign(self, header):
        return curve.sign(self.secret, header)


class Issuer:
    def __init__(self, name, number):
        self.name, self.secret = name, bytes([number]) * 32
        self.key = ed25519.Ed25519PrivateKey.from_private_bytes(self.secret)
        self.public = self.key.public_key().public_bytes(Encoding.DER,
                                                         PublicFormat.SubjectPublicKeyInfo)
        self.type = ED25519
        self.line = f"issuer {name} secret {self.secret.hex()}\n"

    def sign(self, header):
        return self.key.sign(header)

    @property
    def raw(self):
        return self.public[-32:]


def key_of(person):
    """As the contract shows it; defaults are not written out."""
    shown = {"content": person.public.hex()}
    if person.type:
        shown["type"] = person.type
    return shown


def is_signed(header, signature, content, kind):
    """By the key with this content? The signature must be the canonical one."""
    try:
        if kind == ED25519:
            load_der_public_key(content).verify(signature, header)
            return True
        key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256K1(), content)
        key.verify(signature, header, ec.ECDSA(hashes.SHA256()))
        r, s = utils.decode_dss_signature(signature)
        return s <= curve.N // 2 and utils.encode_dss_signature(r, s) == signature
    except (InvalidSignature, ValueError):
        return False


ALICE, BOB, CAROL = Owner("alice", 1), Owner("bob", 2), Owner("carol", 4)
GRID = Issuer("grid", 3)
OWNERS = {person.name: person for person in (ALICE, BOB, CAROL)}
KEYRING = ALICE.line + BOB.line + GRID.line + f"owner carol public {CAROL.public.hex()}\n"
AREA = "DK1"
SECRET = bytes([1]) * 32  # that slices are blinded with
