"""The group ristretto255, written from RFC 9496 in plain integers; nothing here hides a secret's
time."""

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493  # the order of the group
D = -121665 * pow(121666, -1, P) % P
ROOT_OF_MINUS_ONE = pow(2, (P - 1) // 4, P)


def is_negative(a):
    return a & 1


def magnitude(a):
    return P - a if is_negative(a) else a


def root_of_ratio(u, v):
    """RFC 9496, 4.2: whether u/v is a square, and the root of it, or of it times the root of -1."""
    root = u * pow(v, 3, P) * pow(u * pow(v, 7, P), (P - 5) // 8, P) % P
    check = v * root * root % P
    is_square = check == u % P
    if check in (-u % P, -u * ROOT_OF_MINUS_ONE % P):
        root = root * ROOT_OF_MINUS_ONE % P
    return is_square or check == -u % P, magnitude(root)


# 4.1, by what they are; of each the root that is not negative.
SQRT_AD_MINUS_ONE = P - magnitude(root_of_ratio((-D - 1) % P, 1)[1])
INVSQRT_A_MINUS_D = magnitude(root_of_ratio(1, (-1 - D) % P)[1])


class Point:
    """Extended coordinates of an Edwards curve with a = -1."""

    def __init__(self, x, y, z, t):
        self.x, self.y, self.z, self.t = x, y, z, t

    def __add__(self, other):
        a = (self.y - self.x) * (other.y - other.x) % P
        b = (self.y + self.x) * (other.y + other.x) % P
        c = 2 * D * self.t * other.t % P
        d = 2 * self.z * other.z % P
        e, f, g, h = b - a, d - c, d + c, b + a
        return Point(e * f % P, g * h % P, f * g % P, e * h % P)

    def __neg__(self):
        return Point(-self.x % P, self.y, self.z, -self.t % P)

    def __sub__(self, other):
        return self + -other

    def __rmul__(self, scalar):
        total, addend = IDENTITY, self
        while scalar:
            if scalar & 1:
                total = total + addend
            addend, scalar = addend + addend, scalar >> 1
        return total

    def encode(self):
        """4.3.2"""
        u1 = (self.z + self.y) * (self.z - self.y) % P
        u2 = self.x * self.y % P
        _, inverse = root_of_ratio(1, u1 * u2 * u2 % P)
        den1, den2 = inverse * u1 % P, inverse * u2 % P
        z_inverse = den1 * den2 * self.t % P
        x, y, den = self.x, self.y, den2
        if is_negative(self.t * z_inverse % P):
            x, y = self.y * ROOT_OF_MINUS_ONE % P, self.x * ROOT_OF_MINUS_ONE % P
            den = den1 * INVSQRT_A_MINUS_D % P
        if is_negative(x * z_inverse % P):
            y = -y % P
        return magnitude(den * (self.z - y) % P).to_bytes(32, "little")


IDENTITY = Point(0, 1, 1, 0)


def decode(data):
    """4.3.1. ValueError: the bytes are no point."""
    s = int.from_bytes(data, "little")
    if len(data) != 32 or s >= P or is_negative(s):
        raise ValueError("no canonical point")
    u1, u2 = (1 - s * s) % P, (1 + s * s) % P
    v = (-D * u1 * u1 - u2 * u2) % P
    was_square, inverse = root_of_ratio(1, v * u2 * u2 % P)
    x = magnitude(2 * s * inverse * u2 % P)
    y = inverse * u1 * inverse * inverse * u2 * v % P
    den_x = inverse * u2 % P
    x, y = magnitude(2 * s * den_x % P), u1 * (inverse * den_x * v % P) % P
    t = x * y % P
    if not was_square or is_negative(t) or y == 0:
        raise ValueError("no point")
    return Point(x, y, 1, t)


def map_to_point(t):
    """4.3.4, MAP"""
    r = ROOT_OF_MINUS_ONE * t * t % P
    u = (r + 1) * (1 - D * D) % P
    v = (-1 - r * D) * (r + D) % P
    was_square, s = root_of_ratio(u, v)
    c = P - 1
    if not was_square:
        s, c = P - magnitude(s * t % P), r
    n = (c * (r - 1) * (D - 1) * (D - 1) - v) % P
    w0, w1 = 2 * s * v % P, n * SQRT_AD_MINUS_ONE % P
    w2, w3 = (1 - s * s) % P, (1 + s * s) % P
    return Point(w0 * w3 % P, w2 * w1 % P, w1 * w3 % P, w0 * w2 % P)


def from_uniform(data):
    """4.3.4: a point of 64 bytes."""
    halves = (int.from_bytes(half, "little") % 2**255 for half in (data[:32], data[32:]))
    first, second = (map_to_point(half % P) for half in halves)
    return first + second
