"""This side's own arithmetic against published vectors, and the contract against its facts: what is
wrong here would prove nothing elsewhere."""

import hashlib
import unittest

import contract
import merlin
import proofs
import ristretto
import wire


class Arithmetic(unittest.TestCase):
    def test_keccak_makes_sha3(self):
        for length in (0, 1, 135, 136, 500):
            data = bytes(range(256)) * 2
            padded = data[:length] + b"\6" + bytes(-(length + 1) % 136)
            padded = padded[:-1] + bytes([padded[-1] | 0x80])
            state = bytearray(200)
            for at in range(0, len(padded), 136):
                for i in range(136):
                    state[i] ^= padded[at + i]
                merlin.keccak(state)
            self.assertEqual(bytes(state[:32]), hashlib.sha3_256(data[:length]).digest())

    def test_merlin(self):
        """The vector of merlin 3.0.0's own first test (equivalence_simple)."""
        transcript = merlin.Transcript(b"test protocol")
        transcript.append(b"some label", b"some data")
        self.assertEqual(transcript.challenge(b"challenge", 32).hex(),
                         "d5a21972d0d5fe320c0d263fac7fffb8145aa640af6e9bca177c03c7efcf0615")

    def test_multiples_of_the_base_point(self):
        """RFC 9496, A.1; its base point has y = 4/5 and a positive x."""
        y = 4 * pow(5, -1, ristretto.P) % ristretto.P
        _, x = ristretto.root_of_ratio((y * y - 1) % ristretto.P,
                                       (ristretto.D * y * y + 1) % ristretto.P)
        base = ristretto.Point(x, y, 1, x * y % ristretto.P)
        self.assertEqual((0 * base).encode(), bytes(32))
        self.assertEqual(base.encode().hex(),
                         "e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76")
        self.assertEqual((2 * base).encode().hex(),
                         "6a493210f7499cd17fecb510ae0cea23a110e8d5b901f8acadd3095c73a3b919")
        for n in range(16):
            self.assertEqual(ristretto.decode((n * base).encode()).encode(), (n * base).encode())
        self.assertEqual((ristretto.L * base).encode(), bytes(32))

    def test_what_is_no_point(self):
        """RFC 9496, A.3: some of each kind."""
        for bad in ("00ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
                    "0100000000000000000000000000000000000000000000000000000000000000",
                    "26948d35ca62e643e26a83177332e6b6afeb9d08e4268b650f1f5bbd8d81d371"):
            with self.assertRaises(ValueError):
                ristretto.decode(bytes.fromhex(bad))

    def test_generators_commitments_and_proofs(self):
        """What Rust's curve25519-dalek 4 and merlin 3 made of the same numbers."""
        self.assertEqual(proofs.G.encode().hex(),
                         "86ed6ffe68ae05dc0791836f54b42b336a2214ccb6f86d2fac49492949ba9e7b")
        self.assertEqual(proofs.H.encode().hex(),
                         "e2467f81cd43cf2b5122e285f9376a87ea5c9afb9b11cad86c01d2cc71d65364")
        r0 = int.from_bytes(bytes([*range(1, 32), 0]), "little")
        left, right = proofs.commit(250, r0), proofs.commit(250, 7)
        self.assertEqual(left.hex(),
                         "7a73ce35291a18b5e8e629ba9c703ba0dcf29282d44ff1a93a210f3d8be03777")
        self.assertEqual(right.hex(),
                         "f6960a9fb8c4fbac08c0c18a9edc7c045021a7aef724cb19e142c2c348226236")
        proof = proofs.prove_equal("test", left, right, r0 - 7, 5)
        self.assertEqual(proof.hex(),
                         "1663c083c229783b4661a3b54775e27620ee351a98d747a042e35ee222521b01"
                         "8b57c2aad2f22436dcbbdfe833ccf5e1ef44d7e346a7a472f1d8af19c45da601")
        self.assertTrue(proofs.is_equal("test", left, right, proof))
        self.assertFalse(proofs.is_equal("tesT", left, right, proof))
        self.assertFalse(proofs.is_equal("test", right, left, proof))



class Contract(unittest.TestCase):
    """The .proto files say what the registry's public sources say."""

    def test_messages(self):
        for name, shape in wire.SHAPES.items():
            full = name if name.startswith("google") else contract.PACKAGE + name
            descriptor = contract.POOL.FindMessageTypeByName(full)
            self.assertEqual({field.number: field.name for field in descriptor.fields},
                             {number: field for number, (field, _) in shape.items()}, name)
            for number, (field, kind) in shape.items():
                found = descriptor.fields_by_number[number]
                self.assertEqual(found.is_repeated, isinstance(kind, list), f"{name}.{field}")
                self.assert_kind(f"{name}.{field}", found, kind[0] if found.is_repeated else kind)

    def assert_kind(self, name, found, kind):
        types = {found.TYPE_STRING: wire.TEXT, found.TYPE_BYTES: wire.BYTES,
                 found.TYPE_INT32: wire.NUMBER, found.TYPE_INT64: wire.NUMBER,
                 found.TYPE_ENUM: wire.NUMBER, found.TYPE_BOOL: wire.FLAG}
        if found.type == found.TYPE_MESSAGE:
            full = found.message_type.full_name
            self.assertEqual(full.removeprefix(contract.PACKAGE), kind, name)
        else:
            self.assertEqual(types[found.type], kind, name)

    def test_enums(self):
        for name, symbols in wire.ENUMS.items():
            found = contract.POOL.FindEnumTypeByName(contract.PACKAGE + name)
            self.assertEqual([(value.number, value.name) for value in found.values],
                             list(enumerate(symbols)), name)

    def test_methods(self):
        self.assertEqual({name: (request.DESCRIPTOR.name, reply.DESCRIPTOR.name)
                          for name, (_, request, reply) in contract.methods().items()},
                         wire.SERVICE)

    def test_what_is_not_canonical_is_seen(self):
        for data in ("0a00", "0a01610a0162", "120308", "0a8100" "61", "1a0161", "0801"):
            with self.assertRaises(wire.NotCanonical, msg=data):
                wire.read("common.v1.Uuid", bytes.fromhex(data))
        with self.assertRaises(wire.NotCanonical):
            wire.read("common.v1.FederatedStreamId", bytes.fromhex("12030a01610a0162"))
        self.assertEqual(wire.read("common.v1.Uuid", b"\x0a\1a")["value"], "a")


if __name__ == "__main__":
    unittest.main()
