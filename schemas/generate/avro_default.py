"""A field's JSON default in Avro's binary encoding, so that C needs no JSON to apply it."""

import re

UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
RANGE = {"INT": 31, "LONG": 63, "TIMESTAMP": 63}


def encode_long(value):
    zigzag = (value << 1) ^ (value >> 63)
    encoded = bytearray()
    while zigzag > 0x7F:
        encoded.append(zigzag & 0x7F | 0x80)
        zigzag >>= 7
    encoded.append(zigzag)
    return bytes(encoded)


def encode_default(value, type_, types):
    """`types` holds the named types by full name. Raises ValueError when the value does not fit."""
    if type_.nullable:
        # Avro's rule for unions: a default belongs to the first branch, which here is null.
        if value is not None:
            raise ValueError("the default of a nullable field is null")
        return encode_long(0)
    return _ENCODERS[type_.kind](value, type_, types)


def _wrong(value, type_):
    return ValueError(f"default {value!r} is no {type_.name or type_.kind.lower()}")


def _boolean(value, type_, _types):
    if not isinstance(value, bool):
        raise _wrong(value, type_)
    return bytes([value])


def _integer(value, type_, _types):
    bits = RANGE[type_.kind]
    if type(value) is not int or not -(1 << bits) <= value < 1 << bits:
        raise _wrong(value, type_)
    return encode_long(value)


def _string(value, type_, _types):
    encoded = value.encode("utf-8") if isinstance(value, str) else None
    if encoded is None or len(encoded) > type_.length_max:
        raise _wrong(value, type_)
    return encode_long(len(encoded)) + encoded


def _uuid(value, type_, _types):
    if not isinstance(value, str) or not UUID.fullmatch(value):
        raise _wrong(value, type_)
    return encode_long(len(value)) + value.encode("ascii")


def _bytes(value, type_, _types):
    # In a schema's JSON each character U+0000..U+00FF stands for one byte.
    encoded = value.encode("latin-1") if isinstance(value, str) else None
    if encoded is None or len(encoded) > type_.length_max:
        raise _wrong(value, type_)
    return encode_long(len(encoded)) + encoded


def _enum(value, type_, types):
    symbols = types[type_.name].symbols
    if value not in symbols:
        raise _wrong(value, type_)
    return encode_long(symbols.index(value))


def _record(value, type_, types):
    fields = types[type_.name].fields
    if not isinstance(value, dict) or set(value) - {field.name for field in fields}:
        raise _wrong(value, type_)
    encoded = b""
    for field in fields:
        if field.name in value:
            encoded += encode_default(value[field.name], field.type, types)
        elif field.default is not None:
            encoded += field.default
        else:
            raise ValueError(f"default lacks '{field.name}'")
    return encoded


def _array(value, type_, types):
    if not isinstance(value, list) or len(value) > type_.length_max:
        raise _wrong(value, type_)
    if not value:
        return encode_long(0)
    items = b"".join(encode_default(item, type_.item, types) for item in value)
    return encode_long(len(value)) + items + encode_long(0)


_ENCODERS = {
    "BOOLEAN": _boolean,
    "INT": _integer,
    "LONG": _integer,
    "TIMESTAMP": _integer,
    "STRING": _string,
    "UUID": _uuid,
    "BYTES": _bytes,
    "ENUM": _enum,
    "RECORD": _record,
    "ARRAY": _array,
}
