"""Commitments to quantities, the names of slices, and equality proofs, as the registry's library
makes and checks them."""

import hashlib
import uuid

import ristretto
from merlin import Transcript
from ristretto import L

SEED = b"3.141592653589793238462643383279502884197169"
G_HASH = hashlib.sha512(SEED).digest()
G = ristretto.from_uniform(G_HASH)
H = ristretto.from_uniform(hashlib.sha512(G_HASH).digest())


def commit(quantity, blinding):
    return (quantity * G + blinding * H).encode()


def slice_hash(commitment):
    return hashlib.sha256(commitment).digest()


def blinding_of(secret, certificate_id, slice_id):
    """As processors/outside/registry_project_origin/blinding.h says: whoever knows the secret opens
    every slice that was made with it."""
    keyed = hashlib.blake2b(b"millrace slice blinding 1\0" + uuid.UUID(certificate_id).bytes
                            + uuid.UUID(slice_id).bytes, key=secret)  # fmt: skip
    return int.from_bytes(keyed.digest(), "little") % L


def challenge(label, left, right, announcement):
    transcript = Transcript(label.encode())
    for name, point in (("message_pair", left), ("message_pair", right),
                        ("message_A", announcement), ("generator_GH", G.encode()),
                        ("generator_GH", H.encode())):  # fmt: skip
        transcript.append(name.encode(), point)
    return int.from_bytes(transcript.challenge(b"challenge_c", 64), "little") % L


def prove_equal(label, left, right, difference, nonce):
    """That two commitments hold the same; `difference` is that of their blindings."""
    c = challenge(label, left, right, (nonce * H).encode())
    return c.to_bytes(32, "little") + ((nonce - c * difference) % L).to_bytes(32, "little")


def is_equal(label, left, right, proof):
    if len(proof) != 64:
        return False
    c, z = (int.from_bytes(half, "little") for half in (proof[:32], proof[32:]))
    if c >= L or z >= L:
        return False
    difference = ristretto.decode(left) - ristretto.decode(right)
    return challenge(label, left, right, (z * H + c * difference).encode()) == c


def total(commitments):
    point = ristretto.IDENTITY
    for commitment in commitments:
        point = point + ristretto.decode(commitment)
    return point.encode()
