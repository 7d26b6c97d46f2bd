"""Merlin transcripts (merlin.cool) over STROBE-128 (Strobe 1.0.2) and Keccak-f[1600] (FIPS 202), as
far as they are needed: absorb and squeeze. Written from these documents, in plain integers.
"""

MASK = 2**64 - 1
RATE = 166  # bytes: 200 - 128 / 4 - 2
A, C, M, I = 2, 4, 16, 1  # noqa: E741  (the names of the Strobe specification)


def rotate(word, by):
    return (word << by | word >> 64 - by) & MASK if by else word


def round_constants():
    """FIPS 202, 3.2.5, by its shift register."""
    state, constants = 1, []
    for _ in range(24):
        word = 0
        for j in range(7):
            if state & 1:
                word |= 1 << 2**j - 1
            state = state << 1 ^ (0x171 if state & 0x80 else 0)
        constants.append(word)
    return constants


ROUNDS = round_constants()


def keccak(data):
    """One permutation of 200 bytes, in place."""
    a = [[int.from_bytes(data[8 * (x + 5 * y) :][:8], "little") for y in range(5)]
         for x in range(5)]  # fmt: skip
    for constant in ROUNDS:
        c = [a[x][0] ^ a[x][1] ^ a[x][2] ^ a[x][3] ^ a[x][4] for x in range(5)]
        d = [c[x - 1] ^ rotate(c[(x + 1) % 5], 1) for x in range(5)]
        a = [[a[x][y] ^ d[x] for y in range(5)] for x in range(5)]
        b = [[0] * 5 for _ in range(5)]
        x, y = 1, 0
        b[0][0] = a[0][0]
        for t in range(24):
            b[y][(2 * x + 3 * y) % 5] = rotate(a[x][y], (t + 1) * (t + 2) // 2 % 64)
            x, y = y, (2 * x + 3 * y) % 5
        a = [[b[x][y] ^ (~b[(x + 1) % 5][y] & b[(x + 2) % 5][y]) for y in range(5)]
             for x in range(5)]  # fmt: skip
        a[0][0] ^= constant
    for x in range(5):
        for y in range(5):
            data[8 * (x + 5 * y) : 8 * (x + 5 * y) + 8] = a[x][y].to_bytes(8, "little")


class Transcript:
    def __init__(self, label):
        self.state = bytearray(200)
        self.state[:18] = bytes([1, RATE + 2, 1, 0, 1, 96]) + b"STROBEv1.0.2"
        keccak(self.state)
        self.at = self.begun = 0
        self.operate(M | A, b"Merlin v1.0")
        self.append(b"dom-sep", label)

    def run(self):
        self.state[self.at] ^= self.begun
        self.state[self.at + 1] ^= 4
        self.state[RATE + 1] ^= 0x80
        keccak(self.state)
        self.at = self.begun = 0

    def absorb(self, data):
        for byte in data:
            self.state[self.at] ^= byte
            self.at += 1
            if self.at == RATE:
                self.run()

    def begin(self, flags):
        before, self.begun = self.begun, self.at + 1
        self.absorb(bytes([before, flags]))
        if flags & C and self.at:
            self.run()

    def operate(self, flags, *parts):
        self.begin(flags)
        for part in parts:
            self.absorb(part)

    def append(self, label, data):
        self.operate(M | A, label, len(data).to_bytes(4, "little"))
        self.operate(A, data)

    def challenge(self, label, length):
        self.operate(M | A, label, length.to_bytes(4, "little"))
        self.begin(I | A | C)
        out = bytearray()
        for _ in range(length):
            out.append(self.state[self.at])
            self.state[self.at] = 0
            self.at += 1
            if self.at == RATE:
                self.run()
        return bytes(out)
