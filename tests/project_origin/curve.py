"""ECDSA on secp256k1 with the nonce of RFC 6979 (3.2, SHA-256) and the lower s: plain arithmetic.

Only to make golden signatures that owe nothing to the library under test; slow, and its time tells
of the secret.
"""

import hashlib
import hmac

P = 2**256 - 2**32 - 977  # of the field (SEC 2, 2.4.1)
N = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
G = (0x79BE667EF9DCBBAC55A06295CE870B07029BFCDB2DCE28D959F2815B16F81798,
     0x483ADA7726A3C4655DA4FBFC0E1108A8FD17B448A68554199C47D08FFB10D4B8)  # fmt: skip


def add(a, b):
    """Of two points; None is the neutral one."""
    if a is None or b is None:
        return b if a is None else a
    if a[0] == b[0] and (a[1] + b[1]) % P == 0:
        return None
    if a == b:
        slope = 3 * a[0] * a[0] * pow(2 * a[1], -1, P)
    else:
        slope = (b[1] - a[1]) * pow(b[0] - a[0], -1, P)
    x = (slope * slope - a[0] - b[0]) % P
    return x, (slope * (a[0] - x) - a[1]) % P


def times(scalar, point):
    total = None
    while scalar:
        if scalar & 1:
            total = add(total, point)
        point = add(point, point)
        scalar >>= 1
    return total


def public_key(secret):
    """33 bytes, compressed (SEC 1, 2.3.3)."""
    x, y = times(int.from_bytes(secret, "big"), G)
    return bytes([2 + (y & 1)]) + x.to_bytes(32, "big")


def nonces(secret, digest):
    """RFC 6979, 3.2: the nonces in the order in which they are tried."""
    def mac(key, *parts):
        return hmac.new(key, b"".join(parts), hashlib.sha256).digest()

    seed = secret + (int.from_bytes(digest, "big") % N).to_bytes(32, "big")
    v, k = b"\1" * 32, b"\0" * 32
    for mark in (b"\0", b"\1"):
        k = mac(k, v, mark, seed)
        v = mac(k, v)
    while True:
        v = mac(k, v)
        yield int.from_bytes(v, "big")
        k = mac(k, v, b"\0")
        v = mac(k, v)


def der_integer(value):
    data = value.to_bytes(value.bit_length() // 8 + 1, "big")
    return bytes([2, len(data)]) + data


def sign(secret, message):
    digest = hashlib.sha256(message).digest()
    for k in nonces(secret, digest):
        if not 0 < k < N:
            continue
        r = times(k, G)[0] % N
        s = pow(k, -1, N) * (int.from_bytes(digest, "big") + r * int.from_bytes(secret, "big")) % N
        if r and s:
            break
    body = der_integer(r) + der_integer(min(s, N - s))
    return bytes([0x30, len(body)]) + body
